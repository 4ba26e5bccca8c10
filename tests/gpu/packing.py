"""Trials per hour of one card: side by side in one process, against a process for each."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data.base import Data
from snn.training.side_by_side import SideBySide
from snn.training.trainer import Trainer
from tests.benchmarks.report import Table
from tests.benchmarks.workload import mnist
from tests.gpu.training import NEAR

TRIALS = 16
EPOCHS = 3  # that are measured, after one that compiles
TRIAL_EPOCHS = 10  # of a trial, by which trials per hour are counted
KEYS: dict[str, Any] = {"dynamics": "lif", "hidden": 64, "epochs": TRIAL_EPOCHS}
WANTED = 8  # times the trials per hour of processes


def packing() -> Table:
    """Trials per hour, and that packed trials have the weights that each has alone.

    Raises:
        AssertionError: Weights differ by more than rounding.
    """
    return measured("cuda", TRIALS, KEYS, mnist)


def measured(device: str, trials: int, keys: dict[str, Any], data: Callable[[], Data]) -> Table:
    """The same for so many trials of some keys, which differ in their seeds."""
    single, alone = _side_by_side(device, 1, keys, data())
    packed, beside = _side_by_side(device, trials, keys, data())
    apart = _processes(device, trials, keys, data)
    off = max(
        float((a - b).abs().max() / b.abs().max().clamp(min=1e-6))
        for a, b in zip(beside[0], alone[0], strict=True)
    )
    assert off < NEAR, f"a packed trial differs from the same alone by {off}"
    seconds = {"one alone": (1, single), "processes": (trials, apart), "packed": (trials, packed)}
    hourly = {how: 3600 * n * EPOCHS / TRIAL_EPOCHS / s for how, (n, s) in seconds.items()}
    rows = [
        [how, str(n), f"{s:.2f}", f"{hourly[how]:,.0f}", f"{hourly[how] / hourly['processes']:.1f}"]
        for how, (n, s) in seconds.items()
    ]
    return Table(
        "Trials per hour of one card",
        ["", "trials at once", f"{EPOCHS} epochs of all, s", "trials/h", "× processes"],
        rows,
        f"{keys}; trials of {TRIAL_EPOCHS} epochs, without their start and their test. Wanted is "
        f"{WANTED} × processes. Largest difference of a weight, packed and alone: {off:.1e}.",
        {"seconds": {how: s for how, (_, s) in seconds.items()}, "difference": off},
    )


def _side_by_side(
    device: str, trials: int, keys: dict[str, Any], data: Data
) -> tuple[float, list[list[Tensor]]]:
    """Seconds of all trials in threads, and their weights."""
    side, together = SideBySide(device, 1), threading.Barrier(trials)

    def train(seed: int) -> tuple[float, float, list[Tensor]]:
        with side.lane():
            trainer = side.trainer(TrialConfig.parse(keys | {"seed": seed}), data)
            begun, ended = _timed(trainer, together.wait)
            return begun, ended, [p.detach().cpu() for p in trainer.network.parameters()]

    with ThreadPoolExecutor(trials) as pool:
        found = list(pool.map(train, range(trials)))
    return _span([(begun, ended) for begun, ended, _ in found]), [w for _, _, w in found]


def _processes(device: str, trials: int, keys: dict[str, Any], data: Callable[[], Data]) -> float:
    """Seconds of all trials in processes of their own."""
    context = multiprocessing.get_context("spawn")
    together, times = context.Barrier(trials), context.Queue()
    workers = [
        context.Process(target=_train, args=(device, keys | {"seed": seed}, data, together, times))
        for seed in range(trials)
    ]
    for worker in workers:
        worker.start()
    try:
        return _span([times.get(timeout=120) for _ in workers])
    finally:
        for worker in workers:
            worker.join(timeout=10)
            worker.kill()


def _train(
    device: str, keys: dict[str, Any], data: Callable[[], Data], together: Any, times: Any
) -> None:
    torch.set_num_threads(1)
    trainer = Trainer(TrialConfig.parse(keys), data(), device)
    times.put(_timed(trainer, lambda: together.wait(timeout=110)))


def _timed(trainer: Trainer, together: Callable[[], Any]) -> tuple[float, float]:
    """When the epochs after the first began and ended, on the machine's clock."""
    trainer.train_epoch()
    together()
    begun = time.monotonic()
    for _ in range(EPOCHS):
        trainer.train_epoch()
    return begun, time.monotonic()


def _span(times: list[tuple[float, float]]) -> float:
    return max(ended for _, ended in times) - min(begun for begun, _ in times)
