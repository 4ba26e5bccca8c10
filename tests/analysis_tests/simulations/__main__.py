"""All simulations, as the tables of a page: `python -m tests.analysis_tests.simulations`."""

from __future__ import annotations

import argparse

from tests.analysis_tests.simulations import coverage, plans, searches
from tests.analysis_tests.simulations.cases import CASES

_SIZES = (4, 8, 16)


def main(count: int) -> None:
    """Print all tables."""
    sizes = " | ".join(str(n) for n in _SIZES)
    print(f"| coverage of the mean, 3 seeds; configurations: | {sizes} |")
    for case in CASES:
        print(_row(case.name, [coverage.of_mean(case, n, count) for n in _SIZES]))
    print("| coverage of the median |")
    for case in CASES:
        print(_row(case.name, [coverage.of_median(case, n, count) for n in _SIZES]))
    print("| the median is shown |")
    for case in CASES:
        print(_row(case.name, [coverage.told(case, n, count) for n in _SIZES]))
    print("| false positives at 5 % |")
    for case in CASES[:6]:
        print(_row(case.name, [coverage.false_positives(case, n, count) for n in _SIZES]))
    print("| a plan for 80 % decides |")
    for case, size, seeds in plans.PLANS:
        needed, share = plans.planned(case, size, more_seeds=seeds, count=count)
        what = "seeds" if seeds else "configurations"
        print(_row(f"{case.name}, effect of {size:.1%}: {needed} {what}", [share]))
    print("| five looks where nothing is there: as is, corrected |")
    for case in CASES[:3]:
        shares = [plans.repeated(case, count, corrected=corrected) for corrected in (False, True)]
        print(_row(case.name, shares))
    print("| a pruned search where nothing is there finds a difference |")
    print(_row("random, all values discrete, 30 % pruned", [searches.false_positives(count)]))


def _row(name: str, shares: list[float]) -> str:
    cells = " | ".join("–" if share != share else f"{share:.1%}" for share in shares)
    return f"| {name} | {cells} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="of each case [default: 500]")
    main(parser.parse_args().count)
