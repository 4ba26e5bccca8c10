"""The guard ends what Ray's servers leave, and nothing of anybody else."""

from __future__ import annotations

import pytest

from tests.process_numbers import run_apart


@pytest.mark.parametrize("pause_s", [0.0, 1.5], ids=["not noticed", "noticed by the guard"])
def test_a_later_process_with_the_number_of_a_server_is_left_alone(pause_s: float) -> None:
    program = f"""
import time
from sweep.cluster.guard import Guard

guard = Guard()
server = sleeper()
guard.watch(server.pid)
server.kill()
server.wait()
time.sleep(0.02 + {pause_s})  # births differ by 10 ms at least; numbers do not come round so fast
other = sleeper(server.pid)
guard.end_all()
guard.leave()
print(other.poll())
other.kill()
"""
    assert run_apart(program) == "None"


def test_a_session_whose_leader_ended_long_ago_is_ended_too() -> None:
    program = """
import os, time
import psutil
from sweep.cluster.guard import Guard

guard = Guard()
server = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & exec sleep 60"], start_new_session=True)
guard.watch(server.pid)
while not (left := psutil.Process(server.pid).children()):
    time.sleep(0.01)
server.kill()
server.wait()
time.sleep(2.5)
print(left[0].status())
guard.leave()
print(left[0].is_running() and left[0].status())
"""
    assert run_apart(program).split() in (["sleeping", "zombie"], ["sleeping", "False"])
