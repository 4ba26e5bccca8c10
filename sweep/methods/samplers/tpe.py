"""The tree-structured Parzen estimator: densities of the good and of the other configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.samplers.base import Sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def _make(seed: int, values: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import TPESampler

    # As many random trials as asked for, also in parallel: running ones are counted as bad.
    return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)


SAMPLER = Sampler(
    name="tpe",
    label="tree-structured Parzen estimator",
    source="Bergstra et al. 2011, Algorithms for hyper-parameter optimization, NeurIPS 24",
    make=_make,
    takes_results=True,
)
