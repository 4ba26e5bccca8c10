"""The epochs of a trial, as its checkpoint has them."""

from __future__ import annotations

from collections.abc import Mapping

from snn.config import TrialConfig
from sweep.host.paths import TrialPaths


def epochs_of(files: TrialPaths, config: TrialConfig) -> dict[int, Mapping[str, float]]:
    """The metrics of every epoch that a trial has done, from its checkpoint, if it is its own."""
    if not files.last.exists() and not files.previous.exists():
        return {}
    from sweep.trial.resumption import history  # it imports torch, which a driver seldom needs

    return dict(enumerate(history(files, config), start=1))
