"""Ways to launch the steps of packed trials: which of them keeps a card busiest.

The trials of `packing` have a thread and a stream each, and launch a graph for every step. Here the
same steps are launched in other ways, too, without data to load and without epochs to end.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tests.benchmarks.report import Table
from tests.gpu.ours import Ours
from tests.gpu.packing import TRIALS
from tests.gpu.speed import load_of

STEPS = 150  # of a sample
LONG = 10  # of a graph of several steps
CASES: dict[str, dict[str, Any]] = {
    "latency": {"dynamics": "lif", "hidden": 64},
    "constant, T = 25": {"dynamics": "lif", "hidden": 64, "encoding": "constant", "n_steps": 25},
}


def launches() -> Table:
    """Images per second of all trials together, by the way of their launches."""
    found = {name: _measured(keys) for name, keys in CASES.items()}
    ways = [*next(iter(found.values()))]
    return Table(
        f"Images/s of {TRIALS} trials by the way of their launches",
        ["", *found],
        [[way, *(f"{speeds[way]:,.0f}" for speeds in found.values())] for way in ways],
        f"LIF, 64 neurons, batch 256; medians of samples of {STEPS} steps.",
        found,
    )


def _measured(keys: dict[str, Any]) -> dict[str, float]:
    load = load_of(**keys)
    trials = [_Trial(load) for _ in range(TRIALS)]
    streams: list[Any] = [torch.cuda.Stream() for _ in trials]  # type: ignore[no-untyped-call]
    short, long = ([trial.graph(steps) for trial in trials] for steps in (1, LONG))
    branches, long_branches = (_branches(trials, streams, steps) for steps in (1, LONG))

    def in_turn(graphs: Sequence[Any], streams: Sequence[Any], times: int) -> None:
        for _ in range(times):
            for graph, stream in zip(graphs, streams, strict=True):
                with torch.cuda.stream(stream):
                    graph.replay()

    def in_threads(graphs: Sequence[Any], times: int) -> None:
        threads = [
            threading.Thread(target=in_turn, args=([graph], [stream], times))
            for graph, stream in zip(graphs, streams, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    first = streams[:1]
    ways: dict[str, tuple[int, Callable[[], None]]] = {
        "one trial alone": (1, lambda: in_turn(short[:1], first, STEPS)),
        f"one trial alone, {LONG} steps a graph": (
            1,
            lambda: in_turn(long[:1], first, STEPS // LONG),
        ),
        "all in one stream": (TRIALS, lambda: in_turn(short, first * TRIALS, STEPS)),
        "a stream each, one thread": (TRIALS, lambda: in_turn(short, streams, STEPS)),
        "a stream and a thread each": (TRIALS, lambda: in_threads(short, STEPS)),
        f"the same, {LONG} steps a graph": (TRIALS, lambda: in_threads(long, STEPS // LONG)),
        "one graph of all": (TRIALS, lambda: in_turn([branches], first, STEPS)),
        f"one graph of all, {LONG} steps": (
            TRIALS,
            lambda: in_turn([long_branches], first, STEPS // LONG),
        ),
    }
    speeds = {}
    for way, (count, run) in ways.items():
        speeds[way] = count * STEPS * len(load.labels) / _seconds(trials, run)
        print(f"{way}: {speeds[way]:,.0f} images/s", flush=True)
    return speeds


class _Trial:
    """A training whose step can be recorded as part of any graph."""

    def __init__(self, load: Any) -> None:
        ours = Ours(load)
        ours.run(STEPS + 1)  # the first one is not recorded, and compiles
        (self._recorded,) = ours.steps._recorded.values()
        self._ours = ours

    def step(self) -> None:
        self._recorded._work()

    def begin(self) -> None:
        """At the first batch, of which there are enough for a sample."""
        self._recorded._next.zero_()

    def graph(self, steps: int) -> Any:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(steps):
                self.step()
        return graph


def _branches(trials: Sequence[_Trial], streams: Sequence[Any], steps: int) -> Any:
    """One graph of the steps of all trials, side by side."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        main = torch.cuda.current_stream()
        for trial, stream in zip(trials, streams, strict=True):
            stream.wait_stream(main)
            with torch.cuda.stream(stream):
                for _ in range(steps):
                    trial.step()
        for stream in streams:
            main.wait_stream(stream)
    return graph


def _seconds(trials: Sequence[_Trial], run: Callable[[], None]) -> float:
    found = []
    for _ in range(4):  # the first one warms up
        for trial in trials:
            trial.begin()
        torch.cuda.synchronize()
        started = time.perf_counter()
        run()
        torch.cuda.synchronize()
        found.append(time.perf_counter() - started)
    return statistics.median(found[1:])
