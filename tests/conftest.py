"""What must be set before anything of the project is imported, and real data."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from snn.data.idx import _SHAPES
from snn.data.sources import default_root

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # Triton's own interpreter runs the GPU code on the CPU

# Tests that run in the background ignore Ctrl-C, and so would all commands that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("any machine", deadline=None)  # a busy one is slow, and not wrong
settings.load_profile("any machine")


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
