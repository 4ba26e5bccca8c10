"""What must be in a checkpoint, checked before anything is made of it.

A file may be of any making. So its values have the types that they should have, its tensors the
shapes, and its sizes are believed only as far as there are weights for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from snn.config import TrialConfig, describe
from snn.data.shapes import Shape, known
from snn.encoding import encoder
from snn.errors import CheckpointError

_Kind = TypeVar("_Kind", bound=BaseModel)
_MERITS = {"val_accuracy", "val_loss"}


class NetworkState(BaseModel):
    """A trained network; `plugins` are the digests of the users' files that it needs.

    What came later is not always known: `files`, their names by digest; `shape`, that of the images
    (height, width, channels); the names of the classes.
    """

    model_config = ConfigDict(strict=True, frozen=True, arbitrary_types_allowed=True)

    config: dict[str, Any]
    n_pixels: int = Field(ge=1)
    n_classes: int = Field(ge=1)
    shape: list[int] | None = None
    class_names: list[str] = []
    weights: dict[str, Tensor]
    metrics: dict[str, float]
    plugins: list[str] = []
    files: dict[str, str] = {}

    @property
    def files_by_digest(self) -> dict[str, str]:
        """The names of the users' files that it needs, by digest; empty where they are unknown."""
        return {digest: self.files.get(digest, "") for digest in self.plugins}


class TrainingState(BaseModel):
    """A training between two epochs; `data`, the digest of its images, and `average` came later."""

    model_config = ConfigDict(strict=True, frozen=True, arbitrary_types_allowed=True)

    config: dict[str, Any]
    data: str | None = None
    epoch: int = Field(ge=0)
    history: list[dict[str, float]]
    network: dict[str, Tensor]
    optimiser: dict[str, Any]
    average: dict[str, Tensor] | None = None
    best_epoch: int = Field(ge=0)
    best_weights: dict[str, Tensor]


def read(kind: type[_Kind], state: Mapping[str, Any]) -> _Kind:
    """A state with every value of its type.

    Raises:
        CheckpointError: A value is missing or of another type; one line.
    """
    try:
        return kind.model_validate(dict(state))
    except ValidationError as error:
        (_, first), *_ = describe(error, lambda _: kind)
        first = first.split(", got ")[0]  # what was got may be a whole network
        raise CheckpointError(" ".join(first.split())[:200]) from None


def read_training(state: Mapping[str, Any]) -> TrainingState:
    """A training whose epochs are those of its history.

    Raises:
        CheckpointError: See `read`; or the epochs contradict each other.
    """
    found = read(TrainingState, state)
    whole = all(_MERITS <= epoch.keys() for epoch in found.history)
    if not whole or len(found.history) != found.epoch or found.best_epoch > found.epoch:
        raise CheckpointError(f"history: is not that of {found.epoch} epochs")
    if (found.epoch > 0) != (found.best_epoch > 0):
        raise CheckpointError(f"best_epoch: {found.best_epoch} of {found.epoch} epochs")
    return found


def shape_of(state: NetworkState) -> Shape | None:
    """The shape of the images of a network, where it is known.

    Raises:
        CheckpointError: It is no shape, or not of the network's size.
    """
    if state.shape is None:
        return None
    if len(state.shape) != len(Shape._fields) or min(state.shape) < 1:
        raise CheckpointError(f"shape: {state.shape} is no height, width and channels"[:200])
    shape = Shape(*state.shape)
    if shape.n_pixels != state.n_pixels:
        raise CheckpointError(f"shape: {shape} is not of {state.n_pixels} pixels"[:200])
    return shape


def class_names_of(state: NetworkState) -> tuple[str, ...]:
    """The names of the classes; none where they are not known.

    Raises:
        CheckpointError: There are fewer or more than classes.
    """
    if len(state.class_names) not in (0, state.n_classes):
        raise CheckpointError(f"class_names: {len(state.class_names)} of {state.n_classes} classes")
    return tuple(state.class_names)


def check_sizes(state: NetworkState, config: TrialConfig) -> None:
    """Refuse a network that is announced larger than it is, before memory is taken for it.

    A user's network has sizes of its own. Its weights are compared when it is made.

    Raises:
        CheckpointError: There are fewer weights than its sizes need, or they are no numbers.
    """
    if config.has_own_network:
        for name, weight in state.weights.items():
            _check_tensor(name, weight, weight.dtype)
        _check_finite(state.weights)
        return
    n_inputs = state.n_pixels
    if config.spiking:
        n_inputs = encoder(config, known(shape_of(state), n_inputs)).n_inputs
    sizes = (n_inputs, *config.hidden, state.n_classes)
    needed = sum(below * above for below, above in pairwise(sizes))
    if config.recurrent and config.spiking:
        needed += sum(size * size for size in config.hidden)
    for name, weight in state.weights.items():
        _check_tensor(name, weight, torch.float32)
    there = sum(weight.numel() for weight in state.weights.values())
    if needed > there or len(config.hidden) > len(state.weights):
        raise CheckpointError(f"has {there} weights; its sizes {list(sizes)} need {needed}"[:200])
    _check_finite(state.weights)


def _check_finite(weights: Mapping[str, Tensor]) -> None:
    for name, weight in weights.items():
        if not bool(weight.isfinite().all()):
            raise CheckpointError(f"{name}: has weights that are no numbers"[:200])


def check_like(what: str, found: Mapping[str, Tensor] | None, like: Mapping[str, Tensor]) -> None:
    """Refuse tensors that are not of the names, types and shapes of others.

    Raises:
        CheckpointError: They are not.
    """
    if found is None or found.keys() != like.keys():
        raise CheckpointError(f"{what}: is not that of this network")
    for name, tensor in found.items():
        _check_tensor(f"{what}: {name}", tensor, like[name].dtype)
        if tensor.shape != like[name].shape:
            raise CheckpointError(
                f"{what}: {name}: of shape {tuple(tensor.shape)}, not {tuple(like[name].shape)}"
            )


def moments_of(optimiser: Mapping[str, Any], parameters: list[Tensor]) -> dict[int, Any]:
    """Adam's moments by the number of their parameter, of the parameters' shapes.

    Raises:
        CheckpointError: They are not such.
    """
    moments = optimiser.get("state")
    if not isinstance(moments, dict) or not moments.keys() <= set(range(len(parameters))):
        raise CheckpointError("optimiser: is not that of this network")
    for number, moment in moments.items():
        of_shape = parameters[number].detach().cpu()
        step = torch.zeros(())
        if not isinstance(moment, dict) or not all(isinstance(m, Tensor) for m in moment.values()):
            raise CheckpointError("optimiser: is not that of this network")
        like = {"step": step, "exp_avg": of_shape, "exp_avg_sq": of_shape}
        check_like("optimiser", moment, like)
    return moments


def _check_tensor(name: str, tensor: Tensor, dtype: torch.dtype) -> None:
    plain = tensor.layout == torch.strided and not tensor.is_meta
    if not plain or tensor.dtype != dtype or not tensor.is_contiguous():
        raise CheckpointError(f"{name}: is no plain array of {dtype}"[:200])
