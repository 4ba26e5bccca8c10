"""A working directory, and the real command line run in it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import optuna
import yaml
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from analysis.text.addresses import sqlite_url
from sweep.cli import run

SMALL: dict[str, Any] = {
    "name": "small",
    "base": {"dataset": "digits", "epochs": 4, "n_steps": 10, "encoding": "constant"},
    "search": {"dynamics": ["lif", "alif"], "lr": {"loguniform": [1e-3, 1e-2]}},
    "scheduler": "none",
    "trials": 3,
}


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Workplace:
    """A working directory with everything that a sweep leaves in it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        ours = ("MLFLOW_TRACKING_URI", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA", "RAY_ADDRESS")
        return {key: value for key, value in os.environ.items() if key not in ours}

    @property
    def store(self) -> str:
        return sqlite_url(self.folder / "mlflow.db")

    def spec(self, **changes: Any) -> str:
        """Write a small sweep with some keys changed; its file name."""
        plan = SMALL | changes
        (self.folder / f"{plan['name']}.yaml").write_text(yaml.safe_dump(plan, sort_keys=False))
        return f"{plan['name']}.yaml"

    def run(self, *arguments: str, **environment: str) -> Done:
        """Run a command to its end, in this process: its imports and its Ray are shared."""
        out, err = io.StringIO(), io.StringIO()
        before = dict(os.environ)
        with contextlib.chdir(self.folder), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Ray's and MLflow's own are not ours to mend
            try:
                os.environ.clear()
                os.environ.update(self.environment | environment)
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    code = run(list(arguments))
            finally:
                os.environ.clear()
                os.environ.update(before)
        return Done(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, as a terminal does."""
        with (self.folder / "log").open("w") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "sweep.cli", *arguments],
                cwd=self.folder,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def runs(self, name: str, kind: str = "trial") -> list[Run]:
        """The runs of a sweep in MLflow."""
        client = MlflowClient(self.store)
        experiment = client.get_experiment_by_name(name)
        assert experiment is not None
        wanted = f"tags.`spikesweep.kind` = '{kind}'"
        return list(client.search_runs([experiment.experiment_id], wanted))

    def epochs(self, run: Run) -> list[int]:
        """The steps of a run's epochs, in the order that MLflow has them."""
        history = MlflowClient(self.store).get_metric_history(run.info.run_id, "train_loss")
        return [metric.step for metric in history]

    def study(self, name: str) -> optuna.Study:
        """The study of a launch: that of the name and number, whatever the id."""
        storage = sqlite_url(self.folder / "optuna.db")
        names = optuna.get_all_study_names(storage)
        (found,) = (each for each in names if each == name or each.startswith(f"{name}-"))
        return optuna.load_study(study_name=found, storage=storage)


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)


def stop(process: subprocess.Popen[str], how: signal.Signals) -> int:
    """Stop a command: with SIGINT its whole group, as a terminal does; its exit code."""
    if how == signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    return process.wait(timeout=120)


def answers(url: str) -> bool:
    """Whether a server is up."""
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
