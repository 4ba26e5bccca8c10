"""A sampler and a scheduler beside ours."""

from __future__ import annotations

import pytest

from sweep.methods.samplers import SAMPLERS
from sweep.methods.schedulers import SCHEDULERS
from tests.contracts.methods import OWN_SAMPLER, OWN_SCHEDULER


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for the line in the list, of samplers and of schedulers."""
    monkeypatch.setitem(SAMPLERS, OWN_SAMPLER.name, OWN_SAMPLER)
    monkeypatch.setitem(SCHEDULERS, OWN_SCHEDULER.name, OWN_SCHEDULER)
