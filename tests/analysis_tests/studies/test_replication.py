"""Our runs beside the published bars."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.studies.replication import compare_with_published
from tests.analysis_tests.conftest import make_runs
from tests.analysis_tests.studies.test_claims import best_fashion, figures


def test_every_published_bar_stands_once_per_preset() -> None:
    runs = make_runs(figures() + figures(preset="default"))
    table = compare_with_published(runs)
    assert len(table) == 2 * 48
    assert table.groupby("preset")["n"].sum().to_dict() == {"default": 96, "published": 96}
    late = table["figure"] == "MNIST_precision_128N"
    assert set(table.loc[late, "place"]) == {"not run"}
    assert set(table.loc[~late, "n"]) == {3}


def test_the_published_run_is_placed_where_one_more_run_of_ours_would_fall() -> None:
    accuracies = (0.815, 0.822, 0.818)
    table = compare_with_published(make_runs(best_fashion(*accuracies)))
    row = table[table["n"] == 3].iloc[0]
    assert row["published"] == 0.8194
    reach = stats.t.ppf(0.975, 2) * stats.tstd(accuracies) * math.sqrt(1 + 1 / 3)
    assert row["run_high"] - row["mean"] == pytest.approx(reach, abs=1e-9)
    assert row["place"] == "inside"
    far = compare_with_published(make_runs(best_fashion(0.70, 0.701, 0.702)))
    assert far.loc[far["n"] == 3, "place"].tolist() == ["outside"]
    alike = compare_with_published(make_runs(best_fashion(0.81942, 0.81942, 0.81942)))
    assert alike.loc[alike["n"] == 3, "place"].tolist() == ["inside"]  # published as 0.8194
    single = compare_with_published(make_runs(best_fashion(0.82)))
    assert single.loc[single["n"] == 1, "place"].tolist() == ["one seed"]


def test_runs_of_other_networks_are_nothing_to_compare() -> None:
    with pytest.raises(AnalysisError, match="no finished run of a LIF or an ALIF"):
        compare_with_published(make_runs([{"group": "g", "dynamics": "mlp"}]))
