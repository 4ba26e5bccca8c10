"""Would it pay to train several small networks as one batch of networks?

    python -m tests.benchmarks.packing [--repeats 15] [--pack 8]

Times a training step of 8 trials with 64 neurons and a learning rate each, all ways in turns:

    separate    one after the other, each with a `Trainer` of its own: what trials do
    loops       of that, the time in the compiled loops, which is spent per image and per network
    merged      one graph, one backward pass, one Adam; each has its own seed, so its own batches
    wide        the hidden layers side by side as one of 512, the readouts as blocks of one; only
                for trials of one seed, whose batches are the same
    ideal       the work of the same in loops that would know of blocks; there are none
    processes   the separate trials on two processes of one thread, against a pack on two threads
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from tests.benchmarks.measure import interleaved
from tests.benchmarks.packs import Ideal, Loops, Merged, Processes, Separate, Way, Wide, trainers
from tests.benchmarks.report import Table, machine
from tests.benchmarks.settings import Settings

PACK, HIDDEN, CORES = 8, 64, 2


class Cost(NamedTuple):
    """Seconds of a step of all networks: medians by the clock and of CPU, and a quick one."""

    wall: float
    cpu: float
    quick: float


def compare(ways: Mapping[str, Way], repeats: int) -> dict[str, Cost]:
    """The cost of a step in every way, in turns."""
    cpu: dict[str, list[float]] = {name: [] for name in ways}

    def step(name: str) -> None:
        cpu[name].append(ways[name].step())

    walls = interleaved({name: partial(step, name) for name in ways}, repeats)
    medians = {name: statistics.median(seconds) for name, seconds in cpu.items()}
    return {name: Cost(wall.median, medians[name], wall.low) for name, wall in walls.items()}


def difference(packed: Merged, separate: Separate) -> float:
    """The largest difference of a weight after a step of both from the same state."""
    packed.step()
    separate.step()
    pairs = zip(packed.networks, separate.networks, strict=True)
    both = (zip(one.parameters(), other.parameters(), strict=True) for one, other in pairs)
    return max((a - b).detach().abs().max().item() for pair in both for a, b in pair)


def packing(settings: Settings, pack: int = PACK) -> list[Table]:
    """What packing could bring on one thread, what it brings, and on the cores of a machine."""
    one, two, data = [], [], {}
    for name, keys in _workloads(settings).items():
        settings.tell(f"packing, {name}")
        own, same = (trainers(settings, keys, seeds) for seeds in (range(pack), [0] * pack))
        gaps = difference(Merged(own), Separate(own)), difference(Wide(same), Separate(same))
        with Processes(CORES, settings, keys, range(pack)) as processes:
            ways: dict[str, Way] = {
                "separate": Separate(own),
                "loops": Loops(own),
                "merged": Merged(own),
                "wide": Wide(same),
                "processes": processes,
                "merged on two": Merged(own, CORES),
                "wide on two": Wide(same, CORES),
            }
            if not keys["recurrent"]:
                ways["ideal"] = Ideal(same)
            costs = compare(ways, settings.repeats)
        one.append([name, *_on_one_thread(costs), *(f"{gap:.0e}" for gap in gaps)])
        two.append([name, *_on_two_cores(costs)])
        data[name] = {way: cost._asdict() for way, cost in costs.items()}
    shape = f"{pack} trials of {HIDDEN} neurons, batch {settings.batch}"
    columns = ["", "separate", "loops", "separate / loops", "merged", "wide", "ideal"]
    times = "Milliseconds of CPU, and × as fast as separate; in brackets by the clock. "
    gap = "Last, the largest difference of a weight after a step."
    return [
        Table(
            f"A training step of {shape}, one thread",
            [*columns, "merged − separate", "wide − separate"],
            one,
            times + gap,
            data,
        ),
        Table(
            f"The same on {CORES} cores",
            ["", f"{CORES} processes", f"merged, {CORES} threads", f"wide, {CORES} threads"],
            two,
            "Milliseconds by the clock, and × as fast as the processes: the quicker quarter of the "
            "samples, as other work on one core holds up both processes. In brackets of CPU.",
            {},
        ),
    ]


def _workloads(settings: Settings) -> dict[str, dict[str, Any]]:
    """With many steps and with few, with and without recurrence."""
    codes = {"latency": settings.n_steps, "constant": 25}
    cases = [(code, recurrent) for code in codes for recurrent in (False, True)]
    return {
        f"{code}, T = {codes[code]}{', recurrent' if recurrent else ''}": {
            "encoding": code,
            "n_steps": codes[code],
            "recurrent": recurrent,
            "hidden": HIDDEN,
        }
        for code, recurrent in (cases[:1] if settings.quick else cases)
    }


def _on_one_thread(costs: Mapping[str, Cost]) -> list[str]:
    base, loops = costs["separate"], costs["loops"].cpu
    times = [f"{1e3 * base.cpu:.1f}", f"{1e3 * loops:.1f}", f"{base.cpu / loops:.2f}"]
    for cost in map(costs.get, ("merged", "wide", "ideal")):
        fast = cost and f"{base.cpu / cost.cpu:.2f} × ({base.wall / cost.wall:.2f})"
        times.append(fast or "")
    return times


def _on_two_cores(costs: Mapping[str, Cost]) -> list[str]:
    base = costs["processes"]
    packed = (costs[way] for way in ("merged on two", "wide on two"))
    ratios = [f"{base.quick / c.quick:.2f} × ({base.cpu / c.cpu:.2f})" for c in packed]
    return [f"{1e3 * base.quick:.1f} ({1e3 * base.cpu:.1f})", *ratios]


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.packing")
    parser.add_argument("--repeats", type=int, default=15, help="samples of every way (15)")
    parser.add_argument("--pack", type=int, default=PACK, help=f"trials in a pack ({PACK})")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    given = parser.parse_args(arguments)
    print(f"{machine('cpu')['processor']}, {os.cpu_count()} CPUs\n", flush=True)
    settings = Settings(2 if given.quick else given.repeats, given.quick)
    for table in packing(settings, given.pack):
        print(table.markdown(), flush=True)


if __name__ == "__main__":
    main()
