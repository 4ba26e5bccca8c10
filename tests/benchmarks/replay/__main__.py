"""Compare searches on a recorded table.

`python -m tests.benchmarks.replay digits results.jsonl --seeds 50` appends a line for each search,
and goes on where it was. Of the lines, `--show` prints a table, `--pairs` the differences of pairs,
and `--figure FILE` draws them.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.replay.clock import simulate
from tests.benchmarks.replay.contenders import CONTENDERS, FRONTS, NAMINGS, Make, ours
from tests.benchmarks.replay.pairs import pair_rows
from tests.benchmarks.replay.record import space_of
from tests.benchmarks.replay.summary import curves, figure, read, rows
from tests.benchmarks.replay.tables import Table

Plan = Mapping[str, Any]
_AT = [100, 150, 200, 300, 400, 600]
ONE_METRIC: Mapping[str, Make] = {**CONTENDERS, **NAMINGS}


@cache
def _rotated(name: str, first: int) -> Table:
    return Table(name, first=first)


def _table(name: str, seed: int) -> Table:
    """The table for a search: their trainings have the seeds in turn."""
    return _rotated(name, seed % len(space_of(name).seeds))


def search(
    name: str, front: bool, contender: str, seed: int, workers: int, epochs: int,
    plan: Plan | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run one search; its line.

    Args:
        name: Of the table.
        front: Of accuracy and operations, or of accuracy alone.
        contender: Who searches.
        seed: Of the sampler, and which of the recorded seeds is the first.
        workers: Simulated trainings at once.
        epochs: Of all trainings together.
        plan: Of a contender that is ours with other keys.
    """
    warnings.simplefilter("ignore")  # of the other tools
    table, started = _table(name, seed), time.process_time()
    known = FRONTS if front else ONE_METRIC
    make = known[contender] if plan is None else ours(**plan)
    trace = simulate(make(table, seed, workers), workers, epochs)
    value = table.hypervolume if front else lambda keys: table.truth[keys[0]]
    return {
        "contender": contender,
        "seed": seed,
        "epochs": trace.epochs,
        "seconds": [round(seconds, 1) for seconds in trace.seconds],
        "truth": [round(value(keys), 5) for keys in trace.named],
        "top": [keys[0] in table.top for keys in trace.named],
        "spent": trace.spent,
        "cpu": round(time.process_time() - started, 2),
    }


def _left(file: Path, names: list[str], seeds: int) -> Iterator[tuple[str, int]]:
    known = {(line["contender"], line["seed"]) for line in read(file)} if file.exists() else set()
    for seed in range(seeds):
        yield from ((name, seed) for name in names if (name, seed) not in known)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay")
    parser.add_argument("table", help="digits, for example")
    parser.add_argument("file", type=Path, help="of the results, in JSON lines")
    _of_searches(parser)
    _of_results(parser)
    given = parser.parse_args()
    if given.show or given.figure or given.pairs:
        _show(given)
    else:
        _search(given)


def _of_searches(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--seeds", type=int, default=50, help="searches of each contender (50)")
    add("--epochs", type=int, default=1000, help="of each search (1000)")
    add("--workers", type=int, default=4, help="simulated trainings at once (4)")
    add("--only", nargs="*", metavar="NAME", help="contenders with such names")
    add("--front", action="store_true", help="of accuracy and operations")
    add("--namings", action="store_true", help="ours, by other rules of naming")
    text = "search with ours only, with such keys: 'each' '{each: [lr_schedule]}'"
    add("--ours", nargs=2, action="append", default=[], metavar=("NAME", "KEYS"), help=text)
    add("--processes", type=int, default=1)


def _of_results(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--show", action="store_true", help="print what there is, and search no more")
    add("--targets", type=float, nargs="*", default=[0.95, 0.96, 0.965, 0.968])
    text = "print how far the first contender is ahead of the others (of all, if none is named)"
    add("--pairs", nargs="+", metavar="NAME", help=text)
    add("--at", type=int, nargs="*", default=_AT, metavar="EPOCHS", help="of the pairs")
    add("--figure", type=Path, metavar="PNG")


def _search(given: argparse.Namespace) -> None:
    plans: dict[str, Plan] = {name: yaml.safe_load(keys) for name, keys in given.ours}
    known = plans or (FRONTS if given.front else NAMINGS if given.namings else CONTENDERS)
    names = [name for name in known if not given.only or any(p in name for p in given.only)]
    left = list(_left(given.file, names, given.seeds))
    with ProcessPoolExecutor(given.processes) as pool, given.file.open("a") as file:
        arguments = (
            [given.table, given.front, *one, given.workers, given.epochs, plans.get(one[0])]
            for one in left
        )
        for line in pool.map(search, *zip(*arguments, strict=True)) if left else ():
            file.write(json.dumps(line) + "\n")
            file.flush()


def _show(given: argparse.Namespace) -> None:
    parts = given.only or [""]
    found = [line for line in read(given.file) if any(p in line["contender"] for p in parts)]
    if given.figure:
        figure(curves(found, given.epochs), given.figure)
        return
    if given.pairs:
        first, *others = given.pairs
        table = pair_rows(read(given.file), first, others, given.at)
    else:
        table = rows(found, given.epochs, given.targets)
    print("| " + " | ".join(table[0]) + " |\n|" + " --- |" * len(table[0]))
    for row in table[1:]:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
