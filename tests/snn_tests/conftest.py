"""Real data for the tests of the networks."""

from __future__ import annotations

import pytest

from snn.data import Dataset, load


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("digits")
