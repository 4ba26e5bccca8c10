"""A sweep goes on when nobody reads its progress; results that cannot be written are an error."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from tests.sweep_tests.workplace import REFERENCE, Workplace

COMMAND = shlex.join([sys.executable, "-m", "sweep.cli"])
KEYS = "dataset=digits epochs=1 n_steps=5 encoding=constant backend=reference".split()
TRAIN = shlex.join(["train", *(f"--set={key}" for key in KEYS)])


def shell(place: Workplace, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script.replace("spikesweep", COMMAND)],
        cwd=place.folder,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=250,
    )


def test_work_is_done_though_a_full_disk_takes_no_progress(place: Workplace) -> None:
    done = shell(place, f"spikesweep {TRAIN} 2>/dev/full")
    assert done.returncode == 0
    assert done.stdout.startswith("test_accuracy")
    assert [run.info.status for run in place.runs("train")] == ["FINISHED"]


@pytest.mark.parametrize(
    ("streams", "printed"),
    [("2>&1 | head -1", "small: 2 configurations"), ("<&- 2>&-", "leaders of small")],
)
def test_a_sweep_goes_on_to_its_end_when_nobody_reads(
    place: Workplace, streams: str, printed: str
) -> None:
    base = {"dataset": "digits", "epochs": 1, "n_steps": 5, "encoding": "constant"} | REFERENCE
    spec = place.spec(base=base, search={"lr": [1e-3, 2e-3]}, sampler="grid", trials=2)
    done = shell(place, f"spikesweep run {spec} {streams}")
    assert done.returncode == 0
    assert done.stdout.startswith(printed)
    states = [run.info.status for run in place.runs("small") + place.runs("small", "sweep")]
    assert states == ["FINISHED"] * 3


@pytest.mark.parametrize("command", ["specs", "schema", "--help"])
def test_results_that_cannot_be_written_are_an_error(place: Workplace, command: str) -> None:
    done = shell(place, f"spikesweep {command} >/dev/full")
    assert done.returncode == 1
    assert done.stderr == "spikesweep: No space left on device\n"


def test_a_closed_output_takes_no_results_and_is_no_error(place: Workplace) -> None:
    assert shell(place, "spikesweep specs >&-").returncode == 0


def test_a_reader_of_results_may_leave(place: Workplace) -> None:
    done = shell(place, "spikesweep schema | head -1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_a_command_alone_shows_the_help(place: Workplace) -> None:
    alone, asked = shell(place, "spikesweep"), shell(place, "spikesweep --help")
    assert (alone.returncode, alone.stdout, alone.stderr) == (0, asked.stdout, "")
    assert "Usage: " in alone.stdout
