"""The way of an actor to the engine that trains its trial; the first actor starts the engine."""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, final

from snn.data.base import Data
from sweep.trial.packing.messages import Setting, Verb, connection

_PATIENCE_S = 120.0  # a machine that starts many workers takes long to import torch
_LOOK_EVERY_S = 0.1
_TRIES = 3  # an engine may end just when an actor comes


class EngineLostError(Exception):
    """The process that trains this trial has died, or does not start."""


class Raised(Exception):  # noqa: N818 (the text has the error, and is read for its name)
    """An error in the engine: the text is its traceback."""


@final
class Engine:
    """The engine of a setting, which this actor has joined.

    Raises:
        EngineLostError: It died, or does not start.
        Raised: It lacks what it needs.
    """

    def __init__(self, setting: Setting, datasets: Mapping[str, Data]) -> None:
        for left in reversed(range(_TRIES)):
            self._connection = _connected(setting)
            try:
                if self.ask(Verb.JOIN, setting):
                    self.ask(Verb.DATA, dict(datasets))
                return
            except EngineLostError:
                self.leave()
                if not left:
                    raise

    def ask(self, verb: Verb, *given: Any) -> Any:
        """What the engine answers; waits for it.

        Raises:
            EngineLostError: It died.
            Raised: There was an error in this trial.
        """
        try:
            self._connection.send((verb, *given))
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise EngineLostError("the process that trains the packed trials died") from None
        if answer.error:
            raise Raised(f"in the process that trains the packed trials\n{answer.error}")
        return answer.value

    def leave(self) -> None:
        """Leave the engine, which drops the trial."""
        self._connection.close()


def _connected(setting: Setting) -> Connection:
    """A connection to the engine of a setting, which is started if there is none."""
    address = setting.address
    with address.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # else two actors would start one each
        found = _reach(address)
        if found is None:
            address.unlink(missing_ok=True)  # of one that was killed
            _start(address, setting)
            end = time.monotonic() + _PATIENCE_S
            while found is None:
                if time.monotonic() > end:
                    raise EngineLostError("the process that trains packed trials does not start")
                time.sleep(_LOOK_EVERY_S)
                found = _reach(address)
    return found


def _reach(address: Path) -> Connection | None:
    made = socket.socket(socket.AF_UNIX)
    try:
        made.connect(str(address))
    except OSError:
        made.close()
        return None
    return connection(made)


def _start(address: Path, setting: Setting) -> None:
    """Start an engine that does not end with this actor: it is the child of a shell that ends."""
    command = [sys.executable, "-P", "-m", "sweep.trial.packing.engine"]
    command += [str(address), setting.device, str(setting.threads)]
    subprocess.run(
        ["/bin/sh", "-c", '"$@" &', "sh", *command], stdin=subprocess.DEVNULL, check=True
    )
