"""Commands that compare, on committed runs: what they say, once, and where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analysis.data.committed import committed
from sweep.cli import run

RUNS = str(committed("published-fashion"))
EFFECTS = ["effects", RUNS, "--within", "preset", "--factor", "dynamics"]
COVERS = "they leave out the chance of the test images"

Said = Callable[..., tuple[str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command writes, and says beside it."""

    def done(*arguments: str) -> tuple[str, str]:
        assert run(list(arguments)) == 0
        captured = capsys.readouterr()
        return captured.out, captured.err

    return done


def test_a_remark_is_in_the_caption_or_beside_the_table_but_not_in_both(said: Said) -> None:
    table, beside = said(*EFFECTS)
    assert table.count(COVERS) == 1 and COVERS not in beside
    table, beside = said(*EFFECTS, "--margin", "0.005", "--margin", "10%")
    assert table.count(COVERS) == 1 and COVERS not in beside
    table, beside = said(*EFFECTS, "--format", "csv")
    assert COVERS not in table and beside.count(COVERS) == 1


def test_looks_are_told_and_corrected_for(said: Said) -> None:
    for command in (EFFECTS, ["claims", RUNS]):
        assert "Looked at up to 2 times" in said(*command)[0]  # by its launches
        assert "Looked at up to 3 times (stages" in said(*command, "--looks", "3")[0]


@pytest.mark.parametrize("arguments", [["--looks", "0"], ["--looks", "2", "--views"]])
def test_looks_are_refused_where_they_mean_nothing(arguments: list[str]) -> None:
    assert run([*EFFECTS, *arguments]) == 2


def test_claims_say_what_their_intervals_cover(said: Said) -> None:
    assert said("claims", RUNS)[0].count(COVERS) == 1


def test_a_margin_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*EFFECTS, "--margin", "0%"]) == 2
    assert "margin: '0%' is neither a fraction above 0" in capsys.readouterr().err
