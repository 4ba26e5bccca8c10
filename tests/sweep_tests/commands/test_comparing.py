"""Commands that compare, on committed runs: what they say, once, and where."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.data.committed import committed
from sweep.cli import run

RUNS = str(committed("published-fashion"))
EFFECTS = ["effects", RUNS, "--within", "preset", "--factor", "dynamics"]
COVERS = "they leave out the chance of the test images"


def in_words(text: str) -> str:
    """A text without the ends of its lines."""
    return " ".join(text.split())


Said = Callable[..., tuple[str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command writes, and says beside it."""

    def done(*arguments: str) -> tuple[str, str]:
        assert run(list(arguments)) == 0
        captured = capsys.readouterr()
        return captured.out, captured.err

    return done


def is_told(beside: str, file: Path) -> bool:
    """Whether nothing is said but that the file was written, and it was."""
    return bool(re.fullmatch(rf"{file}: [\d.]+ kB", "".join(beside.split("\n")))) and file.is_file()


def test_a_remark_is_in_the_caption_or_beside_the_table_but_not_in_both(said: Said) -> None:
    table, beside = said(*EFFECTS)
    assert in_words(table).count(COVERS) == 1 and COVERS not in beside
    table, beside = said(*EFFECTS, "--margin", "0.005", "--margin", "10%")
    assert in_words(table).count(COVERS) == 1 and COVERS not in beside
    table, beside = said(*EFFECTS, "--format", "csv")
    assert COVERS not in table and beside.count(COVERS) == 1


def test_looks_are_told_and_corrected_for(said: Said) -> None:
    for command in (EFFECTS, ["claims", RUNS]):
        assert "Looked at up to 2 times" in in_words(said(*command)[0])  # by its launches
        assert "Looked at up to 3 times (stages" in in_words(said(*command, "--looks", "3")[0])


def test_crossed_factors_have_a_row_each_and_one_for_every_pair(said: Said, tmp_path: Path) -> None:
    crossed = ["--factor", "dynamics", "--factor", "both=encoding,hidden", "--across", "recurrent"]
    figure = tmp_path / "forest.svg"
    table, beside = said(
        "effects",
        RUNS,
        "--interactions",
        *crossed,
        "--within=preset",
        "--format=md",
        f"--figure={figure}",
    )
    rows = [line for line in table.splitlines() if line.startswith(("| default", "| published"))]
    assert len(rows) == 2 * (1 + 3 + 3) and is_told(beside, figure)
    assert "| dynamics × both | lif, latency/100 → alif, periodic/200 " in " ".join(table.split())
    assert "both: encoding/hidden." in table and "All 8 combinations were run" in table
    assert figure.stat().st_size


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--across", "recurrent"], "--across: goes with --changes or --interactions"),
        (["--interactions", "--block", "seed"], "--across or --within: does not go with --block"),
        (["--variance", "--changes"], "--variance: does not go with --factor"),
        (["--margin", "0.1", "--margin", "0.2", "--figure", "f.svg"], "does not go with --figure"),
    ],
)
def test_options_that_do_not_go_together_are_refused_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*EFFECTS, *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--looks", "0"], ["--looks", "2", "--views"]])
def test_looks_are_refused_where_they_mean_nothing(arguments: list[str]) -> None:
    assert run([*EFFECTS, *arguments]) == 2


def test_claims_say_what_their_intervals_cover(said: Said) -> None:
    assert in_words(said("claims", RUNS)[0]).count(COVERS) == 1


@pytest.mark.parametrize(
    "command", [EFFECTS, ["claims", RUNS], ["claims", RUNS, "--rows"], ["table", RUNS]]
)
def test_in_a_pipe_a_table_and_its_caption_are_as_wide_as_a_page(
    said: Said, command: list[str]
) -> None:
    lines = said(*command)[0].splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 120
    told = ("verdict", "published is", "test accuracy (%)")
    assert any(name in line for name in told for line in lines)


def test_show_names_defaults_only_if_asked(said: Said) -> None:
    shown = said("show", RUNS)[0]
    assert "batch_size=" not in shown and " other params; show --defaults names them." in shown
    whole = said("show", RUNS, "--defaults")[0]
    assert "batch_size=" in whole and "names them" not in whole


def test_claims_say_which_further_runs_are_out_of_reach(said: Said) -> None:
    table = said("claims", RUNS, "--format", "md")[0]
    (fewer,) = (line for line in table.splitlines() if "Fewer" in line and "| published |" in line)
    assert "out of reach (87072, 1814 times those that there are)" in fewer
    assert "64 (4 more seeds of each)" in table


def test_a_margin_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*EFFECTS, "--margin", "0%"]) == 2
    assert "margin: '0%' is neither a fraction above 0" in capsys.readouterr().err


FRONTS = [
    f"{kind}={committed(f'fronts/{search}')}"
    for kind, search in (("spiking", "efficient-mnist"), ("MLP", "efficient-mlp-mnist"))
]


def test_kinds_are_compared_at_equal_cost_over_their_searches(said: Said, tmp_path: Path) -> None:
    figure = tmp_path / "fronts.svg"
    table, beside = said("fronts", *FRONTS, "--figure", str(figure), "--format", "md")
    rows = [line for line in table.splitlines() if "spiking → MLP" in line]
    assert len(rows) >= 3 and all("| 4, 4 " in row for row in rows)
    assert "The unit is a search" in in_words(table) and is_told(beside, figure)
    energy = ["--cost", "energy_per_inference", "--at-most", "4", "--at-most", "8"]
    assert in_words(said("fronts", *FRONTS, *energy)[0]).count("spiking → MLP") == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["efficient-mnist-s1"], "efficient-mnist-s1: give it as KIND=NAME"),
        (FRONTS[:1], "spiking: one kind has none beside it"),
        ([*FRONTS, "--cost", "steps"], "cost: 'steps' is none"),
        ([*FRONTS, "--at-most", "1"], "has nothing for 1 of synops_per_inference"),
    ],
)
def test_what_cannot_be_compared_at_equal_cost_is_told_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fronts", *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1
