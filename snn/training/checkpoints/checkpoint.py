"""Checkpoints on disk: `last` to continue a training, `best` to use the network.

Both hold plain tensors and values and are read with `weights_only=True`: no file runs code. They
are sealed (`sealed.py`), and the seal is checked at every load. Files of the first format have
none: of them the sums of the archive are checked, and that all values fit each other
(`contents.py`), which is less than a seal: what was changed on purpose is not seen.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from snn.config import TrialConfig
from snn.declarations.files import PluginFile
from snn.declarations.keys import PluginError
from snn.errors import CheckpointError, SnnError
from snn.networks import Network, build
from snn.plugins.loading import registry_of
from snn.training.checkpoints import sealed
from snn.training.checkpoints.contents import (
    NetworkState,
    check_sizes,
    class_names_of,
    read,
    shape_of,
)
from snn.training.checkpoints.place import Place

_FORMAT = 2
_UNSEALED_FORMAT = 1


def save(path: Place | str, state: dict[str, Any], previous: Place | None = None) -> None:
    """Write a state; a reader sees the old file or the new one, never a part.

    Args:
        path: Of the file.
        state: Plain tensors and values.
        previous: Where the old file is kept; by default it is not.

    Raises:
        OSError: The disk is full, or the folder cannot be written. The old file is as it was.
    """
    content = io.BytesIO()  # torch, writing to a full disk itself, hides the OSError
    torch.save({"format": _FORMAT, **state}, content)
    whole = sealed.sealed(content.getvalue())
    if isinstance(path, str | Path):
        _replace(Path(path), whole, previous)
        return
    if previous is not None and path.exists():
        path.fs.copy(path.path, str(getattr(previous, "path", previous)))
    path.write_bytes(whole)  # an object store has no files that are half there


def _replace(path: Path, content: bytes, previous: Place | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if previous is not None and path.exists():
            path.replace(str(previous))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Place | str) -> dict[str, Any]:
    """Read a state onto the CPU.

    Raises:
        CheckpointError: The file is missing, damaged, no checkpoint, or of a later format.
        OSError: It cannot be read.
    """
    place = Path(path) if isinstance(path, str) else path
    try:
        content = place.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except IsADirectoryError:
        raise CheckpointError(f"{path}: is a folder, and no checkpoint") from None
    state, has_seal = _read(path, io.BytesIO(content))
    if not isinstance(state, dict) or state.get("format") not in (_FORMAT, _UNSEALED_FORMAT):
        raise CheckpointError(f"{path}: is no checkpoint of this version of spikesweep")
    if state["format"] == _FORMAT and not has_seal:
        raise CheckpointError(f"{path}: is a damaged checkpoint: its seal is gone")
    return {key: value for key, value in state.items() if key != "format"}


def _read(path: Place | str, file: io.BytesIO) -> tuple[Any, bool]:
    """What is in the bytes of a file, and whether it had a seal.

    They are in memory: so an error is of what they say, such as a place before the first of them.
    """
    try:
        has_seal = sealed.check(file)
        file.seek(0)
        return torch.load(file, map_location="cpu", weights_only=True), has_seal
    except Exception:  # torch and zipfile raise a dozen kinds for files that they cannot read
        raise CheckpointError(f"{path}: is no checkpoint, or a damaged one") from None


def save_network(path: Place | str, network: Network, metrics: dict[str, float]) -> None:
    """Write a trained network with its configuration and metrics."""
    state = {
        "config": network.config.params(),
        "n_pixels": network.n_pixels,
        "n_classes": network.n_classes,
        "shape": None if network.shape is None else list(network.shape),
        "class_names": list(network.class_names),
        "weights": network.state_dict(),
        "metrics": metrics,
    }
    if network.config.plugins:
        files = {each.digest: each.file for each in network.config.components if each.digest}
        state |= {"plugins": network.config.plugins, "files": files}
    save(path, state)


def load_network(
    path: Place | str, files: Iterable[PluginFile] = ()
) -> tuple[Network, dict[str, float]]:
    """Read a network written by `save_network`, ready to predict, and its metrics.

    Args:
        path: Of the checkpoint.
        files: Users' files, of which those are run that it was trained with, beside those that are
            in use. See `snn.plugins.loading.registry_of`.

    Raises:
        CheckpointError: See `load`; or the file does not hold a network that fits its own sizes, or
            it was trained with a user's file that is not there.
        OSError: It cannot be read.
    """
    state = load(path)
    try:
        found = read(NetworkState, state)
        components = registry_of(found.files_by_digest, files)
    except PluginError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except SnnError as error:
        raise _no_network(path, str(error)) from None
    try:
        config = TrialConfig.parse(found.config, components)
        if config.plugins != sorted(found.plugins):
            raise CheckpointError("it names files that it does not need")
        check_sizes(found, config)
        network = build(config, found.n_pixels, found.n_classes, shape_of(found))
        network.load_state_dict(found.weights)
        network.class_names = class_names_of(found)
    except SnnError as error:
        raise _no_network(path, str(error)) from None
    except (RuntimeError, TypeError):
        raise _no_network(path, "its weights are those of another") from None
    return network.eval(), found.metrics


def _no_network(path: Place | str, reason: str) -> CheckpointError:
    return CheckpointError(f"{path}: holds no network of this version of spikesweep: {reason}")
