"""What a look may spend, and how many there could be."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.stats.design.looks import at_least, level, looks_of, spent
from analysis.stats.effects import effects
from tests.analysis_tests.conftest import make_runs


def test_all_looks_together_spend_at_most_6_percent() -> None:
    assert sum(spent(look) for look in range(1, 60)) == pytest.approx(0.06)
    assert level((24,)) == spent(1) == 0.05


def test_a_level_is_crossed_for_the_first_time_as_often_as_it_may_be() -> None:
    sums = np.random.default_rng(0).normal(size=(400_000, 3)).cumsum(axis=1)
    scores = sums / np.sqrt([1, 2, 3])
    crossed = [
        abs(scores[:, k]) > stats.norm.isf(level(tuple(range(8, 8 * k + 16, 8))) / 2)
        for k in range(3)
    ]
    assert (~crossed[0] & crossed[1]).mean() == pytest.approx(spent(2), abs=5e-4)
    assert (~crossed[0] & ~crossed[1] & crossed[2]).mean() == pytest.approx(spent(3), abs=4e-4)


def test_looks_that_left_no_trace_are_counted_if_they_are_told() -> None:
    assert at_least((24,), 1) == (24,)
    assert at_least((24,), 3) == (8, 16, 24)
    assert at_least((4, 9, 24), 2) == (4, 9, 24)  # never fewer than the launches show
    levels = [level(at_least((48,), asked)) for asked in range(1, 21)]
    assert levels == sorted(levels, reverse=True) and levels[-1] > 0


def test_only_stages_with_two_seeds_of_most_configurations_are_looks() -> None:
    units = np.array([0, 0, 0, 1, 1, 1])
    assert looks_of(units, np.array([0, 1, 2, 0, 1, 2])) == (4, 6)  # a seed at each stage
    assert looks_of(units, np.zeros(6, int)) == (6,)
    assert looks_of(np.array([0, 1]), np.array([0, 1])) == (2,)


@pytest.mark.parametrize(("stages", "looks"), [((0, 0, 0), 1), ((0, 1, 2), 2), ((0, 0, 1), 2)])
def test_the_same_runs_prove_less_if_they_were_made_in_stages(
    stages: tuple[int, ...], looks: int
) -> None:
    rows = [
        {"group": f"{r}{h}", "recurrent": r, "hidden": h, "seed": seed}
        | {"test_accuracy": 0.9 + 0.01 * r + 1e-3 * ((7 * h + 3 * seed + 5 * r) % 11)}
        | {"launched": pd.Timestamp(2026, 1, 1 + stages[seed], tz="UTC")}
        for r, h, seed in product((False, True), range(100, 110), range(3))
    ]
    runs = make_runs(rows)
    columns = [c for c in runs if c != "launched"]
    at_once = effects(runs[columns], ["recurrent"]).iloc[0]
    row = effects(runs[[*columns[:9], "launched", *columns[9:]]], ["recurrent"]).iloc[0]
    assert row["looks"] == looks
    assert row["p"] == at_once["p"]
    assert (row["p_holm"] > at_once["p_holm"]) == (looks > 1)
    told = effects(runs[columns], ["recurrent"], looks=looks).iloc[0]
    assert told["looks"] == looks and (told["p_holm"] > at_once["p_holm"]) == (looks > 1)
