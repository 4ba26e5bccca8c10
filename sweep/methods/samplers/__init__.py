"""The samplers, one a file. To add one, write its file and add its line here."""

from __future__ import annotations

from sweep.methods.samplers.base import Sampler
from sweep.methods.samplers.cmaes import CMAES
from sweep.methods.samplers.gp import GP
from sweep.methods.samplers.grid import GRID
from sweep.methods.samplers.nsga2 import NSGA2
from sweep.methods.samplers.random import RANDOM
from sweep.methods.samplers.tpe import TPE

SAMPLERS: dict[str, Sampler] = {
    sampler.name: sampler
    for sampler in (
        TPE,
        RANDOM,
        GRID,
        CMAES,
        NSGA2,
        GP,
    )
}
"""By name, the default first."""
