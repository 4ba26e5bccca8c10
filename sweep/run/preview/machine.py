"""What this machine has room for, and how busy it is just now."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from statistics import fmean

from analysis.text.plain import counted
from sweep.spec.sections.resources import Resources

_SPIN_S = 0.7  # long enough to see what other programs take
_BLOCK = bytes(2**16)
_LEAST = 0.01  # of a processor; an estimate from less would be of no use


def cpus() -> int:
    """The processors of this machine."""
    return os.cpu_count() or 1


def at_a_time(needs: Resources) -> int:
    """How many trials run at once here, by processors and GPUs; at least 1."""
    fit = [cpus() / needs.cpu, *([_gpus() / needs.gpu] if needs.gpu else [])]
    return max(1, int(min(fit)))


def no_room(needs: Resources) -> str:
    """What this machine has too little of for a trial, in words; empty if there is room.

    A cluster may have it.
    """
    there_is = {"CPU": (cpus(), needs.cpu)}
    if needs.gpu:
        there_is["GPU"] = (_gpus(), needs.gpu)
    lacks = {name: both for name, both in there_is.items() if both[0] < both[1]}
    if not lacks:
        return ""
    has = " and ".join(counted(here, name) for name, (here, _) in lacks.items())
    asks = " and ".join(counted(wanted, name) for name, (_, wanted) in lacks.items())
    return f"it has {has}, and a trial asks for {asks}; --address names a cluster"


def share(threads: int, seconds: float = _SPIN_S) -> float:
    """How much of a processor each of so many threads gets now, beside all that runs: 0 to 1.

    The threads compute for some seconds, and their processor time is compared with the clock.
    """
    with ThreadPoolExecutor(threads) as pool:
        shares = pool.map(_spin, [seconds] * threads)
        return min(1.0, max(_LEAST, fmean(shares)))


def share_of_fewer(share: float, threads: int, fewer: int) -> float:
    """What each of fewer threads would get, where each of so many gets this share.

    Others and the threads divide the processors evenly: share = processors / (others + threads).
    """
    others = cpus() / share - threads
    return min(1.0, max(share, cpus() / max(others + fewer, 1)))


def _spin(seconds: float) -> float:
    """Compute without holding Python's lock; the processor time per second by the clock."""
    began, computed = time.perf_counter(), time.thread_time()
    while time.perf_counter() - began < seconds:
        sha256(_BLOCK)
    return (time.thread_time() - computed) / (time.perf_counter() - began)


def _gpus() -> int:
    import torch  # slow: asked only where a trial wants a GPU

    return torch.cuda.device_count()
