"""The course of the learning rate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snn.config import TrialConfig
from snn.registry import OURS
from snn.training.schedules import schedule

SCHEDULES = {name: schedule(TrialConfig(lr_schedule=name)) for name in OURS.names("schedule")}


@given(st.floats(0, 1), st.sampled_from(sorted(SCHEDULES)))
def test_a_factor_is_never_negative_and_never_above_one(progress: float, name: str) -> None:
    assert 0 <= SCHEDULES[name](progress) <= 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("constant", {0: 1, 0.5: 1, 1: 1}),
        ("cosine", {0: 1, 0.5: 0.5, 1: 0}),
        ("one_cycle", {0: 1 / 25, 0.3: 1, 0.65: 0.5, 1: 0}),
    ],
)
def test_a_schedule_goes_through_its_known_points(name: str, values: dict[float, float]) -> None:
    for progress, factor in values.items():
        assert SCHEDULES[name](progress) == pytest.approx(factor, abs=1e-12)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_cosine_only_falls(one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert SCHEDULES["cosine"](late) <= SCHEDULES["cosine"](early)
