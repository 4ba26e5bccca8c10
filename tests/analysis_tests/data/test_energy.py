"""The energy of the operations: priced apart, and of older runs where their code tells them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from analysis.data.committed import committed
from analysis.data.energy import energy
from analysis.data.groups import done_runs
from analysis.data.labels import metric_label
from analysis.data.runs import load_runs
from analysis.errors import AnalysisError
from analysis.records import ENERGY
from analysis.report.tables import summarise
from analysis.text.typeset import printed
from tests.analysis_tests.conftest import make_runs


def of(**row: Any) -> float:
    return float(energy(make_runs([{"group": "a"} | row])).iloc[0])


def test_a_multiply_accumulate_costs_a_multiplication_and_an_addition() -> None:
    counted = {"best_macs_per_inference": 1000.0, "best_acs_per_inference": 500.0}
    assert of(dynamics="lif", encoding="constant", **counted) == pytest.approx(4.6 + 0.45)


def test_of_older_runs_the_code_tells_what_is_added() -> None:
    operations = {"best_synops_per_inference": 1000.0}
    assert of(dynamics="lif", encoding="latency", **operations) == pytest.approx(0.9)
    assert of(dynamics="mlp", encoding=None, **operations) == pytest.approx(4.6)
    assert math.isnan(of(dynamics="lif", encoding="constant", **operations))
    assert math.isnan(of(**operations))


def test_runs_that_are_read_have_it() -> None:
    runs = load_runs([committed("mlp-baseline")])
    assert runs[ENERGY].to_numpy() == pytest.approx(runs["best_synops_per_inference"] * 4.6e-3)


def test_for_people_it_has_its_unit() -> None:
    runs = load_runs([committed("mlp-baseline")])
    assert "energy per inference (nJ)" in printed(summarise(runs, metrics=[ENERGY]))
    assert metric_label(ENERGY) == "Energy per inference (nJ)"


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ({"network": "mine"}, "counted of our networks only, and mine is one of your own"),
        ({"dynamics": "lif", "encoding": "latency"}, "it counted no operations; train it again"),
        (
            {"dynamics": "lif", "encoding": "events", "best_synops_per_inference": 9.0},
            "together; of the code events, they are of both kinds; train it again with this",
        ),
    ],
)
def test_where_it_is_not_known_the_error_says_why_and_what_to_do(
    run: dict[str, Any], reason: str
) -> None:
    with pytest.raises(AnalysisError, match=f"1 of 1 finished runs .* first is run0: .*{reason}"):
        done_runs(make_runs([{"group": "a"} | run]), [ENERGY])
