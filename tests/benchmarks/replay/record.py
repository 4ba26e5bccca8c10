"""Train every point of a space with every seed, and keep what each epoch reported.

`python -m tests.benchmarks.replay.record digits rows --part 1/2` trains every second training that
no file in the folder `rows` has. It appends a line for each, so it may be killed and started again,
also with another number of parts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification

HERE = Path(__file__).parent
TRAIN_IMAGES = {"digits": None, "mnist": 3000}
"""How many of the training images a table uses; None: all."""

CURVES = ("val_accuracy", "synops_per_inference", "spikes_per_inference")
_ORDER = 0  # of the random order, so that a table that is not done is a sample of the space


@dataclass(frozen=True)
class Point:
    """A configuration of the space with a seed."""

    assignment: dict[str, Any]
    seed: int

    @property
    def key(self) -> str:
        """The same for the same point."""
        return json.dumps([self.assignment, self.seed], sort_keys=True)


def space_of(table: str, **changes: Any) -> Specification:
    """The sweep whose space a table has, with other keys at its top."""
    plan = yaml.safe_load((HERE / f"{table}.yaml").read_text())
    return parse_sweep({"sampler": "random", "scheduler": "none", "trials": 1} | plan | changes)


def points(sweep: Specification) -> list[Point]:
    """All points in a random order, with the seeds of a configuration one after the other.

    One half of the space comes before the other: those with the first value of the last key.
    """
    grid, last = sweep.space.grid(), sweep.space.parameters[-1]
    random.Random(_ORDER).shuffle(grid)
    grid.sort(key=lambda assignment: assignment[last.name] != last.choices[0])
    return [Point(dict(assignment), seed) for assignment in grid for seed in sweep.seeds]


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """What is recorded so far; a line whose writer was killed is left out."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue


def train(sweep: Specification, point: Point, data: Any) -> dict[str, Any]:
    """Train one point; its row."""
    from snn.training.trainer import Trainer

    started = time.process_time()
    trainer = Trainer(sweep.config(point.assignment, point.seed), data)
    while not trainer.done:
        trainer.train_epoch()
    metrics, _ = trainer.test_best()
    return {
        "assignment": point.assignment,
        "seed": point.seed,
        "test_accuracy": metrics["test_accuracy"],
        "best_epoch": int(metrics["best_epoch"]),
        "seconds": round(time.process_time() - started, 4),
        **{name: [epoch[name] for epoch in trainer.history] for name in CURVES},
    }


def _data(table: str, sweep: Specification) -> Any:
    from snn.data import load

    data, most = load(sweep.base["dataset"]), TRAIN_IMAGES[table]
    if most is None:
        return data
    return replace(
        data, train_images=data.train_images[:most], train_labels=data.train_labels[:most]
    )


def record(table: str, folder: Path, part: int, of: int) -> None:
    """Train what is not recorded yet, every `of`-th of it."""
    import torch

    torch.set_num_threads(1)
    sweep = space_of(table)
    data = _data(table, sweep)
    folder.mkdir(parents=True, exist_ok=True)
    known = {Point(row["assignment"], row["seed"]).key for row in rows(folder)}
    left = [point for point in points(sweep) if point.key not in known][part - 1 :: of]
    with (folder / f"{os.getpid()}-{time.time_ns()}.jsonl").open("a") as file:
        for number, point in enumerate(left, start=1):
            file.write(json.dumps(train(sweep, point, data)) + "\n")
            file.flush()
            if number % 20 == 0:
                print(f"{number} of {len(left)}, {time.process_time():.0f} s of CPU", flush=True)


def main() -> None:
    """Record what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay.record")
    parser.add_argument("table", choices=sorted(TRAIN_IMAGES))
    parser.add_argument("folder", type=Path, help="of the rows, in JSON")
    parser.add_argument("--part", default="1/1", metavar="N/OF", help="one of several processes")
    given = parser.parse_args()
    part, of = map(int, given.part.split("/"))
    record(given.table, given.folder, part, of)


if __name__ == "__main__":
    main()
