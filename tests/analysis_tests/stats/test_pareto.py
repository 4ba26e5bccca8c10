"""The front of what no other beats."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.pareto import on_front, pareto_front

BOTH = {"gain": "max", "cost": "min"}

tables = st.lists(
    st.fixed_dictionaries({"gain": st.integers(0, 9), "cost": st.integers(0, 9)}), min_size=1
).map(pd.DataFrame)


def test_a_row_stays_unless_another_is_better_in_one_and_as_good_in_the_other() -> None:
    table = pd.DataFrame({"gain": [5, 5, 4, 9, 9], "cost": [2, 3, 1, 9, 9]}, index=list("abcde"))
    assert list(pareto_front(table, BOTH).index) == ["a", "c", "d"]


def test_of_equal_rows_the_front_has_the_first_though_nothing_dominates_the_others() -> None:
    table = pd.DataFrame({"gain": [4, 5, 5, 4], "cost": [2, 2, 2, 1]}, index=list("abcd"))
    assert on_front(table, BOTH).to_dict() == {"a": False, "b": True, "c": True, "d": True}
    assert list(pareto_front(table, BOTH).index) == ["b", "d"]


@given(tables)
def test_every_row_outside_is_matched_or_beaten_by_one_of_the_front(table: pd.DataFrame) -> None:
    front = pareto_front(table, BOTH)
    for row in table.itertuples():
        assert ((front["gain"] >= row.gain) & (front["cost"] <= row.cost)).any()
    for row in front.itertuples():
        better = (table["gain"] >= row.gain) & (table["cost"] <= row.cost)
        assert (table.loc[better, ["gain", "cost"]] == [row.gain, row.cost]).all(axis=None)


@given(tables)
def test_with_one_column_only_its_best_is_left(table: pd.DataFrame) -> None:
    (row,) = pareto_front(table, {"gain": "max"}).itertuples()
    assert row.gain == table["gain"].max()
