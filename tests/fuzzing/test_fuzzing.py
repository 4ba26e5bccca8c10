"""A minute of `python -m tests.fuzzing`: no damaged input does more than be refused in a line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fuzzing.campaign import campaign


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("specification", 60),
        ("--set", 60),
        ("run file", 80),
        ("checkpoint", 30),
        ("image", 30),
        ("data file", 6),
    ],
)
def test_a_damaged_input_is_refused_in_a_line_or_still_valid(kind: str, count: int) -> None:
    tally = campaign(range(count), seed=0, kinds=[kind])
    assert tally.findings == []
    assert sum(tally.counts.values()) == count
    assert tally.counts[kind, "refused"] > count / 4  # the damage is no empty one


def test_a_process_that_crashes_is_a_finding_and_ends_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crashing = [sys.executable, "-c", "import os, sys; sys.stdin.read(); os.abort()"]
    monkeypatch.setattr("tests.fuzzing.campaign._COMMAND", crashing)
    tally = campaign(range(2), seed=0, kinds=["--set"])
    assert [finding.problem for finding in tally.findings] == ["the process crashed"] * 2


def test_the_command_counts_the_cases_of_each_kind() -> None:
    command = [sys.executable, "-m", "tests.fuzzing", "--count", "3", "--kind=--set"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout
    assert "--set              3 cases: " in done.stdout
