"""Labels of users' components: brought along by runs, shown to people, kept apart from values."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.data.labelled import labelled
from analysis.data.runs import load_runs
from analysis.figures import FIGURES, Options, source_of
from analysis.records import Tag
from analysis.report.content import build_report
from analysis.report.material import Material
from analysis.report.page import write_report
from analysis.report.parts import Table
from analysis.report.tables import summarise, write_table
from analysis.run_files.exporting import export_runs
from analysis.stats.effects import effects
from analysis.stats.readable import readable_effects
from analysis.text.typeset import caption

NETWORK = "nets.py:build"
DONE = {"best_val_accuracy": 0.5, "test_accuracy": 0.5}


def own(**labels: str) -> dict[str, str]:
    return {Tag.LABELS: json.dumps(labels)}


@pytest.fixture
def told(store: Any) -> Any:
    """Runs of four networks, of which three are users', on a data set of a user's."""
    of_network = [
        ({"dynamics": "lif", "preset": "default"}, {}),
        ({"dynamics": "adex", "preset": "default"}, {"dynamics": "AdEx"}),
        ({"network": NETWORK}, {"network": "ConvNet"}),
        ({"network": "nets.py:flat"}, {"network": "Flat $x$"}),
    ]
    for number, (params, labels) in enumerate(of_network):
        for seed in (0, 1, 2):
            accuracy = 0.5 + 0.1 * number + 0.01 * seed
            metrics = {"best_val_accuracy": accuracy, "test_accuracy": accuracy}
            all_params = {"dataset": "bars", "seed": seed, **params}
            tags = own(dataset="Bars / 8 × 8", **labels)
            store.trial("s", f"g{number}-{seed}", params=all_params, tags=tags, **metrics)
    return store


def test_runs_keep_the_values_and_tables_for_people_have_the_labels(told: Any) -> None:
    runs = load_runs(["s"])
    assert set(runs["dynamics"].dropna()) == {"lif", "adex"}
    assert set(labelled(runs)["dynamics"].dropna()) == {"lif", "AdEx"}
    summary = summarise(runs)
    written = {kind: io.StringIO() for kind in ("csv", "md", "latex")}
    for kind, stream in written.items():
        write_table(summary if kind == "csv" else labelled(summary), stream, kind)
    assert NETWORK in written["csv"].getvalue() and "ConvNet" not in written["csv"].getvalue()
    for kind in ("md", "latex"):
        text = written[kind].getvalue()
        assert "ConvNet" in text and "AdEx" in text and "nets.py" not in text
    assert r"Flat \$x\$" in written["latex"].getvalue()
    assert "dataset=Bars / 8 × 8." in caption(labelled(summary))


def test_figures_effects_and_reports_have_the_labels(told: Any, tmp_path: Path) -> None:
    runs = load_runs(["s"])
    source = source_of(["s"], runs)
    figure = FIGURES["strip"].draw(source, Options(metric="test_accuracy", by=("dynamics",)))
    texts = [text.get_text() for axes in figure.axes for text in axes.get_xticklabels()]
    assert texts[:2] == ["AdEx\nn = 1", "LIF\nn = 1"]
    bars = FIGURES["bars"].draw(source, Options(metric="test_accuracy"))
    names = " ".join(text.get_text() for axes in bars.axes for text in axes.get_xticklabels())
    assert "ConvNet" in names and "nets.py" not in names
    table = effects(labelled(runs), ["dynamics"])
    assert readable_effects(table).to_string().count("AdEx") == 1
    report = build_report(Material.read(["s"]))
    assert "Flat $x$, 81.00 % on the test set (mean of 3 seeds)" in report.lead
    leaders = next(
        part
        for section in report.sections
        for part in section.parts
        if isinstance(part, Table) and part.name == "leaders"
    )
    assert "ConvNet" in leaders.shown.to_string() and "Bars / 8 × 8" in leaders.settings
    page = write_report(report, tmp_path / "report")  # no label is a path
    assert "Bars / 8 × 8" in page.read_text() and "ConvNet" in page.read_text()


def test_files_of_runs_bring_the_labels_along(told: Any, tmp_path: Path) -> None:
    told.end("s")
    export_runs(["s"], tmp_path / "s.parquet")
    (tmp_path / "mlflow.db").unlink()
    again = labelled(load_runs([str(tmp_path / "s.parquet")]))
    assert set(again["network"].dropna()) == {"ConvNet", "Flat $x$"}


def test_of_different_labels_of_a_value_that_of_the_latest_run_counts(store: Any) -> None:
    for number, label in enumerate(("before", "after")):  # the file was changed between them
        params = {"network": NETWORK, "seed": number}
        store.trial("s", f"g{number}-{number}", params=params, tags=own(network=label), **DONE)
    store.trial("s", "g2-2", params={"network": NETWORK, "seed": 2}, **DONE)  # of an old version
    assert labelled(load_runs(["s"]))["network"].tolist() == ["after"] * 3


def test_two_values_never_get_one_name(store: Any) -> None:
    given = {"one": "LIF", "two": "twin", "three": "twin", "four": "other", "other": ""}
    for name, label in {**given, "lif": ""}.items():
        tags = own(dynamics=label) if label else {}
        store.trial("s", f"{name}-0", params={"dynamics": name, "seed": 0}, tags=tags, **DONE)
    shown = ["LIF (one)", "twin (two)", "twin (three)", "other (four)", "other", "lif"]
    assert labelled(load_runs(["s"]))["dynamics"].tolist() == shown


@pytest.mark.parametrize(
    "tag", ["", "{", "3", "[]", '{"dynamics": 3}', '{"dynamics": " "}', '{"lr": "x"}', "[" * 7000]
)
def test_runs_without_labels_and_with_tags_of_others_are_shown_by_their_values(
    store: Any, tag: str
) -> None:
    tags = {Tag.LABELS: tag} if tag else {}
    params = {"dynamics": "mine", "seed": 0, "lr": 0.1}
    store.trial("s", "g-0", params=params, tags=tags, **DONE)
    runs = load_runs(["s"])
    pd.testing.assert_frame_equal(labelled(runs), runs)
