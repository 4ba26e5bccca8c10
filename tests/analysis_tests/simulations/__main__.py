"""All simulations, as the tables of a page: `python -m tests.analysis_tests.simulations`.

With `--keep FILE`, what was simulated is kept after every cell, and not simulated again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.analysis_tests.simulations import coverage, plans, searches
from tests.analysis_tests.simulations.cases import CASES, Case

_SIZES = (4, 8, 16)

Cell = Callable[[int], float]
"""From the number of repetitions to a share."""

Rows = dict[str, list[Cell]]


def tables() -> dict[str, Rows]:
    """The cells of every table, by its title and the name of the row."""
    return {
        "coverage of the mean, 3 seeds; configurations: 4, 8, 16": _by_size(coverage.of_mean),
        "coverage of the median": _by_size(coverage.of_median),
        "coverage of the mean of the kinds that are there": _by_size(
            coverage.of_mean_of_kinds, CASES[-1:]
        ),
        "verdicts that are false of the median": _by_size(coverage.false_verdicts),
        "false positives at 5 %": _by_size(coverage.false_positives, CASES[:6]),
        "a plan for 80 % decides": {
            f"{case.name}, effect of {size:.1%}, more {'seeds' if seeds else 'configurations'}": [
                partial(_decided, case, size, seeds)
            ]
            for case, size, seeds in plans.PLANS
        },
        "five looks where nothing is there: as is, corrected": {
            case.name: [partial(_repeated, case, corrected) for corrected in (False, True)]
            for case in CASES[:3]
        },
        "a pruned search where nothing is there finds a difference": {
            "random, all values discrete, 30 % pruned": [searches.false_positives]
        },
    }


def _by_size(share: Callable[[Case, int, int], float], cases: tuple[Case, ...] = CASES) -> Rows:
    return {case.name: [partial(share, case, n) for n in _SIZES] for case in cases}


def _decided(case: Case, size: float, seeds: bool, count: int) -> float:
    return plans.planned(case, size, more_seeds=seeds, count=count)[1]


def _repeated(case: Case, corrected: bool, count: int) -> float:
    return plans.repeated(case, count, corrected=corrected)


def main(count: int, keep: Path | None) -> None:
    """Print all tables.

    Args:
        count: Repetitions of every cell.
        keep: Where the shares are kept, and read from; None for nowhere.
    """
    known: dict[str, float] = json.loads(keep.read_text()) if keep and keep.exists() else {}
    for title, rows in tables().items():
        print(f"| {title} |")
        for name, cells in rows.items():
            shares = []
            for place, cell in enumerate(cells):
                key = f"{title} | {name} | {place} | {count}"
                if key not in known:
                    known[key] = cell(count)
                    if keep:
                        keep.write_text(json.dumps(known, indent=0))
                shares.append(known[key])
            print(_row(name, shares), flush=True)


def _row(name: str, shares: list[float]) -> str:
    cells = " | ".join("–" if share != share else f"{share:.1%}" for share in shares)
    return f"| {name} | {cells} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="of each case [default: 500]")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="what was simulated, to go on")
    given = parser.parse_args()
    main(given.count, given.keep)
