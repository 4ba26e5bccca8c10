"""What the actors of trials and an engine say to each other, through a socket of the machine."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from sweep.errors import SweepError
from sweep.host.paths import LaunchPaths


class Verb(Enum):
    """What an actor asks for."""

    JOIN = auto()
    """With a `Setting`; the answer is whether the engine needs the data sets."""
    DATA = auto()
    """With the data sets by name."""
    BEGIN = auto()
    """With a configuration as it is sent to workers."""
    STEP = auto()
    """The answer is the result of an epoch."""


class Answer(NamedTuple):
    """What an engine answers: a value, or an error with its traceback as text."""

    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class Setting:
    """What the trials of an engine have in common.

    Attributes:
        paths: Of their launch.
        device: Where they compute.
        threads: Of each trial.
        release: Of spikesweep, of the driver.
    """

    paths: LaunchPaths
    device: str
    threads: int
    release: str

    @property
    def address(self) -> Path:
        """The socket of the engine, in a folder that only this user can open.

        There is one for every card that Ray gives to trials, and for every session of Ray.

        Raises:
            SweepError: The folder is another user's.
        """
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "") if self.device != "cpu" else ""
        apart = (str(self.paths.folder), self.paths.key, self, visible, os.getsid(0))
        name = hashlib.sha256(repr(apart).encode()).hexdigest()[:16]
        return _private_folder() / name  # short: a socket's path has 100 letters


def _private_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"spikesweep-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    others = stat.S_IRWXG | stat.S_IRWXO
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & others:
        raise SweepError(f"{folder}: can be opened by other users; remove it")
    return folder


def connection(made: socket.socket) -> Connection:
    """A socket as a connection that carries Python's values."""
    made.setblocking(True)
    return Connection(made.detach())
