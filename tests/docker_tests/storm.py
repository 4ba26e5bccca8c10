"""A sweep on this machine of which everything dies at random, held against the same in peace.

    PYTHONPATH=docker python -m tests.docker_tests.storm --help

`chaos` does this to a cluster; here the driver starts Ray itself. In full: 40 configurations of two
seeds each, with four busy loops beside them. Trials are killed while they start, train and end;
Ray's raylet and its GCS, the MLflow server, the database and the driver are killed; the driver's
process group is sent SIGTERM, SIGHUP and SIGINT; the disk is full for a while.
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import yaml
from native import recipes
from native.postgres import create_databases, postgres
from native.service import Service
from native.site import Site

from tests.docker_tests.chaos import (
    DATA,
    FULL,
    SMALL,
    SPIKESWEEP,
    Size,
    as_client,
    check,
    undisturbed,
)

LARGE = replace(
    FULL,
    plan=FULL.plan
    | {
        "base": {"dataset": "digits", "epochs": 10, "n_steps": 25},
        "seeds": [0, 1],
        "max_failures": 20,
    },
)
REDUCED = "start", "training", "raylet", "SIGTERM"
"""The blows of the tests, which need no server."""

_MARK = "SPIKESWEEP_STORM"  # stands in the environment of every process of the sweep
_DISK_BYTES = 200_000_000


class Storm:
    """A sweep in a process group of its own, and what is done to it.

    Args:
        folder: Where the driver runs.
        environment: Of the driver: it says where its stores are.
        servers: Postgres and MLflow, by name; those that blows need.
        disk: A small file system, where the sweep keeps its files.
        size: Of the sweep.
        seed: Of the order and the moments of the blows.
        blows: Names of what is done to it; by default everything.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        servers: Mapping[str, Service],
        disk: Path,
        size: Size,
        seed: int,
        blows: tuple[str, ...] = (),
    ) -> None:
        self._folder, self._servers, self._disk, self._size = folder, servers, disk, size
        self._random = random.Random(seed)
        self._mark = uuid.uuid4().hex
        (self._folder / "storm.yaml").write_text(yaml.safe_dump(dict(size.plan), sort_keys=False))
        theirs = ("RAY_", "SPIKESWEEP_STORAGE")
        settings = {k: v for k, v in environment.items() if not k.startswith(theirs)}
        self._environment = settings | {"SPIKESWEEP_STORAGE": str(disk), _MARK: self._mark}
        self._blows: dict[str, Callable[[], None]] = {
            "start": lambda: self._kill_worker("__init__"),
            "training": lambda: self._kill_worker("train"),
            "end": self._kill_worker_at_the_end,
            "raylet": lambda: self._kill_of_ray("raylet/raylet"),
            "gcs": lambda: self._kill_of_ray("gcs_server"),
            "driver": self._kill_driver,
            "SIGTERM": lambda: self._signal(signal.SIGTERM),
            "SIGHUP": lambda: self._signal(signal.SIGHUP),
            "SIGINT": lambda: self._signal(signal.SIGINT),
            "mlflow": self._take_mlflow_away,
            "postgres": self._restart_postgres,
            "disk": self._fill_the_disk,
        }
        self._chosen = list(blows or self._blows)
        self._began = time.monotonic()
        self._driver: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start the sweep, disturb it, resume what was broken off, and wait for the end."""
        self._random.shuffle(self._chosen)
        moments = sorted(self._random.uniform(0.02, 0.85) for _ in self._chosen)
        self._launch()
        for share, name in zip(moments, self._chosen, strict=True):
            while self._go_on() and self._progress() < share:
                pass
            self._blows[name]()
        while self._go_on():
            pass

    def processes(self) -> dict[int, str]:
        """All processes of the sweep with their titles, whatever sessions they are in."""
        found = {}
        mark = f"{_MARK}={self._mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    title = (folder / "cmdline").read_bytes()
                    found[int(folder.name)] = title.replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it has ended meanwhile, or is not ours
        return found

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self._driver is not None
        return self._driver

    def _launch(self, *options: str) -> None:
        with (self._folder / "log").open("ab") as log:
            self._driver = subprocess.Popen(
                [*SPIKESWEEP, "run", "storm.yaml", *options],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _go_on(self) -> bool:
        """Wait a moment, and resume a sweep that was broken off; False when it has ended."""
        time.sleep(0.1)
        code = self._process.poll()
        if code is None:
            return True
        if code == 0:
            return False
        killed = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)
        assert code in (1, 130, *killed), f"exit code {code}: {self._last_line()}"
        self._say(f"  exit {code}: {self._last_line()}")
        begun = self._outbox() is not None
        self._launch(*(["--resume"] if begun else []))
        return True

    def _last_line(self) -> str:
        lines = (self._folder / "log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _outbox(self) -> Path | None:
        found = list(self._disk.glob("chaos/*/outbox.jsonl"))
        assert len(found) <= 1
        return found[0] if found else None

    def _progress(self) -> float:
        """Share of the epochs that were noted."""
        outbox = self._outbox()
        noted = outbox.read_bytes().count(b'"do":"epoch"') if outbox else 0
        return noted / self._size.reports

    def _wait_for(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Whether something happened while the sweep runs."""
        end = time.monotonic() + within_s
        while time.monotonic() < end and self._process.poll() is None:
            if condition():
                return True
            time.sleep(0.02)
        return False

    def _ended(self, within_s: float = 120) -> float:
        """Wait for the driver's end; seconds that it took."""
        began = time.monotonic()
        self._process.wait(timeout=within_s)
        return time.monotonic() - began

    def _kill(self, *parts: str, within_s: float = 60) -> bool:
        """Kill a process with one of these parts in its title, as soon as there is one."""

        def kill() -> bool:
            for pid, title in self.processes().items():
                if any(part in title for part in parts):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                    return True
            return False

        return self._wait_for(kill, within_s)

    def _kill_worker(self, stage: str) -> None:
        if stage == "__init__":  # one is started anew when another has died
            self._kill("Trainable.train")
        done = self._kill(f"Trainable.{stage}")
        self._say(f"killed a trial in {stage}" if done else f"no trial was in {stage}")

    def _kill_worker_at_the_end(self) -> None:
        def best() -> set[Path]:
            return set(self._disk.glob("chaos/*/trials/*/best.pt"))

        before = best()
        if self._wait_for(lambda: bool(best() - before), 120):
            self._kill("Trainable.train")
            self._say("killed a trial when one had written its network")

    def _kill_of_ray(self, program: str) -> None:
        """While trials run, the driver ends; while Ray starts, it may start Ray once more."""
        trials = any("Trainable" in title for title in self.processes().values())
        if self._kill(program) and trials:
            seconds = self._ended()
            self._say(f"killed {program}; the driver ended after {seconds:.1f} s")
        else:
            self._say(f"killed {program} while Ray started, if there was one")

    def _kill_driver(self) -> None:
        self._process.kill()
        self._process.wait()
        self._say("killed the driver")

    def _signal(self, which: signal.Signals) -> None:
        if self._process.poll() is not None:
            return
        os.killpg(self._process.pid, which)
        seconds = self._ended()
        self._say(f"sent {which.name} to the group; the driver ended after {seconds:.1f} s")
        # It may have been so early that Python itself had the signal.
        assert self._process.returncode in (0, 130, -which), self._last_line()
        assert not self.left_after(30)

    def left_after(self, within_s: float) -> dict[int, str]:
        """The processes of the sweep that are still there after so long."""
        end = time.monotonic() + within_s
        while self.processes() and time.monotonic() < end:
            time.sleep(0.2)
        return self.processes()

    def _take_mlflow_away(self) -> None:
        self._servers["mlflow"].kill()
        time.sleep(self._size.away_s)
        self._servers["mlflow"].start()
        self._say(f"killed mlflow; started it {self._size.away_s:g} s later")

    def _restart_postgres(self) -> None:
        self._servers["postgres"].restart(signal.SIGQUIT)
        self._say("restarted postgres, without letting it end in order")

    def _fill_the_disk(self) -> None:
        if not os.path.ismount(self._disk):
            self._say("the disk cannot be filled: its file system is everybody's")
            return
        ballast = self._disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC
        seconds = self._ended()
        ballast.unlink()
        self._say(f"filled the disk; the driver ended after {seconds:.1f} s")

    def _say(self, what: str) -> None:
        seconds = time.monotonic() - self._began
        print(f"{seconds:6.1f} s  {self._progress():4.0%}  {what}", flush=True)


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Site, dict[str, Service]]]:
    """Postgres and the MLflow server of `docker/`, started for real."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="storm-") as short:
        site = Site.in_folder(folder, None, Path(short) / "r")
        found = {"postgres": postgres(site), "mlflow": recipes.mlflow(site)}
        try:
            found["postgres"].start()
            create_databases(site)
            found["mlflow"].start()
            yield site, found
        finally:
            for service in reversed(found.values()):
                service.stop()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, if this user may mount one; else a folder."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Processes that take all the time of a processor that they get."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def storm(
    folder: Path,
    size: Size,
    expected: Mapping[str, Mapping[str, float]],
    seed: int,
    load: int = 0,
    blows: tuple[str, ...] = (),
) -> None:
    """Run the sweep through a storm, and check that nothing is lost, doubled or left running.

    Raises:
        AssertionError: Something is.
    """
    with servers(folder) as (site, found):
        place = site.folder / "driver"
        place.mkdir()
        _weather(place, site.client_environment, found, folder / "disk", size, seed, load, blows)
        with as_client(site.client_environment):
            check(site.mlflow_url, site.client_environment["SPIKESWEEP_OPTUNA"], size, expected)


def storm_without_servers(
    folder: Path, size: Size, expected: Mapping[str, Mapping[str, float]], seed: int
) -> None:
    """The same with both stores in files, and the blows of the tests.

    Raises:
        AssertionError: Something is lost, doubled or left running.
    """
    folder.mkdir()
    stores = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "SPIKESWEEP_OPTUNA": f"sqlite:///{folder / 'optuna.db'}",
    }
    _weather(folder, os.environ | stores, {}, folder / "disk", size, seed, blows=REDUCED)
    check(stores["MLFLOW_TRACKING_URI"], stores["SPIKESWEEP_OPTUNA"], size, expected)


def _weather(
    folder: Path,
    environment: Mapping[str, str],
    services: Mapping[str, Service],
    disk: Path,
    size: Size,
    seed: int,
    load: int = 0,
    blows: tuple[str, ...] = (),
) -> None:
    with small_disk(disk), busy(load):
        weather = Storm(folder, environment, services, disk, size, seed, blows)
        weather.run()
        assert not weather.left_after(30)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--small", action="store_true", help="as the tests do: 8 trials")
    parser.add_argument("--data", choices=list(DATA), default="images", help="what it runs on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="a storm for each")
    parser.add_argument("--load", type=int, default=4, help="busy loops beside it")
    parser.add_argument("--blows", nargs="*", default=[], help="only these [default: all]")
    parser.add_argument("--folder", type=Path, help="an empty one [default: a temporary one]")
    given = parser.parse_args()
    size = (SMALL if given.small else LARGE).on(given.data)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="storm-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    expected = undisturbed(folder / "peace", size)
    for seed in given.seeds:
        began = time.monotonic()
        storm(folder / f"storm-{seed}", size, expected, seed, given.load, tuple(given.blows))
        seconds = time.monotonic() - began
        print(f"storm {seed}: {size.trials} trials, all done, once, equal; {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
