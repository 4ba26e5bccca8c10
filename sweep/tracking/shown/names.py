"""What the run of a trial is called: what differs between the trials, first.

MLflow's list shows about fourteen letters of a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from snn.config import TrialConfig
from sweep.spec.specification import Specification
from sweep.trial.names import trial_name

_LONGEST = 200  # of the 250 characters that MLflow's databases take

Naming = Callable[[TrialConfig], str]


def searched_keys(sweep: Specification) -> list[str]:
    """The keys in which configurations of a sweep can differ, as the specification orders them."""
    keys = dict.fromkeys(key for point in sweep.points for key in point)
    return list(sweep.search) or [
        key for key in keys if len({repr(point.get(key)) for point in sweep.points}) > 1
    ]


def naming(sweep: Specification) -> Naming:
    """Names by what is searched, such as `s1 lif 64 lr=0.002 900c52`; `s1` is the seed, if many."""
    keys, many = searched_keys(sweep), len(sweep.seeds) > 1

    def name(config: TrialConfig) -> str:
        used = config.params()
        parts = [_part(key, getattr(config, key)) for key in keys if key in used]
        parts = [f"s{config.seed}", *parts] if many else parts
        text = " ".join(part for part in parts if part)
        return f"{text[:_LONGEST]} {config.config_id[:6]}" if text else trial_name(config)

    return name


def _part(key: str, value: Any) -> str:
    """A value that speaks for itself stands alone; a number has its key; of no, nothing is said."""
    kinds: Sequence[tuple[type, Callable[[Any], str]]] = (
        (bool, lambda yes: key if yes else ""),
        (str, str),
        (tuple, lambda sizes: "x".join(map(str, sizes))),
        (float, lambda number: f"{key}={number:.3g}"),
    )
    return next((text(value) for kind, text in kinds if type(value) is kind), f"{key}={value}")
