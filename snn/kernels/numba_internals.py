"""What Numba has no public way for: code on disk that is out of date, and who compiles it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher

_PATIENCE_S = 120.0  # the largest loop takes 20


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


def compile_in_turn(compiled: Dispatcher) -> None:
    """Let other processes wait while one compiles a function, and then read what it has kept.

    The workers of a sweep start together, and each would compile the same for itself.
    """
    made: Any = compiled
    compile_now = made.compile

    def compile_or_read(signature: Any) -> Any:
        # Numba's own lock first, always: two threads would else wait for each other.
        with global_compiler_lock, _turn(Path(made._cache.cache_path)):
            return compile_now(signature)

    made.compile = compile_or_read


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Nobody else compiles for this folder; where that cannot be had, all compile at once."""
    lock = _lock(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_PATIENCE_S)
    except (OSError, Timeout):
        pass
    try:
        yield
    finally:
        lock.release()


@cache
def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "compiling.lock")
