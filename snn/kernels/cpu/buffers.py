"""Large arrays that are used again: their first touch costs more than the work done in them.

A fresh array of 13 MB is 3,200 pages for the kernel to find and to clear; that took three times as
long as the network itself.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left, insort
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LINE = 64  # bytes
_SMALL, _ROOM = 2**15, 2**17  # bytes: arrays up to the first share buffers of the second
_NO_ROOM: NDArray[np.uint8] = np.empty(0, np.uint8)
_free: list[NDArray[np.uint8]] = []
_lock = threading.Lock()
_returned: deque[NDArray[np.uint8]] = deque()
"""Of leases that were dropped. That may happen anywhere, also in `_take`, so it takes no lock."""


class Lease:
    """Arrays that are free for others as soon as the lease is dropped."""

    def __init__(self) -> None:
        self._taken: list[NDArray[np.uint8]] = []
        self._room, self._used = _NO_ROOM, 0

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """An array with whatever was in it before."""
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        if size > _SMALL:
            return np.ndarray(shape, kind, self._take(size))
        if self._used + size > len(self._room):
            self._room, self._used = self._take(_ROOM), 0
        array: NDArray[Any] = np.ndarray(shape, kind, self._room, self._used)
        self._used += -(-size // _LINE) * _LINE
        return array

    def _take(self, size: int) -> NDArray[np.uint8]:
        buffer = _take(size)
        self._taken.append(buffer)
        return buffer

    def __del__(self) -> None:
        taken, self._taken = self._taken, []  # given back once, however often this is called
        _returned.extend(taken)


def _take(size: int) -> NDArray[np.uint8]:
    """The smallest free buffer that is large enough; a new one in place of the largest if none is.

    So there are never more buffers than were in use at one time, however the sizes change.
    """
    with _lock:
        while _returned:
            insort(_free, _returned.popleft(), key=len)
        index = bisect_left(_free, size, key=len)
        if index < len(_free):
            return _free.pop(index)
        if _free:
            _free.pop()
    return _new(size)


def _new(size: int) -> NDArray[np.uint8]:
    """It begins with a line of the cache: else every sixteen numbers lie on two of them."""
    room = np.empty(size + _LINE, np.uint8)
    skip = -room.ctypes.data % _LINE
    return room[skip : skip + size]
