"""The samplers, one a file. To add one, write its file and add its line here."""

from __future__ import annotations

from importlib import import_module

from sweep.methods.samplers.base import Sampler

_FILES = (
    "tpe",
    "random",
    "grid",
    "cmaes",
    "nsga2",
    "gp",
)
_DECLARED: list[Sampler] = [
    import_module(f"sweep.methods.samplers.{file}").SAMPLER for file in _FILES
]

SAMPLERS: dict[str, Sampler] = {sampler.name: sampler for sampler in _DECLARED}
"""By name, in the order in which they are shown."""
