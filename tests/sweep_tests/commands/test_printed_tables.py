"""Tables on the terminal: whatever their size, a reader sees every word of them."""

import contextlib
import io
import re
import string
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.effects import COLUMNS
from analysis.stats.readable import readable_effects
from sweep.commands.parts.leaders import print_known
from sweep.commands.parts.tables import print_table
from sweep.host.paths import LaunchPaths
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, sweep_tags
from tests.sweep_tests.workplace import Workplace

words = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=24)
texts = st.lists(words, min_size=1, max_size=3).map(" ".join)


def printed(table: pd.DataFrame, title: str = "") -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_table(table, title)
    return out.getvalue()


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    heads = draw(st.lists(texts, min_size=1, max_size=30, unique=True))
    row = st.lists(texts, min_size=len(heads), max_size=len(heads))
    return pd.DataFrame(draw(st.lists(row, min_size=1, max_size=12)), columns=heads)


@given(tables())
def test_no_word_is_cut_however_many_columns_there_are(table: pd.DataFrame) -> None:
    shown = printed(table, "everything").split()
    assert "everything" in shown
    for text in (*table.columns, *table.to_numpy().ravel()):
        assert set(text.split()) <= set(shown)


def test_a_table_that_fits_has_a_line_for_each_row() -> None:
    lines = printed(pd.DataFrame({"hidden": [100, 200], "code": ["latency", None]})).splitlines()
    assert [line.split() for line in lines if line.strip(" ─")] == [
        ["hidden", "code"],
        ["100", "latency"],
        ["200"],
    ]


def test_a_table_too_wide_has_a_line_for_each_column_and_its_rows_are_numbered() -> None:
    table = pd.DataFrame({f"{'a' * 20}{n}": [f"{row}x{n}" for row in range(12)] for n in range(15)})
    lines = [line.split() for line in printed(table).splitlines() if line.strip(" ─")]
    assert lines[0] == [str(number) for number in range(1, 13)]
    assert lines[1] == ["a" * 20 + "0", *(f"{row}x0" for row in range(12))]


def test_on_a_narrow_terminal_a_table_stays_a_table_and_the_other_columns_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    params = {f"some_long_param_{n}": [0.123456, 0.5] for n in range(12)}
    table = pd.DataFrame({"dynamics": ["ALIF", "LIF"], **params, "test accuracy (%)": ["97", "96"]})
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed(table)).splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).count("some_long_param_11") == 1  # it is named
    (row,) = [line for line in lines if "ALIF" in line]
    assert row.split()[0] == "ALIF" and row.split()[-1] == "97"


def test_on_a_narrow_terminal_effects_keep_their_verdicts_and_p_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    row = dict.fromkeys(COLUMNS, 0.25) | {"factor": "dynamics", "baseline": "lif", "level": "alif"}
    row |= {"group": "default preset", "verdict": "equivalent", "along": "beta", "p_holm": 0.125}
    shown = readable_effects(pd.DataFrame([row | {"looks": 1}]))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_table(shown, by_importance=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    table, _, hidden = plain.partition("Columns that have no room: ")
    assert hidden.rstrip().endswith("changes along.")
    assert "verdict" not in hidden and "p (Holm)" not in hidden
    assert "equivalent" in table and "0.125" in table


def test_in_a_pipe_a_table_of_leaders_is_narrow_and_keeps_what_tells_its_rows_apart() -> None:
    rows = 4
    alike = {f"a_param_that_tells_nothing_{n}": ["0.1"] * rows for n in range(8)}
    names = {"preset": ["default"] * rows, **alike, "changed": [str(row) for row in range(rows)]}
    measured = {"n": ["3"] * rows, "test accuracy (%)": ["97.03 ± 0.58"] * rows}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_table(pd.DataFrame(names | measured), above="The same: lr=0.1.", narrow=True)
    lines = out.getvalue().splitlines()
    assert lines[0] == "The same: lr=0.1."
    assert any(line.startswith("Columns that have no room: ") for line in lines[-3:])
    assert out.getvalue().count("_nothing_7") == 1  # it is named
    (rule,) = [line for line in lines if "───" in line]
    assert len(rule) <= 120
    shown = [line.split() for line in lines if "97.03 ± 0.58" in line]  # no cell is broken
    assert [row[0] for row in shown] == ["default"] * rows
    assert [row[-5] for row in shown] == ["0", "1", "2", "3"]


def test_the_metrics_of_a_front_and_its_marks_stay_where_there_is_little_room() -> None:
    params = {f"a_param_{n}": [f"{n}.25", f"{n}.5"] for n in range(12)}
    measured = {"n": ["1"] * 2, "front": ["true", "false"], "synops per inference": ["90", "95"]}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_table(pd.DataFrame(params | measured), narrow=True)
    table, _, hidden = out.getvalue().partition("Columns that have no room: ")
    assert hidden.startswith("a_param_")
    assert "front" in table and "false" in table and "synops" in table


@pytest.mark.parametrize("metrics", [2, 1])
def test_leaders_that_mlflow_does_not_have_are_marked_if_a_front_was_searched(metrics: int) -> None:
    values = {"val_accuracy": (0.9, 0.8), "val_loss": (0.5, 0.6)}
    modes = dict([("val_accuracy", "max"), ("val_loss", "min")][:metrics])
    found = [
        {"hidden": 4 + place, **{name: values[name][place] for name in modes}} for place in (0, 1)
    ]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_known("s", found, 1, modes)
    assert ("; 1 of 2 are on the front." in out.getvalue().replace("\n", " ")) == (metrics == 2)
    assert ("front" in out.getvalue()) == (metrics == 2)
    assert "front" not in found[0]


def test_a_word_that_is_wider_than_the_page_is_broken_and_not_cut() -> None:
    letters = (string.ascii_letters + string.digits) * 4
    shown = printed(pd.DataFrame({"hidden": [letters]}))
    assert "…" not in shown and letters in re.sub(r"\s", "", shown)


def test_truth_is_written_as_in_a_specification() -> None:
    assert "true" in printed(pd.DataFrame({"recurrent": [True]}))


def test_a_sweep_that_broke_off_before_its_first_trial_is_shown_with_none(
    place: Workplace, in_folder: Path
) -> None:
    paths = LaunchPaths(in_folder / "ray_results", "early", 1)
    tracker = MlflowTracker(paths)
    tracker.begin(SWEEP_RUN, "early 1", {}, sweep_tags(paths))
    assert tracker.close() == ""
    done = place.run("show", "early")
    assert done.stdout == "early: 0 trials\n", done.stderr
