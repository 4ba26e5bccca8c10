"""The threads of the compiled loops: as many as torch may use (`torch.set_num_threads`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

import numpy as np
import torch

from snn.kernels.cpu.awake import POSTED, SIGNALS, stay, watch

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_taken: ContextVar[int] = ContextVar("threads", default=0)


def in_parallel(compute: Callable[[_In], _Out], parts: Sequence[_In]) -> list[_Out]:
    """The results for all parts, in their order; `compute` should release the GIL.

    The calling thread works, too: to wake another one takes as long as a small part.
    """
    threads = min(_taken.get() or torch.get_num_threads(), len(parts))
    if threads == 1:
        return [compute(part) for part in parts]
    places = iter(range(len(parts)))  # each is given to one thread
    results: dict[int, _Out] = {}

    def work() -> None:
        for place in places:
            results[place] = compute(parts[place])

    jobs = [_Job(work) for _ in range(threads - 1)]
    waiting = _waiting(threads - 1, os.getpid())
    for job in jobs:
        waiting.put(job)
    SIGNALS[POSTED] += 1
    try:
        with nullcontext() if _taken.get() else taken_from_torch():
            work()
    finally:
        begun = [job for job in jobs if not job.cancel()]
        for job in begun:
            job.wait()
    for job in begun:
        job.check()
    return [results[place] for place in range(len(parts))]


@contextmanager
def taken_from_torch() -> Iterator[None]:
    """Give torch's threads to the loops meanwhile; torch itself works with one.

    Torch's threads stay awake for a while after every operation and take the processors from the
    loops: a third of the time of a training step. Its own operations between them are small.
    """
    threads = torch.get_num_threads()
    before = _taken.set(_taken.get() or threads)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        _taken.reset(before)


class _Job:
    """Work for another thread.

    `concurrent.futures` does the same with more calls. They hold the GIL, and the loops of other
    threads cannot begin meanwhile.

    Attributes:
        ended: (1,) counted up once it is done, or is known to be cancelled.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._begun, self._over = Lock(), Lock()
        self._over.acquire()
        self.ended = np.zeros(1, np.int64)
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do it, unless it was cancelled."""
        if self.cancel():
            try:
                self._work()
            except BaseException as error:
                self._error = error
            self._over.release()

    def cancel(self) -> bool:
        """Keep others from beginning it; False if one of them has."""
        return self._begun.acquire(blocking=False)

    def wait(self) -> None:
        """Until it is done."""
        watch(self.ended)
        self._over.acquire()

    def check(self) -> None:
        """Raise its error, if it had one."""
        if self._error is not None:
            raise self._error


@cache
def _waiting(threads: int, process: int) -> SimpleQueue[_Job]:
    """The jobs of so many threads; a forked process has none of its parent's and makes its own."""
    jobs: SimpleQueue[_Job] = SimpleQueue()

    def serve() -> None:
        while True:
            job = jobs.get()
            job.run()
            known = int(SIGNALS[POSTED]) - (not jobs.empty())  # one has come meanwhile
            stay(job.ended, SIGNALS, known)

    for number in range(threads):
        Thread(target=serve, name=f"snn_{number}", daemon=True).start()
    return jobs
