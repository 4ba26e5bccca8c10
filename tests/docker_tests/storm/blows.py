"""What is done to a sweep in a storm."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from native.service import Service

from tests.docker_tests.storm.sweeping import Sweeping

REDUCED = "start", "training", "raylet", "gcs", "driver", "SIGTERM", "SIGHUP", "SIGINT"
"""The blows of the tests, which need no server."""

_TO_END_S = 30.0  # on a busy machine; Ray gives up after 60
_FOR_MLFLOW_S = 30.0  # the driver's own patience, when it ends, with a server that is away


class Blows:
    """Every blow by its name.

    Args:
        sweep: That runs.
        servers: Postgres and MLflow, by name; those that blows need.
        disk: A small file system, where the sweep keeps its files.
        away_s: How long MLflow stays away.
    """

    def __init__(
        self, sweep: Sweeping, servers: Mapping[str, Service], disk: Path, away_s: float
    ) -> None:
        self._sweep, self._servers, self._disk, self._away_s = sweep, servers, disk, away_s
        self._to_end_s = _TO_END_S + (_FOR_MLFLOW_S if "mlflow" in servers else 0)
        self.by_name: dict[str, Callable[[], None]] = {
            "start": lambda: self._kill_worker("__init__"),
            "training": lambda: self._kill_worker("train"),
            "end": self._kill_worker_at_the_end,
            "raylet": lambda: self._kill_of_ray("raylet/raylet", "node manager (raylet)"),
            "gcs": lambda: self._kill_of_ray("gcs_server", "server (GCS)"),
            "driver": self._kill_driver,
            "SIGTERM": lambda: self._signal(signal.SIGTERM),
            "SIGHUP": lambda: self._signal(signal.SIGHUP),
            "SIGINT": lambda: self._signal(signal.SIGINT),
            "mlflow": self._take_mlflow_away,
            "postgres": self._restart_postgres,
            "disk": self._fill_the_disk,
        }

    def _kill_worker(self, stage: str) -> None:
        if stage == "__init__":  # one is started anew when another has died
            self._sweep.kill("Trainable.train")
        done = self._sweep.kill(f"Trainable.{stage}")
        self._sweep.say(f"killed a trial in {stage}" if done else f"no trial was in {stage}")

    def _kill_worker_at_the_end(self) -> None:
        def best() -> set[Path]:
            return set(self._disk.glob("chaos/*/trials/*/best.pt"))

        before = best()
        if self._sweep.wait_for(lambda: bool(best() - before), 120):
            self._sweep.kill("Trainable.train")
            self._sweep.say("killed a trial when one had written its network")

    def _kill_of_ray(self, program: str, called: str) -> None:
        """While trials run, the driver ends; while Ray starts, it may start Ray once more."""
        trials = any("Trainable" in title for title in self._sweep.processes().values())
        if self._sweep.kill(program) and trials:
            seconds = self._sweep.ended(self._to_end_s)
            self._sweep.say(f"killed {program}; the driver ended after {seconds:.1f} s")
            assert self._sweep.process.returncode == 1, self._sweep.said()
            assert f"{called} was killed by signal 9" in self._sweep.said()
            self._sweep.check_closed()
        else:
            self._sweep.say(f"killed {program} while Ray started, if there was one")

    def _kill_driver(self) -> None:
        self._sweep.process.kill()
        self._sweep.process.wait()
        self._sweep.say("killed the driver")
        assert not self._sweep.left_after(_TO_END_S)

    def _signal(self, which: signal.Signals) -> None:
        if self._sweep.process.poll() is not None:
            return
        trials = any("Trainable" in title for title in self._sweep.processes().values())
        os.killpg(self._sweep.process.pid, which)
        seconds = self._sweep.ended(self._to_end_s)
        self._sweep.say(f"sent {which.name} to the group; the driver ended after {seconds:.1f} s")
        code = self._sweep.process.returncode
        if trials and code != 0:
            assert code == 130, self._sweep.said()
            assert "interrupted; every finished epoch is kept" in self._sweep.said()
            self._sweep.check_closed()
        else:  # it may have been so early that Python itself had the signal
            began = "Fatal Python error: init_import_site" not in self._sweep.said()
            assert code in (0, 130, -which) or not began, self._sweep.said()
            assert not self._sweep.left_after(_TO_END_S)

    def _take_mlflow_away(self) -> None:
        self._servers["mlflow"].kill()
        time.sleep(self._away_s)
        self._servers["mlflow"].start()
        self._sweep.say(f"killed mlflow; started it {self._away_s:g} s later")

    def _restart_postgres(self) -> None:
        self._servers["postgres"].restart(signal.SIGQUIT)
        self._sweep.say("restarted postgres, without letting it end in order")

    def _fill_the_disk(self) -> None:
        if not os.path.ismount(self._disk):
            self._sweep.say("the disk cannot be filled: its file system is everybody's")
            return
        ballast = self._disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC
        seconds = self._sweep.ended()
        ballast.unlink()
        self._sweep.say(f"filled the disk; the driver ended after {seconds:.1f} s")
