"""The outbox keeps its promises whatever the moment of a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.tracking.outbox import Event, Outbox


@contextmanager
def open_outbox(folder: Path) -> Iterator[Outbox]:
    names = "outbox.jsonl", "delivered.jsonl", "refused.jsonl"
    outbox = Outbox(*(folder / name for name in names))
    yield outbox
    outbox.close()


def drain(outbox: Outbox, limit: int = 500) -> list[Event]:
    taken: list[Event] = []
    while outbox.waiting:
        entries = outbox.undelivered(limit)
        outbox.mark(entries[-1].end, {})
        taken += [entry.event for entry in entries]
    return taken


def test_events_come_out_in_order_and_once(tmp_path: Path) -> None:
    events = [{"n": n, "text": "ä\n"} for n in range(1000)]
    with open_outbox(tmp_path) as outbox:
        for event in events:
            outbox.append(event)
        assert drain(outbox, limit=7) == events
        outbox.append({"n": 1000})
        assert drain(outbox) == [{"n": 1000}]


def test_what_was_not_marked_is_there_after_a_restart(tmp_path: Path) -> None:
    with open_outbox(tmp_path) as outbox:
        for n in range(10):
            outbox.append({"n": n})
        outbox.mark(outbox.undelivered(limit=4)[-1].end, {"a": "run-a"})
    with open_outbox(tmp_path) as outbox:
        assert outbox.run_ids == {"a": "run-a"}
        assert [event["n"] for event in drain(outbox)] == [4, 5, 6, 7, 8, 9]


@given(cut=st.integers(0, 700), cut_marks=st.integers(0, 60))
def test_a_crash_in_the_middle_of_a_line_loses_only_that_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int, cut_marks: int
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    with open_outbox(folder) as outbox:
        for n in range(20):
            outbox.append({"n": n, "pad": "x" * n})
        outbox.mark(outbox.undelivered(limit=5)[-1].end, {"a": "1"})
    for name, at in (("outbox.jsonl", cut), ("delivered.jsonl", cut_marks)):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: max(len(content) - at, 0)])
    kept = (folder / "outbox.jsonl").read_bytes()
    whole = [json.loads(line) for line in kept.splitlines(keepends=True) if line.endswith(b"\n")]
    with open_outbox(folder) as outbox:
        outbox.append({"n": "new"})
        assert list(outbox.all_events()) == [*whole, {"n": "new"}]
        left = drain(outbox)
    assert left[-1] == {"n": "new"}
    assert len({json.dumps(event) for event in left}) == len(left)
