"""The energy of the operations: priced apart, and of older runs where their code tells them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from analysis.data.committed import committed
from analysis.data.energy import energy
from analysis.data.runs import load_runs
from analysis.records import ENERGY
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
