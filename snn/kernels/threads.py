"""The threads of the compiled loops: as many as torch may use (`torch.set_num_threads`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TypeVar

import torch

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

    pool = _pool(threads - 1, os.getpid())
    others = [pool.submit(work) for _ in range(threads - 1)]
    try:
        with taken_from_torch():
            work()
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()
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


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads wait for work; a forked process has none of its parent's, so it gets its own."""
    return ThreadPoolExecutor(threads, "snn")
