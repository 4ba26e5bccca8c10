"""The threads of the compiled loops: who has them, what they are given, and how they wait."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from snn.config import TrialConfig
from snn.kernels.cpu.awake import LOOPS, POSTED, SIGNALS, new_signals, stay, watch
from snn.kernels.cpu.threads import in_parallel, taken_from_torch
from snn.networks.spiking import SpikingNetwork

_LONG_S = 30.0


def test_the_threads_of_torch_are_taken_for_the_loops_and_given_back(threads: None) -> None:
    torch.set_num_threads(3)
    with taken_from_torch():
        assert torch.get_num_threads() == 1
        with taken_from_torch():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_parts_come_back_in_their_order(threads: None) -> None:
    for n_threads in (1, 2, 5):
        torch.set_num_threads(n_threads)
        assert in_parallel(lambda x: x * x, range(20)) == [x * x for x in range(20)]


def test_an_error_in_another_thread_reaches_the_caller_and_its_thread_works_on(
    threads: None,
) -> None:
    torch.set_num_threads(2)
    caller, both = threading.get_ident(), threading.Barrier(2)

    def compute(part: int) -> int:
        both.wait(timeout=30)  # so each thread has one part
        if threading.get_ident() != caller:
            raise ValueError(f"part {part}")
        return part

    with pytest.raises(ValueError, match="part"):
        in_parallel(compute, range(2))
    found = in_parallel(lambda _: both.wait(timeout=30), range(2))
    assert sorted(found) == [0, 1]


def test_one_who_waits_awake_gives_up_after_a_while() -> None:
    ended = np.zeros(1, np.int64)
    started = time.monotonic()
    watch(ended)
    stay(ended, new_signals(), known=0)
    assert ended[0] == 1  # that the job has ended was told
    watch(ended)
    assert time.monotonic() - started < _LONG_S


@pytest.mark.parametrize("encoding", ["constant", "latency"])
def test_every_loop_is_told_when_pythons_lock_is_free(encoding: str, threads: None) -> None:
    """A thread would else stand before the lock, sleep, and have to be woken."""
    torch.set_num_threads(2)
    network = SpikingNetwork(TrialConfig.parse({"hidden": [40, 30], "encoding": encoding}), 16)
    pixels = torch.full((400, 16), 200, dtype=torch.uint8)
    loops, posted = SIGNALS[LOOPS], SIGNALS[POSTED]
    logits = network(pixels).logits
    there = SIGNALS[LOOPS] - loops
    assert there >= 2 * 2  # of two layers and two parts or more
    assert SIGNALS[POSTED] == posted + 1
    logits.sum().backward()
    assert SIGNALS[LOOPS] - loops == 2 * there
    assert SIGNALS[POSTED] == posted + 2


def test_jobs_that_come_while_a_thread_still_waits_awake_are_all_done(threads: None) -> None:
    """Most of them find it between two looks; none may be lost or done twice."""
    torch.set_num_threads(2)
    done: list[int] = []

    def do(part: int) -> int:
        done.append(part)
        return part

    for number in range(300):
        assert in_parallel(do, [number, -number]) == [number, -number]
    assert sorted(done) == sorted([*range(300), *(-n for n in range(300))])
