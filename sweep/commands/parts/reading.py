"""Runs read for a command, with a word where that takes long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sweep.commands.parts.common import say

if TYPE_CHECKING:
    import pandas as pd

_PATIENCE_S = 1.0


def read_runs(names: Sequence[str]) -> pd.DataFrame:
    """The runs of sweeps and files of runs, as `analysis.load_runs` gives them.

    Raises:
        AnalysisError: As `load_runs`.
    """
    with told_if_long(f"reading {_counted(names)} …"):
        from analysis.data import runs  # slow to import, too

        return runs.load_runs(names)


def _counted(names: Sequence[str]) -> str:
    from analysis.records import RUN_FILE
    from analysis.text.plain import counted

    files = sum(name.endswith(RUN_FILE) for name in names)
    sweeps = len(names) - files
    told = [counted(files, "file") if files else "", counted(sweeps, "sweep") if sweeps else ""]
    return " and ".join(filter(None, told))


@contextmanager
def told_if_long(text: str, after_s: float = _PATIENCE_S) -> Iterator[None]:
    """Say a line on the terminal, if what is done in the block takes longer than so many seconds.

    Nobody waits before a file or a pipe: nothing is said there.
    """
    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(after_s, say, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
