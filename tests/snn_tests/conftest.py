"""Real data for the tests of the networks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snn.data import Dataset, load
from snn.data.sources import default_root


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Where MNIST and Fashion-MNIST are; without them, tests fail in CI, else are skipped."""
    root = default_root()
    if not (root / "MNIST" / "raw").is_dir() or not (root / "FashionMNIST" / "raw").is_dir():
        reason = f"MNIST and Fashion-MNIST are not in {root.absolute()}: spikesweep data fetch"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    return root
