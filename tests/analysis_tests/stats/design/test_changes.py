"""An ablation: what each change of a baseline does, on runs whose truth is known."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.data.labels import CHANGE
from analysis.errors import AnalysisError
from analysis.stats.design.changes import acted_on, by_change
from analysis.stats.effects import effects
from analysis.stats.readable import readable_effects
from tests.analysis_tests.conftest import make_runs

ARMS: dict[str, dict[str, Any]] = {
    "none": {},
    "reset=late": {"reset": "late"},
    "threshold=0.03, beta=1.6": {"threshold": 0.03, "beta": 1.6},
    "learn_beta=true, form=raw": {"learn_beta": True, "form": "raw"},
    "learn_beta=true, form=soft": {"learn_beta": True, "form": "soft"},
}
BASELINE = {"reset": "early", "threshold": 1.0, "beta": 0.1, "learn_beta": False, "form": None}
DOES = dict(zip(ARMS, (0.0, -0.02, -0.1, 0.03, 0.01), strict=True))
TO_RECURRENCE = -0.3  # what the constants do to the effect of recurrence, which else adds 0.01
NETWORKS = ["encoding", "recurrent"]


def runs(arms: dict[str, dict[str, Any]] = ARMS, noise: float = 0.0) -> pd.DataFrame:
    drawn = np.random.default_rng(0)
    rows = []
    for encoding, recurrent, arm, seed in product(
        ("latency", "periodic"), (False, True), arms, (0, 1, 2)
    ):
        constants = arm.startswith("threshold")
        accuracy = 0.8 + 0.05 * (encoding == "periodic") + DOES.get(arm, 0)
        accuracy += recurrent * (0.01 + constants * TO_RECURRENCE) + noise * drawn.normal()
        rows.append(
            {"group": f"{encoding}{recurrent}{arm}", "encoding": encoding, "recurrent": recurrent}
            | {**BASELINE, **arms[arm], "seed": seed, "test_accuracy": accuracy}
        )
    return make_runs(rows)


def test_every_change_is_named_by_the_keys_that_differ_from_the_baseline() -> None:
    changed = by_change(runs(), NETWORKS)
    assert set(changed[CHANGE]) == set(ARMS)
    assert not {*BASELINE} & {*changed}
    as_told = changed["group_id"].str.replace("(latency|periodic)(True|False)", "", regex=True)
    assert (as_told == changed[CHANGE]).all()


def test_a_change_is_paired_with_the_baseline_of_its_network_and_seed() -> None:
    table = effects(by_change(runs(noise=0.01), NETWORKS), [CHANGE], fixed=True)
    assert set(table["baseline"]) == {"none"}
    wide = runs(noise=0.01).assign(
        arm=lambda t: t["group_id"].str.replace(r"^.*(True|False)", "", regex=True)
    )
    wide = wide.pivot_table(values="test_accuracy", index="seed", columns="arm")
    for row in table.to_dict("records"):
        of_seeds = wide[row["level"]] - wide["none"]  # means over the four networks
        low, high = stats.t.interval(0.95, 2, of_seeds.mean(), stats.sem(of_seeds))
        assert row["estimate"] == pytest.approx(of_seeds.mean(), abs=1e-12)
        assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-9)
        assert (row["n_configurations"], row["n_seeds"], row["n_pairs"]) == (4, 3, 12)
    shown = readable_effects(table)
    assert shown["change"].tolist() == table["level"].tolist()
    assert "these configurations alone" in shown.attrs["note"]
    assert "over seeds; they leave out the chance of the test images" in shown.attrs["note"]


def test_a_change_that_was_tried_in_one_network_is_compared_there() -> None:
    some = runs()
    late = some["reset"].eq("late") & (some["encoding"].eq("latency") | some["recurrent"])
    table = effects(by_change(some[~late], NETWORKS), [CHANGE], fixed=True).set_index("level")
    assert table.loc["reset=late", "n_configurations"] == 1
    assert table.loc["reset=late", "estimate"] == pytest.approx(DOES["reset=late"])


def test_an_interaction_is_what_a_change_does_to_the_effect_of_a_network() -> None:
    changed = acted_on(by_change(runs(noise=0.001), NETWORKS), NETWORKS, "test_accuracy")
    table = effects(changed, [CHANGE], within=["acts_on"], fixed=True)
    table = table.set_index(["group", "level"])
    for arm in [*ARMS][1:]:
        expected = TO_RECURRENCE if arm.startswith("threshold") else 0
        found = table.loc[("recurrent: ff → rec", arm)]
        assert found["estimate"] == pytest.approx(expected, abs=0.005)
        assert found["n_configurations"] == 2
        of_code = table.loc[("encoding: latency → periodic", arm), "estimate"]
        assert of_code == pytest.approx(0, abs=0.005)


def test_presets_have_baselines_of_their_own() -> None:
    other = runs().assign(preset="published", reset="late")
    other.loc[runs()["reset"] == "late", "reset"] = "early"
    other[["group_id", "run_id"]] += "p"
    both = pd.concat([runs().assign(preset="default"), other], ignore_index=True)
    changed = by_change(both, NETWORKS, ["preset"])
    counts = changed.groupby(["preset", CHANGE]).size()
    assert counts["default", "reset=late"] == counts["published", "reset=early"] == 12


def lopsided() -> pd.DataFrame:
    """A change was tried in the recurrent networks alone: these have the only common baseline."""
    table = runs()
    return table[table["recurrent"] | table["reset"].ne("late")]


def test_the_baseline_is_told_with_all_that_is_changed_and_networks_alike_together() -> None:
    table = effects(by_change(runs(), NETWORKS), [CHANGE], fixed=True)
    values = "beta=0.1, learn_beta=false, reset=early, threshold=1"
    assert table.attrs["baselines"]["latency, ff"] == values
    assert readable_effects(table).attrs["note"].startswith(f"Baseline: {values}.")
    other = runs().assign(threshold=lambda t: t["threshold"].where(~t["recurrent"], 2.0))
    table = effects(by_change(other, NETWORKS), [CHANGE], fixed=True)
    note = readable_effects(table).attrs["note"]
    assert f"Baseline of latency, ff; periodic, ff: {values}." in note
    assert f"Baseline of latency, rec; periodic, rec: {values[:-1]}2." in note


def test_two_changes_may_be_combined() -> None:
    arms = ARMS | {"both": {"reset": "late", "threshold": 0.03, "beta": 1.6}}
    changed = by_change(runs(arms), NETWORKS)
    assert "reset=late, threshold=0.03, beta=1.6" in set(changed[CHANGE])


@pytest.mark.parametrize(
    ("table", "networks", "told"),
    [
        (
            runs(),
            (),
            r"could be the baseline .*of their own \(--across recurrent --across encoding\)",
        ),
        (
            lopsided(),
            ["encoding"],
            "encoding=latency: most changes were tried at several values of recurrent, .*"
            r"\(--across recurrent\)",
        ),
        (runs({"none": {}}), NETWORKS, "encoding=latency, recurrent=false: all runs have the same"),
        (runs({**ARMS} | {"none": {}}), ["nope"], "the runs have no param 'nope'"),
        (
            runs({arm: ARMS[arm] for arm in ("none", "reset=late")}),
            NETWORKS,
            r"2 of 2 configurations could be the baseline .*\(reset vary\)",
        ),
    ],
)
def test_what_is_no_ablation_is_told(table: pd.DataFrame, networks: list[str], told: str) -> None:
    with pytest.raises(AnalysisError, match=told):
        by_change(table, networks)
