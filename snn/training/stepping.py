"""Training steps, one after the other or recorded once and replayed.

On a GPU a step of small kernels takes less time than Python needs to launch them. So all that a
step gets from outside (which images, random numbers, learning rates) is drawn for the whole epoch
and copied to the device at once, the step is recorded as one CUDA graph, and the host only asks for
the next replay. Nothing is read back before the epoch ends.

A step is computed by the same code either way, and from the same numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol, final

import torch
from torch import Tensor
from torch.func import functional_call
from torch.optim.swa_utils import AveragedModel

from snn.config import TrialConfig
from snn.data.augmentation import Moves
from snn.data.base import Samples
from snn.data.splits import Split
from snn.errors import NonFiniteLossError
from snn.networks import Network
from snn.networks.mlp import MLPActivity
from snn.networks.own import OwnActivity
from snn.networks.spiking import Activity
from snn.training.augmenting import Chance, augmented, chosen
from snn.training.regularisation import follow, objective, silenced

Rates = Sequence[float] | Sequence[Tensor]


class Batch(NamedTuple):
    """What a step gets from outside; of what is not used, there are no numbers.

    Attributes:
        chosen: (B,) int64, places of the images in the training set.
        rates: (groups,) float64, learning rates of the optimiser's parameter groups.
        key: (2,) int64, of the random spike code.
        uniform: (B, 3), of the augmentation, as is the next.
        mirrored: (B,) bool.
        masks: (H of all layers,) of the dropout.
        events: (1,) int64, seed of the augmentation of events.
    """

    chosen: Tensor
    rates: Tensor
    key: Tensor
    uniform: Tensor
    mirrored: Tensor
    masks: Tensor
    events: Tensor


class Recorder(Protocol):
    """Records work on fixed arrays once, so that it can be replayed without Python."""

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        """The replay; the work itself is not done before that is called."""


@final
class Graphs:
    """Records CUDA graphs, which share their memory, as no two of them run at a time."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        """The replay of the kernels that the work launches."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            work()
        return graph.replay


def call_again(work: Callable[[], None]) -> Callable[[], None]:
    """The recorder of a device without graphs: to replay work is to do it again."""
    return work


@final
class Sums:
    """Loss and hits of the training images, added up on the device."""

    def __init__(self, device: torch.device) -> None:
        self._loss = torch.zeros((), dtype=torch.float64, device=device)
        self._hits = torch.zeros((), dtype=torch.int64, device=device)
        self.seen = 0

    def clear(self) -> None:
        """Begin anew, in the same arrays."""
        self._loss.zero_()
        self._hits.zero_()
        self.seen = 0

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add the mean loss of a batch and its hits; `seen` is the caller's, on the host."""
        self._loss += loss.detach().double() * len(labels)
        self._hits += (logits.detach().argmax(dim=1) == labels).sum()

    @property
    def loss(self) -> float:
        """Mean loss per image; waits for the device."""
        return self._loss.item() / self.seen

    @property
    def accuracy(self) -> float:
        """Share of images classified correctly, in [0, 1]; waits for the device."""
        return self._hits.item() / self.seen


class Learner(NamedTuple):
    """What a step is computed of: images, network and optimiser, all on one device.

    Attributes:
        config: The training.
        train: All training images.
        network: In training.
        optimiser: Adam.
        average: Of the weights; None without averaging.
        sums: Where loss and hits are added up.
    """

    config: TrialConfig
    train: Split
    network: Network
    optimiser: torch.optim.Adam
    average: AveragedModel | None
    sums: Sums

    def images(self, batch: Batch, recorded: bool = False) -> Split:
        """The images of a batch, augmented, and their labels (B,) int64."""
        pixels = chosen(self.train.images, batch.chosen, recorded and not batch.events.numel())
        labels = self.train.labels.index_select(0, batch.chosen).long()
        chance = Chance(Moves(batch.uniform, batch.mirrored), batch.events)
        return Split(augmented(pixels, labels, self.config, chance, self.network.shape), labels)

    def loss(self, batch: Batch, recorded: bool = False) -> Tensor:
        """The loss of a batch, which is added to the sums."""
        pixels, labels = self.images(batch, recorded)
        activity = self._forward(pixels, batch)
        loss = objective(activity, labels, self.config)
        self.sums.add(loss, activity.logits, labels)
        return loss

    def update(self, loss: Tensor, rates: Rates) -> None:
        """Follow the gradient of the loss, at a learning rate per parameter group."""
        for group, rate in zip(self.optimiser.param_groups, rates, strict=True):
            group["lr"] = rate
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self.config.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip_norm)
        self.optimiser.step()
        if self.average:
            follow(self.average, self.network, self.config.weight_average)

    def _forward(self, pixels: Samples, batch: Batch) -> Activity | MLPActivity | OwnActivity:
        weights = silenced(self.network, self.config, batch.masks)
        given = (pixels, None, batch.key)
        activity: Activity | MLPActivity | OwnActivity = (
            functional_call(self.network, weights, given) if weights else self.network(*given)
        )
        return activity


@final
class Steps:
    """Trains a learner on batches.

    Args:
        learner: Whose network is trained.
        recorder: Records the steps of batches of one size; None: every step is done by Python.
    """

    def __init__(self, learner: Learner, recorder: Recorder | None) -> None:
        self.learner = learner
        self._recorder = recorder
        self._recorded: dict[int, _Recorded] = {}

    def run(self, batches: Iterable[Batch], done: Callable[[], None]) -> None:
        """Train on batches in their order; `done` is called after each.

        Raises:
            NonFiniteLossError: A loss is NaN or infinite; at the latest after the last batch.
        """
        if self._recorder is None:
            for batch in batches:
                self._step(batch, done, recorded=False)
        else:
            for size, run in itertools.groupby(batches, lambda batch: len(batch.chosen)):
                self._replay(size, list(run), self._recorder, done)
        _assert_finite(self.learner.sums.loss)

    def forget(self) -> None:
        """Record anew, as after a load, which gives the optimiser other arrays."""
        self._recorded.clear()

    def _step(self, batch: Batch, done: Callable[[], None], recorded: bool) -> None:
        device = self.learner.train.images.device
        rates = batch.rates.tolist()
        batch = Batch(*(numbers.to(device) for numbers in batch))
        loss = self.learner.loss(batch, recorded)
        _assert_finite(loss.item())
        self.learner.update(loss, rates)
        self._count(len(batch.chosen), done)

    def _replay(
        self, size: int, batches: list[Batch], recorder: Recorder, done: Callable[[], None]
    ) -> None:
        """Replay the step of a size; its very first one is done, and compiled, by Python."""
        recorded = self._recorded.get(size)
        if recorded is None:
            recorded = self._recorded[size] = _Recorded(self.learner, batches)
            self._step(batches.pop(0), done, recorded=True)
        for _ in recorded.replays(batches, recorder):
            self._count(size, done)

    def _count(self, size: int, done: Callable[[], None]) -> None:
        self.learner.sums.seen += size
        done()


@final
class _Recorded:
    """The step of batches of one size, which takes the next one of a row of them at every replay.

    Args:
        learner: Whose step it is.
        batches: As many as come in a row, or more than that.
    """

    def __init__(self, learner: Learner, batches: Sequence[Batch]) -> None:
        self._learner, self._capacity = learner, len(batches)
        device = learner.train.images.device
        # Adam's fused kernel reads its rate in single precision on a GPU, in double on a CPU.
        rate = torch.float32 if device.type == "cuda" else torch.float64
        example = batches[0]._replace(rates=batches[0].rates.to(rate))
        self._rows = Batch(*(t.new_empty(self._capacity, *t.shape, device=device) for t in example))
        self._next = torch.zeros(1, dtype=torch.int64, device=device)
        self._replay: Callable[[], None] | None = None

    def replays(self, batches: Sequence[Batch], recorder: Recorder) -> Iterator[None]:
        """Do a step for each of the batches."""
        for first in range(0, len(batches), self._capacity):
            part = batches[first : first + self._capacity]
            for rows, *numbers in zip(self._rows, *part, strict=True):
                rows[: len(part)].copy_(torch.stack(numbers))
            self._next.zero_()
            if self._replay is None:
                self._replay = recorder(self._work)
            for _ in part:
                self._replay()
                yield

    def _work(self) -> None:
        batch = Batch(*(rows.index_select(0, self._next)[0] for rows in self._rows))
        with _capturable(self._learner.optimiser):
            loss = self._learner.loss(batch, recorded=True)
            self._learner.update(loss, batch.rates.unbind())
        self._next += 1


@contextmanager
def _capturable(optimiser: torch.optim.Adam) -> Iterator[None]:
    """Let the optimiser take learning rates from the device, and keep them out of its state."""
    before = [group["lr"] for group in optimiser.param_groups]
    for group in optimiser.param_groups:
        group["capturable"] = True
    try:
        yield
    finally:
        for group, rate in zip(optimiser.param_groups, before, strict=True):
            group["capturable"], group["lr"] = False, rate


def _assert_finite(loss: float) -> None:
    if not math.isfinite(loss):
        raise NonFiniteLossError(f"the loss is {loss}")
