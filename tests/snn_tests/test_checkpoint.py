"""Checkpoints come back as they were, or are refused in one line."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from snn import checkpoint
from snn.config import TrialConfig
from snn.data import Dataset
from snn.errors import CheckpointError
from snn.training import build


@pytest.mark.parametrize("dynamics", ["alif", "izhikevich", "mlp"])
def test_a_network_predicts_the_same_after_a_round_trip(
    tmp_path: Path, digits: Dataset, dynamics: str
) -> None:
    config = TrialConfig(dynamics=dynamics, hidden=[12, 6], n_steps=20, learn_beta=True)
    network = build(config, digits.n_pixels)
    checkpoint.save_network(tmp_path / "best.pt", network, {"test_accuracy": 0.5})
    again, metrics = checkpoint.load_network(tmp_path / "best.pt")
    images = torch.from_numpy(digits.test_images)
    assert torch.equal(again.probabilities(images), network.probabilities(images))
    assert metrics == {"test_accuracy": 0.5}
    assert again.config.config_id == config.config_id


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    torch.save({"format": 1, "config": Payload(trap)}, tmp_path / "evil.pt")
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps(Payload(trap)))
    for name in ("evil.pt", "pickle.pt"):
        with pytest.raises(CheckpointError):
            checkpoint.load(tmp_path / name)
    assert not trap.exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused_in_one_line(tmp_path: Path, share: float) -> None:
    path = tmp_path / "best.pt"
    checkpoint.save_network(path, build(TrialConfig(), 16), {})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load_network(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("state", [{}, {"config": {"lr": -1}}, {"config": {}, "n_pixels": 4}])
def test_a_checkpoint_of_something_else_is_refused(
    tmp_path: Path, state: dict[str, object]
) -> None:
    checkpoint.save(tmp_path / "other.pt", state)
    with pytest.raises(CheckpointError, match="holds no network"):
        checkpoint.load_network(tmp_path / "other.pt")
    torch.save({"format": 99}, tmp_path / "later.pt")
    with pytest.raises(CheckpointError, match="of this version"):
        checkpoint.load(tmp_path / "later.pt")
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        checkpoint.load(tmp_path / "missing.pt")


def test_a_write_that_fails_leaves_the_old_checkpoint_and_no_litter(tmp_path: Path) -> None:
    """The process may write files of 20 kB only: a write beyond fails as on a full disk."""
    checkpoint.save(tmp_path / "last.pt", {"epoch": 1})
    code = (
        "import resource, sys, torch; from snn import checkpoint\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    checkpoint.save(sys.argv[1], {'epoch': 2, 'weights': torch.zeros(10_000)})\n"
        "except OSError as error:\n    print(error.strerror)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "last.pt"], capture_output=True, text=True
    )
    assert done.stdout.strip() == "File too large", done.stderr
    assert checkpoint.load(tmp_path / "last.pt") == {"epoch": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


@pytest.mark.parametrize("content", [bytes(range(256)) * 20, b"PK\x03\x04" + bytes(500), b"\x80"])
def test_bytes_that_are_no_checkpoint_are_refused_in_one_line(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "noise.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_checkpoint_cannot_be_written_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OSError):
        checkpoint.save(tmp_path / "file" / "last.pt", {"epoch": 1})
    assert (tmp_path / "file").read_text() == "kept"
