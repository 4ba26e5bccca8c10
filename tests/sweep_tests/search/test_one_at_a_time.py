"""Two processes never run the same sweep, or train the same configuration, at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snn.config import TrialConfig
from sweep.run import launch
from tests.sweep_tests.search.small import BASE, PLAN
from tests.sweep_tests.workplace import Workplace


@pytest.fixture
def holder(in_folder: Path) -> Iterator[Callable[[str, str], subprocess.Popen[str]]]:
    """Starts a process that holds the lock of a sweep."""
    started = []

    def hold(name: str, key: str) -> subprocess.Popen[str]:
        program = (
            "import time; from sweep.run import launch\n"
            f"with launch.alone({name!r}, 'it', {key!r}): print('held', flush=True); time.sleep(99)"
        )
        arguments = [sys.executable, "-c", program]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_launch_of_a_sweep_is_refused_while_one_runs(
    in_folder: Path, holder: Callable[[str, str], subprocess.Popen[str]]
) -> None:
    place = Workplace(in_folder)
    spec = place.spec(**PLAN)
    first = holder("small", "driver")
    done = place.run("run", spec)
    assert done.returncode == 2
    told = f"a launch of 'small' is being run by process {first.pid}; wait for it, or stop it"
    assert done.mistakes == [f"spikesweep: {told}"]
    assert [file.name for file in (in_folder / "ray_results").rglob("*")] == [
        "small",
        "driver.lock",
    ]
    first.kill()
    first.wait()
    with launch.alone("small", "it"):
        assert (in_folder / "ray_results" / "small" / "driver.lock").exists()
    assert not (in_folder / "ray_results").exists()


def test_a_configuration_is_not_trained_twice_at_once(
    in_folder: Path, holder: Callable[[str, str], subprocess.Popen[str]]
) -> None:
    config = TrialConfig.parse(BASE)
    first = holder("train", config.config_id)
    done = Workplace(in_folder).run("train", *(f"--set={k}={v}" for k, v in BASE.items()))
    assert done.returncode == 2
    assert f"the training of {config.config_id} is being run by process {first.pid}" in done.stderr
