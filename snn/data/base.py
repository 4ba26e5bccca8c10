"""What every data set gives, whatever its samples are: images or events.

A data set is what lies on disk. What a network sees of it can depend on the configuration: events
are counted in bins of a length that is searched. So a network is made for `Data.seen_by(config)`.

Imports no torch: the driver of a sweep reads data sets, too.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from snn.config.sections import VAL_FRACTION
from snn.data.arrays import Bytes
from snn.data.shapes import Shape
from snn.errors import ConfigError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from snn.config import TrialConfig

Places = NDArray[np.integer]
"""(B,) which samples."""


class Samples(Protocol):
    """Samples as torch computes with them: a tensor (B, N) of pixels, or binned events."""

    def __len__(self) -> int:
        """B."""

    @property
    def device(self) -> Any:
        """Where they are."""

    def to(self, device: torch.device, /) -> Self:
        """The same samples on a device."""

    def index_select(self, dim: int, index: torch.Tensor, /) -> Self:
        """The samples at these places (B,); `dim` is 0."""

    def split(self, size: int, /) -> Any:
        """The samples in parts of so many, in their order."""


class Labelled(ABC):
    """Samples for training and for the test, with labels.

    Attributes:
        train_labels: (N,) uint8.
        test_labels: (M,) uint8.
    """

    train_labels: Bytes
    test_labels: Bytes

    @property
    def train_groups(self) -> NDArray[np.integer] | None:
        """(N,) the speaker or subject of every training sample; None where there are none."""
        return None

    @property
    def own_validation(self) -> Places | None:
        """(V,) places of the training samples that are for validation; None: a run draws them."""
        return None

    def n_validation(self, val_fraction: float) -> int:
        """How many training samples a split keeps for validation.

        Raises:
            ConfigError: The fraction leaves no samples for one side.
        """
        if self.own_validation is not None:
            return len(self.own_validation)
        n = len(self.train_labels)
        n_val = round(n * val_fraction) if math.isfinite(val_fraction) else 0
        if not 0 < n_val < n:
            raise ConfigError(f"val_fraction: {val_fraction} leaves no images of {n} for one side")
        return n_val


class Seen(Labelled):
    """What a network sees of a data set."""

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """Of the inputs of a network: height, width and channels."""

    @abstractmethod
    def train(self, places: Places) -> Samples:
        """Training samples at these places, in arrays of their own."""

    @abstractmethod
    def test(self) -> Samples:
        """All test samples, in arrays of their own."""

    @property
    def n_pixels(self) -> int:
        """Inputs of a network: height × width × channels."""
        return self.shape.n_pixels

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how samples became inputs, a line each."""
        return ()


class Data(Labelled):
    """A data set in memory.

    Attributes:
        name: As in `TrialConfig.dataset`.
        n_classes: Labels are 0 .. n_classes - 1.
        class_names: A name of each class, or none at all.
        content: What the samples are; an encoding says which it takes.
        sample: What one of them is called.
        group_kind: What a group is, such as `speaker`; empty where there are none.
        test_groups: (M,) the group of every test sample; None where there are none.
    """

    name: str
    n_classes: int
    class_names: tuple[str, ...]
    content: str
    sample: str
    group_kind: str = ""
    test_groups: NDArray[np.integer] | None = None

    @property
    @abstractmethod
    def sha256(self) -> str:
        """Digest of all samples and labels: equal data, equal digest."""

    def renamed(self, name: str) -> Data:
        """The same data under another name."""
        raise DataError(f"{name}: {self.name} takes no options")

    def tested_on(self, group: int, name: str) -> Data:
        """The same data with one group for the test, and all others for the training.

        Raises:
            DataError: There are no groups, or no such one.
        """
        raise DataError(f"{name}: the data set has no groups, such as speakers")

    @property
    @abstractmethod
    def sizes(self) -> str:
        """How many samples, of what size, and how many classes, in one line."""

    @abstractmethod
    def describe(self) -> list[str]:
        """What else is known of the samples, a line each, which begins with a word for it."""

    @abstractmethod
    def draw(self, file: Path) -> None:
        """Write some samples of every class as a PNG file.

        Raises:
            OSError: The file cannot be written.
        """

    @abstractmethod
    def seen_by(self, config: TrialConfig) -> Seen:
        """What the network of a configuration sees."""


def require_fit(data: Data, config: TrialConfig) -> None:
    """Go on only with a network that takes what a data set has.

    Raises:
        ConfigError: Its encoding is for other data, or it asks for groups that are not there, or
            for a split where the data have their own.
    """
    lines = [config.misfit(data.content)]
    has_pixels = data.content == "images"
    if config.has_own_network and not config.uses_kind("encoding") and not has_pixels:
        lines.append(
            f"network: {config.network} takes pixels, and the data set {data.name} has "
            f'{data.content}; give it INPUT = "spikes"'
        )
    lines += _own_split(data, config)
    groups = data.train_groups
    if config.val_groups and groups is None:
        lines.append(f"val_groups: the data set {data.name} has no groups, such as speakers")
    elif config.val_groups and groups is not None and len(np.unique(groups)) < 2:
        lines.append(f"val_groups: the data set {data.name} has one group; at least 2 are needed")
    if any(lines):
        raise ConfigError(*filter(None, lines))


def _own_split(data: Data, config: TrialConfig) -> list[str]:
    """What a configuration asks for that data with validation samples of their own do not have."""
    if data.own_validation is None:
        return []
    asked = {
        "val_fraction": config.val_fraction != VAL_FRACTION,
        "val_groups": config.val_groups,
    }
    return [
        f"{key}: the data set {data.name} has {len(data.own_validation)} {data.sample}s for "
        f"validation of its own; leave out {key}"
        for key in asked
        if asked[key]
    ]
