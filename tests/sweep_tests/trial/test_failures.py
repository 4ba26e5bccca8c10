"""The reason of a failed trial is its first cause, in one line."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from analysis.records import State
from sweep.run.driver import Result
from sweep.run.runner import run
from sweep.spec.parsing import parse_sweep
from sweep.trial.failures import UNKNOWN, read_cause
from sweep.trial.trainable import SnnTrainable
from tests.sweep_tests.trial.failing import DyingOnce, Lacking, Refusing
from tests.sweep_tests.workplace import SMALL

CREATION = """Failure # 1 (occurred at 2026-11-26_12-50-39)
The actor died because of an error raised in its creation task, \
\x1b[36mray::SnnTrainable.__init__()\x1b[39m (pid=8, ip=192.0.2.2, actor_id=1)
  File "/usr/lib/python3.11/concurrent/futures/_base.py", line 449, in result
    return self.__get_result()
  File "/w/sweep/trial/trainable.py", line 54, in setup
    import snn_kernels
ModuleNotFoundError: No module named 'snn_kernels'

The above exception was the direct cause of the following exception:

ray.exceptions.RayTaskError(RuntimeError): ray::SnnTrainable.__init__()
RuntimeError: cannot start
"""
MEMORY = """Failure # 1 (occurred at 2026-11-26_12-50-39)
ray::SnnTrainable.train()
ValueError: an earlier failure
Failure # 2 (occurred at 2026-11-26_12-51-39)
Task was killed due to the node running low on memory.
Memory on the node (IP: 192.0.2.2, ID: 1) where the task (actor ID: 2, name=SnnTrainable) \
was running was 22.9GB / 23.0GB (0.99), which exceeds the memory usage threshold of 0.95.
"""
LOST = """Failure # 1 (occurred at 2026-11-26_12-50-39)
The actor died unexpectedly before finishing this task.
\tclass_name: SnnTrainable
\tactor_id: 1
The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR \
Worker exit detail: Worker unexpectedly exits with a connection error code 2. End of file. \
Some common causes include: (1) the process was killed by the OOM \
killer due to high memory usage, (2) ray stop --force is called.
"""


def test_the_first_of_a_chain_of_errors_is_the_reason() -> None:
    cause = read_cause(CREATION)
    assert cause.text == "ModuleNotFoundError: No module named 'snn_kernels'"
    assert cause.starting and not cause.memory


def test_what_every_worker_lacks_is_no_failure_of_the_trial() -> None:
    assert read_cause(CREATION).outcome.state == State.INTERRUPTED
    of_the_trial = CREATION.replace("ModuleNotFoundError", "ValueError")
    assert read_cause(of_the_trial).outcome.state == State.FAILED


def test_the_latest_failure_counts_and_lack_of_memory_is_known() -> None:
    cause = read_cause(MEMORY)
    assert cause.text == "Task was killed due to the node running low on memory."
    assert cause.memory and not cause.starting


def test_rays_guesses_are_no_reasons() -> None:
    cause = read_cause(LOST)
    assert cause.text.endswith("connection error code 2. End of file")
    assert not cause.memory and not cause.starting


def test_the_process_that_failed_is_known() -> None:
    assert [read_cause(text).process for text in (CREATION, MEMORY, LOST, "")] == [
        "1",
        "2",
        "1",
        "",
    ]


@pytest.mark.parametrize("text", ["", "None", "Failure # 1 (occurred at x)\nNone\n", "\n\n"])
def test_a_reason_is_never_none(text: str) -> None:
    assert read_cause(text) == UNKNOWN


def test_a_plain_exception_has_its_message() -> None:
    text = "ray::SnnTrainable.train()\n  File x\nException: the node timed out\n"
    assert read_cause(text).text == "Exception: the node timed out"


def ran(trainable: type[SnnTrainable], **plan: Any) -> Result:
    console = Console(file=io.StringIO())
    return run(parse_sweep(SMALL | {"trials": 2} | plan), console, trainable=trainable)


def test_a_worker_that_lacks_a_module_ends_the_sweep_with_that_reason(
    in_folder: Path, ray_here: None
) -> None:
    result = ran(Lacking)
    assert result.halted == "ModuleNotFoundError: No module named 'snn_kernels'"
    assert result.failures == {}


def test_what_fails_the_same_way_each_time_is_tried_twice_and_fails_with_its_reason(
    in_folder: Path, ray_here: None
) -> None:
    result = ran(Refusing)
    assert list(result.failures.values()) == ["ValueError: no such device"] * 2
    assert len(list((in_folder / "ray_results").glob("**/attempts/*"))) == 4


def test_a_death_that_ray_reports_twice_is_one_failure(in_folder: Path, ray_here: None) -> None:
    result = ran(DyingOnce, max_failures=1)
    assert len(list((in_folder / "ray_results").glob("**/died"))) == 1
    assert result.failures == {}
    assert result.progress.counts == {State.DONE: 2}
