"""What tests of searches need."""

from __future__ import annotations

import pytest


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy disk may take longer than a driver waits before it is asked again, as Tune does."""
    monkeypatch.setattr("sweep.search.searcher._DATABASE_WAIT_S", 60.0)
