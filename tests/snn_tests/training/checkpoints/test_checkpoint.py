"""Checkpoints come back as they were, or are refused in one line."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch

from snn.config import TrialConfig
from snn.data import Dataset, load
from snn.errors import CheckpointError
from snn.networks import build
from snn.training.checkpoints import checkpoint
from snn.training.trainer import Trainer


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
        "import resource, sys, torch; from snn.training.checkpoints import checkpoint\n"
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


# Damage


def write(path: Path, dynamics: str) -> Path:
    """A file to predict with, or (`training`) to go on from."""
    if dynamics == "training":
        config = TrialConfig(dataset="digits", hidden=7, n_steps=10, encoding="constant", epochs=2)
        trainer = Trainer(config, load("digits"))
        trainer.train_epoch()
        checkpoint.save(path, trainer.state())
    else:
        config = TrialConfig(dynamics=dynamics, hidden=[12, 6], n_steps=20)
        checkpoint.save_network(path, build(config, 64), {"test_accuracy": 0.5})
    return path


@pytest.mark.parametrize("dynamics", ["lif", "mlp", "training"])
def test_no_copy_with_one_changed_bit_is_loaded(tmp_path: Path, dynamics: str) -> None:
    content = write(tmp_path / "whole.pt", dynamics).read_bytes()
    checkpoint.load(tmp_path / "whole.pt")
    positions = [
        *range(0, len(content), len(content) // 150),
        *range(len(content) - 120, len(content)),
    ]
    loaded = []
    for number, position in enumerate(positions):
        changed = bytearray(content)
        changed[position] ^= 1 << number % 8
        (tmp_path / "changed.pt").write_bytes(changed)
        try:
            checkpoint.load(tmp_path / "changed.pt")
            loaded.append(position)
        except CheckpointError as error:
            assert "changed.pt" in str(error) and "\n" not in str(error)
    assert len(positions) > 250 and loaded == []


def test_a_file_of_the_first_format_is_loaded_but_not_with_other_weights(tmp_path: Path) -> None:
    write(tmp_path / "new.pt", "lif")
    torch.save(checkpoint.load(tmp_path / "new.pt") | {"format": 1}, tmp_path / "old.pt")
    old, new = (checkpoint.load_network(tmp_path / name)[0] for name in ("old.pt", "new.pt"))
    for one, other in zip(old.parameters(), new.parameters(), strict=True):
        assert torch.equal(one, other)
    content = bytearray((tmp_path / "old.pt").read_bytes())
    with ZipFile(tmp_path / "old.pt") as archive:
        parts = [part for part in archive.infolist() if "/data/" in part.filename]
    for part in parts:
        changed = content.copy()
        changed[content.index(part.filename.encode()) + 200] ^= 4
        (tmp_path / "changed.pt").write_bytes(changed)
        if changed != content and part.file_size > 400:
            with pytest.raises(CheckpointError, match="a damaged one"):
                checkpoint.load_network(tmp_path / "changed.pt")
    assert max(part.file_size for part in parts) > 400


def test_torch_itself_still_reads_a_checkpoint(tmp_path: Path) -> None:
    state = torch.load(write(tmp_path / "best.pt", "lif"), weights_only=True)
    assert state["n_pixels"] == 64 and state["weights"]["layers.0.weight"].shape == (64, 12)


HUGE = 10**9
CRAFTED: list[dict[str, Any]] = [
    {"n_pixels": 0},
    {"n_pixels": -64},
    {"n_pixels": HUGE},
    {"n_pixels": 2**70},
    {"n_pixels": 64.0},
    {"n_pixels": True},
    {"n_pixels": "64"},
    {"n_classes": 0},
    {"n_classes": HUGE},
    {"n_classes": None},
    {"config": None},
    {"config": {1: 2}},
    {"config": {"hidden": HUGE, "n_steps": 20, "dynamics": "lif"}},
    {"config": {"hidden": [1] * 10**5, "n_steps": 20, "dynamics": "lif"}},
    {"config": {"hidden": [12, 6], "n_steps": 20, "dynamics": "mlp"}},
    {"config": {"hidden": [12, 6], "n_steps": 20, "dynamics": "lif", "recurrent": True}},
    {"weights": None},
    {"weights": {}},
    {"weights": {"layers.0.weight": torch.zeros(64, 12)}},
    {"weights": {"layers.0.weight": 5}},
    {"weights": {7: torch.zeros(2000)}},
    {"weights": {"w": torch.zeros(()).expand(HUGE, 64)}, "n_pixels": HUGE},
    {"weights": {"w": torch.zeros(9000, dtype=torch.int64)}},
    {"metrics": {"test_accuracy": "high"}},
    {"metrics": []},
]


@pytest.mark.parametrize("changes", CRAFTED, ids=lambda changes: str(changes)[:50])
def test_a_file_of_somebody_s_making_is_refused_in_one_line(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    state = checkpoint.load(write(tmp_path / "best.pt", "lif"))
    for key in (key for key in changes if key in state):
        missing = {name: value for name, value in state.items() if name != key}
        checkpoint.save(tmp_path / "missing.pt", missing)
        with pytest.raises(CheckpointError, match=f"holds no network .*: {key}: is missing"):
            checkpoint.load_network(tmp_path / "missing.pt")
    checkpoint.save(tmp_path / "crafted.pt", state | changes)
    with pytest.raises(CheckpointError, match=r"crafted\.pt: holds no network") as caught:
        checkpoint.load_network(tmp_path / "crafted.pt")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    network = build(TrialConfig(hidden=12), 64)
    next(network.parameters()).data[0, 0] = value
    checkpoint.save_network(tmp_path / "best.pt", network, {})
    with pytest.raises(
        CheckpointError, match=r"layers\.0\.weight: has weights that are no numbers"
    ):
        checkpoint.load_network(tmp_path / "best.pt")


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    """It could become a thousand times larger than it is."""
    write(tmp_path / "best.pt", "lif")
    with (
        ZipFile(tmp_path / "best.pt") as source,
        ZipFile(tmp_path / "small.pt", "w", ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            target.writestr(part.filename, source.read(part))
    with pytest.raises(CheckpointError, match="a damaged one"):
        checkpoint.load(tmp_path / "small.pt")


BAD_TRAININGS: list[dict[str, Any]] = [
    {"epoch": -1},
    {"epoch": 5},
    {"best_epoch": 2},
    {"best_epoch": 0},
    {"history": [{}]},
    {"history": None},
    {"network": {}},
    {"best_weights": {}},
    {"optimiser": {}},
    {"optimiser": {"state": {0: {}}}},
    {"optimiser": {"state": {0: {"step": 1, "exp_avg": 1, "exp_avg_sq": 1}}}},
    {"optimiser": {"state": {99: {}}}},
    {"config": {"lr": -1}},
    {"config": {}},
]


@pytest.mark.parametrize("changes", BAD_TRAININGS, ids=str)
def test_a_training_that_is_none_is_refused_and_changes_nothing(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    state = checkpoint.load(write(tmp_path / "last.pt", "training"))
    trainer = Trainer(TrialConfig.parse(state["config"]), load("digits"))
    before = [parameter.clone() for parameter in trainer.network.parameters()]
    for key in ("network", "optimiser", "history", "best_weights"):
        with pytest.raises(CheckpointError):
            trainer.load({name: value for name, value in state.items() if name != key})
    with pytest.raises(CheckpointError) as caught:
        trainer.load(state | changes)
    assert "\n" not in str(caught.value)
    assert trainer.epoch == 0
    assert all(map(torch.equal, trainer.network.parameters(), before))
    state["optimiser"]["state"][0]["exp_avg"] = torch.zeros(3)
    with pytest.raises(CheckpointError, match="exp_avg: of shape"):
        trainer.load(state)
