"""Locks between processes: the kernel's, or a file that names the holder where there are none."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

_TRY_EVERY_S = 0.1
_PATIENCE_S = 120.0  # tables are made in seconds
_WRITTEN_WITHIN_S = 10.0
_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


class TakenError(Exception):
    """Another process holds the lock.

    Attributes:
        holder: Who, in words.
    """

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(holder)


@dataclass(frozen=True)
class Holder:
    """A process, known by its number and start time, since numbers are used again."""

    host: str
    pid: int
    born: str

    @classmethod
    def me(cls) -> Holder:
        """This process."""
        return cls(platform.node(), os.getpid(), born(os.getpid()))

    @classmethod
    def parse(cls, text: str) -> Holder | None:
        """Read the text that `str` gives; None if it is damaged or not yet written."""
        words = text.split()
        if len(words) != 3 or not words[1].isdecimal():
            return None
        return cls(words[0], int(words[1]), words[2])

    def __str__(self) -> str:
        return f"{self.host} {self.pid} {self.born}"

    @property
    def lives(self) -> bool:
        """Whether it runs. A process of another machine is assumed to run."""
        return self.host != platform.node() or self.born == born(self.pid)


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold the lock of a file, and create it; the lock ends with the process, however that ends.

    The holder may remove the file before it lets go.

    Raises:
        TakenError: Somebody else holds it.
        OSError: The file cannot be written.
    """
    while True:
        with file.open("a+", encoding="utf-8") as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in _TAKEN:
                    opened.seek(0)
                    raise TakenError(f"process {opened.read().strip() or '?'}") from None
                with _noted(files(file)[1]):
                    yield
                return
            if not _is_still_there(file, opened):  # its holder removed it meanwhile
                continue
            opened.truncate(0)
            opened.write(str(os.getpid()))
            opened.flush()
            yield
            return


@contextlib.contextmanager
def awaited(folder: Path) -> Iterator[None]:
    """Wait for the lock of a folder, and hold it; no file is left in the folder.

    Raises:
        OSError: The folder cannot be read, or it has no locks and cannot be written.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            stack.enter_context(_noted_when_free(folder / ".spikesweep.holder"))
        yield


def files(lock: Path) -> tuple[Path, Path]:
    """Which files `held` may leave behind."""
    return lock, lock.with_suffix(".holder")


def _is_still_there(file: Path, opened: TextIO) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(opened.fileno()))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _noted_when_free(file: Path) -> Iterator[None]:
    end = time.monotonic() + _PATIENCE_S
    while True:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(_noted(file))
            except TakenError as taken:
                if time.monotonic() > end:
                    raise OSError(errno.EBUSY, f"is held by {taken.holder}", str(file)) from None
                time.sleep(_TRY_EVERY_S)
                continue
            yield
            return


@contextlib.contextmanager
def _noted(file: Path) -> Iterator[None]:
    """Hold a lock by a file that names its holder. The file of a dead process is ignored.

    Raises:
        TakenError: It names a process that lives, or one of another machine.
    """
    me = str(Holder.me())
    while not _create(file, me):
        found = _read(file)
        holder = Holder.parse(found)
        if holder is None and _age_s(file) < _WRITTEN_WITHIN_S:
            raise TakenError("process ?")
        if holder is not None and holder.lives:
            elsewhere = holder.host != platform.node()
            place = f" on {holder.host} (if it is gone, remove {file})" if elsewhere else ""
            raise TakenError(f"process {holder.pid}{place}")
        _put_aside(file, found)
    try:
        yield
    finally:
        if _read(file) == me:
            file.unlink(missing_ok=True)


def _create(file: Path, text: str) -> bool:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        return False
    return True


def _put_aside(file: Path, expected: str) -> None:
    """Remove a dead holder's file, unless another process was faster and holds a new one."""
    aside = file.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        file.rename(aside)
        if _read(aside) != expected:
            with contextlib.suppress(FileExistsError):
                os.link(aside, file)
        aside.unlink()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _age_s(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def born(pid: int) -> str:
    """When a process started, in the kernel's unit; without that, whether it exists."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        pass
    if os.path.exists("/proc/self/stat"):
        return "never"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "never"
    except PermissionError:
        pass
    return "unknown"
