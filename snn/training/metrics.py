"""Running sums over batches, and what they amount to per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional


@dataclass
class Tally:
    """Loss and confusion (true label, predicted) over batches of logits (B, C), labels (B,)."""

    n_classes: int
    loss_sum: float = 0.0
    seen: int = 0
    _pairs: list[Tensor] = field(default_factory=list)  # true · C + predicted

    def add(self, logits: Tensor, labels: Tensor, loss: float | None = None) -> None:
        """Count a batch; its mean loss, unless it is known, is the cross-entropy.

        That is the negative log likelihood of the probabilities that a network gives, whatever
        was minimised in its training: so networks of all losses can be compared.
        """
        if loss is None:
            loss = float(functional.cross_entropy(logits, labels))
        self.loss_sum += loss * len(labels)
        self.seen += len(labels)
        self._pairs.append(labels * self.n_classes + logits.detach().argmax(dim=1))

    @property
    def confusion(self) -> Tensor:
        """(C, C) int64, counted once for all batches: there are hundreds of them in a second."""
        counts = torch.cat(self._pairs).bincount(minlength=self.n_classes**2).cpu()
        return counts.view(self.n_classes, self.n_classes)

    @property
    def hits(self) -> Tensor:
        """(N,) bool, in the order of the images: whether each is classified correctly."""
        pairs = torch.cat(self._pairs).cpu()
        return pairs // self.n_classes == pairs % self.n_classes

    @property
    def loss(self) -> float:
        """Mean loss per image."""
        return self.loss_sum / self.seen

    @property
    def accuracy(self) -> float:
        """Share of images classified correctly, in [0, 1]."""
        return float(self.confusion.diagonal().sum()) / self.seen


@dataclass
class Answers:
    """What a network answers to single images, over batches of logits (B, C), labels (B,)."""

    _labels: list[Tensor] = field(default_factory=list)
    _predicted: list[Tensor] = field(default_factory=list)
    _probability: list[Tensor] = field(default_factory=list)
    _true_probability: list[Tensor] = field(default_factory=list)

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Keep the answers to a batch."""
        predicted = logits.argmax(dim=1)
        probabilities = logits.softmax(dim=1).nan_to_num()  # logits of a user's may be infinite
        self._labels.append(labels)
        self._predicted.append(predicted)
        self._probability.append(probabilities.gather(1, predicted[:, None]).squeeze(1))
        self._true_probability.append(probabilities.gather(1, labels[:, None]).squeeze(1))

    @property
    def whole(self) -> Answered:
        """All of them."""
        return Answered(
            labels=_joined(self._labels).astype(np.uint8),
            predicted=_joined(self._predicted).astype(np.uint8),
            probability=_joined(self._probability).astype(np.float16),
            true_probability=_joined(self._true_probability).astype(np.float16),
        )


def _joined(batches: list[Tensor]) -> NDArray[Any]:
    return torch.cat(batches).cpu().numpy()


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a network answered to N images, in their order.

    Attributes:
        labels: (N,) the true classes; there are at most 256.
        predicted: (N,) the classes of the highest probability.
        probability: (N,) of these classes.
        true_probability: (N,) of the true classes.
    """

    labels: NDArray[np.uint8]
    predicted: NDArray[np.uint8]
    probability: NDArray[np.float16]
    true_probability: NDArray[np.float16]


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What a network reached on the test images.

    Attributes:
        metrics: Accuracy, loss and epoch.
        confusion: (C, C) images by true and predicted class.
        by_group: Hits and images of each group, such as a speaker; empty where there are none.
        answered: What it answered to each image.
    """

    metrics: Mapping[str, float]
    confusion: Tensor
    by_group: Mapping[str, tuple[int, int]]
    answered: Answered


def hits_by_group(
    groups: NDArray[np.integer], hits: NDArray[np.bool_]
) -> dict[str, tuple[int, int]]:
    """Hits and images of each group, in the order of the groups, from those of every image."""
    return {
        str(group): (int(hits[groups == group].sum()), int((groups == group).sum()))
        for group in np.unique(groups)
    }


class Counted(Protocol):
    """What a network did with a batch, per image and population of neurons, the input first."""

    def events(self) -> Tensor:
        """(populations,) values that are not 0."""

    def work(self) -> Tensor:
        """(2, populations) those that are multiplied with weights, and those that are added."""

    def room(self) -> tuple[int, ...]:
        """The most spikes that each hidden layer can have; empty where it is not known."""


@dataclass
class EventTally:
    """Events per inference of every population of neurons, input first, averaged over batches.

    A synaptic operation is one event times one synapse that it reaches, counted at every time step
    (the effective operations of NeuroBench, Yik et al., 2025). Multiply-accumulates and accumulates
    are what the program computes: a constant input is multiplied with its weights once, not at
    every step. The steps of the neurons themselves are not counted, as there.

    `room` is the most spikes that each hidden layer can have, neurons times steps; empty where it
    is not known.
    """

    fan_out: Tensor
    events: Tensor = field(init=False)
    work: Tensor = field(init=False)  # (2, populations) what is multiplied, and what is added
    seen: int = 0
    room: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.events = torch.zeros_like(self.fan_out)
        self.work = torch.zeros(2, len(self.fan_out), dtype=self.fan_out.dtype)

    def add(self, activity: Counted, batch: int) -> None:
        """Count what happened per image of a batch."""
        self.events += activity.events() * batch
        self.work += activity.work() * batch
        self.room = activity.room()
        self.seen += batch

    @property
    def rates(self) -> tuple[float, ...]:
        """Spikes of a neuron per time step, of every hidden layer; empty if not known."""
        spikes = self.events[1:] / self.seen if self.room else ()
        return tuple(float(s) / most for s, most in zip(spikes, self.room, strict=True))

    @property
    def spikes_per_inference(self) -> float:
        """Spikes of the hidden neurons per image."""
        return float(self.events[1:].sum()) / self.seen

    @property
    def synops_per_inference(self) -> float:
        """Synaptic operations per image, of the input and of all hidden neurons."""
        return float(self.events @ self.fan_out) / self.seen

    @property
    def macs_per_inference(self) -> float:
        """Multiply-accumulates per image: of currents, and of an MLP's units."""
        return float(self.work[0] @ self.fan_out) / self.seen

    @property
    def acs_per_inference(self) -> float:
        """Accumulates per image: of spikes."""
        return float(self.work[1] @ self.fan_out) / self.seen
