"""The time that a dry run tells, on an idle and on a busy machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.run.preview import machine
from sweep.run.preview.speed import Speed

CPUS = machine.cpus()


@given(
    trials=st.integers(1, 99),
    parallel=st.integers(1, 32),
    step_s=st.floats(0.001, 100),
    slowdown=st.floats(1, 20),
)
def test_a_sweep_takes_no_less_than_its_longest_trial_with_start_and_end(
    trials: int, parallel: int, step_s: float, slowdown: float
) -> None:
    speed = Speed(step_s, parallel, slowdown)
    told = speed.wall_s(trials, 5 * trials)
    assert told >= speed.around_s + speed.trial_s(5)
    assert told >= speed.around_s + trials * speed.trial_s(5) / parallel - 1e-9
    assert told <= speed.around_s + (trials / parallel + 1) * speed.trial_s(5) + 1e-9


def test_the_start_counts_and_takes_longer_on_a_busy_machine() -> None:
    idle, busy = Speed(0.01, 2), Speed(0.01, 2, slowdown=4)
    assert 10 < idle.wall_s(8, 16) < 30  # seconds, of which the steps take hardly any
    assert 2.5 * idle.wall_s(8, 16) < busy.wall_s(8, 16) < 4 * idle.wall_s(8, 16)


@pytest.mark.parametrize("seconds", [60, 3600, 86400])
def test_the_trials_of_a_budget_take_no_longer_than_it(seconds: float) -> None:
    speed = Speed(step_s=2, parallel=3, slowdown=1.5)
    bought = speed.trials_in(seconds, 10)
    assert bought == 0 or speed.wall_s(bought, 10 * bought) <= seconds + speed.trial_s(10)


def test_threads_that_outnumber_the_processors_share_them() -> None:
    assert 0 < machine.share(4 * CPUS, seconds=0.2) < 0.4


@given(others=st.integers(0, 20), threads=st.integers(1, CPUS))
def test_what_fewer_threads_would_get_is_told_from_what_more_get(others: int, threads: int) -> None:
    def share(of: int) -> float:
        return min(1.0, CPUS / (others + of))

    told = machine.share_of_fewer(share(CPUS), CPUS, threads)
    assert told == pytest.approx(share(threads))
