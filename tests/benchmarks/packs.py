"""Ways to take several small networks a step on: one after the other, or packed together."""

from __future__ import annotations

import copy
import multiprocessing
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from snn.config import TrialConfig
from snn.kernels.cpu import loops
from snn.kernels.cpu.threads import taken_from_torch
from snn.networks.spiking import SpikingNetwork
from snn.training.stepping import Batch, Steps
from snn.training.trainer import Trainer
from tests.benchmarks.contender import LEARNING_RATE
from tests.benchmarks.settings import Settings
from tests.benchmarks.workload import mnist

_LOOPS = "sort_events", "forward", "backward"


class Way(Protocol):
    """A way to train several networks."""

    def step(self) -> float:
        """Take every network one step on; the CPU seconds of that, of all threads and processes."""


def trainers(settings: Settings, keys: Mapping[str, Any], seeds: Sequence[int]) -> list[Trainer]:
    """Trials of one shape, each with a learning rate of its own, after an epoch of training."""
    found = []
    for place, seed in enumerate(seeds):
        own = {"lr": 5e-4 * 1.3**place, "seed": seed, "batch_size": settings.batch}
        trainer = Trainer(TrialConfig.parse({**keys, **own}), mnist())
        if not settings.quick:
            trainer.train_epoch()
        found.append(trainer)
    return found


class Separate:
    """One trial after the other, as `Trainer.train_epoch` does it."""

    def __init__(self, trials: Sequence[Trainer]) -> None:
        self.networks: list[Any] = [trainer.network for trainer in trials]
        self._steps = [Steps(trainer.learner(), None) for trainer in trials]
        self._batches = [_endless(trainer) for trainer in trials]

    def step(self) -> float:
        with _spent_on(1) as spent:
            for steps, batches in zip(self._steps, self._batches, strict=True):
                with taken_from_torch():
                    steps.run([next(batches)], lambda: None)
        return spent.seconds


class Loops:
    """The same, but only the time in the compiled loops counts."""

    def __init__(self, trials: Sequence[Trainer]) -> None:
        self._separate = Separate(trials)

    def step(self) -> float:
        seconds = 0.0

        def timed(loop: Any) -> Any:
            def call(*arguments: Any) -> Any:
                nonlocal seconds
                started = time.thread_time()
                result = loop(*arguments)
                seconds += time.thread_time() - started
                return result

            return call

        before = {name: getattr(loops, name) for name in _LOOPS}
        for name, loop in before.items():
            setattr(loops, name, timed(loop))
        try:
            self._separate.step()
        finally:
            for name, loop in before.items():
                setattr(loops, name, loop)
        return seconds


class Merged:
    """One graph, one backward pass and one Adam for copies of the trials, each on its batches."""

    def __init__(self, trials: Sequence[Trainer], threads: int = 1) -> None:
        self.networks: list[Any] = [copy.deepcopy(trainer.network) for trainer in trials]
        self._threads = threads
        self._batches = [map(trainer.learner().images, _endless(trainer)) for trainer in trials]
        groups, states = [], {}
        for trainer, network in zip(trials, self.networks, strict=True):
            ours = iter(network.parameters())
            for group in trainer.optimiser.param_groups:
                parameters = [next(ours) for _ in group["params"]]
                groups.append({**group, "params": parameters})
                for theirs, parameter in zip(group["params"], parameters, strict=True):
                    states[parameter] = copy.deepcopy(trainer.optimiser.state[theirs])
        self._optimiser = torch.optim.Adam(groups, fused=True)
        self._optimiser.state.update({key: state for key, state in states.items() if state})

    def step(self) -> float:
        with _spent_on(self._threads) as spent, taken_from_torch():
            loss = self._loss()
            assert torch.isfinite(loss)
            self._optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
        return spent.seconds

    def _loss(self) -> Tensor:
        losses = []
        for network, batches in zip(self.networks, self._batches, strict=True):
            images, labels = next(batches)
            losses.append(functional.cross_entropy(network(images).logits, labels))
        return torch.stack(losses).sum()


class Wide(Merged):
    """All side by side as one network, whose layers are theirs: for trials with the same batches.

    The loops know no blocks of a readout or of recurrent weights: they multiply the zeros, too.
    """

    def __init__(self, trials: Sequence[Trainer], threads: int = 1) -> None:
        super().__init__(trials, threads)
        assert len({trainer.config.seed for trainer in trials}) == 1, "their batches differ"
        self._n_classes = trials[0].n_classes
        sizes = {"hidden": tuple(len(trials) * size for size in trials[0].config.hidden)}
        self._network = self._joint(trials[0].config.model_copy(update=sizes))

    def _joint(self, config: TrialConfig) -> SpikingNetwork:
        return SpikingNetwork(config, n_classes=len(self.networks) * self._n_classes)

    def _loss(self) -> Tensor:
        images, labels = next(self._batches[0])
        parts = [dict(network.named_parameters()) for network in self.networks]
        joined = {name: self._join(name, [part[name] for part in parts]) for name in parts[0]}
        logits = functional_call(self._network, joined, (images,)).logits
        of_network = logits.view(len(labels), -1, self._n_classes).transpose(1, 2)
        for_each = labels[:, None].expand(-1, of_network.shape[2])
        return functional.cross_entropy(of_network, for_each, reduction="sum") / len(labels)

    def _join(self, name: str, parts: Sequence[Tensor]) -> Tensor:
        """Side by side what all pixels reach; as blocks what stays within a network."""
        if name == "layers.0.weight" or parts[0].ndim == 1:
            return torch.cat(tuple(parts), dim=-1)
        return torch.block_diag(*parts)  # type: ignore[no-untyped-call]


class Ideal(Wide):
    """The work of loops that know of blocks, on the same spikes; the results mean nothing.

    All networks have one readout of ten classes together, to which every spike adds one row, as it
    would to the readout of its own network. They learn so slowly that their spikes stay the same.
    """

    def __init__(self, trials: Sequence[Trainer]) -> None:
        super().__init__(trials)
        assert not trials[0].config.recurrent, "recurrent weights have blocks, too"
        for group in self._optimiser.param_groups:
            group["lr"] = LEARNING_RATE

    def _joint(self, config: TrialConfig) -> SpikingNetwork:
        return SpikingNetwork(config)

    def _join(self, name: str, parts: Sequence[Tensor]) -> Tensor:
        if name == "readout.bias":
            return torch.stack(tuple(parts)).sum(dim=0)
        return torch.cat(tuple(parts), dim=-1 if name == "layers.0.weight" else 0)


class Processes:
    """Separate trials on processes of one thread each; to be used in a `with` statement."""

    def __init__(
        self, count: int, settings: Settings, keys: Mapping[str, Any], seeds: Sequence[int]
    ) -> None:
        spawn = multiprocessing.get_context("spawn")
        pipes = [spawn.Pipe() for _ in range(count)]
        self._ends = [ours for ours, _ in pipes]
        self._workers = [
            spawn.Process(target=_serve, args=(theirs, settings, dict(keys), seeds[place::count]))
            for place, (_, theirs) in enumerate(pipes)
        ]
        for worker in self._workers:
            worker.start()

    def __enter__(self) -> Processes:
        for end in self._ends:
            end.recv()  # its trials are there
        return self

    def step(self) -> float:
        for end in self._ends:
            end.send(True)
        return sum(end.recv() for end in self._ends)

    def __exit__(self, *_: object) -> None:
        for end, worker in zip(self._ends, self._workers, strict=True):
            end.send(False)
            worker.join()


def _serve(end: Connection, settings: Settings, keys: Any, seeds: Sequence[int]) -> None:
    separate = Separate(trainers(settings, keys, seeds))
    end.send(True)
    while end.recv():
        end.send(separate.step())


def _endless(trainer: Trainer) -> Iterator[Batch]:
    """Its batches, epoch after epoch."""
    while True:
        yield from trainer._batches()


class _Spent:
    seconds = 0.0


@contextmanager
def _spent_on(threads: int) -> Iterator[_Spent]:
    """The CPU seconds of this process, with so many threads."""
    spent = _Spent()
    torch.set_num_threads(threads)
    started = time.process_time()
    yield spent
    spent.seconds = time.process_time() - started
