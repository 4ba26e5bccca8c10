"""The dry run: what a sweep will do, and how long it will take."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from rich.console import Console

from analysis.text.addresses import shown
from analysis.text.plain import counted
from snn.config import TrialConfig
from snn.data.base import Data
from sweep.cluster import packing
from sweep.host.console import duration
from sweep.host.paths import launches, storage_root, study_storage
from sweep.run.runner import RunsOf, memory_of, read_datasets
from sweep.search.random_points import random_points
from sweep.spec.checks.trials import check_backends, check_networks
from sweep.spec.fresh_seeds import fresh_seeds
from sweep.spec.specification import Specification
from sweep.tracking.earlier_runs import EarlierRun, Ledger
from sweep.tracking.store import store_uri

_PROBES = 3  # configurations whose speed is measured
_DRAWS = 30  # to find them: a small space gives the same ones again
_PROBE_BATCHES = 4
_START_S = 15.0  # Ray and the first actors
_MOST_POINTS = 8  # of those that are listed


Power = Callable[[Specification, Iterable[EarlierRun]], Iterable[str]]
"""What comparisons of a sweep will find, in lines, from runs on the same data."""


def show(
    sweep: Specification, out: Console, progress: Console, runs_of: RunsOf, power: Power
) -> None:
    """Print the plan; then the time that it will take, from short measured steps.

    Args:
        sweep: The plan.
        out: Where it is printed.
        progress: Where it is said what takes a while.
        runs_of: Reads the runs of the sweeps and files that the sweep starts from.
        power: Says what its comparisons will find.

    Raises:
        SnnError, SweepError, AnalysisError: The sweep could not be run.
    """
    check_backends(sweep)
    datasets = read_datasets(sweep)
    check_networks(sweep, datasets)
    memory = memory_of(sweep, datasets, runs_of)
    ledger = Ledger(dataset.sha256 for dataset in datasets.values())
    known = _known(sweep, ledger)
    for line in (
        f"sweep       {sweep.name}: {sweep.description}".rstrip(": "),
        *(f"search      {line}" for line in _searched(sweep)),
        f"trials      {sweep.size} = {sweep.trials_planned()}, {_parallel(sweep)} at a time",
        *_each(sweep),
        *_packed(sweep),
        *_room(sweep),
        *([f"starts from {str(memory).partition(': ')[2]}"] if memory else []),
        f"already run {_already_run(known, ledger)}",
        f"sampler     {sweep.sampler.name}",
        f"scheduler   {sweep.scheduler.name}{_values(sweep.scheduler_values)}",
        f"metric      {', '.join(f'{m} ({mode})' for m, mode in sweep.directions.items())}",
        *(f"limit       {limit}" for limit in sweep.limits),
        *(f"stop        {rule}" for rule in _stop_rules(sweep)),
        *(f"power       {line}" for line in power(sweep, ledger.runs())),
        f"MLflow      {shown(store_uri())}",
        f"Optuna      {shown(study_storage())}",
        f"files       {storage_root() / sweep.name}",
        f"launches    {len(launches(storage_root(), sweep.name))} so far",
    ):
        out.print(line, soft_wrap=True)
    speed = _speed(sweep, datasets, progress)
    for line in (
        *_confirm(sweep, speed),
        *_budget(sweep, speed),
        _time(sweep, speed, known or 0),
    ):
        out.print(line, soft_wrap=True)


def _searched(sweep: Specification) -> Iterator[str]:
    """All keys with their ranges; the first of the points, which may be many."""
    told = [f"{name}: {values}" for name, values in sweep.space.describe()]
    shown = told[:_MOST_POINTS] if sweep.points else told
    yield from shown
    if len(shown) < len(told):
        yield f"… and {len(told) - len(shown)} more"


def _values(values: Mapping[str, Any]) -> str:
    """The values of a method's keys, after its name."""
    return ": " * bool(values) + ", ".join(f"{key} {value}" for key, value in values.items())


def _stop_rules(sweep: Specification) -> Iterator[str]:
    """What ends trials or the search early, beside the scheduler and the budget."""
    if sweep.ends_silent:
        yield "silent: a configuration ends if a layer never spikes, or nearly always"
    if sweep.stop.target is not None:
        metric = next(iter(sweep.directions))
        yield f"target: the search ends when a configuration has {metric} {sweep.stop.target:g}"
    if sweep.stop.noise:
        yield "noise: the search ends when more of it would gain less than the noise between seeds"


def _time(sweep: Specification, speed: Speed, known: int) -> str:
    """How long the trials take that are left, or that the budget is enough for."""
    left, bought = max(0, sweep.trials_planned() - known), _bought(sweep, speed)
    trial_s = speed.epoch_s * max(sweep.values("epochs"))
    trial = f"{trial_s:.2g} s" if trial_s < 1 else duration(trial_s)
    which = f"{left} trials"
    if bought is not None and bought < left:
        left, which = bought, f"the {bought} trials of the budget"
    return (
        f"time        about {duration(_START_S + trial_s * left / speed.parallel)} for {which} if "
        f"none is pruned ({trial} per trial, and {duration(_START_S)} until the first begins)"
    )


def _each(sweep: Specification) -> list[str]:
    if not sweep.each:
        return []
    share, more = divmod(sweep.configurations_planned(), len(sweep.kinds))
    size = f"{share} or {share + 1}" if more else f"{share}"
    return [f"each        {', '.join(sweep.each)}: {len(sweep.kinds)} kinds of {size}"]


def _room(sweep: Specification) -> list[str]:
    """That this machine has too few processors for a trial; a cluster may have them."""
    wanted, cpus = sweep.resources.cpu, os.cpu_count() or 1
    if wanted <= cpus:
        return []
    return [
        f"room        none on this machine, which has {cpus} CPUs: a trial asks for {wanted:g}; "
        "--address names a cluster"
    ]


def _packed(sweep: Specification) -> list[str]:
    told = packing.in_words(packing.settled(sweep))
    return [f"packing     {told}; the time is that without"] if told else []


@dataclass(frozen=True)
class Speed:
    """How fast trials are: seconds of an epoch, and how many trials run at once."""

    epoch_s: float
    parallel: int

    def wall_s(self, trials: int, epochs: int) -> float:
        """Seconds by the clock of some trials with so many epochs in all."""
        return self.epoch_s * epochs / max(1, min(self.parallel, trials))


def _confirm(sweep: Specification, speed: Speed) -> list[str]:
    if sweep.confirm is None:
        return []
    seeds = len(sweep.confirm.seeds or fresh_seeds(sweep.seeds))
    what = f"{sweep.leaders} × {seeds} fresh seeds{sweep.confirm.changes}"
    takes = duration(speed.wall_s(*sweep.confirmation_planned()))
    return [f"confirm     then {what}: about {takes} more than the time below"]


def _budget(sweep: Specification, speed: Speed) -> list[str]:
    """What the budget buys: the confirmation, and as many trials as the rest is enough for."""
    bought, planned = _bought(sweep, speed), sweep.trials_planned()
    if bought is None:
        return []
    buys = f"all {planned} trials" if bought >= planned else f"about {bought} of {planned} trials"
    pruned = "" if sweep.scheduler.name == "none" else " if none is pruned"
    after = " beside the confirmation" if sweep.confirm else ""
    return [f"budget      {sweep.budget}: {buys}{after}{pruned}"]


def _bought(sweep: Specification, speed: Speed) -> int | None:
    """How many trials the budget is enough for, beside the confirmation; None if there is none."""
    budget, (trials, epochs) = sweep.budget, sweep.confirmation_planned()
    if budget is None:
        return None
    if budget.epochs is not None:
        left = float(budget.epochs - epochs)
    elif budget.trial_hours is not None:
        left = budget.trial_hours * 3600 / speed.epoch_s - epochs
    else:
        assert budget.wall_hours is not None
        wall_s = budget.wall_hours * 3600 - speed.wall_s(trials, epochs)
        left = wall_s / speed.epoch_s * speed.parallel
    return max(0, int(left / max(sweep.values("epochs"))))


def _speed(sweep: Specification, datasets: Mapping[str, Data], progress: Console) -> Speed:
    """How fast trials are, from short steps of a few of them."""
    probes, device = _samples(sweep), sweep.resources.device
    progress.print(f"measuring the speed of {counted(len(probes), 'configuration')} …")
    seconds = [_seconds_per_trial(probe, datasets[probe.dataset], device) for probe in probes]
    return Speed(fmean(seconds) / max(sweep.values("epochs")), _parallel(sweep))


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


def _seconds_per_trial(config: TrialConfig, dataset: Data, device: str) -> float:
    import torch

    from snn.training.trainer import Trainer

    here = device if device == "cpu" or torch.cuda.is_available() else "cpu"
    trainer = Trainer(config.model_copy(update={"backend": "auto"}), dataset, here)
    trainer.train_batches(1)
    started = time.perf_counter()
    seen = trainer.train_batches(_PROBE_BATCHES)
    per_image = (time.perf_counter() - started) / seen
    return per_image * len(dataset.train_labels) * config.epochs


def _parallel(sweep: Specification) -> int:
    cpus = os.cpu_count() or 1
    return max(1, int(cpus / sweep.resources.cpu))


def _known(sweep: Specification, ledger: Ledger) -> int | None:
    """How many trials are reused; None if only the search will show it."""
    if ledger.trouble or not sweep.sampler.declared.every_point:
        return None
    return sum(ledger.has(config) for config in sweep.configs())


def _already_run(known: int | None, ledger: Ledger) -> str:
    if ledger.trouble:
        return f"unknown: MLflow cannot be read ({ledger.trouble})"
    if known is None:
        finished = counted(len(ledger), "finished run")
        return f"{finished} on these data; reused where the search meets them"
    return str(known)
