"""Who holds a lock is told, whoever is dead holds none, and it works without the kernel's locks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sweep.host.locks import Holder
from tests.sweep_tests.workplace import Workplace

HOLD = """
import sys, time
from pathlib import Path
from sweep.host.locks import TakenError, awaited, held
try:
    with {lock}(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.readline()
except TakenError as taken:
    print("taken by", taken.holder, flush=True)
"""
TRAIN = ["train", "--set", "dataset=digits", "--set", "epochs=1", "--set", "n_steps=5"]
TRAIN += ["--set", "backend=reference"]


@pytest.fixture(scope="session")
def no_flock(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library that takes the kernel's locks away from a process."""
    library = tmp_path_factory.mktemp("noflock") / "noflock.so"
    source = Path(__file__).parents[1] / "noflock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return str(library)


@pytest.fixture(params=["locks", "no locks"])
def preloaded(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "locks":
        return {}
    return {"LD_PRELOAD": request.getfixturevalue("no_flock")}


@contextmanager
def process(
    path: Path, environment: dict[str, str], lock: str = "held"
) -> Iterator[subprocess.Popen[str]]:
    """One that takes a lock, says so, and holds it until it is told to end."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD.format(lock=lock), str(path)],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.kill()


def says(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


def end(started: subprocess.Popen[str]) -> None:
    started.communicate("\n")


def test_one_process_holds_it_and_others_are_told_who(
    tmp_path: Path, preloaded: dict[str, str]
) -> None:
    file = tmp_path / "driver.lock"
    with process(file, preloaded) as first, process(file, preloaded) as second:
        told = sorted([says(first), says(second)])
        holder = next(p for p in (first, second) if p.poll() is None and says_nothing_more(p))
        assert told == ["held", f"taken by process {holder.pid}"]


def says_nothing_more(started: subprocess.Popen[str]) -> bool:
    """Whether it waits to be told to end: the one that was refused ends by itself."""
    try:
        started.wait(timeout=3)
    except subprocess.TimeoutExpired:
        return True
    return False


@pytest.mark.parametrize("how", ["in order", "killed"])
def test_it_is_free_when_its_holder_has_ended(
    tmp_path: Path, preloaded: dict[str, str], how: str
) -> None:
    file = tmp_path / "driver.lock"
    with process(file, preloaded) as first:
        assert says(first) == "held"
        end(first) if how == "in order" else first.send_signal(signal.SIGKILL)
        first.wait()
        with process(file, preloaded) as second:
            assert says(second) == "held"


def test_a_dead_process_is_not_taken_for_a_later_one_of_its_number(tmp_path: Path) -> None:
    me = Holder.me()
    assert me.lives and Holder.parse(str(me)) == me
    assert not Holder(me.host, me.pid, "1").lives
    assert Holder("elsewhere", me.pid, "1").lives  # nobody here can tell


def test_a_note_of_another_machine_names_it_and_what_to_do(tmp_path: Path, no_flock: str) -> None:
    file = tmp_path / "driver.lock"
    note = tmp_path / "driver.holder"
    note.write_text("elsewhere 17 1")
    with process(file, {"LD_PRELOAD": no_flock}) as refused:
        expected = f"taken by process 17 on elsewhere (if it is gone, remove {note})"
        assert says(refused) == expected


def test_who_waits_for_a_folder_gets_it_when_it_is_free(
    tmp_path: Path, preloaded: dict[str, str]
) -> None:
    with process(tmp_path, preloaded, "awaited") as first:
        assert says(first) == "held"
        with process(tmp_path, preloaded, "awaited") as second:
            end(first)
            assert says(second) == "held"
            end(second)
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_carries_training_and_syncing(
    place: Workplace, no_flock: str
) -> None:
    environment = place.environment | {"LD_PRELOAD": no_flock}
    for arguments, last in ((TRAIN, "checkpoint"), (["sync"], "train/1: complete")):
        done = subprocess.run(
            [sys.executable, "-m", "sweep.cli", *arguments],
            cwd=place.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=250,
        )
        assert done.returncode == 0, done.stderr
        assert (done.stderr + done.stdout).splitlines()[-1].startswith(last)
    assert not [path for path in place.folder.rglob("*") if path.suffix == ".holder"]
