"""A service is started, waited for, stopped and killed with all that it started."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from native.service import Service, ServiceError

from tests.process_numbers import run_apart

# A child in a session of its own, as Ray's jobs and Postgres's connections are.
WITH_CHILD = "setsid sleep 1000 & echo ready; wait"


def service(folder: Path, script: str, ready: Callable[[], bool] | None = None) -> Service:
    log = folder / "log"
    says_ready = ready or (lambda: "ready" in log.read_text())
    return Service("it", ["bash", "-c", script], dict(os.environ), log, says_ready)


def alive(pids: list[int]) -> list[int]:
    """Those that have not ended."""
    states = {pid: Path(f"/proc/{pid}/stat") for pid in pids}
    return [p for p, s in states.items() if s.exists() and s.read_text().split()[2] != "Z"]


@pytest.mark.parametrize("end", [Service.stop, Service.kill])
def test_nothing_of_it_is_left(tmp_path: Path, end: Callable[[Service], None]) -> None:
    it = service(tmp_path, WITH_CHILD)
    it.start()
    while len(pids := it.processes()) < 2:
        time.sleep(0.01)
    end(it)
    assert not it.running and not alive(pids)


def test_it_is_asked_first_and_may_take_its_time(tmp_path: Path) -> None:
    it = service(
        tmp_path, "trap 'echo good-bye; exit' TERM; echo ready; while :; do sleep 0.01; done"
    )
    it.start()
    it.stop()
    assert "good-bye" in it.log.read_text()


def test_what_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    it = service(tmp_path, "trap '' TERM; echo ready; while :; do sleep 0.01; done")
    it.start()
    it.stop(within_s=0.2)
    assert not it.running


def test_it_can_be_started_again(tmp_path: Path) -> None:
    it = service(tmp_path, WITH_CHILD)
    it.start()
    before = it.pid
    it.restart(signal.SIGKILL)
    assert it.running and it.pid != before
    it.kill()


def test_what_a_killed_starter_left_is_ended_by_the_next_start(tmp_path: Path) -> None:
    it, later = (service(tmp_path, WITH_CHILD) for _ in range(2))
    it.start()
    left = it.processes()
    later.start()
    assert later.running and not it.running and not alive(left)
    later.kill()
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_an_early_end_is_said_with_the_log(tmp_path: Path) -> None:
    it = service(tmp_path, "echo no such database >&2; exit 1", lambda: False)
    with pytest.raises(ServiceError, match="it ended at its start:\nno such database"):
        it.start()


def test_one_that_ends_before_it_is_ready_may_be_started_again(tmp_path: Path) -> None:
    it = service(tmp_path, "test -e begun && echo ready && exec sleep 1000; touch begun; exit 1")
    it.restarts = 1
    it.start()
    assert it.running
    it.kill()


def test_a_service_that_never_answers_is_ended(tmp_path: Path) -> None:
    it = service(tmp_path, "sleep 1000", lambda: False)
    with pytest.raises(ServiceError, match="it is not ready after"):
        it.start(within_s=0.3)
    assert not it.running


def test_a_later_process_with_the_number_of_one_of_its_own_is_left_alone(tmp_path: Path) -> None:
    program = f"""
import os, time
from native.service import Service

log = Path({str(tmp_path / "log")!r})
script = "setsid sleep 1000 & echo $!; wait; sleep 1000"
it = Service("it", ["bash", "-c", script], dict(os.environ), log, lambda: bool(log.read_text()))
it.start()
child = int(log.read_text())
while child not in it.processes() or os.getsid(child) != child:
    time.sleep(0.01)
it.processes()
os.kill(child, 9)
while Path(f"/proc/{{child}}").exists():
    time.sleep(0.01)
other = sleeper(child)
it.kill()
print(other.poll())
other.kill()
"""
    assert run_apart(program) == "None"
