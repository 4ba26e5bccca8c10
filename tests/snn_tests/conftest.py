"""Real data for the tests of the networks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snn.data import Dataset, load
from snn.data.sources import _SHAPES, default_root


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Where MNIST and Fashion-MNIST are; without them, tests fail in CI, else are skipped."""
    root = default_root()
    files = [root / name / "raw" / file for name in ("MNIST", "FashionMNIST") for file in _SHAPES]
    if not all(path.is_file() for path in files):
        reason = f"MNIST and Fashion-MNIST are not in {root.absolute()}: spikesweep data fetch"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    return root
