"""What Numba has no public way for: code on disk that is out of date, and who compiles it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher

fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None  # Windows has none

_PATIENCE_S = 120.0  # the largest loop takes 20
_LOOK_EVERY_S = 0.05
_held: set[Path] = set()  # by this process; changed under Numba's own lock


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
    """Nobody else compiles for this folder; where there are no locks, all compile at once."""
    if fcntl is None or folder in _held:  # a loop may need another one
        yield
        return
    with ExitStack() as until:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            file = until.enter_context((folder / "compiling.lock").open("ab"))
            _wait_for(file)
        _held.add(folder)
        until.callback(_held.remove, folder)
        yield


def _wait_for(file: IO[bytes]) -> None:
    """Lock a file for as long as it is open, or give up: its holder may have been stopped.

    Raises:
        OSError: There are no locks here.
    """
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(_LOOK_EVERY_S)
