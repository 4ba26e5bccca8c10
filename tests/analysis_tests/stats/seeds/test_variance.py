"""Which seeds make runs differ: beside an analysis of variance, and with known variances."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.stats.seeds import variance as of_chance
from analysis.stats.seeds.components import Design
from analysis.stats.seeds.variance import REST, readable_variance, variance
from tests.analysis_tests.conftest import make_runs


def crossed(
    weights: int, seeds: int, spread: tuple[float, ...], random: np.random.Generator, n: int = 1
) -> pd.DataFrame:
    """Runs of `n` configurations, their seeds of the weights crossed with those of all else."""
    rows: list[dict[str, Any]] = []
    for code in range(n):
        effects = random.normal(0, spread[0], weights), random.normal(0, spread[1], seeds)
        for w, s in product(range(weights), range(seeds)):
            accuracy = 0.8 + code / 50 + effects[0][w] + effects[1][s] + random.normal(0, spread[2])
            keys = {"code": f"c{code}", "seed_weights": w, "seed": s}
            rows.append({"group": f"{code}{w}", **keys, "test_accuracy": accuracy})
    return make_runs(rows)


def test_a_balanced_crossed_design_has_the_analysis_of_variance() -> None:
    runs = crossed(5, 6, (0.02, 0.01, 0.005), np.random.default_rng(0))
    table = runs.pivot(index="seed_weights", columns="seed", values="test_accuracy").to_numpy()
    rows, columns, rest = table.mean(1), table.mean(0), table - table.mean()
    rest = rest - (rows - rows.mean())[:, None] - (columns - columns.mean())
    of_rest = (rest**2).sum() / (4 * 5)
    by_hand = [rows.var(ddof=1) - of_rest / 6, columns.var(ddof=1) - of_rest / 5, of_rest]
    found = variance(runs)
    assert found["source"].tolist() == ["initial weights", "order + split", REST]
    assert (found["std"] ** 2).tolist() == pytest.approx(np.maximum(by_hand, 0).tolist())
    assert found["share"].sum() == pytest.approx(1)
    assert found["levels"].tolist()[:2] == [5, 6]


def test_a_single_source_has_the_variance_of_the_runs_and_its_exact_interval() -> None:
    values = np.random.default_rng(1).normal(0.8, 0.01, 6)
    rows = [{"group": "a", "seed": s, "test_accuracy": v} for s, v in enumerate(values)]
    found = variance(make_runs(rows)).iloc[0]
    assert found["source"] == "initial weights + order + split"
    assert found["std"] == pytest.approx(values.std(ddof=1))
    # χ² with 5 degrees of freedom: quantiles 0.8312 and 12.833
    assert found["low"] == pytest.approx(values.std(ddof=1) * math.sqrt(5 / 12.833), rel=0.05)
    assert found["high"] == pytest.approx(values.std(ddof=1) * math.sqrt(5 / 0.8312), rel=0.05)


@pytest.mark.parametrize("lost", [0, 7])
def test_the_estimates_are_right_on_average_also_of_nested_and_unbalanced_runs(lost: int) -> None:
    random = np.random.default_rng(2)
    cell, weights = np.repeat(np.arange(3), 20), np.repeat(np.arange(12), 5)
    order = np.arange(60)  # of its own in every run: nested in the weights
    kept = np.sort(random.permutation(60)[: 60 - lost])
    codes = np.stack([weights, order], axis=1)[kept]
    design = Design(codes, cell[kept])
    assert not design.has_rest
    values = 3 * random.normal(size=(4000, 12))[:, weights] + 2 * random.normal(size=(4000, 60))
    found = design.estimate(values[:, kept]).mean(axis=0)
    assert found == pytest.approx([9, 4], rel=0.05)


def test_the_intervals_cover_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_chance, "_RESAMPLES", 150)
    random, truth = np.random.default_rng(5), np.array([0.02, 0.01, 0.01])
    covered = np.zeros(3)
    for _ in range(40):
        found = variance(crossed(5, 5, tuple(truth), random))
        bounds = found[["low", "high"]].to_numpy()
        covered += (bounds[:, 0] <= truth) & (truth <= bounds[:, 1])
    assert (covered >= 33).all()  # 38 are expected, with a standard error of 1.4


def test_few_seeds_have_no_interval_and_what_changes_together_is_one() -> None:
    runs = crossed(3, 4, (0.02, 0.01, 0.01), np.random.default_rng(0), n=2)
    shown = readable_variance(variance(runs))
    assert "[" not in shown["standard deviation (points)"].iloc[0]
    assert "[" in shown["standard deviation (points)"].iloc[1]
    note = shown.attrs["note"]
    assert "24 runs, 2 configurations." in note
    assert "Fewer than 4 seeds, so no interval: initial weights." in note
    assert "Not told apart, as their seeds change together: order + split." in note


def test_a_kind_of_chance_that_does_not_vary_is_named() -> None:
    runs = crossed(4, 4, (0.02, 0.01, 0.01), np.random.default_rng(0)).assign(seed_split=0)
    found = variance(runs)
    assert found["source"].tolist() == ["initial weights", "order", REST]
    assert found.attrs["left_out"] == ("split",)


def test_runs_without_replicates_are_refused() -> None:
    runs = make_runs([{"group": g, "code": g, "test_accuracy": 0.5, "seed": 0} for g in "ab"])
    with pytest.raises(AnalysisError, match="no configuration was run twice"):
        variance(runs)


def test_groups_are_looked_at_apart() -> None:
    runs = crossed(5, 6, (0.02, 0.01, 0.005), np.random.default_rng(0), n=2)
    both = variance(runs, within=["code"])
    for code in ("c0", "c1"):
        alone = variance(runs[runs["code"] == code])
        mine = both[both["group"] == f"code={code}"].drop(columns="group").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone.drop(columns="group"), check_exact=False)
    assert both.attrs["n_configurations"] == 2 and both.attrs["n_runs"] == 60
    assert readable_variance(both)["runs"].nunique() == 2
