"""Speakers that are held out in turn are the sample, not the seeds that each was trained with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.data.blocks import by_block
from analysis.errors import AnalysisError
from analysis.report.tables import summarise
from analysis.stats.effects import effects
from analysis.stats.readable import readable_effects
from analysis.text.typeset import caption
from tests.analysis_tests.conftest import make_runs

SPEAKERS = [f"spoken_digits@speaker={number}" for number in range(6)]
OF_SPEAKER = [0.9, 0.7, 0.8, 0.6, 0.75, 0.85]
GAIN = [0.05, -0.02, 0.03, -0.03, 0.02, -0.01]  # of alif: every seed of a speaker has it


def runs(speakers: int = 6, seeds: int = 4, **keys: Any) -> pd.DataFrame:
    noise = np.random.default_rng(0).normal(0, 1e-4, (speakers, 2, seeds))
    return make_runs(
        [
            {
                "group": f"{dynamics}-{speaker}",
                "dataset": SPEAKERS[speaker],
                "dynamics": dynamics,
                "seed": seed,
                "best_val_accuracy": 0.9,
                "test_accuracy": OF_SPEAKER[speaker] + GAIN[speaker] * k + noise[speaker, k, seed],
            }
            | keys
            for speaker in range(speakers)
            for k, dynamics in enumerate(["lif", "alif"])
            for seed in range(seeds)
        ]
    )


def test_a_table_by_block_has_a_row_a_configuration_and_counts_blocks() -> None:
    table = summarise(runs(), block="dataset").set_index("dynamics")
    assert table["n"].tolist() == [6, 6] and "dataset" not in table
    assert table.loc["lif", "test_accuracy_mean"] == pytest.approx(np.mean(OF_SPEAKER), abs=1e-3)
    width = stats.t.ppf(0.975, 5) * np.std(OF_SPEAKER, ddof=1) / np.sqrt(6)
    assert table.loc["lif", "test_accuracy_ci95"] == pytest.approx(width, rel=0.01)
    assert "over n values of dataset" in caption(table)


def test_an_effect_by_block_is_judged_by_blocks_however_many_seeds_there_are() -> None:
    table = effects(runs(), ["dynamics"], block="dataset")
    (row,) = table.to_dict("records")
    assert (row["n_seeds"], row["n_pairs"]) == (6, 6)
    assert row["estimate"] == pytest.approx(np.mean(GAIN), abs=1e-3)
    assert row["p"] > 0.5 and row["verdict"] == "undecided"
    assert readable_effects(table)["blocks"].tolist() == ["6"]
    more = effects(runs(seeds=40), ["dynamics"], block="dataset").iloc[0]
    assert more["high"] - more["low"] == pytest.approx(row["high"] - row["low"], rel=0.05)


def test_blocks_are_the_units_also_where_several_configurations_differ_in_more() -> None:
    both = pd.concat([runs(pool=1), runs(pool=2)], ignore_index=True)
    both["group_id"] += both["pool"].astype(str)
    both["run_id"] += both["pool"].astype(str)
    one, two = (effects(each, ["dynamics"], block="dataset").iloc[0] for each in (runs(), both))
    assert two["n_configurations"] == 2 and two["n_pairs"] == 12
    assert (two["low"], two["high"]) == pytest.approx((one["low"], one["high"]), abs=1e-3)


def test_an_unfinished_run_is_left_out_and_still_counted() -> None:
    some = runs()
    some.loc[0, "state"] = "failed"
    assert effects(some, ["dynamics"], block="dataset").attrs["left_out"] == {"failed": 1}
    assert len(by_block(some, "dataset")) == 13


@pytest.mark.parametrize(
    ("block", "speakers", "told"),
    [
        ("speaker", 6, "the runs have no param 'speaker'"),
        ("dataset", 1, "blocks need at least 2 values"),
    ],
)
def test_what_is_no_block_is_told(block: str, speakers: int, told: str) -> None:
    with pytest.raises(AnalysisError, match=told):
        by_block(runs(speakers), block)
