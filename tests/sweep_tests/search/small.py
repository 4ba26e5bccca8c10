"""Small plans that differ in little."""

from __future__ import annotations

from typing import Any

BASE: dict[str, Any] = {
    "dataset": "digits",
    "epochs": 1,
    "n_steps": 4,
    "encoding": "constant",
    "backend": "reference",
}


PLAN: dict[str, Any] = {
    "base": BASE,
    "search": {"hidden": [4]},
    "sampler": "grid",
    "scheduler": "none",
    "trials": None,
}


LONGER: dict[str, Any] = PLAN | {"base": BASE | {"epochs": 2}}
