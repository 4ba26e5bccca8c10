"""Which methods make experiments, as the analysis knows it, beside what they declare."""

from __future__ import annotations

from analysis.records import DESIGN_SAMPLERS, NO_PRUNING
from sweep.methods.samplers import SAMPLERS
from sweep.methods.schedulers import SCHEDULERS


def test_only_grids_and_random_draws_without_pruning_choose_nothing_by_results() -> None:
    planned = {name for name, sampler in SAMPLERS.items() if sampler.every_point}
    assert planned | {"random"} == set(DESIGN_SAMPLERS)
    assert [name for name, scheduler in SCHEDULERS.items() if not scheduler.stops] == [NO_PRUNING]
