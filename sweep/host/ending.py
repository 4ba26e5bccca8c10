"""How this process ends: at once when its work is done, also when Ray's servers have died."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from typing import NoReturn

RAY_IS_BROKEN = threading.Event()
"""One of Ray's servers has died: Ray's threads in this process would wait for it, or crash."""


def end_at_once() -> None:
    """From now on, let `end_process` end this process without taking it apart.

    Threads are waited for, and what libraries do at the end is done. Python would then free every
    object of torch and Ray, one by one: seconds on a busy machine, in which the prompt is not back.

    To be called before libraries are imported: what is registered first is done last.
    """
    atexit.register(_leave)


def end_process(code: int) -> NoReturn:
    """End this process with an exit code; skip Ray's own shutdown if Ray is broken."""
    _codes.append(code)
    if RAY_IS_BROKEN.is_set():
        _leave()
    sys.exit(code)


_codes: list[int] = []  # with which this process is to end; empty until that is known


def _leave() -> None:
    if not _codes:  # an error that nobody expected: Python shows it, and has a code of its own
        return
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # a full disk, or closed: that was reported
            stream.flush()
    os._exit(_codes[-1])
