"""Importance of params: what matters is found, and nothing is said of too little."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.stats.importance import importance

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]


def search(trials: int, seeds: int = 1) -> list[dict[str, Any]]:
    """Accuracy grows with the logarithm of lr, a little with the code; the size is chance."""
    draw = random.Random(0)
    rows = []
    for number in range(trials):
        lr = 10 ** draw.uniform(-4, -2)
        dynamics = draw.choice(["lif", "alif"])
        encoding = draw.choice(["latency", "constant"])
        accuracy = 0.3 + 0.2 * (math.log10(lr) + 4) + 0.05 * (encoding == "constant")
        rows += [
            {
                "group": f"g{number}",
                "dataset": "mnist",
                "dynamics": dynamics,
                "encoding": encoding,
                "hidden": draw.choice([32, 64, 96, 128]),
                "learn_beta": draw.random() < 0.5 if dynamics == "alif" else None,
                "lr": lr,
                "seed": seed,
                "best_val_accuracy": accuracy + (0.2 if seed else -0.2 if seeds > 1 else 0),
            }
            for seed in range(seeds)
        ]
    return rows


def test_what_the_metric_depends_on_comes_first(runs_of: RunsOf) -> None:
    table = importance(runs_of(search(60)))
    assert list(table["param"])[:2] == ["lr", "encoding"]
    assert set(table["param"]) == {"lr", "encoding", "hidden", "dynamics"}
    found = table.set_index("param")
    assert found.loc["lr", "importance"] > 0.8
    assert found.loc["hidden", "importance"] < 0.05
    assert (found["low"] <= found["importance"]).all()
    assert (found["importance"] <= found["high"]).all()
    assert found["importance"].sum() <= 1
    pd.testing.assert_frame_equal(table, importance(runs_of(search(60))))


def test_seeds_are_averaged_first(runs_of: RunsOf) -> None:
    # The seeds differ by 0.4, which is more than any param changes.
    averaged, alone = (
        importance(runs_of(search(30, seeds=seeds))).set_index("param")["importance"]
        for seeds in (2, 1)
    )
    assert averaged.to_dict() == pytest.approx(alone.to_dict(), abs=0.02)


def test_what_is_left_out_and_constant_is_told(runs_of: RunsOf) -> None:
    rows = [*search(20), {"group": "p", "lr": 0.1, "state": "pruned"}]
    attrs = importance(runs_of(rows)).attrs
    assert attrs["metric"] == "best_val_accuracy"
    assert attrs["constant"] == ["MNIST"]
    assert "fANOVA of 20 configurations" in attrs["notes"][0]
    assert attrs["notes"][-2:] == [
        "left out, for it is not in all: learn_beta",
        "not shown: 1 pruned",
    ]


def test_too_little_is_refused(runs_of: RunsOf) -> None:
    with pytest.raises(AnalysisError, match="needs 10 finished configurations, not 9"):
        importance(runs_of(search(9)))
    same = [row | {"best_val_accuracy": 0.5} for row in search(12)]
    with pytest.raises(AnalysisError, match="the best_val_accuracy is the same for all"):
        importance(runs_of(same))
    alike = [{"group": f"g{n}", "lr": 0.1, "best_val_accuracy": n / 20} for n in range(12)]
    with pytest.raises(AnalysisError, match="no param of all of them varies"):
        importance(runs_of(alike))
    with pytest.raises(AnalysisError, match=r"no metric 'accuracy'; did you mean test_accuracy\?"):
        importance(runs_of(search(12)), "accuracy")
