"""`python -m tests.fuzzing --count 5000 --seed 0`: counts by kind, and every finding."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzzing.campaign import KINDS, Tally, campaign, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="number of cases")
    parser.add_argument("--seed", type=int, default=0, help="another one makes other cases")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this (repeatable)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve:
        numbers, seed, kinds, folder = json.load(sys.stdin)
        serve(numbers, seed, kinds, Path(folder))
        return 0
    numbers = range(given.first, given.first + given.count)
    tally = campaign(numbers, given.seed, given.kind or tuple(KINDS))
    show(tally)
    return 1 if tally.findings else 0


def show(tally: Tally) -> None:
    """Print what became of the cases."""
    for kind in KINDS:
        ended = {how: n for (of, how), n in tally.counts.items() if of == kind}
        found = sum(finding.kind == kind for finding in tally.findings)
        parts = [f"{ended.get(how, 0)} {how}" for how in ("refused", "accepted")]
        print(f"{kind:<14} {sum(ended.values()):>5} cases: {', '.join(parts)}, {found} found")
    for finding in tally.findings:
        print(f"{finding.number}: {finding.kind}: {finding.damage}: {finding.problem}")


if __name__ == "__main__":
    sys.exit(main())
