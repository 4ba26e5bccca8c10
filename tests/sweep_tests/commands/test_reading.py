"""Whoever waits for runs to be read is told so, on a terminal."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Callable

from analysis.data.committed import committed
from sweep.commands.parts.reading import read_runs, told_if_long


def on_terminal(do: Callable[[], None]) -> str:
    """What a terminal shows of standard error."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stream, contextlib.redirect_stderr(stream):
        do()
        print("end", file=stream, flush=True)
        shown = os.read(ours, 1000).decode()
    os.close(ours)
    return shown.removesuffix("end\r\n")


def slowly() -> None:
    with told_if_long("reading 2 files …", after_s=0.01):
        time.sleep(0.2)


def test_what_takes_long_is_told_on_a_terminal() -> None:
    assert on_terminal(slowly) == "reading 2 files …\r\n"


def test_what_is_quick_is_not_told() -> None:
    def quickly() -> None:
        with told_if_long("reading 2 files …", after_s=0.1):
            pass
        time.sleep(0.2)

    assert on_terminal(quickly) == ""


def test_in_a_pipe_nothing_is_told() -> None:
    with contextlib.redirect_stderr(io.StringIO()) as beside:
        slowly()
    assert beside.getvalue() == ""


def test_runs_are_read_as_ever() -> None:
    assert len(read_runs([str(committed("mlp-baseline"))])) == 18
