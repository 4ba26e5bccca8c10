"""What stands in a report, on real stores: whatever cannot be shown is said."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from analysis.errors import AnalysisError
from analysis.records import State, Tag
from analysis.report.content import build_report
from analysis.report.material import Material
from analysis.report.page import as_html, write_report
from analysis.report.parts import Browser, Note, Picture, Report, Table, Verbatim
from tests.analysis_tests.conftest import Store, copy_of
from tests.analysis_tests.figures.reading import title


def fill(store: Store, name: str = "grid", seeds: int = 3) -> None:
    """A grid of two dynamics, sizes and recurrences; ALIF is better by three points."""
    for dynamics in ("lif", "alif"):
        for hidden in (32, 64):
            for recurrent in (False, True):
                for seed in range(seeds):
                    group = f"{dynamics}{hidden}{recurrent}"
                    accuracy = 0.9 + 0.03 * (dynamics == "alif") + 0.001 * seed + hidden / 1e5
                    run = store.trial(
                        name,
                        f"{group}-{seed}",
                        params={
                            "dataset": "digits",
                            "dynamics": dynamics,
                            "hidden": hidden,
                            "recurrent": recurrent,
                            "encoding": "constant",
                            "preset": "default",
                            "seed": seed,
                        },
                        tags={Tag.NODE: "node-1", Tag.DATA_SHA256: "ab" * 32},
                        test_accuracy=accuracy,
                        best_val_accuracy=accuracy - 0.01,
                        best_synops_per_inference=1000.0 * hidden,
                        val_accuracy=accuracy - 0.01,
                    )
                    store.epoch(run, 2, val_accuracy=accuracy)


@pytest.fixture(scope="module")
def kept(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The grid, written once and copied for each test: it takes seconds."""
    path = tmp_path_factory.mktemp("grid") / "mlflow.db"
    shutil.copy(empty_store, path)
    uri = f"sqlite:///{path}"
    written = Store(uri, MlflowClient(uri))
    fill(written)
    return written


@pytest.fixture
def grid(kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of its own that has the grid."""
    own = copy_of(Path(kept.uri.removeprefix("sqlite:///")), tmp_path, monkeypatch)
    return replace(own, written=kept.written, parents=dict(kept.parents))


def report(*names: str, tracking_uri: str | None = None) -> Report:
    return build_report(Material.read(names, tracking_uri), mlflow_url="http://127.0.0.1:5000")


@pytest.fixture(scope="module")
def steps() -> list[str]:
    """What was told while the report on the grid was made."""
    return []


@pytest.fixture(scope="module")
def of_grid(kept: Store, steps: list[str]) -> Report:
    """The report on the grid, drawn once: it takes seconds."""
    return build_report(
        Material.read(["grid"], kept.uri), mlflow_url="http://127.0.0.1:5000", tell=steps.append
    )


def parts(report: Report, kind: type, anchor: str = "") -> list:  # type: ignore[type-arg]
    return [
        part
        for section in report.sections
        for part in section.parts
        if isinstance(part, kind) and anchor in section.anchor
    ]


def missing(report: Report) -> list[str]:
    return [note.text for note in parts(report, Note) if note.missing]


def test_a_report_has_leaders_effects_figures_and_every_run(
    of_grid: Report, steps: list[str], tmp_path: Path
) -> None:
    found = of_grid
    assert "24 trials: 24 done" in found.lead
    assert "(mean of 3 seeds)" in found.lead
    tables = {table.name: table for table in parts(found, Table)}
    shown = tables["leaders"].shown
    assert list(shown)[:4] == ["configuration", "val accuracy (%)", "test accuracy (%)", "seeds"]
    assert shown["configuration"].is_unique and shown["configuration"][0].startswith("ALIF / ")
    assert "The same for all:" in tables["leaders"].settings
    assert set(tables) >= {"launches", "provenance", "leaders", "effects", "interactions-1"}
    effects = tables["effects"].raw.set_index("factor")
    assert effects.loc["dynamics", "estimate"] == pytest.approx(0.03)
    assert {picture.name for picture in parts(found, Picture)} >= {
        "dots",
        "curves",
        "effects",
        "neurons",
        "parallel",
        "synops",
        "by-dynamics",
    }
    titles = [section.title for section in found.sections]
    assert titles == ["Leaders", "Effects", "Figures", "What was run", "All runs"]
    assert tables["launches"].folded and tables["provenance"].folded
    (browser,) = parts(found, Browser)
    assert len(browser.runs) == 24
    assert browser.links[0].endswith(f"/#/runs/{browser.runs['run_id'].iloc[0]}")
    written: list[str] = []
    page = write_report(found, tmp_path / "report", written.append)
    assert page.stat().st_size < 5_000_000
    # what is told while it is made: the sections and the figures, each before its own work
    drawn = [picture.name for picture in parts(found, Picture)]
    assert [told for told in steps if "section" in told][:2] == [
        "making section Leaders",
        "making section What failed",
    ]
    assert steps.index("making section Figures") < steps.index("drawing figure dots")
    assert {f"drawing figure {name}" for name in drawn} <= set(steps)
    assert written == [*(f"writing figure {name}" for name in drawn), "writing the page"]


def test_every_data_set_has_its_own_figures_and_its_own_best(grid: Store) -> None:
    other = {"dataset": "mnist", "dynamics": "mlp", "hidden": 64, "seed": 0}
    for seed in range(2):
        grid.trial(
            "other",
            f"m-{seed}",
            params=other | {"seed": seed},
            test_accuracy=0.98,
            best_val_accuracy=0.97,
            best_synops_per_inference=1e5,
            val_accuracy=0.97,
        )
    grid.trial(
        "other",
        "own",
        params=other | {"dataset": "my/photos/@28"},
        test_accuracy=0.5,
        best_val_accuracy=0.5,
        best_synops_per_inference=1e5,
        val_accuracy=0.5,
    )
    found = report("grid", "other")
    names = {picture.name for picture in parts(found, Picture)}
    assert names >= {"dots-mnist", "dots-digits", "dots-photos"}
    assert not any("/" in name for name in names)  # they are names of files
    assert "MNIST" in found.lead and "digits" in found.lead
    effects = next(table for table in parts(found, Table) if table.name == "effects").raw
    assert set(effects["group"]) == {"digits"}  # the baseline has no factor to compare


def test_a_search_and_its_confirmation_are_not_pooled(store: Store) -> None:
    plain = {"dataset": "digits", "dynamics": "lif", "encoding": "constant", "preset": "default"}
    measured = {"best_synops_per_inference": 10.0, "val_accuracy": 0.9}
    for sweep, seed, accuracy in (("s", 0, 0.99), ("s-confirm", 1, 0.9), ("s-confirm", 2, 0.9)):
        params = plain | {"hidden": 32, "seed": seed}
        measured |= {"test_accuracy": accuracy, "best_val_accuracy": accuracy}
        store.trial(sweep, f"a-{seed}", params=params, **measured)
    store.trial("s", "b-0", State.PRUNED, params=plain | {"hidden": 8, "seed": 0}, val_accuracy=0.4)
    found = report("s", "s-confirm")
    tables = {table.name: table for table in parts(found, Table)}
    assert "90.00 % on the test set (mean of 2 seeds)" in found.lead
    assert tables["leaders"].raw["test_accuracy_mean"].tolist() == pytest.approx([0.9])
    assert tables["leaders-of-the-search"].raw["n"].tolist() == [1]
    assert len(tables["ended-early"].raw) == 1
    (browser,) = parts(found, Browser)
    assert browser.runs["val_accuracy"].min() == 0.4


def test_the_specification_of_the_last_launch_is_shown(store: Store) -> None:
    store.trial("grid", "a-0", State.RUNNING)
    store.client.set_tag(store.parents["grid"], Tag.SPEC, "name: grid\ntrials: 24\n")
    store.client.set_tag(store.parents["grid"], Tag.VERSIONS, "Python 3.11")
    found = report("grid")
    (specification,) = parts(found, Verbatim)
    assert specification.text == "name: grid\ntrials: 24\n"
    assert "Python 3.11" in as_html(found)


def test_one_seed_is_no_comparison_and_the_report_says_so(store: Store) -> None:
    fill(store, seeds=1)
    found = report("grid")
    assert any("one seed only" in text for text in missing(found))
    assert not any("search chose" in note.text for note in parts(found, Note))  # it is a grid


def test_failed_trials_and_their_reasons_are_listed(grid: Store) -> None:
    grid.trial("grid", "bad-0", State.FAILED, tags={Tag.ERROR: "the loss is nan in epoch 2"})
    found = report("grid")
    assert "24 done, 1 failed" in found.lead
    failed = next(table for table in parts(found, Table) if table.name == "failed")
    assert failed.raw["error"].tolist() == ["the loss is nan in epoch 2"]
    assert failed.shown[["trials", "error"]].to_numpy().tolist() == [["1", failed.raw["error"][24]]]
    assert any("Left out: 1 failed." in text for text in missing(found))


def test_a_sweep_of_which_all_failed_says_why_and_not_what_cannot_be_drawn(store: Store) -> None:
    for number, why in enumerate(["out of memory", "out of memory", "the loss is nan"]):
        params = {"dataset": "digits", "dynamics": "lif", "hidden": number}
        store.trial("bad", f"a{number}-0", State.FAILED, params=params, tags={Tag.ERROR: why})
    found = report("bad")
    assert found.lead == "3 trials: 3 failed. No leader: nothing finished."
    assert [section.anchor for section in found.sections] == ["leaders", "failed", "run", "runs"]
    assert missing(found)[0] == "Leaders: nothing finished: 3 failed."
    (failed,) = (table for table in parts(found, Table) if table.name == "failed")
    assert failed.shown["trials"].tolist() == ["2", "1"]
    assert failed.shown["error"].tolist() == ["out of memory", "the loss is nan"]


def test_a_sweep_without_a_finished_trial_still_has_a_report(store: Store, tmp_path: Path) -> None:
    store.trial("early", "a-0", State.RUNNING, params={"dynamics": "lif"})
    why = {Tag.PRUNED: "epoch 3: not among the best"}
    params = {"dynamics": "alif"}
    store.trial("early", "b-0", State.PRUNED, params=params, tags=why, val_accuracy=0.4)
    found = report("early")
    assert "No leader: nothing finished yet" in found.lead
    assert any("nothing finished yet" in text for text in missing(found))
    ended = next(table for table in parts(found, Table) if table.name == "ended-early")
    assert ended.raw["why"].tolist() == ["epoch 3: not among the best"]
    assert (write_report(found, tmp_path)).is_file()


def test_a_sweep_without_any_trial_counts_none_and_no_states(store: Store) -> None:
    store.sweep("early")
    assert report("early").lead == "0 trials. No leader: nothing finished yet: no trials."


def test_runs_that_lack_a_metric_leave_a_line_and_not_a_gap(store: Store) -> None:
    store.trial("odd", "a-0", params={"dynamics": "lif"}, best_val_accuracy=0.5)
    found = report("odd")
    assert any("no test_accuracy" in text for text in missing(found))


def test_the_report_on_one_run_counts_in_the_singular_and_names_it(store: Store) -> None:
    params = {"dataset": "digits", "dynamics": "lif", "recurrent": False, "hidden": 32, "seed": 0}
    measured = {"best_val_accuracy": 0.9, "test_accuracy": 0.9, "best_synops_per_inference": 5.0}
    params |= {"epochs": 1}
    run = store.trial("s", "a-0", params=params, **measured)
    store.epoch(run, 1, val_accuracy=0.9)
    found = report("s")
    assert found.lead.startswith("1 trial: 1 done.")
    texts = [picture.text for picture in parts(found, Picture)]
    assert "Validation accuracy after every epoch of 1 configuration." in texts
    assert not [text for text in [*texts, *missing(found)] if re.search(r"\b1 \w+s\b", text)]
    (curves,) = (picture for picture in parts(found, Picture) if picture.name == "curves")
    (legend,) = curves.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["LIF / ff / 32 neurons"]
    assert "1 epoch" in title(curves.figure) and "1 epochs" not in title(curves.figure)
    assert {float(tick).is_integer() for tick in curves.figure.axes[0].get_xticks()} == {True}


def test_the_leaders_of_a_search_for_few_operations_have_them_beside_the_accuracy(
    store: Store,
) -> None:
    plain = {"dataset": "digits", "dynamics": "lif", "encoding": "constant", "seed": 0}
    for hidden in (8, 16):
        measured = {"best_val_accuracy": 0.9, "test_accuracy": 0.9, "val_accuracy": 0.9}
        measured["best_synops_per_inference"] = 10.0 * hidden
        store.trial("few", f"{hidden}-0", params=plain | {"hidden": hidden}, **measured)
    spec = "name: few\nmetric: {val_accuracy: max, synops_per_inference: min}\n"
    store.client.set_tag(store.parents["few"], Tag.SPEC, spec)
    found = report("few")
    assert found.lead.endswith(
        "90.00 % on the test set, synaptic operations per inference 160 (one seed)."
    )
    (table,) = (table for table in parts(found, Table) if table.name == "leaders")
    assert list(table.shown)[4:6] == ["synops per inference", "seeds"]
    assert sorted(zip(table.shown["front"], table.shown["hidden"], strict=True)) == [
        ("false", "16"),
        ("true", "8"),
    ]
    assert "; 1 of 2 are on the front." in table.caption


def test_what_a_user_wrote_stands_in_the_page_as_text(store: Store) -> None:
    store.trial("grid", "a-0", State.RUNNING)
    store.client.set_tag(store.parents["grid"], Tag.SPEC, "</script><script>alert(1)")
    html = as_html(report("grid"))
    assert "alert(1)" in html and "<script>alert(1)" not in html


def test_an_unknown_sweep_is_one_clear_line(grid: Store) -> None:
    with pytest.raises(AnalysisError, match="unknown sweep 'nosuch'; known: grid"):
        report("grid", "nosuch")


def test_the_same_runs_give_the_same_page(grid: Store, of_grid: Report) -> None:
    assert as_html(report("grid")) == as_html(of_grid)
