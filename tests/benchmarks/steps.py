"""Samples per second of a training step and of inference, all contenders in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks.contender import OURS, PEERS, Contender, installed
from tests.benchmarks.measure import Time, interleaved
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings
from tests.benchmarks.workload import Workload, workload

RATES = 0.01, 0.05, 0.2


def training(settings: Settings) -> list[Table]:
    """The table of training steps: spike codes, firing rates, recurrence."""
    return [_table(settings, recurrent, "training step", step) for recurrent in (False, True)]


def inference(settings: Settings) -> list[Table]:
    """The same, forward only and with the trained weights."""
    return [_table(settings, recurrent, "inference", infer) for recurrent in (False, True)]


def step(contender: Contender) -> Callable[[], None]:
    """What a contender does in a training step."""
    return contender.step


def infer(contender: Contender) -> Callable[[], None]:
    """What it does to classify."""
    return contender.infer


def _table(
    settings: Settings,
    recurrent: bool,
    title: str,
    call: Callable[[Contender], Callable[[], None]],
) -> Table:
    kind = "recurrent" if recurrent else "feed-forward"
    loads = _workloads(settings, recurrent, rates=call is step)
    return speeds(settings, f"{title}, {kind}", "784-128-10", loads, call)


def speeds(
    settings: Settings,
    title: str,
    network: str,
    loads: Mapping[str, Workload],
    call: Callable[[Contender], Callable[[], None]],
) -> Table:
    """Samples per second of all contenders, a column for each workload.

    Args:
        settings: Repeats and batch.
        title: What is measured.
        network: Its sizes, in words.
        loads: By the heads of their columns.
        call: What of a contender is timed.
    """
    columns: dict[str, dict[str, Time]] = {}
    for name, load in loads.items():
        settings.tell(f"{title}, {name}")
        contenders = {n: make(load) for n, make in installed().items()}
        columns[name] = interleaved({n: call(c) for n, c in contenders.items()}, settings.repeats)
    batch = settings.batch
    names = next(iter(columns.values()))
    rows = [[n, *(f"{batch / times[n].median:,.0f}" for times in columns.values())] for n in names]
    peers = [name for name in names if name in PEERS]
    data: dict[str, Any] = {
        column: {n: {q: batch / s for q, s in t._asdict().items()} for n, t in times.items()}
        for column, times in columns.items()
    }
    if peers:
        ratios = [
            min(times[n].median for n in peers) / times[OURS].median for times in columns.values()
        ]
        rows.append(["× the best other", *(f"{ratio:.1f}" for ratio in ratios)])
        data["ratios"] = dict(zip(columns, ratios, strict=True))
    return Table(
        f"Samples/s, {title}",
        ["", *columns],
        rows,
        f"Batch {batch}, {network}; medians of {settings.repeats} samples taken in turns. ",
        data,
    )


def _workloads(settings: Settings, recurrent: bool, *, rates: bool) -> dict[str, Workload]:
    """By what is said of them: of a trained network, with other firing rates, other codes."""
    common: dict[str, Any] = {
        "batch": settings.batch,
        "recurrent": recurrent,
        "trained": not settings.quick,
    }
    trained = workload(**common, n_steps=settings.n_steps)
    loads = {f"latency, {trained.rate():.1%}": trained}
    for rate in RATES if rates and not settings.quick else ():
        shifted = trained.at_rate(rate)
        loads[f"latency, {shifted.rate():.1%}"] = shifted
    for n_steps in dict.fromkeys((settings.n_steps, 25)):
        loads[f"constant, T = {n_steps}"] = workload(**common, encoding="constant", n_steps=n_steps)
    return {name: load.on(settings.device) for name, load in loads.items()}
