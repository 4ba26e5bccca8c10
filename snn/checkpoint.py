"""Checkpoints on disk: `last` to continue a training, `best` to use the network.

Both hold plain tensors and values and are read with `weights_only=True`: no file runs code.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import torch

from snn.config import TrialConfig
from snn.errors import CheckpointError, SnnError
from snn.place import Place
from snn.training import Network, build

_FORMAT = 1


def save(path: Place | str, state: dict[str, Any]) -> None:
    """Write a state; a reader sees the old file or the new one, never a part.

    Raises:
        OSError: The disk is full, or the folder cannot be written.
    """
    content = io.BytesIO()  # torch, writing to a full disk itself, hides the OSError
    torch.save({"format": _FORMAT, **state}, content)
    if isinstance(path, str | Path):
        _replace(Path(path), content.getbuffer())
    else:
        path.write_bytes(content.getvalue())  # an object store has no files that are half there


def _replace(path: Path, content: memoryview) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Place | str) -> dict[str, Any]:
    """Read a state onto the CPU.

    Raises:
        CheckpointError: The file is missing, truncated, no checkpoint, or of a later format.
    """
    try:
        with (Path(path) if isinstance(path, str) else path).open("rb") as file:
            state = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except Exception:  # torch raises half a dozen kinds for files that it cannot read
        raise CheckpointError(f"{path}: is no checkpoint, or a damaged one") from None
    if not isinstance(state, dict) or state.pop("format", None) != _FORMAT:
        raise CheckpointError(f"{path}: is no checkpoint of this version of spikesweep")
    return state


def save_network(path: Place | str, network: Network, metrics: dict[str, float]) -> None:
    """Write a trained network with its configuration and metrics."""
    state = {
        "config": network.config.canonical(),
        "n_pixels": network.n_pixels,
        "n_classes": network.n_classes,
        "weights": network.state_dict(),
        "metrics": metrics,
    }
    save(path, state)


def load_network(path: Place | str) -> tuple[Network, dict[str, float]]:
    """Read a network written by `save_network`, ready to predict, and its metrics.

    Raises:
        CheckpointError: See `load`; or the file does not hold a network that fits its own sizes.
    """
    state = load(path)
    try:
        config = TrialConfig.parse(state["config"])
        network = build(config, state["n_pixels"], state["n_classes"])
        network.load_state_dict(state["weights"])
    except (KeyError, RuntimeError, SnnError):
        raise CheckpointError(f"{path}: holds no network of this version of spikesweep") from None
    return network.eval(), state["metrics"]
