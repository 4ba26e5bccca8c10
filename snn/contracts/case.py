"""The material of the checks: configurations, currents, images, and a small data set."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data import Dataset
from snn.data.base import Data, Samples
from snn.data.events import EventDataset, Events
from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape
from snn.registry import KINDS, Component

N_STEPS = 40
SHAPE = Shape(3, 4)
_SIDE, _CLASSES, _IMAGES = 6, 3, 48


class Broken(Exception):  # noqa: N818 (a statement that does not hold is no error of ours)
    """A component does not do what it must; the text says what it does instead."""


def require(holds: bool, what: str) -> None:
    """Go on only if something holds.

    Raises:
        Broken: It does not; with what is the matter.
    """
    if not holds:
        raise Broken(what)


def require_shape(what: str, tensor: Any, shape: tuple[int, ...]) -> None:
    """Go on only with a tensor of a shape.

    Raises:
        Broken: It is not a tensor of this shape.
    """
    require(isinstance(tensor, Tensor), f"{what} is a {type(tensor).__name__}, not a tensor")
    require(tensor.shape == shape, f"{what} has shape {tuple(tensor.shape)}, not {shape}")
    require(bool(tensor.isfinite().all()), f"{what} has values that are not finite")


def config_of(component: Component, **values: Any) -> TrialConfig:
    """A small configuration that uses a component."""
    small: dict[str, Any] = {
        "n_steps": N_STEPS,
        "hidden": 8,
        "epochs": 2,
        "batch_size": 16,
        "val_fraction": 0.25,
    }
    if component.content == "events":
        small["encoding"] = "events"
    return TrialConfig.parse({**small, KINDS[component.kind]: component.name, **values})


def seeded(seed: int = 0) -> torch.Generator:
    """Random numbers that are the same every time."""
    return torch.Generator().manual_seed(seed)


def images(count: int = 5) -> Tensor:
    """Pixels (B, N) uint8 of images of `SHAPE`, black and white ones among them."""
    pixels = torch.randint(0, 256, (count, SHAPE.n_pixels), generator=seeded(), dtype=torch.uint8)
    pixels[0], pixels[1] = 0, 255
    return pixels


def events(count: int = 5) -> EventSamples:
    """Binned events of as many inputs, a sample without any and one with all among them."""
    spikes = torch.randint(0, 4, (count, N_STEPS, SHAPE.n_pixels), generator=seeded()) == 0
    spikes[0], spikes[1] = False, True
    return EventSamples.from_dense(spikes.long())


def samples(component: Component) -> Samples:
    """What an encoding reads."""
    return events() if component.takes == "events" else images()


def tiny_for(config: TrialConfig) -> Data:
    """A data set of a few samples that can be learned, of what the encoding takes."""
    takes = config.component("encoding").takes
    return tiny_events(config.dataset) if takes == "events" else tiny(config.dataset)


def tiny_events(name: str) -> EventDataset:
    """A data set of a few samples of events; a unit in each class fires most."""
    random = np.random.default_rng(0)
    labels = (np.arange(_IMAGES) % _CLASSES).astype(np.uint8)
    units = random.integers(0, 12, (_IMAGES, 60))
    units[:, ::2] = labels[:, None] * 4 + random.integers(0, 4, (_IMAGES, 30))
    ticks = np.sort(random.integers(0, 4000, units.shape), axis=1)
    half = _IMAGES // 2
    train, test = (
        Events(
            ticks[part].astype(np.uint16).ravel(),
            units[part].astype(np.uint16).ravel(),
            np.arange(half + 1, dtype=np.int64) * 60,
        )
        for part in (slice(half), slice(half, None))
    )
    return EventDataset(
        name=name,
        size=Shape(1, 12, 1),
        n_classes=_CLASSES,
        tick_ms=0.1,
        train_events=train,
        train_labels=labels[:half],
        test_events=test,
        test_labels=labels[half:],
    )


def tiny(name: str) -> Dataset:
    """A data set of a few images that can be learned."""
    labels = (np.arange(_IMAGES) % _CLASSES).astype(np.uint8)
    pixels = np.random.default_rng(0).integers(0, 60, (_IMAGES, _SIDE * _SIDE), dtype=np.uint8)
    for label in range(_CLASSES):
        pixels[labels == label, label * 12 : label * 12 + 12] += 190
    half = _IMAGES // 2
    return Dataset(
        name=name,
        side=_SIDE,
        n_classes=_CLASSES,
        train_images=pixels[:half],
        train_labels=labels[:half],
        test_images=pixels[half:],
        test_labels=labels[half:],
    )
