"""Who is compared. To add one, add a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks.replay.clock import Search
from tests.benchmarks.replay.contenders.naming import NamedBy, Score, seven_epochs, truth
from tests.benchmarks.replay.contenders.ours import OurSearch
from tests.benchmarks.replay.contenders.stock import (
    FRONT,
    StockTune,
    optuna_alone,
    optuna_front,
    random_search,
)
from tests.benchmarks.replay.tables import Table

Make = Callable[[Table, int, int], Search]
"""From the table, the seed of the sampler and the number of workers."""

THREE = {"seeds": [0, 1, 2]}
PROMOTE = {"name": "promote", "grace": 2}


def ours(**plan: Any) -> Make:
    """Our search, with these keys at the top of the specification."""
    return lambda table, seed, workers: OurSearch(table, seed, workers, plan)


def _named_by(score: Score) -> Make:
    return lambda table, seed, workers: NamedBy(table, seed, workers, score)


def _syne_tune(model: bool) -> Make:
    def make(table: Table, seed: int, workers: int) -> Search:
        from tests.benchmarks.replay.contenders.with_syne_tune import SyneTune

        return SyneTune(table, seed, model)

    return make


def _smac(fidelities: bool) -> Make:
    def make(table: Table, seed: int, workers: int) -> Search:
        from tests.benchmarks.replay.contenders.with_smac import Smac

        return Smac(table, seed, fidelities)

    return make


CONTENDERS: Mapping[str, Make] = {
    "spikesweep": ours(),
    "spikesweep, 3 seeds": ours(**THREE),
    "spikesweep, race": ours(**THREE, scheduler="race"),
    "spikesweep, promote": ours(scheduler=PROMOTE),
    "spikesweep, promote, 3 seeds": ours(**THREE, scheduler=PROMOTE),
    "Ray Tune: OptunaSearch + ASHA": lambda table, seed, _: StockTune(table, seed),
    "Optuna: TPE + successive halving": lambda table, seed, _: optuna_alone(table, seed, False),
    "Optuna: GP": lambda table, seed, _: optuna_alone(table, seed, True),
    "Syne Tune: ASHA": _syne_tune(model=False),
    "Syne Tune: ASHA + CQR": _syne_tune(model=True),
    "SMAC: Hyperband + forest": _smac(fidelities=True),
    "SMAC: forest": _smac(fidelities=False),
    "random + ASHA": lambda table, seed, _: random_search(table, seed, asha=True),
    "random": lambda table, seed, _: random_search(table, seed, asha=False),
}

NAMINGS: Mapping[str, Make] = {
    "spikesweep": ours(),
    "spikesweep, seven epochs name": _named_by(seven_epochs),
    "spikesweep, the truth names": _named_by(truth),
}
"""The same search, with other rules for which of its configurations is the best."""

FRONTS: Mapping[str, Make] = {
    "spikesweep": ours(metric=dict(FRONT)),
    "spikesweep, promote": ours(metric=dict(FRONT), scheduler=PROMOTE),
    "spikesweep, no scheduler": ours(metric=dict(FRONT), scheduler="none"),
    "spikesweep, NSGA-II": ours(metric=dict(FRONT), sampler="nsga2"),
    "Optuna: NSGA-II": lambda table, seed, _: optuna_front(table, seed, False),
    "Optuna: GP": lambda table, seed, _: optuna_front(table, seed, True),
}
"""The same for a front of accuracy and operations."""
