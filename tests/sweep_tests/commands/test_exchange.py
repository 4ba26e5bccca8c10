"""Runs of one folder in another: through the command line, as a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from tests.sweep_tests.workplace import Workplace

pytestmark = pytest.mark.usefixtures("ray_here")

GRID = {"seeds": [0, 1], "search": {"dynamics": ["lif", "alif"]}, "sampler": "grid"}


@pytest.fixture(scope="module")
def exported(shared_place: Workplace, ray_here: None) -> Workplace:
    """A small sweep, and the file of its runs."""
    done = shared_place.run("run", shared_place.spec(**GRID))
    assert done.returncode == 0, done.stderr
    done = shared_place.run("export-runs", "small", "-o", "small.parquet")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("small.parquet: 5 runs, ")
    assert "kB: 2 configurations with their seeds, and the launches" in done.stdout
    assert done.stderr == ""
    return shared_place


@pytest.fixture
def elsewhere(exported: Workplace, place: Workplace) -> Workplace:
    """A new folder with the file."""
    shutil.copy(exported.folder / "small.parquet", place.folder)
    return place


def test_a_file_stands_for_its_sweep_and_needs_no_store(
    exported: Workplace, elsewhere: Workplace
) -> None:
    for format in ("csv", "md", "latex"):
        there = elsewhere.run("table", "small.parquet", "--format", format)
        assert there.returncode == 0, there.stderr
        assert there.stdout == exported.run("table", "small", "--format", format).stdout
    assert elsewhere.run("table", "small.parquet", "--figure", "bars.png").returncode == 0
    shown = elsewhere.run("show", "small.parquet").stdout.replace("small.parquet", "small")
    assert shown.split() == exported.run("show", "small").stdout.split()
    assert sorted(path.name for path in elsewhere.folder.iterdir()) == ["bars.png", "small.parquet"]


def test_a_file_has_the_best_configuration_and_says_that_its_network_is_not_here(
    exported: Workplace, elsewhere: Workplace
) -> None:
    best = elsewhere.run("best", "small.parquet")
    assert best.returncode == 0, best.stderr
    *about, network = best.stdout.splitlines()
    assert about == exported.run("best", "small").stdout.splitlines()[:-1]
    assert network.startswith(f"{'network':<20} not here: the network of run ")
    predicted = elsewhere.run("predict", "small.parquet", "test:0")
    assert predicted.returncode == 2
    assert "stays where it was trained" in predicted.stderr
    assert len(predicted.stderr.splitlines()) == 1


def test_a_sweep_and_a_file_are_put_together(exported: Workplace) -> None:
    both = exported.run("table", "small", "small.parquet", "--format", "csv")
    assert both.stdout == exported.run("table", "small", "--format", "csv").stdout
    assert exported.run("best", "small.parquet", "small").stdout.rstrip().endswith("best.pt")
    assert "small, small.parquet: 4 trials: 4 done" in (
        exported.run("show", "small", "small.parquet").stdout
    )


def test_what_was_imported_is_not_run_again(exported: Workplace, elsewhere: Workplace) -> None:
    first = elsewhere.run("import-runs", "small.parquet")
    assert (first.returncode, first.stdout) == (
        0,
        "small.parquet: 4 trials and 1 launch imported\n",
    ), first.stderr
    again = elsewhere.run("import-runs", "small.parquet")
    assert again.stdout == "small.parquet: nothing to import: all 5 runs are there\n"
    assert "small" in elsewhere.run("list").stdout

    swept = elsewhere.run("run", elsewhere.spec(**GRID | {"seeds": [0, 1, 2]}))

    assert swept.returncode == 0, swept.stderr
    assert "4 reused of 6" in swept.stderr
    runs = elsewhere.runs("small")
    imported = {r.info.run_id: r for r in runs if "spikesweep.imported_from" in r.data.tags}
    answered = [run for run in runs if "spikesweep.reused_from" in run.data.tags]
    assert len(imported) == len(answered) == 4
    for run in answered:
        origin = imported[run.data.tags["spikesweep.reused_from"]]
        assert run.data.metrics == origin.data.metrics
        assert elsewhere.epochs(run) == [1, 2, 3, 4]
    for run in imported.values():  # they stay what they were
        assert run.info.status == "FINISHED"
        assert elsewhere.epochs(run) == [1, 2, 3, 4]
    assert "small: 6 trials: 6 done" in elsewhere.run("show", "small").stdout


def test_an_import_tells_how_far_it_is_and_goes_on_after_ctrl_c(
    elsewhere: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.host.bars._PLAIN_EVERY_S", 0.0)
    end_run = MlflowClient.set_terminated
    ends = iter([None, None, KeyboardInterrupt, *[None] * 10])

    def interrupted(client: MlflowClient, *given: Any) -> None:
        end = next(ends)
        if end is not None:
            raise end
        end_run(client, *given)

    monkeypatch.setattr(MlflowClient, "set_terminated", interrupted)
    first = elsewhere.run("import-runs", "small.parquet")
    assert (first.returncode, first.stdout) == (130, "")
    *told, last = first.stderr.splitlines()
    assert told == ["importing: 1 of 5 runs", "importing: 2 of 5 runs"]
    assert last == "interrupted; the same command goes on where it was"
    again = elsewhere.run("import-runs", "small.parquet")
    outcome = "small.parquet: 1 trial imported, 2 continued, 2 there already\n"
    assert (again.returncode, again.stdout) == (0, outcome)
    assert [run.info.status for run in elsewhere.runs("small")] == ["FINISHED"] * 4


def test_mistakes_are_one_line_and_leave_nothing(elsewhere: Workplace) -> None:
    (elsewhere.folder / "broken.parquet").write_bytes(b"PAR1")
    (elsewhere.folder / "small.csv").write_text("group_id,n\n")
    for arguments, reason in {
        ("import-runs", "nowhere.parquet"): "nowhere.parquet: No such file or directory",
        ("import-runs", "small.parquet", "broken.parquet"): "broken.parquet: no file of runs",
        ("table", "broken.parquet"): "broken.parquet: no file of runs",
        ("table", "small.csv"): "small.csv: no file of runs: export-runs writes them, as .parquet",
        ("export-runs", "small", "-o", "a.parquet"): "no sweep here yet",
        ("export-runs", "small", "-o", "a.csv"): "must end in .parquet",
        ("export-runs", "small.parquet", "-o", "a.parquet"): "is a file already",
    }.items():
        done = elsewhere.run(*arguments)
        assert done.returncode == 2
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not (elsewhere.folder / "mlflow.db").exists()


def test_a_store_that_is_away_is_one_line(elsewhere: Workplace) -> None:
    away = {
        "MLFLOW_TRACKING_URI": "http://ann:secret@127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    done = elsewhere.run("import-runs", "small.parquet", **away)
    assert done.returncode == 2
    assert "cannot open the store http://ann:***@127.0.0.1:9: " in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(Path(elsewhere.folder).iterdir()) == [elsewhere.folder / "small.parquet"]


def on_terminal(place: Workplace, *command: str) -> tuple[int, str, str]:
    """The exit code of a command of which a terminal is the output; that, and the errors."""
    parent, child = os.openpty()
    termios.tcsetwinsize(child, (40, 80))
    whole = [sys.executable, "-m", "sweep.cli", *command]
    plain = {**os.environ, "TERM": "dumb"}  # knows no bold type
    with os.fdopen(parent, "rb", buffering=0) as screen, os.fdopen(child, "wb") as terminal:
        done = subprocess.run(
            whole,
            cwd=place.folder,
            env=plain,
            stdout=terminal,
            stderr=subprocess.PIPE,
            check=False,
        )
        terminal.write(b"\n")  # else there may be nothing to read
        terminal.flush()
        return done.returncode, screen.read(4096).decode(), done.stderr.decode()


def test_a_parquet_table_is_not_written_to_a_terminal(elsewhere: Workplace) -> None:
    code, _, errors = on_terminal(elsewhere, "table", "small.parquet", "--format", "parquet")
    assert code == 2
    assert errors.splitlines() == [
        "spikesweep: --format parquet: not for a terminal; give a file with --output"
    ]


def test_a_table_on_a_terminal_is_one_that_fits_it(elsewhere: Workplace) -> None:
    code, shown, errors = on_terminal(elsewhere, "table", "small.parquet")
    assert code == 0, errors
    assert "accuracies in percent." in " ".join(shown.split())
    lines = shown.splitlines()
    assert "test accuracy" in shown and max(map(len, lines)) <= 80 and lines[0][:1] != "|"
    _, markdown, _ = on_terminal(elsewhere, "table", "small.parquet", "--format", "md")
    assert markdown.startswith("| ")
