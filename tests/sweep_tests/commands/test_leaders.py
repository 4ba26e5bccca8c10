"""Leaders are counted where they are listed, and each is taken by its number."""

from __future__ import annotations

import re

import pytest

from analysis.data.committed import committed
from sweep.cli import run
from sweep.commands.parts.leaders import print_known

SEARCH = str(committed("best/efficient-mnist"))
ONE = str(committed("best/large-fashion-confirm"))


def _rows(shown: str) -> list[list[str]]:
    """The rows of leaders in what `show` prints, as words."""
    return [line.split() for line in shown.splitlines() if re.match(r"\s+\d+ +\S", line)]


def test_show_counts_the_leaders_and_best_takes_one_by_its_number(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["show", SEARCH, "--top", "12"]) == 0
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    rows = _rows(shown)
    assert [row[0] for row in rows] == [str(place) for place in range(1, 13)]
    assert f"spikesweep best {SEARCH} --leader N\n" in shown
    for place in (7, 12):
        assert run(["best", SEARCH, "--leader", str(place)]) == 0
        told = dict(re.findall(r"^(\w+) +(.+)", capsys.readouterr().out, re.MULTILINE))
        assert told["leader"] == f"{place} of 80"
        synops = f"{float(told['synops_per_inference'].split()[0]):,.0f}"
        front, accuracy = told["front"], told["val_accuracy"].split()[0]
        assert [told["dynamics"], told["hidden"]] == rows[place - 1][1:3]
        assert [front, accuracy, synops] == [rows[place - 1][at] for at in (-4, -3, -1)]


def test_the_best_is_the_first_leader(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["best", SEARCH]) == 0
    plain = capsys.readouterr()
    assert run(["best", SEARCH, "--leader", "1"]) == 0
    assert capsys.readouterr().out == f"{'leader':<20} 1 of 80\n{plain.out}"
    assert "--leader N takes another" in plain.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (f"best {SEARCH} --leader 81", "leader 81: there are 80 leaders"),
        (f"predict {SEARCH} test:0 --leader 81", "leader 81: there are 80 leaders"),
        (f"figure confusion {SEARCH} -o f.svg --leader 81", "leader 81: there are 80 leaders"),
        (f"best {ONE} --leader 2", "leader 2: there is 1 leader"),
        (f"best {SEARCH} --leader 0", "leader 0: there are 80 leaders, counted from 1"),
        (f"figure curves {SEARCH} -o f.svg --leader 2", "--leader: curves takes none"),
        ("predict best.pt test:0 --leader 2", "--leader: best.pt is one network"),
        ("export best.pt -o n.onnx --leader 1", "--leader: best.pt is one network"),
        (f"predict {SEARCH} test:0 --leader 2", "stays where it was trained"),
    ],
)
def test_a_leader_that_cannot_be_taken_is_told_in_one_line(
    arguments: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments.split()) == 2
    said = capsys.readouterr()
    assert told in said.err and said.err.count("\n") == 1 and not said.out


def test_of_one_leader_none_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", ONE]) == 0
    assert "--leader" not in capsys.readouterr().out


def test_leaders_without_a_store_to_take_them_from_are_not_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [{"hidden": 8, "val_accuracy": 0.9}, {"hidden": 4, "val_accuracy": 0.8}]
    print_known("s", found, 2, {"val_accuracy": "max"})
    assert "#" not in capsys.readouterr().out


def test_a_file_of_the_table_has_no_such_column(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["table", SEARCH, "--format", "csv", "--top", "3"]) == 0
    assert "#" not in capsys.readouterr().out
