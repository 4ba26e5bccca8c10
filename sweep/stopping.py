"""SIGTERM does what Ctrl-C does, whenever it comes: in a Ray job it is what `stop` sends."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """Whether the user asked for the end.

    An exception out of a signal handler can get lost: in a finalizer, in compiled code, in a bare
    `except` of a library. So what was asked for is looked up, too.
    """

    asked = False

    def __call__(self, *_: object) -> None:
        """Note it, and do as Ctrl-C does."""
        self.asked = True
        signal.raise_signal(signal.SIGINT)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Let SIGTERM raise a KeyboardInterrupt; Tune, which catches it, stops its trials and returns.

    Ray starts the processes of its jobs with SIGINT blocked.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGTERM, stop)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield stop
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGTERM, before)


@contextmanager
def obeyed_later() -> Iterator[None]:
    """Obey a SIGTERM that comes meanwhile at the end, whoever else handles it.

    `ray.init` puts a handler of its own in place, whose SystemExit gets lost in compiled code.

    Raises:
        KeyboardInterrupt: There was one.
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
