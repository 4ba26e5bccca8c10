"""Asynchronous successive halving: a trial goes on if it is among the best that got as far.

It compares configurations at the same epoch, each by the mean of its seeds; `rules/halving.py` has
the rule, `replicates.py` how seeds wait for each other. Where some kinds of network learn faster
than others (the large, say), it stops the slow kinds, however good they would become. With `each`,
a configuration is compared only with those of its own kind.

A resumed sweep compares with the trials that ended before, too. So it ends the same trials at the
same epochs as an undisturbed one, if one trial runs at a time. Trials side by side are compared in
the order in which they report. That depends on their speed, in any sweep.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snn.declarations.keys import Key
from sweep.methods.schedulers.base import REDUCTION, Comparison, Scheduler

if TYPE_CHECKING:
    from sweep.methods.schedulers.contest import Contest

GRACE = Key(
    name="grace",
    type=int,
    default=3,
    low=1,
    description="epochs that every trial gets (asha, promote, race): at most those of the "
    "shortest trial, to which the default is lowered",
)


def _make(trials: Comparison, values: Mapping[str, Any]) -> Contest:
    from sweep.methods.schedulers.replicates import Replicates
    from sweep.methods.schedulers.rules.halving import AllSeeds

    return Replicates(trials, lambda: AllSeeds(trials, values["grace"], values["reduction"]))


SCHEDULER = Scheduler(
    name="asha",
    label="asynchronous successive halving",
    source="Li et al. 2020, https://arxiv.org/abs/1810.05934",
    make=_make,
    keys=(GRACE, REDUCTION),
    within_epochs=("grace",),
)
