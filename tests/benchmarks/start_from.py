"""How many trials a search needs that starts from another, with one key more.

    python -m tests.benchmarks.start_from

The searcher and the sampler are the real ones; the objective is a formula with noise, so that many
searches take a minute. Prints the median number of trials until a configuration truly has the
wanted accuracy, with and without `start_from`, and the quartiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from analysis.records import State, Tag
from analysis.store.record import RunRecord
from snn.config import TrialConfig
from sweep.search.memory import Memory, recall
from sweep.search.searcher import StudySearcher
from sweep.search.study import open_study
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from sweep.trial.outcome import EPOCH, OUTCOME

SEEDS, EARLIER_TRIALS, MOST = 24, 30, 100
NOISE = 0.004
TARGETS = 0.94, 0.955, 0.965
BASE = {"dataset": "digits", "epochs": 1, "dynamics": "alif", "encoding": "constant"}
KEYS: dict[str, Any] = {
    "lr": {"loguniform": [1e-4, 1e-1]},
    "beta": {"float": [0.0, 1.0]},
    "hidden": {"int": [8, 256]},
}
ONE_MORE = KEYS | {"surrogate_slope": {"float": [1.0, 50.0]}}


class NoDatabase:
    """In the place of a study's database: nothing is kept."""

    trials: tuple[()] = ()

    def save(self, trial: object) -> None:
        """Nothing is written."""

    def holds(self, number: int, wait_s: float) -> bool:
        """As if it were written."""
        return True


def accuracy(config: TrialConfig) -> float:
    """The true accuracy: smooth, at most 0.98."""
    size = math.log(config.hidden[0] / 8) / math.log(32)
    return (
        0.98
        - 0.08 * (math.log10(config.lr) + 2.4) ** 2
        - 0.25 * (config.beta - 0.7) ** 2
        - 0.10 * (1 - size) ** 2
        - 0.04 * ((config.surrogate_slope - 30) / 25) ** 2
    )


Measure = Callable[[TrialConfig], tuple[float, float]]
"""The accuracy that a search sees of a configuration, and the one that has to reach the target."""


def search(
    sweep: Specification, memory: Memory | None, measure: Measure, wanted: float
) -> list[RunRecord]:
    """The runs of a search, until one has the wanted accuracy or the plan is done."""
    database: Any = NoDatabase()
    study = open_study(sweep, database, memory)
    known = memory.known(sweep) if memory else ()
    searcher = StudySearcher(
        sweep, study, database, lambda _: None, lambda *_: None, lambda: MOST, known=known
    )
    runs: list[RunRecord] = []
    while isinstance(suggested := searcher.suggest(f"t{len(runs)}"), dict):
        config = TrialConfig.parse(suggested["trial"])
        seen, true = measure(config)
        ended = {EPOCH: 1, "val_accuracy": seen, OUTCOME: State.DONE, "best_val_accuracy": seen}
        searcher.on_trial_complete(f"t{len(runs)}", ended)
        name, params = f"r{len(runs)}", {key: str(v) for key, v in config.params().items()}
        tags = {Tag.KIND: "trial", Tag.STATE: State.DONE, Tag.DATA_SHA256: "digits"}
        metrics = {"best_val_accuracy": seen}
        runs.append(RunRecord(name, "old", name, "FINISHED", 0, 1, params, tags, metrics))
        if true >= wanted:
            break
    return runs


def compare(wanted: float, seed: int) -> tuple[int, int]:
    """Trials that a search needs with the memory of an earlier one, and without."""
    rng = np.random.default_rng(seed)
    plan = {"base": BASE, "scheduler": "none"}
    old = {"name": "old", "search": KEYS, "trials": EARLIER_TRIALS}
    new = {"name": "new", "search": ONE_MORE, "trials": MOST, "start_from": "old"}
    before = parse_sweep(plan | old | {"sampler": {"name": "tpe", "seed": seed}})
    sweep = parse_sweep(plan | new | {"sampler": {"name": "tpe", "seed": 1000 + seed}})

    def measure(config: TrialConfig) -> tuple[float, float]:
        return accuracy(config) + rng.normal(0, NOISE), accuracy(config)

    memory = recall(sweep, search(before, None, measure, wanted=math.inf), {"digits": "digits"})
    return len(search(sweep, memory, measure, wanted)), len(search(sweep, None, measure, wanted))


def line(wanted: float, found: Sequence[tuple[int, int]]) -> str:
    """Medians and quartiles of trials with and without `start_from`, in words."""
    with_it, without = np.percentile(np.array(found), [50, 25, 75], axis=0).T
    return (
        f"{wanted}: {with_it[0]:g} ({with_it[1]:g} to {with_it[2]:g}) with start_from, "
        f"{without[0]:g} ({without[1]:g} to {without[2]:g}) without"
    )


def main() -> None:
    """Print a line for each accuracy."""
    for wanted in TARGETS:
        print(line(wanted, [compare(wanted, seed) for seed in range(SEEDS)]))


if __name__ == "__main__":
    main()
