"""What must be set before anything of the project is imported, and real data."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

from snn.data.idx import _SHAPES
from snn.data.sources import default_root
from sweep.host import garbage
from tests.scheduling import LongestFirst, place_of

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # Triton's own interpreter runs the GPU code on the CPU

# The threads of torch spin while they wait: with several processes a processor, that takes most of
# the time. Tests of several threads set their number.
torch.set_num_threads(1)
for library in ("OMP", "MKL", "OPENBLAS"):  # of the workers of xdist, and of what tests start
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

garbage.look_rarely()

# Tests that run in the background ignore Ctrl-C, and so would all commands that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` ignores it

settings.register_profile("any machine", deadline=None)  # a busy one is slow, and not wrong
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst:
    config.option.loadscopereorder = False
    return LongestFirst(config, log)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """No test depends on those before it: not by random numbers, nor by where its stores are."""
    torch.manual_seed(0)
    before = _stores()
    yield
    assert _stores() == before, "set them by `monkeypatch`: later tests of this process see them"


def _stores() -> dict[str, str | None]:
    names = "MLFLOW_TRACKING_URI", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA", "SPIKESWEEP_DATA"
    return {name: os.environ.get(name) for name in names}


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
