"""Messages to the people who wait for a sweep."""

from __future__ import annotations

import pytest

from sweep.errors import SpecError
from sweep.host.notices import Notices, Standstill
from sweep.spec.parsing import parse_sweep
from sweep.spec.sources import load_sweep
from tests.sweep_tests.receiver import receiver
from tests.sweep_tests.workplace import SMALL

AWAY = "json://ann:hunter22@127.0.0.1:9/path-token"


def test_a_message_reaches_all_that_can_be_reached_and_the_others_are_a_line_each(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    with receiver() as (address, received):
        monkeypatch.setenv("OURS", address)
        Notices(["$OURS", AWAY], "small", told.append).send("has ended", "3 done")
    assert received == ["spikesweep: small has ended\n3 done"]
    assert told == ["notify: json://… did not take the message: has ended"]
    assert "hunter22" not in "".join(capfd.readouterr())


def test_addresses_are_neither_stored_nor_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = parse_sweep(SMALL | {"notify": ["$OURS", AWAY]})
    shown = sweep.to_yaml() + sweep.to_log() + repr(sweep) + str(sweep.lasting())
    assert sweep.notify == ("$OURS", AWAY)
    assert "hunter22" not in shown and "token" not in shown
    assert "$OURS" in sweep.to_yaml()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("nosuch://hunter22", "notify.0: is no address that apprise knows"),
        ([{"url": "hunter22"}], "notify.0: is no address that apprise knows"),
        (["json://h", "hunter22"], "notify.1: is no address that apprise knows"),
    ],
)
def test_a_wrong_address_is_one_line_that_does_not_show_it(given: object, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_sweep(SMALL | {"notify": given})
    assert told in str(caught.value) and "hunter22" not in str(caught.value)


def test_an_address_does_not_belong_on_a_command_line() -> None:
    with pytest.raises(SpecError, match="in the list of processes") as caught:
        load_sweep("quickstart", {"notify": "json://hunter22"})
    assert "hunter22" not in str(caught.value)
    assert load_sweep("quickstart", {"notify": "$OURS"}).notify == ("$OURS",)


def test_a_standstill_is_told_once_until_something_is_reported_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, str]] = []
    still = Standstill(lambda *message: told.append(message), lambda: "no node has room")
    monkeypatch.setattr("sweep.host.notices._STILL_S", 1e9)
    still.look(0)
    assert told == []
    monkeypatch.setattr("sweep.host.notices._STILL_S", 0.0)
    still.look(0)
    still.look(0)
    assert told == [("stands still", "no report for 0 min; no node has room")]
    monkeypatch.setattr("sweep.host.notices._TIMES", 0)
    still.look(1)
    still.look(1)
    assert len(told) == 2
