"""A process that dies is one failure of its trial, however often Ray reports it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sweep.run.lives.deaths import Deaths
from sweep.trial.failures import Cause


class Trial(NamedTuple):
    """A trial as Ray reports it after a failure."""

    trial_id: str
    num_failures: int
    config: Any = {"config_id": "c"}  # noqa: RUF012


def test_a_process_dies_once_in_any_number_of_reports() -> None:
    deaths = Deaths()
    x, y = Cause("x died", process="x"), Cause("y died", process="y")
    reports = [(Trial("t", 1), x), (Trial("t", 1), x), (Trial("t", 2), x), (Trial("u", 2), y)]
    assert [deaths.is_repeated(*each) for each in reports] == [False, False, True, False]
    assert deaths.count("c") == 2 and deaths.count("other") == 0


def test_failures_of_which_no_process_is_told_are_counted_one_by_one() -> None:
    deaths = Deaths()
    assert not any(deaths.is_repeated(Trial("t", number), Cause("bad")) for number in (1, 2, 3))
    assert deaths.count("c") == 3


def test_lack_of_memory_is_no_failure_of_the_trial() -> None:
    deaths = Deaths()
    assert not deaths.is_repeated(Trial("t", 1), Cause("killed", memory=True, process="x"))
    assert deaths.is_repeated(Trial("t", 2), Cause("killed", memory=True, process="x"))
    assert deaths.count("c") == 0
