"""A service that dies is named and started again, but not for ever."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from native import watch
from native.service import Service
from native.watch import Watch

from tests.docker_tests.test_service import alive, service
from tests.sweep_tests.workplace import wait_until


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_FIRST_PAUSE_S", 0.01)


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Service]:
    """A service with a child in a session of its own."""
    it = service(tmp_path, "setsid sleep 1000 & echo ready; wait")
    it.start()
    yield it
    it.kill()


def looked_until_running(watching: Watch, it: Service) -> bool:
    watching.look()
    return it.running


def test_one_that_is_killed_is_named_and_started_again_without_its_remains(it: Service) -> None:
    said: list[str] = []
    watching = Watch([it], said.append)
    wait_until(lambda: len(it.processes()) == 2)
    watching.look()
    before = it.processes()
    os.kill(it.pid, signal.SIGKILL)
    wait_until(lambda: not it.running)
    wait_until(lambda: looked_until_running(watching, it))
    watching.look()
    assert said == [f"it has died, and is started again; its log: {it.log}"]
    assert it.pid not in before and not alive(before)


def test_one_that_fails_at_every_start_stays_dead_in_the_end(tmp_path: Path) -> None:
    it = service(tmp_path, "exit 1")
    it.launch()
    said: list[str] = []
    watching = Watch([it], said.append)
    wait_until(lambda: watching.look() or len(said) == 6)
    for _ in range(20):
        watching.look()
    assert [line for line in said if "started again" in line] == said[:-1]
    assert said[-1] == f"it has died, 6 times in a row, and stays dead; its log: {it.log}"
    assert not it.running


def test_one_that_has_lived_for_a_while_may_die_again(
    it: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_STEADY_S", 0.0)
    said: list[str] = []
    watching = Watch([it], said.append)
    for _ in range(7):
        os.kill(it.pid, signal.SIGKILL)
        wait_until(lambda: not it.running)
        wait_until(lambda: looked_until_running(watching, it))
    assert len(said) == 7 and all("started again" in line for line in said)
