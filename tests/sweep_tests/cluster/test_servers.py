"""Ray's servers: none that nobody asks, none is left, and one that stalls is started again.

What ends a sweep in the middle is in `docker_tests.storm`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from ray._private import services

from sweep.cluster.guard import Guard
from sweep.cluster.head import Head
from sweep.cluster.servers import in_a_session_of_their_own
from tests.sweep_tests.workplace import Workplace, wait_until

BASE = {"dataset": "digits", "epochs": 2, "n_steps": 10, "encoding": "constant"}
SECONDS = 30.0  # to end in, on a busy machine; Ray gives up after 60


@pytest.fixture(autouse=True)
def nothing_left(place: Workplace) -> Iterator[None]:
    """A driver of a test that failed ends with it, and all that is its own with the driver."""
    yield
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it has just ended
            if "sweep.cli" in " ".join(process.cmdline()):
                process.kill()
                process.wait()


def gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def check_gone(processes: list[psutil.Process]) -> None:
    left, end = list(processes), time.monotonic() + SECONDS
    while left and time.monotonic() < end:
        left = [process for process in left if not gone(process)]
        time.sleep(0.2)
    assert left == []


def test_nothing_of_ray_outlives_a_driver_that_is_killed_while_ray_starts(place: Workplace) -> None:
    place.spec(base=BASE)
    driver = place.start("run", "small.yaml")
    here = psutil.Process(driver.pid)
    agents: list[psutil.Process] = []
    wait_until(lambda: len(below(here, agents)) > 4)
    processes = below(here, agents)
    maps = Path(f"/proc/{driver.pid}/maps").read_text()
    assert "libtorch" not in maps  # a tenth of a start, and a driver computes nothing
    driver.kill()
    driver.wait()
    check_gone(processes)


def below(driver: psutil.Process, seen: list[psutil.Process]) -> list[psutil.Process]:
    seen[:] = driver.children(recursive=True)
    return seen


def test_ray_on_one_machine_has_no_servers_that_a_sweep_never_asks(ray_here: None) -> None:
    found = psutil.Process().children(recursive=True)
    commands = []
    for process in found:
        with contextlib.suppress(psutil.Error):  # it has just ended
            commands.append(" ".join(process.cmdline()))
    assert any("raylet/raylet" in command for command in commands)
    unused = ("_private/monitor.py", "log_monitor.py", "dashboard/dashboard.py")
    assert [c for c in commands if any(name in c for name in unused)] == []


def test_a_worker_that_dies_while_it_starts_costs_nothing(place: Workplace, ray_here: None) -> None:
    spec = place.spec(base=BASE)
    killed, over = list[int](), threading.Event()

    def kill_one() -> None:
        while not killed and not over.wait(0.01):
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):  # it has just ended
                    if "Trainable.__init__" in " ".join(process.cmdline()):
                        process.kill()
                        killed.append(process.pid)

    killer = threading.Thread(target=kill_one)
    killer.start()
    try:
        done = place.run("run", spec)
    finally:
        over.set()
        killer.join()
    assert done.returncode == 0, done.stderr
    assert killed
    assert "3 done, 0 running, 0 pruned, 0 failed of 3" in done.stderr
    runs = place.runs("small")
    assert [run.info.status for run in runs] == ["FINISHED"] * 3
    assert all(place.epochs(run) == [1, 2] for run in runs)


STALLED = """
import sys, time
import psutil
from sweep.cluster import connection
from sweep.spec.sections.resources import Resources

def watch(guard, pid, ordinary=connection.Guard.watch):
    ordinary(guard, pid)
    server = psutil.Process(pid)
    if server.name() == sys.argv[1] and not stalled:
        time.sleep(float(sys.argv[2]))
        server.suspend()
        stalled.append(server)
        connection.PATIENCE_S = 240.0  # of the next start

stalled = []
connection.Guard.watch = watch
connection.PATIENCE_S = 10.0
with connection.connected(Resources(), None) as slots:
    print(slots(), stalled[0].is_running())
"""


STALLS = [("raylet", 0), ("gcs_server", 0), ("gcs_server", 3)]


@pytest.fixture(scope="module")
def stalled() -> dict[tuple[str, int], subprocess.Popen[str]]:
    """All at once: each waits for Ray most of the time."""
    return {
        (server, after_s): subprocess.Popen(
            [sys.executable, "-c", STALLED, server, str(after_s)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for server, after_s in STALLS
    }


@pytest.mark.parametrize(("server", "after_s"), STALLS)
def test_a_server_that_stalls_while_it_starts_is_started_once_more(
    stalled: dict[tuple[str, int], subprocess.Popen[str]], server: str, after_s: int
) -> None:
    said, errors = stalled[server, after_s].communicate(timeout=240)
    assert said == f"{os.cpu_count()} False\n", errors


def test_what_a_server_has_started_ends_with_the_guard_though_the_server_is_gone() -> None:
    guard = Guard()
    script = "sleep 60 & exec sleep 60"
    with in_a_session_of_their_own(guard):
        started = services.start_ray_process(["/bin/sh", "-c", script], "raylet", fate_share=False)
    ordinary = services.start_ray_process(["/bin/sleep", "60"], "raylet", fate_share=False)
    server = started.process
    assert os.getsid(server.pid) == server.pid
    assert os.getsid(ordinary.process.pid) == os.getsid(0)
    children: list[psutil.Process] = []
    wait_until(lambda: bool(below(psutil.Process(server.pid), children)))
    server.kill()
    server.wait()
    guard.leave()
    check_gone(children)
    assert ordinary.process.poll() is None
    ordinary.process.kill()
    ordinary.process.wait()


def test_a_head_may_be_away_for_a_while_but_not_for_good() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        head = Head(f"127.0.0.1:{port}", patience_s=0.5)
        time.sleep(0.6)
        assert head.lost() == ""
    time.sleep(0.3)
    assert head.lost() == ""
    time.sleep(0.6)
    assert f"127.0.0.1:{port} has not answered" in head.lost()
    with socket.create_server(("127.0.0.1", port)):
        time.sleep(0.6)
        assert head.lost() == ""
