"""SIGTERM and SIGHUP stop a sweep as Ctrl-C does, at any moment.

The `stop` of a job, `timeout`, batch systems and a terminal that is closed send them.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# signals within this time count as one: `timeout` signals the process, then its group
_SAME_S = 1.0


class Stop:
    """Whether the user asked to stop.

    An exception from a signal handler can get lost: in a finalizer, in compiled code, in a bare
    `except` of a library. So the request is also kept here, to be looked up.

    Attributes:
        asked: Whether a signal came.
        insisted: Whether another one came later.
    """

    def __init__(self) -> None:
        self.asked = self.insisted = False
        self._asked_at = 0.0
        self._raises = True

    def __call__(self, *_: object) -> None:
        """Note the request, and interrupt the work."""
        now = time.monotonic()
        self.insisted |= self.asked and now - self._asked_at > _SAME_S
        self._asked_at = self._asked_at if self.asked else now
        self.asked = True
        if self._raises:
            raise KeyboardInterrupt

    @contextmanager
    def only_noted(self) -> Iterator[None]:
        """Only note requests meanwhile, without interrupting: the caller looks them up."""
        self._raises = False
        try:
            yield
        finally:
            self._raises = True


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Obey SIGINT, SIGTERM and SIGHUP: they raise a KeyboardInterrupt unless they are only noted.

    A SIGHUP that is ignored (`nohup`) stays so. Ray starts the processes of its jobs with SIGINT
    blocked.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    obeyed = [signal.SIGINT, signal.SIGTERM]
    obeyed += [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else []
    before = {number: signal.signal(number, stop) for number in obeyed}
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield stop
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def obeyed_later() -> Iterator[None]:
    """Obey a SIGTERM that comes meanwhile, once this block ends, even if another handler got it.

    `ray.init` puts a handler of its own in place, whose SystemExit gets lost in compiled code.

    Raises:
        KeyboardInterrupt: A SIGTERM came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    noted, arriving = socket.socketpair()
    with noted, arriving:
        noted.setblocking(False)
        arriving.setblocking(False)
        old = signal.set_wakeup_fd(arriving.fileno(), warn_on_full_buffer=False)
        try:
            yield
        except SystemExit:
            raise KeyboardInterrupt from None
        finally:
            signal.set_wakeup_fd(old)
            signal.signal(signal.SIGTERM, before)
        try:
            signals = noted.recv(1024)
        except BlockingIOError:
            return
    if signal.SIGTERM in signals:
        raise KeyboardInterrupt
