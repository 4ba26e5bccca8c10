"""The process that trains packed trials, a thread for each: `python -m sweep.trial.packing.engine`.

It ends when the last actor has left, whatever ended that one. An error in one trial is answered to
its actor; the others do not notice.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from snn.config import TrialConfig
from snn.data.base import Data
from snn.plugins.loading import use_kept
from snn.training.side_by_side import SideBySide
from sweep.cluster.nodes import check_here
from sweep.host import garbage
from sweep.trial.outcome import MEMORY
from sweep.trial.packing.messages import Answer, Setting, Verb, connection
from sweep.trial.reports import Reports
from sweep.trial.training import Training

_FIRST_S = 60.0  # for the first actor to come
_STAYS_S = 2.0  # after the last one has left
_LOOK_EVERY_S = 0.5


class Engine:
    """What the trials of a process share: the data sets, and the device."""

    def __init__(self, device: str, threads: int) -> None:
        self.side = SideBySide(device, threads)
        self.joined = threading.Lock()
        self.datasets: Mapping[str, Data] = {}
        self._count = threading.Lock()
        self._trials: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._open, self._most, self._left_at = 0, 1, time.monotonic() + _FIRST_S - _STAYS_S

    def serve(self, actor: Connection) -> None:
        """Answer one actor until it leaves; to be called by a thread of its own."""
        with self._counted(), contextlib.closing(actor), self.side.lane():
            seat = _Seat(self)
            with contextlib.suppress(EOFError, OSError):  # it has left, or was killed
                while True:
                    verb, *given = actor.recv()
                    actor.send(self._answer(seat, verb, given))

    @property
    def idle(self) -> bool:
        """Whether no actor is there any more, or none has come."""
        with self._count:
            return not self._open and time.monotonic() - self._left_at > _STAYS_S

    def share_of(self, memory: int) -> int:
        """What one trial is taken to need of the memory of this process, in bytes."""
        return memory // self._most

    def alone_with(self, config_id: str) -> threading.Lock:
        """Held while a trial is computed: its former actor may have died in an epoch."""
        with self._count:
            return self._trials[config_id]

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._count:
            self._open += 1
            self._most = max(self._most, self._open)
        try:
            yield
        finally:
            with self._count:
                self._open, self._left_at = self._open - 1, time.monotonic()

    def _answer(self, seat: _Seat, verb: Verb, given: list[Any]) -> Answer:
        try:
            return Answer(seat.do(verb, *given))
        except Exception as error:  # of a user's component, of memory, of disks
            seat.leave()
            text = "".join(traceback.format_exception(error))
        self.side.free()  # here, where the error no longer holds what it was computed of
        return Answer(error=text)


class _Seat:
    """The trial of one actor."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._config_id = ""
        self._reports: Reports | None = None

    def do(self, verb: Verb, *given: Any) -> Any:
        """What an actor asks for."""
        deeds: Mapping[Verb, Callable[..., Any]] = {
            Verb.JOIN: self._join,
            Verb.DATA: self._take_data,
            Verb.BEGIN: self._begin,
            Verb.STEP: self._step,
        }
        return deeds[verb](*given)

    def leave(self) -> None:
        """Drop the trial."""
        self._reports = None

    def _join(self, setting: Setting) -> bool:
        check_here(setting.paths.spec, setting.release)
        with self._engine.joined:
            use_kept(setting.paths.plugins)
        self._paths = setting.paths
        return not self._engine.datasets

    def _take_data(self, datasets: Mapping[str, Data]) -> None:
        with self._engine.joined:
            self._engine.datasets = self._engine.datasets or datasets

    def _begin(self, wire: Mapping[str, Any]) -> None:
        self.leave()
        config = TrialConfig.parse(wire)
        self._config_id = config.config_id
        with self._engine.alone_with(self._config_id):
            trainer = self._engine.side.trainer(config, self._engine.datasets[config.dataset])
            self._reports = Reports(Training(trainer, self._paths.trial(self._config_id)))

    def _step(self) -> dict[str, Any]:
        assert self._reports is not None
        with self._engine.alone_with(self._config_id):
            result = self._reports.step()
        if MEMORY in result:
            result[MEMORY] = self._engine.share_of(result[MEMORY])
        return result


def run(address: Path, device: str, threads: int) -> None:
    """Answer actors until the last one has left."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen(64)
        listening.settimeout(_LOOK_EVERY_S)
        engine = Engine(device, threads)
        while not engine.idle:
            with contextlib.suppress(TimeoutError):
                actor = connection(listening.accept()[0])
                threading.Thread(target=engine.serve, args=(actor,), daemon=True).start()
        address.unlink(missing_ok=True)


def main(address: str, device: str, threads: str) -> None:
    """Be an engine."""
    os.setpgid(0, 0)  # Ray ends what is in the group of a worker together with that worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides when trials end
    garbage.look_rarely()
    run(Path(address), device, int(threads))


if __name__ == "__main__":
    main(*sys.argv[1:])
