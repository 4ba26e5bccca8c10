"""Many cases, each made by its number, run by children that may crash."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from tests.fuzzing import checkpoints, data_files, images, overrides, run_files, specifications
from tests.fuzzing.case import Case, Outcome, check
from tests.fuzzing.material import Material, prepare

KINDS: Mapping[str, Callable[[Random, Material], Case]] = {
    "specification": specifications.make,
    "--set": overrides.make,
    "run file": run_files.make,
    "checkpoint": checkpoints.make,
    "image": images.make,
    "data file": data_files.make,
}
_COMMAND = [sys.executable, "-m", "tests.fuzzing", "--serve"]
_SHARES = {
    "specification": 7,
    "--set": 4,
    "run file": 7,
    "checkpoint": 3,
    "image": 3,
    "data file": 1,
}


@dataclass(frozen=True)
class Finding:
    """A case in which something did not hold; its number makes it again."""

    number: int
    kind: str
    damage: str
    problem: str


@dataclass
class Tally:
    """What became of the cases: how many of each kind ended how, and what was found."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, number: int, kind: str, damage: str, outcome: Outcome) -> None:
        """Count a case."""
        self.counts[kind, outcome.ended] += 1
        if outcome.problem:
            self.findings.append(Finding(number, kind, damage, outcome.problem))


def campaign(numbers: Sequence[int], seed: int, kinds: Sequence[str] = tuple(KINDS)) -> Tally:
    """Run these cases."""
    tally, left = Tally(), list(numbers)
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name))
        while left:
            answered = 0
            for line in _child(left, seed, kinds, Path(name)):
                number, kind, damage, ended, problem = json.loads(line)
                tally.add(number, kind, damage, Outcome(ended, problem))
                answered += 1
            if answered < len(left):  # the child died in the next
                kind = _drawn(left[answered], seed, kinds)[0]
                crash = Outcome("", "the process crashed")
                tally.add(left[answered], kind, "", crash)
            left = left[answered + 1 :] if answered < len(left) else []
    return tally


def serve(numbers: Sequence[int], seed: int, kinds: Sequence[str], folder: Path) -> None:
    """Run cases, and write what became of each as a line: the child's part."""
    answers = open(sys.stdout.fileno(), "w", closefd=False)
    for number in numbers:
        kind, random = _drawn(number, seed, kinds)
        case = KINDS[kind](random, Material(folder))
        with tempfile.TemporaryDirectory() as place:
            outcome = check(case, Path(place))
        answers.write(json.dumps([number, kind, case.damage, *asdict(outcome).values()]) + "\n")
        answers.flush()


def _drawn(number: int, seed: int, kinds: Sequence[str]) -> tuple[str, Random]:
    random = Random(f"{seed}/{number}")
    return random.choices(kinds, [_SHARES[kind] for kind in kinds])[0], random


def _child(numbers: Sequence[int], seed: int, kinds: Sequence[str], folder: Path) -> Iterator[str]:
    given = json.dumps([list(numbers), seed, list(kinds), str(folder)])
    with subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        with suppress(BrokenPipeError):  # it crashed before it read anything
            child.stdin.write(given)
            child.stdin.close()
        yield from child.stdout
