"""A minute of `python -m tests.fuzzing`: no damaged input does more than be refused in a line."""

from __future__ import annotations

import contextlib
import io
import re
import sys

import pytest

from tests.fuzzing.__main__ import main
from tests.fuzzing.campaign import KINDS, campaign

COUNT = 240


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What the command prints of all kinds of input; one child runs them all."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(["--count", str(COUNT), "--seed", "0"])
    assert code == 0, out.getvalue()
    return out.getvalue().splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_input_is_refused_in_a_line_or_still_valid(lines: list[str], kind: str) -> None:
    (line,) = (line for line in lines if line.startswith(f"{kind} "))
    words = r"(\d+) cases: (\d+) refused, (\d+) accepted, (\d+) found"
    found = re.fullmatch(words, line.removeprefix(kind).strip())
    assert found is not None, line
    cases, refused, accepted, problems = map(int, found.groups())
    assert (refused + accepted, problems) == (cases, 0)
    assert cases > COUNT / 60  # every kind has its share
    assert refused > cases / 4  # the damage is no empty one


def test_a_process_that_crashes_is_a_finding_and_ends_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crashing = [sys.executable, "-c", "import os, sys; sys.stdin.read(); os.abort()"]
    monkeypatch.setattr("tests.fuzzing.campaign._COMMAND", crashing)
    tally = campaign(range(2), seed=0, kinds=["--set"])
    assert [finding.problem for finding in tally.findings] == ["the process crashed"] * 2
