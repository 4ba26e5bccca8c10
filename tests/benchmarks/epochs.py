"""A whole epoch: from uint8 pixels to updated weights, validation and checkpoint."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from snn.config import TrialConfig
from snn.kernels.cpu import network as cpu
from snn.training.checkpoints import checkpoint
from snn.training.trainer import Trainer
from tests.benchmarks.contender import OURS, PEERS, installed
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings
from tests.benchmarks.workload import mnist, workload

_PEER_BATCHES = 10


def epochs(settings: Settings) -> list[Table]:
    """Our epochs whole; those of the others from their first batches, encoding included."""
    rows, data = [], {}
    for recurrent in (False, True):
        kind = "recurrent" if recurrent else "feed-forward"
        settings.tell(f"epoch, {kind}")
        seconds, n_images, outside = _ours(settings, recurrent)
        rows.append(
            [f"{OURS}, {kind}", f"{seconds:.2f}", f"{n_images / seconds:,.0f}", f"{outside:.1%}"]
        )
        data[f"{OURS}, {kind}"] = {"seconds": seconds, "images": n_images, "outside": outside}
        for name in PEERS if not settings.quick else ():
            if name in installed():
                settings.tell(f"epoch, {kind}, {name}")
                speed = _peer(name, recurrent)
                rows.append([f"{name}, {kind}", "", f"{speed:,.0f}", ""])
                data[f"{name}, {kind}"] = {"samples_per_second": speed}
    return [
        Table(
            "An epoch of MNIST, latency code, T = 100",
            ["", "seconds", "images/s", "outside of kernels and optimiser"],
            rows,
            "Ours: 51,000 images trained, 9,000 validated, the checkpoint written, median of "
            f"{_count(settings)}. Others: training alone, on their first {_PEER_BATCHES} batches, "
            "each encoded first.",
            data,
        )
    ]


def _count(settings: Settings) -> int:
    return 1 if settings.quick else 5


def _ours(settings: Settings, recurrent: bool) -> tuple[float, int, float]:
    """Seconds of an epoch, its images, and the share of time outside kernels and optimiser."""
    keys = {"dynamics": "alif", "recurrent": recurrent, "n_steps": settings.n_steps}
    trainer = Trainer(TrialConfig.parse(keys), mnist(), settings.device)
    trainer.train_batches(2)
    seconds, shares = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(_count(settings)):
            inside = _Inside(trainer)
            started = time.perf_counter()
            trainer.train_epoch()
            checkpoint.save(Path(folder) / "last.pt", trainer.state())
            seconds.append(time.perf_counter() - started)
            shares.append(1 - inside.stop() / seconds[-1])
    return statistics.median(seconds), len(trainer.train.labels), statistics.median(shares)


class _Inside:
    """Adds up the time in the kernels, both ways and with their readout, and in the optimiser."""

    def __init__(self, trainer: Trainer) -> None:
        self._seconds = 0.0
        self._places = [
            (cpu, "_compute"),
            (cpu._Network, "backward"),
            (trainer.optimiser, "step"),
            (trainer.optimiser, "zero_grad"),
        ]
        self._before = [getattr(owner, name) for owner, name in self._places]
        for (owner, name), call in zip(self._places, self._before, strict=True):
            timed = self._timed(call)
            setattr(owner, name, staticmethod(timed) if owner is cpu._Network else timed)

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **keys: Any) -> Any:
            started = time.perf_counter()
            try:
                return call(*args, **keys)
            finally:
                self._seconds += time.perf_counter() - started

        return timed

    def stop(self) -> float:
        """Put everything back; the seconds."""
        for (owner, name), call in zip(self._places, self._before, strict=True):
            setattr(owner, name, staticmethod(call) if owner is cpu._Network else call)
        return self._seconds


def _peer(name: str, recurrent: bool) -> float:
    """Images per second; the first batch is not counted."""
    load = workload(256 * (_PEER_BATCHES + 1), recurrent=recurrent)
    batches = zip(load.inputs.split(256), load.labels.split(256), strict=True)
    first = load._replace(inputs=load.inputs[:256], labels=load.labels[:256].long())
    contender: Any = installed()[name](first)
    contender.warm_up()
    contender.step()
    started = time.perf_counter()
    for pixels, labels in list(batches)[1:]:
        batch = first._replace(inputs=pixels, labels=labels.long())
        dense = batch.dense()
        contender.spikes = dense if isinstance(contender.spikes, torch.Tensor) else dense.numpy()
        contender.step()
    return 256 * _PEER_BATCHES / (time.perf_counter() - started)
