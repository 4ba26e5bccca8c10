"""How many trainings a search needs that starts from another, with one key more: real ones.

    python -m tests.benchmarks.start_from_trained [--seeds 10]

Both searches train small networks on digits: the earlier one has three keys, the later one has a
fourth. The searcher, the sampler and the training are the real ones; Ray and MLflow are left out.
Prints the median number of trials until a configuration has the wanted accuracy in validation, with
and without `start_from`, and the quartiles. A search that does not get there counts as one trial
more than it had.
"""

from __future__ import annotations

import argparse
import math
from functools import cache
from typing import Any

from snn import Trainer, load
from snn.config import TrialConfig
from sweep.search.memory import recall
from sweep.spec.parsing import parse_sweep
from tests.benchmarks.start_from import line, search

EARLIER_TRIALS, MOST = 20, 20
TARGETS = 0.93, 0.95, 0.96
BASE = {"dataset": "digits", "epochs": 4, "n_steps": 10, "encoding": "constant", "hidden": 32}
KEYS: dict[str, Any] = {
    "lr": {"loguniform": [1e-4, 1e-1]},
    "tau_mem": {"loguniform": [1.0, 50.0]},
    "batch_size": {"choice": [16, 32, 64, 128, 256]},
}
ONE_MORE = KEYS | {"surrogate_slope": {"loguniform": [1.0, 100.0]}}


@cache
def trained(config: TrialConfig) -> tuple[float, float]:
    """The validation accuracy of the best epoch, for the search and for the target."""
    trainer, best = Trainer(config, load("digits")), 0.0
    while not trainer.done:
        best = max(best, trainer.train_epoch()["val_accuracy"])
    return best, best


def compare(seed: int) -> list[tuple[int, int]]:
    """For every target, the trials that a search needs with the earlier one, and without."""
    plan = {"base": BASE, "scheduler": "none", "seeds": [seed]}
    old = {"name": "old", "search": KEYS, "trials": EARLIER_TRIALS}
    new = {"name": "new", "search": ONE_MORE, "trials": MOST, "start_from": "old"}
    before = parse_sweep(plan | old | {"sampler": {"name": "tpe", "seed": seed}})
    sweep = parse_sweep(plan | new | {"sampler": {"name": "tpe", "seed": 1000 + seed}})
    memory = recall(sweep, search(before, None, trained, math.inf), {"digits": "digits"})
    highest = max(TARGETS)
    curves = [
        [run.metrics["best_val_accuracy"] for run in search(sweep, known, trained, highest)]
        for known in (memory, None)
    ]
    return [(_needed(curves[0], wanted), _needed(curves[1], wanted)) for wanted in TARGETS]


def _needed(curve: list[float], wanted: float) -> int:
    return next((n for n, value in enumerate(curve, start=1) if value >= wanted), MOST + 1)


def main() -> None:
    """Print a line for each accuracy."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.start_from_trained")
    parser.add_argument("--seeds", type=int, default=10)
    found = [compare(seed) for seed in range(parser.parse_args().seeds)]
    for wanted, of_target in zip(TARGETS, zip(*found, strict=True), strict=True):
        print(line(wanted, of_target))


if __name__ == "__main__":
    main()
