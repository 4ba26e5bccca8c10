"""This project's training step on a GPU, recorded as a graph, as `snn.Trainer` does it."""

from __future__ import annotations

import copy
import statistics
import time

import torch

from snn.data.splits import Split
from snn.kernels import choose
from snn.kernels.adam import Adam
from snn.training.stepping import Batch, Graphs, Learner, Steps, Sums
from tests.benchmarks.contender import LEARNING_RATE
from tests.benchmarks.workload import Workload

ROUND = 100  # steps of a sample


class Ours:
    """The same batch again and again."""

    def __init__(self, load: Workload, recorded: bool = True) -> None:
        config = load.config
        device = load.inputs.device
        self.network = copy.deepcopy(load.network)
        groups = [{"params": [p], "lr": LEARNING_RATE} for p in self.network.parameters()]
        optimiser = Adam(groups, fused=True)
        train = Split(load.inputs, load.labels)
        self.learner = Learner(config, train, self.network, optimiser, None, Sums(device))
        graphs = recorded and choose(config, device.type).name == "cuda"
        self.steps = Steps(self.learner, Graphs() if graphs else None)
        none = torch.empty(0)
        key = torch.tensor([1, 2]) if config.encoding == "poisson" else none.long()
        rates = torch.full((len(groups),), LEARNING_RATE, dtype=torch.float64)
        chosen = torch.arange(len(load.labels))
        self.batch = Batch(
            chosen, rates, key, torch.empty(len(chosen), 0), none.bool(), none, none.long()
        )

    def run(self, count: int) -> None:
        """So many steps, done when it returns."""
        self.learner.sums.clear()
        self.steps.run([self.batch] * count, lambda: None)
        torch.cuda.synchronize()

    def seconds(self, samples: int = 5, count: int = ROUND) -> float:
        """Of a step: the median of some samples."""
        self.run(count)
        self.run(2)
        found = []
        for _ in range(samples):
            started = time.perf_counter()
            self.run(count)
            found.append((time.perf_counter() - started) / count)
        return statistics.median(found)
