"""What is gained where threads wait awake, and what it costs others.

    python -m tests.benchmarks.waiting [--repeats 15]

Times inference and training steps with two threads, constant code, batches of 256, each with
threads that sleep between their jobs and that wait awake, in turns. Then the same beside a process
on each of two processors that only counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

from snn.kernels.cpu import awake, threads
from tests.benchmarks.measure import interleaved
from tests.benchmarks.ours import Fast
from tests.benchmarks.report import Table
from tests.benchmarks.workload import workload

_CASES = {f"T = {t}{', recurrent' * r}": (t, r) for t in (25, 100) for r in (False, True)}
_TURN_S = 1.0


def _at_once(*_: object) -> None: ...


WAYS: dict[str, dict[str, Callable[..., None]]] = {
    "asleep": {"stay": _at_once, "watch": _at_once},
    "awake": {"stay": awake.stay, "watch": awake.watch},
}
"""How threads wait, with what `threads` calls for it."""


def gains(repeats: int) -> Table:
    """Milliseconds of inference and of a step: medians of as many samples in turns."""
    rows = []
    for name, (n_steps, recurrent) in _CASES.items():
        of = _contender(n_steps, recurrent)
        for what, call in (("inference", of.infer), ("step", of.step)):
            times = interleaved({way: partial(_call, call, way) for way in WAYS}, repeats)
            slow, quick = (1e3 * times[way].median for way in WAYS)
            cells = f"{slow:.2f}", f"{quick:.2f}", f"{quick / slow:.2f}"
            rows.append([f"{what}, {name}", *cells])
    columns = ["ms", *WAYS, "ratio"]
    return Table("Threads that wait", columns, rows, f"Medians of {repeats} samples.", {})


def costs(repeats: int) -> Table:
    """Steps per second, and how often two processes beside them count, by second."""
    of = _contender(25, False)
    steps, counted = dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0)
    with _others() as counts:
        for way in list(WAYS) * repeats:
            before = sum(count.value for count in counts)
            end = time.monotonic() + _TURN_S
            while time.monotonic() < end:
                _call(of.step, way)
                steps[way] += 1
            counted[way] += sum(count.value for count in counts) - before
    seconds = _TURN_S * repeats
    rows = [
        [way, f"{steps[way] / seconds:.0f}", f"{counted[way] / seconds / 1e6:.1f}"] for way in WAYS
    ]
    note = f"{repeats} turns of {_TURN_S:.0f} s."
    return Table("Beside two that count", ["", "steps/s", "million counts/s"], rows, note, {})


def _contender(n_steps: int, recurrent: bool) -> Fast:
    keys: dict[str, Any] = {"n_steps": n_steps, "recurrent": recurrent}
    return Fast(workload(256, encoding="constant", trained=True, **keys))


def _call(call: Callable[[], None], way: str) -> None:
    for name, how in WAYS[way].items():
        setattr(threads, name, how)
    call()


@contextmanager
def _others() -> Iterator[list[Any]]:
    """Two processes that count."""
    spawn = multiprocessing.get_context("spawn")
    counts: list[Any] = [spawn.Value("q", 0, lock=False) for _ in range(2)]
    processes = [spawn.Process(target=_count, args=(count,), daemon=True) for count in counts]
    for process in processes:
        process.start()
    while not all(count.value for count in counts):
        time.sleep(0.1)
    try:
        yield counts
    finally:
        for process in processes:
            process.terminate()


def _count(count: Any) -> None:
    while True:
        for _ in range(1000):
            count.value += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(2)
    print(gains(repeats).markdown())
    print(costs(repeats).markdown())


if __name__ == "__main__":
    main()
