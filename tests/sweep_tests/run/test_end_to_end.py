"""Whole sweeps through the command line: real Ray, Optuna, MLflow and networks."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
import yaml
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from analysis.records import State, Tag
from snn.data import load
from sweep.spec.parsing import parse_sweep
from tests.browser import open_page
from tests.snn_tests.data.event_files import hdf5
from tests.sweep_tests.workplace import SMALL, Workplace, answers, wait_until

EVENTS = {
    "dataset": "randman@units=20,classes=4,samples=100",
    "encoding": "events",
    "epochs": 4,
    "n_steps": 10,
}

pytestmark = pytest.mark.usefixtures("ray_here")


@pytest.fixture(scope="module")
def finished(shared_place: Workplace, ray_here: None) -> Workplace:
    """A small sweep that has run to its end; its output is in `folder/out` and `folder/err`."""
    base = SMALL["base"] | {"backend": "auto"}
    search = {"dynamics": ["lif", "alif"]}
    spec = shared_place.spec(base=base, seeds=[0, 1], search=search, sampler="grid")
    done = shared_place.run("run", spec)
    assert done.returncode == 0, done.stderr
    (shared_place.folder / "out").write_text(done.stdout)
    (shared_place.folder / "err").write_text(done.stderr)
    return shared_place


def test_a_sweep_ends_with_its_leaders_on_standard_output(finished: Workplace) -> None:
    out = (finished.folder / "out").read_text()
    assert "leaders of small" in out
    assert "lif" in out and "alif" in out
    assert "4 done, 0 running, 0 pruned, 0 failed of 4" in (finished.folder / "err").read_text()
    snapshots = [*(finished.folder / "ray_results").rglob("experiment_state-*")]
    assert not snapshots, "Ray Tune has written all trials, and nobody reads it"


def test_mlflow_has_one_parent_and_all_children_with_every_epoch_once(finished: Workplace) -> None:
    (parent,) = finished.runs("small", "sweep")
    children = finished.runs("small")
    assert parent.info.status == "FINISHED"
    assert "torch " in parent.data.tags["spikesweep.versions"]
    assert parent.data.tags["spikesweep.machine"]
    spec = parse_sweep(yaml.safe_load(parent.data.tags["spikesweep.spec"]))
    assert (spec.name, spec.seeds) == ("small", (0, 1))
    assert len(children) == 4
    for child in children:
        assert child.info.status == "FINISHED"
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert len(child.data.tags["spikesweep.data_sha256"]) == 64
        assert child.data.tags["spikesweep.backend"] == "cpu"
        assert child.data.params["dynamics"] in ("lif", "alif")
        assert finished.epochs(child) == [1, 2, 3, 4]
        assert 0 < child.data.metrics["test_accuracy"] <= 1
        artifacts = MlflowClient(finished.store).list_artifacts(child.info.run_id)
        assert {file.path for file in artifacts} == {
            "best.pt",
            "confusion.json",
            "predictions.parquet",
        }


def test_the_study_has_the_mean_over_seeds_and_every_epoch(finished: Workplace) -> None:
    trials = finished.study("small/1").trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 2
    for trial in trials:
        children = [
            run.data.metrics["best_val_accuracy"]
            for run in finished.runs("small")
            if run.data.params["dynamics"] == trial.params["dynamics"]
        ]
        assert trial.value == pytest.approx(sum(children) / 2)
        assert sorted(trial.intermediate_values) == [1, 2, 3, 4]


def test_what_ran_before_is_not_run_again(finished: Workplace) -> None:
    search, stop = {"dynamics": ["lif", "alif"]}, {"target": 0.1}
    again = finished.spec(name="again", seeds=[0, 1], search=search, sampler="grid", stop=stop)
    done = finished.run("run", again)
    assert done.returncode == 0, done.stderr
    assert "2 reused of 4" in done.stderr
    before = {run.data.tags["spikesweep.config_id"]: run for run in finished.runs("small")}
    for run in finished.runs("again"):
        origin = before[run.data.tags["spikesweep.config_id"]]
        assert run.data.tags["spikesweep.reused_from"] == origin.info.run_id
        assert run.data.metrics == origin.data.metrics
        assert finished.epochs(run) == [1, 2, 3, 4]


def test_a_target_that_is_reached_ends_a_sweep_with_the_reason_in_all_places(
    finished: Workplace,
) -> None:
    done = finished.run("run", "again.yaml", "--resume")
    assert done.returncode == 0, done.stderr
    (parent,) = finished.runs("again", "sweep")
    reason = parent.data.tags["spikesweep.ended"]
    assert reason.startswith("a configuration has val_accuracy 0.")
    assert reason.endswith("; the target is 0.1")
    assert parent.info.status == "FINISHED" and reason in parent.data.tags["mlflow.note.content"]
    assert f"nothing to do: {reason}" in done.stderr and "Ray starts" not in done.stderr
    assert f"the search has ended: {reason}" in done.stderr
    assert {run.data.params["dynamics"] for run in finished.runs("again")} == {"lif"}


def test_a_sweep_over_files_of_ones_own_gives_the_numbers_of_the_images_in_them(
    finished: Workplace,
) -> None:
    digits = load("digits")
    arrays = {
        "x_train": digits.train_images.reshape(-1, 8, 8) / 255,
        "y_train": digits.train_labels,
        "x_test": digits.test_images.reshape(-1, 8, 8) / 255,
        "y_test": digits.test_labels,
    }
    np.savez(finished.folder / "mine.npz", **arrays)
    base = {"epochs": 4, "n_steps": 10, "encoding": "constant", "dynamics": "lif"}
    spec = finished.spec(name="own", base=base, search={"dataset": ["mine.npz"]}, sampler="grid")
    done = finished.run("run", spec)
    assert done.returncode == 0, done.stderr
    (own,) = finished.runs("own")
    lif = {"dynamics": "lif", "seed": "0"}
    (same,) = (run for run in finished.runs("small") if lif.items() <= run.data.params.items())
    assert own.data.params["dataset"] == "mine.npz"
    assert own.data.tags["spikesweep.data_sha256"] == digits.sha256
    assert own.data.metrics["test_loss"] == same.data.metrics["test_loss"]
    assert finished.run("predict", "own", "test:0").returncode == 0
    np.savez(finished.folder / "mine.npz", **arrays | {"y_train": digits.train_labels[::-1]})
    changed = finished.run("run", spec, "--resume")
    assert changed.returncode == 2 and "the images of mine.npz have changed" in changed.stderr


def test_a_sweep_does_not_go_on_in_another_mlflow(finished: Workplace) -> None:
    other = f"sqlite:///{finished.folder / 'other.db'}"
    done = finished.run("run", "small.yaml", "--resume", MLFLOW_TRACKING_URI=other)
    assert done.returncode == 2
    assert f"the runs of small/1 are in {finished.store}, and {other} does not" in done.stderr
    assert len(done.mistakes) == 1


def test_tables_figures_and_predictions_come_from_the_store(finished: Workplace) -> None:
    markdown = finished.run("table", "small", "--format", "md", "--figure", "bars.png")
    assert markdown.returncode == 0, markdown.stderr
    assert "both values where n is 2" in markdown.stdout and "dynamics" in markdown.stdout
    assert (finished.folder / "bars.png").read_bytes().startswith(b"\x89PNG")
    columns = ("--param", "dynamics", "--metric", "val_loss")
    narrow = finished.run("table", "small", *columns, "--format", "md")
    assert narrow.stdout.splitlines()[0].count("|") == 6 and "val loss" in narrow.stdout
    unknown = finished.run("table", "small", "--param", "seed")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    best = finished.run("best", "small")
    assert best.returncode == 0, best.stderr
    assert "best.pt" in best.stdout
    guess = finished.run("predict", "small", "test:0", "test:1")
    assert guess.returncode == 0, guess.stderr
    assert len(guess.stdout.splitlines()) == 2
    other = finished.run("best", "small", "--leader", "2").stdout.split()[-1]
    assert other.endswith("best.pt") and other not in best.stdout
    second = finished.run("predict", "small", "test:0", "test:1", "--leader", "2")
    assert second.stdout == finished.run("predict", other, "test:0", "test:1").stdout
    assert second.stdout != guess.stdout
    exported = finished.run("export", "small", "-o", "small.onnx")
    assert exported.returncode == 0, exported.stderr
    assert (finished.folder / "small.onnx").stat().st_size > 10_000
    (listed,) = [line for line in finished.run("list").stdout.splitlines() if "small" in line]
    assert "4 done" in listed and "0 failed" not in listed
    assert "4 done" in finished.run("show", "small").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        "bars",
        "bars --metric best_synops_per_inference --by dynamics",
        "strip --by dynamics",
        "neurons",
        "synops",
        "parallel",
        "confusion",
    ],
)
def test_figures_are_drawn_from_a_sweep(finished: Workplace, arguments: str) -> None:
    kind, *options = arguments.split()
    done = finished.run("figure", kind, "small", *options, "-o", f"{kind}.svg")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{kind}.svg: ") and done.stdout.endswith(" kB\n")
    assert "digits" in (finished.folder / f"{kind}.svg").read_text()


@pytest.mark.parametrize(("kind", "shown"), [("raster", "test image 0"), ("forest", "dynamics")])
def test_figures_open_networks_and_compare_runs(finished: Workplace, kind: str, shown: str) -> None:
    done = finished.run("figure", kind, "small", "-o", f"{kind}.svg")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{kind}.svg: ") and done.stdout.endswith(" kB\n")
    text = (finished.folder / f"{kind}.svg").read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert shown in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("importance", "the importance of params needs 10 finished configurations, not 2"),
        ("strip --by nope", "no param 'nope'; those that vary: dynamics"),
        ("bars --metric tst_loss", "no metric 'tst_loss'; did you mean test_loss? known: test_"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_one_line(
    finished: Workplace, arguments: str, told: str
) -> None:
    kind, *options = arguments.split()
    done = finished.run("figure", kind, "small", *options, "-o", "f.png")
    assert done.returncode == 2
    assert told in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (finished.folder / "f.png").exists()


def test_the_runs_are_compared_exported_and_reported(finished: Workplace) -> None:
    effects = finished.run("effects", "small", "--figure", "forest.pdf")
    assert effects.returncode == 0, effects.stderr
    assert "lif → alif" in effects.stdout
    assert (finished.folder / "forest.pdf").read_bytes().startswith(b"%PDF")
    curves = finished.run("figure", "curves", "small", "-o", "curves.png")
    assert curves.returncode == 0, curves.stderr
    exported = finished.run("export-runs", "small", "-o", "small.parquet")
    assert exported.returncode == 0, exported.stderr
    from_file = finished.run("effects", "small.parquet", "--format", "csv")
    assert from_file.stdout == finished.run("effects", "small", "--format", "csv").stdout
    claims = finished.run("claims", "small.parquet")
    assert claims.returncode == 0, claims.stderr
    assert "untested" in claims.stdout


def test_the_report_is_written_and_logged_to_the_parent_run(finished: Workplace) -> None:
    done = finished.run("report", "small", "-o", "said")
    assert done.returncode == 0, done.stderr
    page = (finished.folder / "said" / "report.html").read_text()
    assert "Specification of small" in page and "torch " in page
    for name in ("confusion-digits", "pipeline-digits"):
        assert (finished.folder / "said" / "figures" / f"{name}.svg").exists()
    (parent,) = finished.runs("small", "sweep")
    logged = MlflowClient(finished.store).list_artifacts(parent.info.run_id, "report")
    assert "report/report.html" in {file.path for file in logged}


def test_a_report_on_a_file_says_that_its_networks_are_elsewhere(
    finished: Workplace, tmp_path: Path
) -> None:
    assert finished.run("export-runs", "small", "-o", "lone.parquet").returncode == 0
    elsewhere = tmp_path / "none.db"
    done = finished.run(
        *("report", "lone.parquet", "-o", "lone"),
        MLFLOW_TRACKING_URI=f"sqlite:///{elsewhere}",
    )
    assert done.returncode == 0, done.stderr
    page = (finished.folder / "lone" / "report.html").read_text()
    assert "not drawn, the confusion matrix of run" in page
    assert "not logged" not in done.stderr and not elsewhere.exists()


def test_a_diverging_trial_fails_with_its_reason_and_the_sweep_goes_on(place: Workplace) -> None:
    spec = place.spec(search={"lr": [1e-3, 1e30]}, sampler="grid")
    done = place.run("run", spec)
    assert done.returncode == 1
    assert "the loss is" in done.stderr
    states = {run.data.params["lr"]: run.info.status for run in place.runs("small")}
    assert states == {"0.001": "FINISHED", "1e+30": "FAILED"}
    failed = next(run for run in place.runs("small") if run.info.status == "FAILED")
    assert "the loss is" in failed.data.tags["spikesweep.error"]
    assert {trial.state for trial in place.study("small/1").trials} == {
        TrialState.COMPLETE,
        TrialState.FAIL,
    }


def test_time_bins_pooling_and_dynamics_are_searched_on_events_and_pruned_everywhere(
    place: Workplace,
) -> None:
    search = {
        "lr": [1e-2, 3e-3, 1e-7, 2e-7],
        "dynamics": ["lif", "adlif"],
        "time_bin": [5.0, 10.0],
        "pool": [1, 2],
    }
    spec = place.spec(
        base=EVENTS,
        search=search,
        sampler={"name": "tpe", "seed": 1},
        scheduler={"name": "asha", "grace": 1, "reduction": 2},
        trials=8,
    )
    done = place.run("run", spec)
    assert done.returncode == 0, done.stderr
    table = place.run("table", "small", "--param", "time_bin", "--param", "pool")
    assert "time_bin" in table.stdout and "pool" in table.stdout, table

    def place_of(params: Mapping[str, Any]) -> tuple[float | str, ...]:
        return params["dynamics"], *(float(params[key]) for key in ("lr", "time_bin", "pool"))

    runs = {place_of(run.data.params): run for run in place.runs("small")}
    told = {place_of(t.params): t for t in place.study("small/1").trials}
    assert told.keys() == runs.keys() and len(runs) > 4
    assert all(
        {type(t.params["time_bin"]), type(t.params["pool"])} == {float, int} for t in told.values()
    )
    pruned = {where for where, run in runs.items() if run.data.tags[Tag.STATE] == State.PRUNED}
    assert {lr for _, lr, *_ in pruned} >= {1e-7}
    assert f"without {len(pruned)} configurations that were ended early" in table.stderr
    for where, trial in told.items():
        assert (trial.state == TrialState.PRUNED) == (where in pruned)
        assert trial.intermediate_values
    for where in pruned:
        assert runs[where].data.tags["spikesweep.state"] == "pruned"
        assert "test_accuracy" not in runs[where].data.metrics
        assert sorted(told[where].intermediate_values) == place.epochs(runs[where])


def test_in_a_race_a_seed_that_was_done_does_not_lead_if_its_configuration_was_ended(
    finished: Workplace,
) -> None:
    spec = finished.spec(
        name="raced",
        base=SMALL["base"] | {"dynamics": "lif", "epochs": 2},
        search={"lr": [1e-2, 1e-7]},
        seeds=[0, 1],
        sampler="grid",
        scheduler={"name": "race", "grace": 2, "reduction": 2},
        stop={"target": 0.99},
    )
    done = finished.run("run", spec)
    assert done.returncode == 0, done.stderr
    (missed,) = (line for line in done.stderr.splitlines() if "stop.target" in line)
    assert missed.startswith("no configuration reached stop.target 0.99; the best has val_accuracy")
    assert "3 done, 0 running, 0 pruned, 0 failed of 3" in done.stderr
    good, bad = finished.study("raced/1").trials
    assert (good.state, bad.state) == (TrialState.COMPLETE, TrialState.PRUNED)
    reason = bad.user_attrs["ended_early"]
    assert reason.startswith("1 of 2 seeds: val_accuracy") and len(bad.intermediate_values) == 2
    runs = finished.runs("raced")
    assert sorted(run.data.params["lr"] for run in runs) == ["0.01", "0.01", "1e-07"]
    why = {run.data.params["lr"]: run.data.tags.get("spikesweep.pruned") for run in runs}
    assert why == {"0.01": None, "1e-07": reason}
    shown = finished.run("show", "raced").stdout
    assert "3 trials: 2 done, 1 pruned" in shown and "not among the leaders" in shown
    again = finished.run("run", spec, "--resume", "--budget", "{epochs: 2}")  # less than was used
    assert (again.returncode, "3 done" in again.stderr) == (0, True)
    assert "[I " not in again.stderr  # of Optuna's log
    (parent,) = finished.runs("raced", "sweep")
    assert not parent.data.tags.get("spikesweep.ended")
    _, *lines = [line for line in again.stderr.splitlines() if "budget" not in line]
    assert lines[0] == "nothing to do: all 3 trials of the launch have ended, and none is left"
    assert lines[1].startswith("3 done, 0 running, 0 pruned, 0 failed of 3")  # not counted up
    assert "Ray starts" not in again.stderr and "leaders of raced" in again.stdout
    assert "reused" not in again.stderr
    assert "this launch goes on with budget 2 epochs\n" in again.stderr


def test_an_mlflow_outage_stops_nothing_and_sync_delivers(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.tracking.tracker._PATIENCE_S", 1.0)
    away = {
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    spec = place.spec()
    done = place.run("run", spec, **away)
    assert done.returncode == 1
    assert "spikesweep sync" in done.stderr
    assert "3 done" in done.stderr
    assert "leaders of small" in done.stdout
    found = re.findall(r"(lif|alif) +(\S+) +(0\.\d+)", done.stdout)
    values = [float(value) for *_, value in found]
    assert len(values) == 3 and values == sorted(values, reverse=True)
    synced = place.run("sync")
    assert synced.returncode == 0, synced.stderr
    place.check_all_done_once(trials=3, epochs=4)


def test_one_training_is_logged_and_found_again(place: Workplace) -> None:
    settings = ["dataset=digits", "epochs=3", "n_steps=10", "encoding=constant", "hidden=32"]
    arguments = ["train", *(part for s in settings for part in ("--set", s))]
    first = place.run(*arguments)
    assert first.returncode == 0, first.stderr
    again = place.run(*arguments)
    assert again.returncode == 0, again.stderr
    assert "trained before" in again.stderr
    assert again.stdout == first.stdout
    (run,) = place.runs("train")
    assert place.epochs(run) == [1, 2, 3]
    assert f"{run.data.metrics['test_accuracy']:.6g}" in first.stdout
    none = place.run("table", "train", "--groups")
    assert (none.returncode, none.stdout) == (2, "")
    assert "digits has no groups of test samples" in none.stderr and "gone" not in none.stderr


def test_trainings_on_images_and_on_speakers_are_told_apart(place: Workplace) -> None:
    hdf5(place.folder / "a.h5")
    events = ["--set=dataset=./a.h5", "--set=encoding=events", "--set=time_bin=5"]
    for keys in (["--set=dataset=digits"], events):
        done = place.run("train", *keys, "--set=epochs=1", "--set=n_steps=10", "--set=hidden=32")
        assert done.returncode == 0, done.stderr
    guess = place.run("predict", "train", "test:0")
    assert "train has runs on ./a.h5, digits; the best by validation is on " in guess.stderr
    assert guess.stdout.startswith("test:0  ")
    shown = ["--param", "dataset", "--format", "csv", "--figure", "speakers.svg"]
    table = place.run("table", "train", "--groups", *shown)
    assert table.returncode == 0, table.stderr
    rows = [line.split(",")[1:4] for line in table.stdout.splitlines()[1:]]
    speakers = set(load(str(place.folder / "a.h5")).test_groups.tolist())  # type: ignore[union-attr]
    assert rows == [["./a.h5", str(speaker), "1"] for speaker in sorted(speakers)]
    drawn = (place.folder / "speakers.svg").read_text()
    assert all(f"speaker={speaker}" in drawn for speaker in speakers)
    assert place.run("export-runs", "train", "-o", "train.parquet").returncode == 0
    assert place.run("table", "train.parquet", "--groups", *shown).stdout == table.stdout


def test_a_dry_run_says_what_would_happen_and_leaves_nothing(place: Workplace) -> None:
    limits = {"synops_per_inference": "<= 5000"}
    rules = {"scheduler": "asha", "stop": {"target": 0.9}, "constraints": limits}
    done = place.run("run", place.spec(**rules, budget={"epochs": 8}), "--dry-run")
    assert done.returncode == 0, done.stderr
    for line in (
        "trials      3 configurations × 1 seed = 3",
        "budget      8 epochs: about 2 of 3 trials if none is pruned",
        "scheduler   asha: grace 3, reduction 3",
        "limit       synops_per_inference <= 5000",
        "power       none: sampler ",
        "stop        silent: a configuration ends if a layer never spikes, or nearly always",
        "stop        target: the search ends when a configuration has val_accuracy 0.9",
    ):
        assert f"\n{line}" in done.stdout
    assert re.search("^time        about .* for the 2 trials of the budget if", done.stdout, re.M)
    assert {path.name for path in place.folder.iterdir()} == {"small.yaml"}


def test_the_time_that_a_dry_run_tells_is_that_of_what_did_not_run_before(
    finished: Workplace,
) -> None:
    search = {"dynamics": ["lif", "alif"]}
    spec = finished.spec(name="wider", seeds=[0, 1, 2], search=search, sampler="grid")
    done = finished.run("run", spec, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^already run 4$", done.stdout, re.M)
    assert "measuring the speed of 2 configurations" in done.stderr  # there are no more
    assert " on this machine for 2 trials: " in done.stdout  # none is pruned without a scheduler


def test_the_schema_describes_every_key(place: Workplace) -> None:
    schema = json.loads(place.run("schema").stdout)
    assert schema["properties"]["base"]["properties"]["hidden"]["description"]


def test_the_run_of_a_sweep_tells_how_it_went(finished: Workplace) -> None:
    (parent,) = finished.runs("small", "sweep")
    metrics = parent.data.metrics
    counts = {name: metrics[f"trials/{name}"] for name in ("done", "running", "pruned", "failed")}
    assert counts == {"done": 4, "running": 0, "pruned": 0, "failed": 0}
    seeds: dict[str, list[float]] = {}
    for run in finished.runs("small"):
        same = seeds.setdefault(run.data.tags[Tag.GROUP_ID], [])
        same.append(run.data.metrics["best_val_accuracy"])
    assert metrics["best/val_accuracy"] == pytest.approx(max(map(fmean, seeds.values())))
    assert "- `dynamics`: lif, alif" in parent.data.tags["mlflow.note.content"]
    client = MlflowClient(finished.store)
    leaders = client.download_artifacts(parent.info.run_id, "leaders.csv", str(finished.folder))
    head, first, *others = Path(leaders).read_text().splitlines()
    assert head == "rank,val_accuracy,dynamics" and len(others) == 1
    assert first.startswith("1,0.")


def test_the_ui_shows_the_sweep_as_a_parent_with_its_children(finished: Workplace) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = finished.start("ui", "--port", str(port))
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health") or server.poll() is not None)
        with open_page() as page:
            page.goto(f"{url}/#/experiments")
            page.get_by_role("link", name="small", exact=True).click(timeout=60_000)
            page.get_by_text("small 1").first.wait_for(timeout=60_000)
            assert "/runs?workflowType=machine_learning" in page.url  # not the pages on traces
            assert page.get_by_text("s0 lif").count() == 0
            page.locator("[role=gridcell]", has_text="small 1").locator("button").click()
            page.get_by_text("s0 lif").first.wait_for(timeout=30_000)
            page.screenshot(path=finished.folder / "ui.png")
            view = re.search(r"^small: (http\S+)$", (finished.folder / "log").read_text(), re.M)
            assert view
            page.goto(view[1])
            page.get_by_text("Trials, best first").wait_for(timeout=30_000)
            page.get_by_text("s1 alif").first.wait_for(timeout=30_000)  # without the parent
            assert page.get_by_text("small 1").count() == 0
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
