"""A table of recorded trainings: every point of a space, with every seed.

`python -m tests.benchmarks.replay.tables digits rows` packs what `record` has written.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sweep.spec.specification import Specification
from tests.benchmarks.replay.record import CURVES, HERE, TRAIN_IMAGES, points, rows, space_of

Key = tuple[Any, ...]
"""A configuration: its values in the order of the space, None for one that has no effect."""

_TOP = 0.01
_WORST = 0.8  # accuracy of what counts for nothing in a front


@dataclass(frozen=True)
class Training:
    """What one training reported.

    Attributes:
        curves: Values of each metric by epoch, the first at 0.
        best_epoch: Chosen by validation, counted from 1.
        test_accuracy: Of that epoch.
        seconds: Of all epochs.
    """

    curves: Mapping[str, list[float]]
    best_epoch: int
    test_accuracy: float
    seconds: float

    @property
    def epochs(self) -> int:
        """How many there are."""
        return len(self.curves[CURVES[0]])

    def result(self, epoch: int) -> dict[str, float]:
        """The metrics of an epoch, counted from 1."""
        return {name: values[epoch - 1] for name, values in self.curves.items()}

    def best(self, metric: str) -> float:
        """A metric at the epoch that validation chose."""
        return self.curves[metric][self.best_epoch - 1]


class Table:
    """All trainings of a space.

    Args:
        name: Of the table.
        file: Where it is packed.
        first: The recorded seed that is called 0 here, and so on in turn. Searches with one seed
            would else all end with the configuration that is luckiest on that seed.
    """

    def __init__(self, name: str, file: Path | None = None, first: int = 0) -> None:
        self.name, self.sweep = name, space_of(name)
        packed = pq.read_table(file or HERE / f"{name}.parquet").to_pydict()
        names = [p.name for p in self.sweep.space.parameters]
        columns = list(zip(*(packed[name] for name in names), strict=True))
        self.trainings: dict[Key, dict[int, Training]] = {}
        for row, key in enumerate(columns):
            seed = (packed["seed"][row] - first) % len(self.sweep.seeds)
            self.trainings.setdefault(key, {})[seed] = Training(
                {name: packed[name][row] for name in CURVES},
                *(packed[name][row] for name in ("best_epoch", "test_accuracy", "seconds")),
            )

    def key(self, values: Mapping[str, Any]) -> Key:
        """The configuration among these values, which may have others, too."""
        key: dict[str, Any] = {}
        for parameter in self.sweep.space.parameters:
            used = all(parameter.admitted(other, key[other]) for other in parameter.when)
            key[parameter.name] = values[parameter.name] if used else None
        return tuple(key.values())

    @cached_property
    def truth(self) -> dict[Key, float]:
        """The mean test accuracy over all seeds, of every configuration."""
        return {
            key: fmean(each.test_accuracy for each in seeds.values())
            for key, seeds in self.trainings.items()
        }

    @cached_property
    def cost(self) -> dict[Key, float]:
        """The mean synaptic operations per image over all seeds, of every configuration."""
        return {
            key: fmean(each.best(CURVES[1]) for each in seeds.values())
            for key, seeds in self.trainings.items()
        }

    def hypervolume(self, front: Iterable[Key]) -> float:
        """What a front dominates, as a share of what all configurations together do.

        Of true accuracies above 80 %, and of the decades of operations below the dearest.
        """
        return self._dominated(front) / self._whole

    @cached_property
    def _whole(self) -> float:
        return self._dominated(self.trainings)

    def _dominated(self, front: Iterable[Key]) -> float:
        dearest = max(self.cost.values())
        points = [(math.log10(dearest / self.cost[key]), self.truth[key] - _WORST) for key in front]
        area, reached = 0.0, 0.0
        for saved, gain in sorted(points, reverse=True):
            area += saved * max(0.0, gain - reached)
            reached = max(reached, gain)
        return area

    @cached_property
    def top(self) -> frozenset[Key]:
        """The best hundredth of the configurations, by the truth."""
        ranked = sorted(self.truth, key=lambda key: -self.truth[key])
        return frozenset(ranked[: max(1, round(_TOP * len(ranked)))])


def pack(name: str, folder: Path, file: Path) -> int:
    """Write the recorded rows as a table; how many there are.

    Configurations without all seeds are left out.
    """
    sweep: Specification = space_of(name)
    recorded = {(str(row["assignment"]), row["seed"]): row for row in rows(folder)}
    names = [p.name for p in sweep.space.parameters]
    kept: list[dict[str, Any]] = []
    every = points(sweep)
    for start in range(0, len(every), len(sweep.seeds)):
        one = [recorded.get((str(p.assignment), p.seed)) for p in every[start:][: len(sweep.seeds)]]
        kept += [row for row in one if row is not None] if None not in one else []
    columns: dict[str, Any] = {key: [row["assignment"].get(key) for row in kept] for key in names}
    columns["seed"] = pa.array([row["seed"] for row in kept], pa.int8())
    columns["best_epoch"] = pa.array([row["best_epoch"] for row in kept], pa.int16())
    for key in ("test_accuracy", "seconds"):
        columns[key] = pa.array([row[key] for row in kept], pa.float32())
    for key in CURVES:
        columns[key] = pa.array([row[key] for row in kept], pa.list_(pa.float32()))
    pq.write_table(pa.table(columns), file, compression="zstd", compression_level=19)
    return len(kept)


def main() -> None:
    """Pack what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay.tables")
    parser.add_argument("table", choices=sorted(TRAIN_IMAGES))
    parser.add_argument("folder", type=Path, help="of the rows")
    given = parser.parse_args()
    file = HERE / f"{given.table}.parquet"
    count = pack(given.table, given.folder, file)
    print(f"{count} trainings, {file.stat().st_size / 2**20:.2f} MiB: {file}")


if __name__ == "__main__":
    main()
