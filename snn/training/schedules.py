"""The course of the learning rate, as a factor of `lr`.

`progress` runs from 0 at the first step to 1 at the end of the last one, over the whole training: a
training that is resumed goes on where it was, without a state of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from snn.config import TrialConfig
from snn.registry import Component

COMPONENTS = (
    Component(kind="schedule", name="constant", make="constant"),
    Component(kind="schedule", name="cosine", make="cosine"),
    Component(kind="schedule", name="one_cycle", make="one_cycle"),
)

_WARM_UP = 0.3  # share of one cycle in which the rate rises
_START = 1 / 25  # of the highest rate


def constant(progress: float) -> float:
    """1."""
    return 1.0


def cosine(progress: float) -> float:
    """From 1 to 0 along half a cosine: ½ (1 + cos π p).

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
    without restarts.
    """
    return (1 + math.cos(math.pi * progress)) / 2


def one_cycle(progress: float) -> float:
    """Up to 1 from a 25th of it within 30 % of the training, then down to 0, both along a cosine.

    Source: Smith & Topin, "Super-convergence", 2018, as modified by fast.ai.
    """
    if progress < _WARM_UP:
        return 1 - (1 - _START) * cosine(progress / _WARM_UP)
    return cosine((progress - _WARM_UP) / (1 - _WARM_UP))


def schedule(config: TrialConfig) -> Callable[[float], float]:
    """The course that a configuration asks for."""
    course: Callable[[float], float] = config.component("schedule").function(config)
    return course
