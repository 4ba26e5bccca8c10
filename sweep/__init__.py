"""Sweeps: specification, search, trials on Ray, logging to MLflow, command line.

`Sweep` runs one from Python. The names below are loaded when first used, so that importing the
package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweep.api import Sweep
    from sweep.errors import RunningError, SpecError, SweepError
    from sweep.results.best import Best
    from sweep.results.result import Result

__all__ = ["Best", "Result", "RunningError", "SpecError", "Sweep", "SweepError"]

_HOME = {
    "Best": "sweep.results.best",
    "Result": "sweep.results.result",
    "RunningError": "sweep.errors",
    "SpecError": "sweep.errors",
    "Sweep": "sweep.api",
    "SweepError": "sweep.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
