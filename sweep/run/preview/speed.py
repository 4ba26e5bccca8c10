"""How long trials take on this machine, from short measured steps of a few of them."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from rich.console import Console

from analysis.text.plain import counted
from snn.config import TrialConfig
from snn.data.base import Data
from sweep.run.preview import machine
from sweep.search.random_points import random_points
from sweep.spec.specification import Specification

_PROBES = 3  # configurations whose speed is measured
_DRAWS = 30  # to find them: a small space gives the same ones again
_PROBE_BATCHES = 4
_PROBE_S = 0.3  # at least: a shorter time says little on a busy machine

# Measured on two processors. What computes takes longer on a busy machine; what waits does not.
_START_S = 10.0  # computing: imports, Ray, the first workers, which load torch; and the end
_WAIT_S = 5.0  # waiting: for Ray's servers, for MLflow
_TRIAL_S = 0.15  # of a trial beside its steps: it is handed over, tested, kept and logged
_EPOCH_S = 0.01  # of an epoch beside its steps: its state is kept, its metrics are logged


@dataclass(frozen=True)
class Speed:
    """How fast trials are on this machine now, with all that runs beside them.

    Attributes:
        step_s: Seconds of the steps of an epoch, while as many trials run as run at once.
        parallel: How many trials run at once.
        slowdown: How many times as long all takes as on a machine that nothing else uses.
    """

    step_s: float
    parallel: int
    slowdown: float = 1.0

    @property
    def epoch_s(self) -> float:
        """Seconds of an epoch, with what is kept and logged after it."""
        return self.step_s + _EPOCH_S * self.slowdown

    @property
    def around_s(self) -> float:
        """Seconds before the first trial begins and after the last one has ended."""
        return _WAIT_S + _START_S * self.slowdown

    def trial_s(self, epochs: float) -> float:
        """Seconds of a trial of so many epochs."""
        return self.epoch_s * epochs + _TRIAL_S * self.slowdown

    def wall_s(self, trials: int, epochs: float) -> float:
        """Seconds by the clock of some trials, as many at once as run; with start and end.

        Args:
            trials: How many.
            epochs: Of all of them.
        """
        if not trials:
            return self.around_s
        return self.around_s + math.ceil(trials / self.parallel) * self.trial_s(epochs / trials)

    def trials_in(self, seconds: float, epochs: int) -> int:
        """How many trials of so many epochs are done in this time, start and end included."""
        rounds = max(0.0, seconds - self.around_s) / self.trial_s(epochs)
        return int(rounds * self.parallel)


def measured(sweep: Specification, datasets: Mapping[str, Data], progress: Console) -> Speed:
    """How fast the trials of a sweep are, from short steps of a few of them.

    The steps run alone. In the sweep, as many trials as there is room for share the processors with
    each other, and with the programs that use them now.

    Args:
        sweep: The plan.
        datasets: All that its trials can ask for.
        progress: Where it is said what takes a while.
    """
    needs, probes = sweep.resources, _samples(sweep)
    parallel = machine.at_a_time(needs)
    threads = min(machine.cpus(), max(1, int(needs.cpu)))
    every = min(machine.cpus(), parallel * threads)
    progress.print(f"measuring the speed of {counted(len(probes), 'configuration')} …")
    before = machine.share(every)
    alone = fmean(_step_s(probe, datasets[probe.dataset], sweep, threads) for probe in probes)
    share = fmean((before, machine.share(every)))  # at two moments: the load of others changes
    together = machine.share_of_fewer(share, every, threads) / share
    return Speed(alone * together, parallel, 1 / share)


def _samples(sweep: Specification) -> list[TrialConfig]:
    """A few different configurations of the search, drawn at random."""
    wanted = min(_PROBES, sweep.configurations_planned())
    found: dict[str, TrialConfig] = {}
    for point in itertools.islice(random_points(sweep.space, seed=0), _DRAWS):
        config = sweep.config(point, sweep.seeds[0])
        found.setdefault(config.config_id, config)
        if len(found) == wanted:
            break
    return list(found.values())


def _step_s(config: TrialConfig, dataset: Data, sweep: Specification, threads: int) -> float:
    """Seconds of an epoch's steps, with as many threads as a trial has; it runs alone.

    The images for validation count as much as those for training, which is too much, and makes up
    for the test at the end.
    """
    import torch

    from snn.training.trainer import Trainer

    device = sweep.resources.device
    here = device if device == "cpu" or torch.cuda.is_available() else "cpu"
    trainer = Trainer(config.model_copy(update={"backend": "auto"}), dataset, here)
    usual = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trainer.train_batches(1)  # compiles the loops
        began, seen, took = time.perf_counter(), 0, 0.0
        while took < _PROBE_S:
            seen += trainer.train_batches(_PROBE_BATCHES)
            took = time.perf_counter() - began
    finally:
        torch.set_num_threads(usual)
    share = config.epochs / max(sweep.values("epochs"))  # of an epoch, in a trial of the longest
    return float(took / seen * len(dataset.train_labels) * share)
