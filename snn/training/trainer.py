"""Training, one epoch at a time, with its whole state in and out and no files of its own."""

from __future__ import annotations

import copy
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data.base import Data, require_fit
from snn.data.splits import Split, split
from snn.errors import CheckpointError, ConfigError, NonFiniteLossError
from snn.kernels.adam import Adam
from snn.kernels.cpu.threads import taken_from_torch
from snn.networks import Network, build
from snn.training.checkpoints.contents import check_like, moments_of, read_training
from snn.training.computation import backend_of, computed_by, recorder_of
from snn.training.draws import Draws, Purpose
from snn.training.metrics import Answers, EventTally, Tally, Tested, hits_by_group
from snn.training.regularisation import averaged
from snn.training.schedules import schedule
from snn.training.stepping import Batch, Learner, Recorder, Steps, Sums

Metrics = dict[str, float]
_EVAL_BATCH = 1000


class Trainer:
    """A network in training with Adam, with the best epoch so far by validation.

    The best epoch is the one of highest validation accuracy, then lowest validation loss; or, as
    published, of lowest validation loss (`choose_by`).

    Args:
        config: What is trained.
        dataset: On which images or events.
        device: Where.
        recorder: How steps are recorded; None: as CUDA graphs on a GPU, not at all elsewhere.

    Attributes:
        backend: What computes the network, `auto` resolved.
        computed_by: The same for people; see the function.
        epoch: Epochs done.
        history: Metrics of every epoch done; train_loss, val_accuracy, ….
        rates: Of every hidden layer at the last validation, the spikes of a neuron per time step;
            empty for networks whose spikes are not known, and before the first epoch.
        network: As of the last step.
        average: Of its weights, which then is what is validated and kept; None without averaging.
    """

    def __init__(
        self,
        config: TrialConfig,
        dataset: Data,
        device: torch.device | str = "cpu",
        recorder: Recorder | None = None,
    ) -> None:
        self.config, self._draws = config, Draws(config)
        require_fit(dataset, config)
        self._dataset, self._seen = dataset, dataset.seen_by(config)
        self.device = torch.device(device)
        self.n_classes = dataset.n_classes
        self.train, self.val, self.test = (
            Split(part.images.to(self.device), part.labels.to(self.device))
            for part in split(
                self._seen, config.val_fraction, config.seed_of("split"), config.val_groups
            )
        )
        self.network = self._new_network()
        self.backend = backend_of(config, self.device.type)
        self.computed_by = computed_by(config, self.device.type)
        self.optimiser = Adam(
            [
                {"params": group["params"], "lr": config.lr * group["lr_factor"]}
                for group in self.network.parameter_groups()
            ],
            lr=config.lr,
            weight_decay=config.weight_decay,
            fused=True,
        )
        self._rates = [group["lr"] for group in self.optimiser.param_groups]
        self.average = averaged(self.network, config.weight_average)
        self._sums = Sums(self.device)
        self._steps = Steps(self.learner(), recorder or recorder_of(config, self.device.type))
        self.epoch = 0
        self.history: list[Metrics] = []
        self.rates: tuple[float, ...] = ()
        self.best_epoch = 0
        self.best_weights: dict[str, Tensor] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how the samples became inputs, a line each."""
        return self._seen.notes

    @property
    def data_sha256(self) -> str:
        """The digest of the data set, test images included."""
        return self._dataset.sha256

    @property
    def group_kind(self) -> str:
        """What a group of the data set is, such as `speaker`; empty where there are none."""
        return self._dataset.group_kind

    @property
    def done(self) -> bool:
        """Whether all epochs are done, or there was none better for `early_stopping` epochs."""
        patience = self.config.early_stopping
        stalled = bool(patience) and self.epoch - self.best_epoch >= patience
        return self.epoch >= self.config.epochs or stalled

    def train_epoch(self, on_batch: Callable[[int, int], None] | None = None) -> Metrics:
        """Train one epoch and validate.

        Args:
            on_batch: Called after every batch with the images done and their number in the epoch.

        Raises:
            NonFiniteLossError: The loss is NaN or infinite; the state is that of before the epoch
                no more.
        """
        started = time.perf_counter()
        self._pass(self._batches(), on_batch)
        train_seconds = time.perf_counter() - started
        validation, events = self._evaluate(self.used_network, self.val, Purpose.VAL_SPIKES)
        self.rates = events.rates
        self.epoch += 1
        metrics = {
            "train_loss": self._sums.loss,
            "train_accuracy": self._sums.accuracy,
            "val_loss": validation.loss,
            "val_accuracy": validation.accuracy,
            "epoch_seconds": time.perf_counter() - started,
            "samples_per_second": self._sums.seen / train_seconds,
        }
        metrics |= {name: getattr(events, name) for name in self.network.measures}
        if self.network.beta_mean is not None:
            metrics["beta_mean"] = self.network.beta_mean
        self._finish_epoch(metrics)
        return metrics

    @property
    def used_network(self) -> Network:
        """What is validated and kept: the averaged network where there is one."""
        return self.network if self.average is None else cast(Network, self.average.module)

    def train_batches(self, count: int) -> int:
        """Train the first batches of an epoch, to measure their speed; the images seen."""
        self._pass(itertools.islice(self._batches(), count), None)
        return self._sums.seen

    def test_best(self) -> tuple[Metrics, Tensor]:
        """Metrics of the best epoch on the test images, and their confusion matrix (C, C)."""
        tested = self.tested()
        return {**tested.metrics}, tested.confusion

    def tested(self) -> Tested:
        """All that the network of the best epoch reaches on the test images."""
        answers = Answers()
        tally, _ = self._evaluate(self.best_network(), self.test, Purpose.TEST_SPIKES, answers)
        metrics = {
            "test_accuracy": tally.accuracy,
            "test_loss": tally.loss,
            "best_epoch": float(self.best_epoch),
        }
        groups = self._dataset.test_groups
        by_group = {} if groups is None else hits_by_group(groups, tally.hits.numpy())
        return Tested(
            metrics=metrics,
            confusion=tally.confusion,
            by_group=by_group,
            answered=answers.whole,
        )

    def best_network(self) -> Network:
        """A copy of the network as of the best epoch."""
        network = self._another()
        network.load_state_dict(self.best_weights)
        return network.eval()

    def _new_network(self) -> Network:
        data, seen = self._dataset, self._seen
        made = build(self.config, seen.n_pixels, data.n_classes, seen.shape)
        made.class_names = data.class_names
        return made.to(self.device)

    def _another(self) -> Network:
        """A network like this one; a user's may keep what cannot be copied, and is made anew."""
        if not self.config.has_own_network:
            return copy.deepcopy(self.network)
        return self._new_network()

    def state(self) -> dict[str, Any]:
        """Everything that a later `load` needs to continue: plain values and tensors."""
        return {
            "config": self.config.params(),
            "data": self._dataset.sha256,
            "epoch": self.epoch,
            "history": self.history,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Continue from a state.

        Raises:
            CheckpointError: It is the state of another configuration, or of other images, or does
                not fit the network; then nothing of it was taken.
        """
        found = read_training(state)
        try:
            config_id = TrialConfig.parse(found.config).config_id
        except ConfigError as error:
            raise CheckpointError(str(error)) from None
        if config_id != self.config.config_id:
            raise CheckpointError("the checkpoint is of another configuration")
        if found.data not in (None, self._dataset.sha256):
            raise CheckpointError("the checkpoint is of other images")
        weights = self.network.state_dict()
        check_like("network", found.network, weights)
        if found.best_epoch:
            check_like("best_weights", found.best_weights, weights)
        if self.average:
            check_like("average", found.average, self.average.state_dict())
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        moments = moments_of(found.optimiser, parameters)
        self.network.load_state_dict(found.network)
        # The groups hold what the configuration says, and no more.
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": moments, "param_groups": groups})
        if self.average:
            self.average.load_state_dict(found.average or {})
        self._steps.forget()
        self.epoch, self.history = found.epoch, list(found.history)
        self.best_epoch, self.best_weights = found.best_epoch, found.best_weights

    def learner(self) -> Learner:
        """What a step is computed of."""
        return Learner(
            self.config, self.train, self.network, self.optimiser, self.average, self._sums
        )

    def _pass(self, batches: Iterable[Batch], on_batch: Callable[[int, int], None] | None) -> None:
        def done() -> None:
            if on_batch:
                on_batch(self._sums.seen, len(self.train.labels))

        self._sums.clear()
        self.network.train()
        try:
            with self._threads(), self._draws.of_torch(Purpose.TRAIN_SPIKES, self.epoch):
                self._steps.run(batches, done)
        except NonFiniteLossError as error:
            raise NonFiniteLossError(f"{error} in epoch {self.epoch + 1}") from None

    def _batches(self) -> Iterator[Batch]:
        return self._draws.batches(len(self.train.labels), self.epoch, self._learning_rates)

    def _learning_rates(self, step: int) -> Tensor:
        course = schedule(self.config)
        per_epoch = math.ceil(len(self.train.labels) / self.config.batch_size)
        factor = course((self.epoch + step / per_epoch) / self.config.epochs)
        return torch.tensor([highest * factor for highest in self._rates], dtype=torch.float64)

    def _threads(self) -> AbstractContextManager[None]:
        return taken_from_torch() if self.backend == "cpu" else nullcontext()

    @torch.no_grad()
    def _evaluate(
        self, network: Network, part: Split, purpose: Purpose, answers: Answers | None = None
    ) -> tuple[Tally, EventTally]:
        tally, events = Tally(self.n_classes), EventTally(network.fan_out())
        spikes = self._draws.generator(purpose)
        network.eval()
        with self._threads(), self._draws.of_torch(purpose):
            for images, labels in zip(
                part.images.split(_EVAL_BATCH),
                torch.split(part.labels, _EVAL_BATCH),
                strict=True,
            ):
                activity = network(images, spikes)
                tally.add(activity.logits, labels.long())
                if answers is not None:
                    answers.add(activity.logits, labels.long())
                events.add(activity, len(labels))
        return tally, events

    def _finish_epoch(self, metrics: Metrics) -> None:
        self.history.append(metrics)
        if max(range(self.epoch), key=lambda e: self._merit(self.history[e])) == self.epoch - 1:
            self.best_epoch = self.epoch
            self.best_weights = copy.deepcopy(self.used_network.state_dict())

    def _merit(self, metrics: Metrics) -> tuple[float, ...]:
        if self.config.choose_by == "val_loss":
            return (-metrics["val_loss"],)
        return metrics["val_accuracy"], -metrics["val_loss"]
