"""What an early epoch tells of the end, for each value of a key.

`python -m tests.benchmarks.replay.early digits lr_schedule` prints Spearman's rank correlation,
over configurations, of the validation accuracy of one seed at an epoch with the true accuracy.
"""

from __future__ import annotations

import argparse

from scipy.stats import spearmanr

from tests.benchmarks.replay.record import CURVES
from tests.benchmarks.replay.tables import Table

_EPOCHS = (1, 2, 3, 6, 9, 18, 27)


def correlations(table: Table, key: str, value: object) -> list[float]:
    """One for each of the epochs, over the configurations that have this value of the key."""
    place = [parameter.name for parameter in table.sweep.space.parameters].index(key)
    kept = [each for each in table.trainings if each[place] == value]
    ends = [table.truth[each] for each in kept]
    return [
        float(
            spearmanr(
                [table.trainings[each][0].curves[CURVES[0]][epoch - 1] for each in kept], ends
            ).statistic
        )
        for epoch in _EPOCHS
    ]


def main() -> None:
    """Print them for every value of the key."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay.early")
    parser.add_argument("table")
    parser.add_argument("key")
    given = parser.parse_args()
    table = Table(given.table)
    (searched,) = (p for p in table.sweep.space.parameters if p.name == given.key)
    print("| epoch | " + " | ".join(map(str, _EPOCHS)) + " |\n|" + " --- |" * (1 + len(_EPOCHS)))
    for value in searched.values() or ():
        found = correlations(table, given.key, value)
        print(f"| {value} | " + " | ".join(f"{each:.2f}" for each in found) + " |")


if __name__ == "__main__":
    main()
