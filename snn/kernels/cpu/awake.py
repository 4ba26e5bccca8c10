"""Threads that wait awake for about a millisecond, as those of OpenMP do.

It takes 50 µs to wake a thread that sleeps, a tenth of an inference of a small batch. A thread that
waits for Python's lock sleeps, too, and must be woken once more. So a thread that has ended its job
looks for the next one without the lock. It gives way to any process that wants its processor.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from snn.kernels.cpu.lanes import place_in
from snn.kernels.cpu.steps.parts import compiled, step_part

I64 = NDArray[np.int64]

POSTED, LOOPS = 0, 16
"""Places of two signals, on lines of the cache of their own: jobs posted, loops begun."""
_LOOKS = 2000  # about a millisecond: longer than what is between the loops of two steps
_FEW_LOOKS = 200  # about 0.1 ms: longer than a part is prepared


def new_signals() -> I64:
    """Numbers that threads count up for others to see, at `POSTED` and `LOOPS`."""
    return np.zeros(LOOPS + 16, np.int64)


SIGNALS = new_signals()
"""Of this process."""


def _look(_: Any, array: Any, place: Any) -> Any:
    """What another thread has written there."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer = place_in(context, builder, sig.args[0], args[0], (args[1],))
        return builder.load_atomic(pointer, "acquire", align=8)

    return types.int64(array, types.intp), generate


def _count_up(_: Any, array: Any, place: Any) -> Any:
    """Add 1 there, for other threads to see."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer = place_in(context, builder, sig.args[0], args[0], (args[1],))
        builder.atomic_rmw("add", pointer, cgutils.intp_t(1), "release")
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


_see: Any = intrinsic(_look)
count_up: Any = intrinsic(_count_up)


if hasattr(os, "sched_yield"):
    _sched_yield: Any = types.ExternalFunction("sched_yield", types.int32())

    @step_part
    def _give_way() -> None:
        """Let another process have the processor, if one wants it."""
        _sched_yield()
else:

    @step_part
    def _give_way() -> None:
        """Here, nobody can be asked."""


@step_part
def _changes(array: I64, place: int, known: int, looks: int) -> bool:
    """Look so often whether a number is another one than is known."""
    for _ in range(looks):
        if _see(array, place) != known:
            return True
        _give_way()
    return False


@compiled
def stay(ended: I64, signals: I64, known: int) -> None:
    """Tell that a job has ended, and stay awake for the next one.

    It returns when more jobs were posted than are known and a loop has begun since: then Python's
    lock is free.

    Args:
        ended: (1,) counted up.
        signals: As `new_signals` makes them.
        known: How many jobs were posted.
    """
    count_up(ended, 0)
    if _changes(signals, POSTED, known, _LOOKS):
        _changes(signals, LOOPS, _see(signals, LOOPS), _FEW_LOOKS)


@compiled
def watch(ended: I64) -> None:
    """Wait awake until a job has ended, about a millisecond at most."""
    _changes(ended, 0, 0, _LOOKS)
