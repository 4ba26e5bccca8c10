"""What the service itself costs.

    python -m tests.benchmarks.service idle [--trials 1000] [--sampler random] [--scheduler race]
                                            [--seeds 3]
    python -m tests.benchmarks.service real [--trials 32]

`idle`: the driver's work per trial, for trials that compute nothing. `real`: the share of a sweep
of MNIST that is not training. Both run in a folder of their own, on SQLite, through the same
runner, study, outbox and delivery as any sweep.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from ray import tune
from rich.console import Console

from analysis.records import State
from sweep.cluster.servers import TUNE_THREAD
from sweep.host import garbage
from sweep.host.paths import LaunchPaths
from sweep.run import runner
from sweep.spec.parsing import parse_sweep
from sweep.trial.outcome import BACKEND, EPOCH, OUTCOME
from tests.benchmarks.report import Table

_REPORTS = 5


class Idle(tune.Trainable):
    """Reports as a trial does, and computes nothing; one that was paused goes on."""

    def setup(self, config: dict[str, Any], **shared: Any) -> None:
        self.folder = shared["paths"].folder
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.kept = self.folder / f"{new_config['config_id']}.epoch"
        self.epoch = int(self.kept.read_text()) if self.kept.exists() else 0
        return True

    def step(self) -> dict[str, Any]:
        self.epoch += 1
        self.kept.write_text(str(self.epoch))
        value = random.random()
        names = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
        result: dict[str, Any] = dict.fromkeys(names, value) | {EPOCH: self.epoch, BACKEND: "none"}
        if self.epoch == _REPORTS:
            result |= {"test_accuracy": value, "best_val_accuracy": value, "best_epoch": 1}
            result |= {OUTCOME: State.DONE, "done": True}
        return result

    def save_checkpoint(self, checkpoint_dir: str) -> None: ...

    def load_checkpoint(self, checkpoint_dir: Any) -> None: ...


class Sample(NamedTuple):
    """Where a sweep stands, and what it has cost so far.

    Attributes:
        ended: Trials.
        own: CPU seconds of the threads of the driver and of Tune: scheduling, the search, notes.
        all: CPU seconds of all threads: also those that write to the databases.
        mib: Memory.
    """

    ended: int
    own: float
    all: float
    mib: float


class Meter:
    """CPU seconds and memory of this process by the number of trials that have ended."""

    def __init__(self, paths: LaunchPaths) -> None:
        self.samples: list[Sample] = []
        self._outbox = paths.outbox
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        ended, at, own = 0, 0, 0.0
        while not self._stop.wait(0.5):
            if self._outbox.exists():
                with self._outbox.open("rb") as file:
                    file.seek(at)
                    new = file.read()
                at += len(new)
                ended += new.count(b'"do":"end"')
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                mib = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
                own = max(own, _own_seconds())  # that of a thread is lost when it ends
                self.samples.append(Sample(ended, own, time.process_time(), mib))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def at(self, trials: int) -> Sample:
        return min(self.samples, key=lambda sample: abs(sample.ended - trials))


def _own_seconds() -> float:
    """CPU seconds of the main thread, whose number is the process's, and of Tune's."""
    tune_s = (each.native_id for each in threading.enumerate() if each.name == TUNE_THREAD)
    return sum(map(_thread_seconds, filter(None, (os.getpid(), *tune_s))))


def _thread_seconds(number: int) -> float:
    try:
        text = Path(f"/proc/self/task/{number}/stat").read_text()
    except OSError:  # it has just ended
        return 0.0
    words = text.rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def service(trials: int, sampler: str, scheduler: str, seeds: int) -> Table:
    """CPU of the driver per trial, in fifths of the sweep.

    Args:
        trials: Planned ones; of a race, in which few configurations get all seeds, as many
            configurations.
        sampler: By its name.
        scheduler: `asha` or `race`. With several seeds, they end trials from the first epoch on.
        seeds: Of each configuration.
    """
    plan = {
        "name": "idle",
        "base": {"dataset": "digits", "epochs": _REPORTS},
        "search": {
            "lr": {"loguniform": [1e-4, 1e-1]},
            "dynamics": ["lif", "alif"],
            "hidden": {"int": [16, 256]},
        },
        "sampler": sampler,
        "scheduler": {"name": scheduler, "grace": _REPORTS if seeds == 1 else 1, "reduction": 2},
        "seeds": list(range(seeds)),
        "trials": trials if scheduler == "race" else trials // seeds,
        "stop": {"silent": False},
    }
    sweep = parse_sweep(plan)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        meter = Meter(LaunchPaths(Path(folder) / "ray_results", "idle", 1))
        started = time.perf_counter()
        result = runner.run(sweep, Console(stderr=True), trainable=Idle)
        wall = time.perf_counter() - started
        meter.stop()
    assert not result.failures and not result.halted and not result.interrupted, result
    ended = meter.samples[-1].ended
    marks = [meter.at(round(ended * share / 5)) for share in range(6)]
    rows = [_row(begin, end) for begin, end in pairwise(marks)]
    note = f"{ended} trials of at most {_REPORTS} reports in {wall:.0f} s, sampler {sampler}, "
    note += f"scheduler {scheduler}, seeds {seeds}, {result.progress.done} done."
    columns = ["trials", "own CPU ms per trial", "with the writing to SQLite", "MiB"]
    return Table("The driver's work", columns, [*rows, _row(marks[0], marks[-1])], note, {})


def _row(begin: Sample, end: Sample) -> list[str]:
    ms = 1000 / max(1, end.ended - begin.ended)
    costs = [f"{ms * (end.own - begin.own):.1f}", f"{ms * (end.all - begin.all):.1f}"]
    return [f"{begin.ended} to {end.ended}", *costs, f"{end.mib:.0f}"]


def real(trials: int) -> Table:
    """The share of wall time that is not training, in a sweep of 5 epochs a trial."""
    plan = {
        "name": "real",
        "base": {"dataset": "mnist", "epochs": _REPORTS},
        "search": {"lr": {"loguniform": [1e-4, 1e-2]}, "dynamics": ["lif", "alif"]},
        "sampler": "random",
        "scheduler": "none",
        "trials": trials,
    }
    sweep = parse_sweep(plan)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        started = time.perf_counter()
        result = runner.run(sweep, Console(stderr=True))
        wall = time.perf_counter() - started
        training = _training_seconds("real")
    assert result.progress.counts == {State.DONE: trials}, result
    slots = os.cpu_count() or 1
    share = 1 - training / slots / wall
    rows = [
        [f"{trials} × {_REPORTS} epochs", f"{wall:.1f}", f"{training / slots:.1f}", f"{share:.1%}"]
    ]
    columns = ["trials", "wall s", f"training s / {slots} slots", "not training"]
    return Table("A sweep of MNIST", columns, rows, "", {})


def _training_seconds(name: str) -> float:
    from mlflow.tracking import MlflowClient

    client = MlflowClient()
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    return sum(
        metric.value
        for run in client.search_runs([experiment.experiment_id])
        for metric in client.get_metric_history(run.info.run_id, "epoch_seconds")
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.service")
    parser.add_argument("what", choices=["idle", "real"])
    parser.add_argument("--trials", type=int)
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--scheduler", choices=["asha", "race"], default="asha")
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    garbage.look_rarely()  # as the command line does
    # the workers import the trainable from here
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.getcwd(), os.getenv("PYTHONPATH"))))
    if given.what == "idle":
        trials, sampler = given.trials or 1000, given.sampler
        print(service(trials, sampler, given.scheduler, given.seeds).markdown())
    else:
        print(real(given.trials or 32).markdown())


if __name__ == "__main__":
    main()
