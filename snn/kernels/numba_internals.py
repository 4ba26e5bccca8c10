"""What Numba has no public way for: when compiled code on disk is out of date."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from numba.core.dispatcher import Dispatcher


def stand_for(compiled: Dispatcher, sources: Iterable[Path]) -> None:
    """Let a cached function be compiled again when any of these files has changed.

    Numba itself looks at the time and size of the file that the function is in, and not at the
    functions that are compiled into it.
    """
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.read_bytes())
    made: Any = compiled
    made._cache._cache_file._source_stamp = digest.hexdigest()
