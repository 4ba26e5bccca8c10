"""The plan of a sweep in lines, and the time that it will take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console

from analysis.text.addresses import shown
from analysis.text.plain import counted
from sweep.cluster import packing
from sweep.host.console import duration
from sweep.host.paths import launches, storage_root, study_storage
from sweep.run.preview import machine
from sweep.run.preview.speed import Speed, measured
from sweep.run.runner import RunsOf, memory_of, read_datasets
from sweep.spec.checks.trials import check_backends, check_networks
from sweep.spec.specification import Specification
from sweep.tracking.earlier_runs import EarlierRun, Ledger
from sweep.tracking.store import store_uri

_MOST_POINTS = 8  # of those that are listed
_BUSY = 1.3  # times as long as on an idle machine, from which on it is told


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
    at_a_time = machine.at_a_time(sweep.resources)
    for line in (
        f"sweep       {sweep.name}: {sweep.description}".rstrip(": "),
        *(f"search      {line}" for line in _searched(sweep)),
        f"trials      {sweep.size} = {sweep.trials_planned()}, {at_a_time} at a time",
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
    speed = measured(sweep, datasets, progress)
    for line in (
        *_load(speed),
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


def _load(speed: Speed) -> list[str]:
    """That the machine is busy, where that matters."""
    if speed.slowdown < _BUSY:
        return []
    return [
        "load        other programs use the processors now: all takes about "
        f"{speed.slowdown:.2g} times as long as without them, and the times below count that"
    ]


def _time(sweep: Specification, speed: Speed, known: int) -> str:
    """How long the trials take that are left, or that the budget is enough for."""
    left, bought = max(0, sweep.trials_planned() - known), _bought(sweep, speed)
    epochs = max(sweep.values("epochs"))
    which = counted(left, "trial")
    if bought is not None and bought < left:
        left, which = bought, f"the {bought} trials of the budget"
    unless = "" if sweep.scheduler.name == "none" else " if none is pruned"
    return (
        f"time        about {duration(speed.wall_s(left, left * epochs))} on this machine for "
        f"{which}{unless}: {duration(speed.around_s)} to start and to end, "
        f"{_short(speed.trial_s(epochs))} per trial, {speed.parallel} at a time"
    )


def _short(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)


def _each(sweep: Specification) -> list[str]:
    if not sweep.each:
        return []
    share, more = divmod(sweep.configurations_planned(), len(sweep.kinds))
    size = f"{share} or {share + 1}" if more else f"{share}"
    return [f"each        {', '.join(sweep.each)}: {len(sweep.kinds)} kinds of {size}"]


def _room(sweep: Specification) -> list[str]:
    """That this machine has too little for a trial."""
    lacks = machine.no_room(sweep.resources)
    return [f"room        none for a trial on this machine: {lacks}"] if lacks else []


def _packed(sweep: Specification) -> list[str]:
    told = packing.in_words(packing.settled(sweep))
    return [f"packing     {told}; the time is that without"] if told else []


def _confirm(sweep: Specification, speed: Speed) -> list[str]:
    what = sweep.confirmation
    if not what:
        return []
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
    each = int(max(sweep.values("epochs")))
    if budget.wall_hours is not None:
        confirmed_s = speed.wall_s(trials, epochs) if trials else 0
        return speed.trials_in(budget.wall_hours * 3600 - confirmed_s, each)
    if budget.epochs is not None:
        return max(0, (budget.epochs - epochs) // each)
    assert budget.trial_hours is not None
    return max(0, int(budget.trial_hours * 3600 / speed.epoch_s - epochs) // each)


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
