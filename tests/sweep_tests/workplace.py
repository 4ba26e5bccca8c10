"""A working directory, and the real command line run in it."""

from __future__ import annotations

import contextlib
import io
import os
import re
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
from optuna.trial import TrialState

from analysis.store import schema
from analysis.text.addresses import sqlite_url
from sweep.cli import run

ONE_WORKER = {"RAY_OVERRIDE_RESOURCES": '{"CPU": 1}'}
"""Makes a Ray that is started here see one processor, so that a sweep starts one worker.

To start a worker takes longer than to train what most of these sweeps train.
"""

SLOW = Path(__file__).parents[1] / "plugins" / "slow.py"
"""A plugin: with `lr_schedule: slow`, a training lasts and costs little."""

_HELD = SLOW.with_name("held.py")

REFERENCE = {"backend": "reference"}
"""For a `base`: a worker loads compiled loops longer than it trains the little that these train."""

SMALL: dict[str, Any] = {
    "name": "small",
    "base": {"dataset": "digits", "epochs": 4, "n_steps": 10, "encoding": "constant"} | REFERENCE,
    "search": {"dynamics": ["lif", "alif"], "lr": {"loguniform": [1e-3, 1e-2]}},
    "scheduler": "none",
    "trials": 3,
}


_ANNOUNCED = re.compile(
    r"\S+: \d+ configurations? × \d+ seeds?|Ray starts on this machine|connecting to Ray at \S+"
)


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def mistakes(self) -> list[str]:
        """The lines of `stderr`, but for those that say at the start of a run what begins."""
        lines = self.stderr.strip().splitlines()
        return [line for line in lines if not _ANNOUNCED.fullmatch(line)]


@dataclass
class Workplace:
    """A working directory with everything that a sweep leaves in it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        ours = ("MLFLOW_TRACKING_URI", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA", "RAY_ADDRESS")
        return {key: value for key, value in os.environ.items() if key not in ours} | ONE_WORKER

    @property
    def store(self) -> str:
        return sqlite_url(self.folder / "mlflow.db")

    def spec(self, **changes: Any) -> str:
        """Write a small sweep with some keys changed; its file name."""
        plan = SMALL | changes
        (self.folder / f"{plan['name']}.yaml").write_text(yaml.safe_dump(plan, sort_keys=False))
        return f"{plan['name']}.yaml"

    def held(self) -> tuple[str, Path]:
        """A plugin and a file: with `lr_schedule: held`, a training waits half-way for the file."""
        go = self.folder / "go"
        text = _HELD.read_text().replace("/nowhere", str(go))
        (self.folder / "held.py").write_text(text)
        return "held.py", go

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
        schema.prepare(self.store, schema.MLFLOW)  # here they are made once, there each time
        schema.prepare(sqlite_url(self.folder / "optuna.db"), schema.OPTUNA)
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

    def check_all_done_once(self, trials: int, epochs: int) -> None:
        """Every trial of `small` is done with every epoch once, and Optuna has what MLflow has.

        Raises:
            AssertionError: It is not so.
        """
        runs, steps = self.runs("small"), list(range(1, epochs + 1))
        assert [run.info.status for run in runs] == ["FINISHED"] * trials
        assert [run.data.tags["spikesweep.state"] for run in runs] == ["done"] * trials
        assert len({run.data.tags["spikesweep.config_id"] for run in runs}) == trials
        assert [self.epochs(run) for run in runs] == [steps] * trials
        assert [run.info.status for run in self.runs("small", "sweep")] == ["FINISHED"]
        studied = self.study("small/1").trials
        assert [trial.state for trial in studied] == [TrialState.COMPLETE] * trials
        by_lr = {run.data.params["lr"]: run.data.metrics["best_val_accuracy"] for run in runs}
        for trial in studied:
            assert trial.value == by_lr[str(trial.params["lr"])]
            assert sorted(trial.intermediate_values) == steps


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


def answers(url: str, token: str = "") -> bool:
    """Whether a server is up, and takes a token if one is given."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=1
        ) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
