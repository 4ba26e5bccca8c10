"""SMAC's two facades for such searches: with epochs as fidelities (Hyperband), and without."""

from __future__ import annotations

import tempfile
from typing import Any

from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    EqualsCondition,
    OrdinalHyperparameter,
)
from smac import HyperparameterOptimizationFacade, MultiFidelityFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue

from tests.benchmarks.replay.clock import Run, Search
from tests.benchmarks.replay.contenders.stock import METRIC, SEED
from tests.benchmarks.replay.tables import Key, Table


class Smac(Search):
    """SMAC by ask and tell; a training that is continued starts from its last epoch."""

    def __init__(self, table: Table, seed: int, fidelities: bool) -> None:
        self.table = table
        self._epochs = next(iter(table.trainings.values()))[SEED].epochs
        facade = MultiFidelityFacade if fidelities else HyperparameterOptimizationFacade
        budgets = {"min_budget": 1, "max_budget": self._epochs} if fidelities else {}
        scenario = Scenario(
            _space(table), deterministic=True, n_trials=100_000, seed=seed,
            output_directory=tempfile.mkdtemp(prefix="smac"), **budgets,
        )  # fmt: skip
        # The initial design is at most a quarter of the trials; else it would be 10 for each key.
        design = facade.get_initial_design(scenario, n_configs=10)
        self._smac = facade(
            scenario, _never, initial_design=design, overwrite=True, logging_level=50
        )
        self._asked: dict[Run, TrialInfo] = {}
        self._reached: dict[Key, int] = {}

    def ask(self) -> Run:
        while True:
            info = self._smac.ask()
            key = self.table.key(_values(info.config))
            run = Run(key, SEED, self.table.trainings[key][SEED], self._reached.get(key, 0))
            self._asked[run] = info
            if run.epoch < self._last(run):
                return run
            self._answer(run, self._last(run))

    def tell(self, run: Run) -> bool:
        self._reached[run.key] = max(run.epoch, self._reached.get(run.key, 0))
        if run.epoch < self._last(run):
            return True
        self._answer(run, run.epoch)
        return False

    def named(self) -> list[Key]:
        found = self._smac.intensifier.get_incumbents()
        return [self.table.key(_values(config)) for config in found[:1]]

    def _last(self, run: Run) -> int:
        return round(self._asked[run].budget or self._epochs)

    def _answer(self, run: Run, epoch: int) -> None:
        cost = 1 - run.training.result(epoch)[METRIC]
        self._smac.tell(self._asked[run], TrialValue(cost=cost, time=1.0))


def _never(config: Any, seed: int = 0, budget: float = 0) -> float:
    raise AssertionError("SMAC is only asked and told")


def _values(config: Any) -> dict[str, Any]:
    return {name: getattr(value, "item", lambda v=value: v)() for name, value in config.items()}


def _space(table: Table) -> ConfigurationSpace:
    space = ConfigurationSpace(seed=0)
    for p in table.sweep.space.parameters:
        values = list(p.values() or ())
        kind = CategoricalHyperparameter if p.choices else OrdinalHyperparameter
        space.add(kind(p.name, values))
        for other, wanted in p.when.items():
            space.add(EqualsCondition(space[p.name], space[other], wanted[0]))
    return space
