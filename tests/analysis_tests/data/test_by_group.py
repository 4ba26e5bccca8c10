"""What a network reaches for each speaker of its test set, with its interval over seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.data.by_group import by_group
from analysis.errors import AnalysisError
from analysis.report.tables import summarise_groups
from analysis.store.artifacts import GroupHits, NoGroupsError
from analysis.text.typeset import caption, markdown
from tests.analysis_tests.conftest import make_runs

HITS = {
    "run0": {"2": (45, 50), "10": (20, 50)},
    "run1": {"2": (47, 50), "10": (30, 50)},
    "run2": {"2": (50, 50), "10": (40, 50)},
    "run3": {"2": (49, 50), "10": (50, 50)},
}


def runs() -> pd.DataFrame:
    return make_runs(
        [
            {"group": dynamics, "dynamics": dynamics, "seed": seed, "best_val_accuracy": 0.9}
            for dynamics in ("lif", "alif")
            for seed in (0, 1)
        ]
    )


def hits(run_id: str) -> GroupHits:
    if run_id not in HITS:
        raise AnalysisError(f"{run_id} has none")
    return GroupHits("speaker", HITS[run_id])


def test_a_configuration_has_a_row_for_each_speaker_with_its_interval_over_seeds() -> None:
    table = summarise_groups(runs(), hits=hits).set_index(["dynamics", "speaker"])
    assert set(table.index) == {(d, s) for d in ("lif", "alif") for s in ("2", "10")}
    row = table.loc[("lif", "10")]
    assert row["n"] == 2 and row["test_accuracy_mean"] == pytest.approx(0.5)
    width = stats.t.ppf(0.975, 1) * np.std([0.4, 0.6], ddof=1) / np.sqrt(2)
    assert row["test_accuracy_ci95"] == pytest.approx(width)
    assert not any(name.startswith("val_accuracy") for name in table)  # not known by speaker


def test_the_speakers_stand_in_the_order_of_their_numbers_and_the_caption_says_what_they_are() -> (
    None
):
    table = summarise_groups(runs().query("dynamics == 'lif'"), hits=hits)
    assert table["speaker"].tolist() == ["2", "10"]
    assert caption(table).startswith("Accuracy on the test samples of each speaker.")
    assert "92.00 (" in markdown(table)


def test_with_params_the_speaker_is_a_column_too() -> None:
    table = summarise_groups(runs(), ["dynamics"], hits=hits)
    assert list(table.columns[:3]) == ["dynamics", "speaker", "n"]


def test_runs_without_groups_are_left_out_and_none_with_any_is_an_error() -> None:
    more = make_runs([{"group": "x", "dynamics": "mlp", "seed": 0}]).assign(run_id="other")
    both = pd.concat([runs(), more], ignore_index=True)
    table, kind = by_group(both, hits)
    assert kind == "speaker" and set(table["dynamics"]) == {"lif", "alif"} and len(table) == 8
    assert "left out: 1 of the runs" in caption(summarise_groups(both, hits=hits))
    assert "left out" not in caption(summarise_groups(runs(), hits=hits))
    with pytest.raises(AnalysisError, match="no accuracy by group: the test set has no groups"):
        by_group(more, hits)


def test_of_a_data_set_without_groups_that_is_said_and_nothing_is_called_lost() -> None:
    def none(run_id: str) -> GroupHits:
        raise NoGroupsError(f"run {run_id}: its test set has no groups")

    with pytest.raises(
        AnalysisError, match=r"^digits has no groups of test samples, such as speak"
    ):
        by_group(runs().assign(dataset="digits"), none)
