"""A sweep on a cluster whose parts die at random, held against the same sweep left in peace.

    PYTHONPATH=docker python -m tests.docker_tests.chaos --help

In full: 40 trials of real MNIST; a worker is killed and another started, the MLflow server is
killed for 20 s three times, Postgres is restarted, the driver is killed and the sweep resumed; with
`--head` the head, too, with all that it knew.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import torch
import yaml
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from native.services import Services

from analysis.records import FINAL_METRICS, Tag
from snn.data import load
from snn.training.trainer import Trainer
from sweep.host.paths import LaunchPaths
from sweep.spec.parsing import parse_sweep
from sweep.trial.training import Training
from tests.docker_tests.jobs_of import job_status, pid_of_driver

SPIKESWEEP = [sys.executable, "-m", "sweep.cli"]


@dataclass(frozen=True)
class Size:
    """How large the sweep is, and how long MLflow stays away."""

    plan: Mapping[str, Any]
    away_s: float

    @property
    def trials(self) -> int:
        search = self.plan["search"].values()
        count = len(self.plan.get("seeds", [0]))
        for values in search:
            count *= len(values)
        return count

    @property
    def reports(self) -> int:
        """Epochs of all trials together."""
        return self.trials * int(self.plan["base"]["epochs"])

    def on(self, data: str) -> Size:
        """The same sweep on other data, by a name in `DATA`; for images it stays as it is."""
        changed = DATA[data]
        search = {key: v for key, v in self.plan["search"].items() if key not in changed}
        if len(search) < len(self.plan["search"]):  # as many trials, of what events can have
            search["pool"] = [1, 2]
        plan = self.plan | {"base": self.plan["base"] | changed, "search": search}
        return replace(self, plan=plan)


DATA: Mapping[str, Mapping[str, Any]] = {
    "images": {},
    "randman": {
        "dataset": "randman@units=20,classes=4,samples=100",
        "encoding": "events",
        "time_bin": 1.0,
    },
    "spoken_digits": {"dataset": "spoken_digits", "encoding": "events", "time_bin": 20.0},
}
"""What the sweeps can run on: keys of their base."""


_COMMON = {"name": "chaos", "sampler": "grid", "scheduler": "none"}
FULL = Size(
    _COMMON
    | {
        "base": {"dataset": "mnist", "epochs": 3, "n_steps": 50},
        "search": {
            "dynamics": ["lif", "alif"],
            "encoding": ["latency", "constant"],
            "hidden": [32, 64],
            "lr": [5e-4, 1e-3, 2e-3, 4e-3, 8e-3],
        },
    },
    away_s=20.0,
)
SMALL = Size(
    _COMMON
    | {
        "base": {"dataset": "digits", "epochs": 30, "n_steps": 25, "encoding": "constant"},
        "search": {"dynamics": ["lif", "alif"], "lr": [1e-3, 4e-3]},
        "seeds": [0, 1],
        "max_failures": 20,
    },
    away_s=3.0,
)


def undisturbed(folder: Path, size: Size) -> dict[str, dict[str, float]]:
    """Final metrics by configuration of the sweep on this machine alone."""
    folder.mkdir()
    (folder / "chaos.yaml").write_text(yaml.safe_dump(dict(size.plan), sort_keys=False))
    ours = ("MLFLOW_", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA", "RAY_")
    quiet = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    subprocess.run([*SPIKESWEEP, "run", "chaos.yaml"], cwd=folder, env=quiet, check=True)
    return finals(runs(MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")))


def without_ray(folder: Path, size: Size) -> dict[str, dict[str, float]]:
    """The same, of one trial after the other in this process."""
    sweep, found = parse_sweep(dict(size.plan)), {}
    data = load(str(size.plan["base"]["dataset"]))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as a worker of one processor
    for config in sweep.configs():
        files = LaunchPaths(folder, "chaos", 1).trial(config.config_id)
        training = Training(Trainer(config, data), files)
        while (outcome := training.epoch()) is None:
            pass
        found[config.config_id] = {
            name: outcome.metrics[name] for name in FINAL_METRICS if name in outcome.metrics
        }
    torch.set_num_threads(threads)
    return found


class Storm:
    """The sweep as a job, and what is done to the cluster meanwhile.

    Args:
        services: The cluster.
        folder: For the specification.
        size: Of the sweep.
        seed: Of the moments.
        head: Whether the head dies, too.
    """

    def __init__(
        self, services: Services, folder: Path, size: Size, seed: int, *, head: bool = False
    ) -> None:
        self._head = head
        self._services, self._folder, self._size = services, folder, size
        self._random = random.Random(seed)
        self._spec = folder / "storm.yaml"
        self._spec.write_text(yaml.safe_dump(dict(size.plan), sort_keys=False))
        self._outbox = services.site.folder / "storage" / "chaos" / "1" / "outbox.jsonl"
        self._began = time.monotonic()
        self.job = ""

    def run(self) -> None:
        """Submit, disturb, resume what the driver's death broke off, and wait for the end."""
        self._submit()
        blows = [self._kill_worker, self._restart_postgres, self._kill_driver]
        blows += [self._take_mlflow_away] * 3
        blows += [self._kill_head] * self._head
        self._random.shuffle(blows)
        moments = sorted(self._random.uniform(0.03, 0.85) for _ in blows)
        for share, blow in zip(moments, blows, strict=True):
            self._wait_for(lambda share=share: self._progress() >= share or self._over())  # type: ignore[misc]
            blow()
        self._wait_for(self._over)
        if job_status(self._services, self.job) != "SUCCEEDED":
            self._submit("--resume")
            self._wait_for(self._over)
        self._services["mlflow"].wait_until_ready()
        self._say(f"the last job {job_status(self._services, self.job).lower()}")

    def _submit(self, *options: str) -> None:
        command = ["submit", str(self._spec), "--cluster", self._services.jobs_url, "--no-follow"]
        environment = self._services.client_environment
        done = subprocess.run(
            [*SPIKESWEEP, *command, *options], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        self.job = done.stdout.split()[-1]
        self._say(f"submitted {' '.join(options)}".rstrip())

    def _progress(self) -> float:
        """Share of the epochs that were noted."""
        if not self._outbox.exists():
            return 0.0
        return self._outbox.read_bytes().count(b'"do":"epoch"') / self._size.reports

    def _over(self) -> bool:
        return job_status(self._services, self.job) in ("SUCCEEDED", "FAILED", "STOPPED")

    def _wait_for(self, condition: Callable[[], bool], within_s: float = 1800) -> None:
        end = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end, f"nothing happened for {within_s:g} s"
            time.sleep(0.2)

    def _kill_worker(self) -> None:
        workers = [s for s in self._services if s.name.startswith("worker-") and s.running]
        victim = self._random.choice(workers)
        victim.kill()
        self._say(f"killed {victim.name}; started {self._services.add_worker().name}")

    def _take_mlflow_away(self) -> None:
        self._services["mlflow"].wait_until_ready()
        self._services["mlflow"].kill()
        time.sleep(self._size.away_s)
        self._services["mlflow"].launch()
        self._say(f"killed mlflow; started it {self._size.away_s:g} s later")

    def _restart_postgres(self) -> None:
        self._services["postgres"].restart(signal.SIGQUIT)
        self._say("restarted postgres, without letting it end in order")

    def _kill_driver(self) -> None:
        if self._over():
            return
        os.kill(pid_of_driver(self._services), signal.SIGKILL)
        self._say("killed the driver")
        self._wait_for(self._over)
        self._submit("--resume")

    def _kill_head(self) -> None:
        """Its knowledge of jobs and workers dies with it, so the workers are new, too."""
        for service in self._services:
            if service.name == "head" or service.name.startswith("worker-"):
                service.kill()
        self._services["head"].start()
        for _ in range(2):
            self._services.add_worker()
        self._say("killed the head; started it and two workers")
        self._submit("--resume")

    def _say(self, what: str) -> None:
        seconds = time.monotonic() - self._began
        print(f"{seconds:6.1f} s  {self._progress():4.0%}  {what}", flush=True)


def check(
    mlflow_url: str, optuna_url: str, size: Size, expected: Mapping[str, Mapping[str, float]]
) -> None:
    """Everything is there, once, and the same as without the storm.

    Raises:
        AssertionError: It is not.
    """
    client = MlflowClient(mlflow_url)
    found = runs(client)
    assert len(found) == size.trials
    assert Counter(run.info.status for run in found) == {"FINISHED": size.trials}
    assert Counter(run.info.status for run in runs(client, "sweep")) == {"FINISHED": 1}
    epochs = list(range(1, int(size.plan["base"]["epochs"]) + 1))
    for run in found:
        for name in ("train_loss", "val_accuracy"):
            history = client.get_metric_history(run.info.run_id, name)
            assert [metric.step for metric in history] == epochs, run.info.run_name
    assert finals(found) == expected
    check_study(optuna_url, found, epochs)


def check_study(url: str, found: list[Run], epochs: list[int]) -> None:
    """Trial by trial, the one study of the sweep says what MLflow says: means over the seeds."""
    storage = optuna.storages.RDBStorage(url)
    (name,) = (n for n in optuna.get_all_study_names(storage) if n.startswith("chaos/"))
    trials = optuna.load_study(study_name=name, storage=storage).trials
    storage.remove_session()
    storage.engine.dispose()

    def key(params: Mapping[str, Any]) -> str:
        names = trials[0].params.keys()
        return json.dumps({name: str(params[name]) for name in sorted(names)})

    values: dict[str, list[float]] = {}
    for run in found:
        values.setdefault(key(run.data.params), []).append(run.data.metrics["best_val_accuracy"])
    means = {params: sum(of_seeds) / len(of_seeds) for params, of_seeds in values.items()}
    assert Counter(trial.state.name for trial in trials) == {"COMPLETE": len(means)}
    assert {key(trial.params): trial.value for trial in trials} == means
    for trial in trials:
        assert sorted(trial.intermediate_values) == epochs


def runs(client: MlflowClient, kind: str = "trial") -> list[Run]:
    """The runs of the sweep."""
    experiment = client.get_experiment_by_name("chaos")
    assert experiment is not None
    wanted = f"tags.`{Tag.KIND}` = '{kind}'"
    return list(client.search_runs([experiment.experiment_id], wanted))


def finals(found: list[Run]) -> dict[str, dict[str, float]]:
    """Final metrics by configuration."""
    return {
        run.data.tags[Tag.CONFIG_ID]: {
            name: run.data.metrics[name] for name in FINAL_METRICS if name in run.data.metrics
        }
        for run in found
    }


@contextmanager
def as_client(environment: Mapping[str, str]) -> Iterator[None]:
    """MLflow's client reads its password from the environment."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--small", action="store_true", help="as the tests do: digits, 8 trials")
    parser.add_argument("--head", action="store_true", help="let the head die, too")
    parser.add_argument("--data", choices=list(DATA), default="images", help="what it runs on")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--folder", type=Path, help="an empty one [default: a temporary one]")
    given = parser.parse_args()
    size = (SMALL if given.small else FULL).on(given.data)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    started = time.monotonic()
    expected = undisturbed(folder / "peace", size)
    peace_s = time.monotonic() - started
    with Services(folder / "storm") as services, as_client(services.client_environment):
        started = time.monotonic()
        Storm(services, folder, size, given.seed, head=given.head).run()
        storm_s = time.monotonic() - started
        optuna_url = services.client_environment["SPIKESWEEP_OPTUNA"]
        check(services.mlflow_url, optuna_url, size, expected)
    print(f"{size.trials} trials of {size.reports // size.trials} epochs: all done, once, equal")
    print(f"{peace_s:.0f} s in peace, {storm_s:.0f} s in the storm; files in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
