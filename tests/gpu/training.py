"""Training on a GPU: recorded steps against steps one by one, and whole epochs."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from snn.config import TrialConfig
from snn.data import load
from snn.training.stepping import Steps
from snn.training.trainer import Trainer
from tests.benchmarks.report import Table
from tests.benchmarks.workload import mnist
from tests.snn_tests.training.test_stepping import SMALL, STEPS

EPOCHS: dict[str, dict[str, Any]] = {
    "latency": {},
    "latency, recurrent": {"recurrent": True},
    "constant, T = 25": {"encoding": "constant", "n_steps": 25},
    "poisson": {"encoding": "poisson"},
    "latency, augmented, averaged, dropout": {
        "augment_shift": 2.0,
        "augment_rotation": 10.0,
        "weight_average": 0.99,
        "dropout": 0.1,
    },
}
MORE_STEPS: list[dict[str, Any]] = [  # with loops that the small networks of the tests do not need
    {"recurrent": True, "hidden": 520},
    {"recurrent": True, "dynamics": "adlif", "hidden": [150, 24]},
    {
        "dataset": "randman@units=12,classes=3,samples=200,duration=40",
        "encoding": "events",
        "time_bin": 2.0,
        "dynamics": "brf",
        "resonance": 20.0,
        "recurrent": True,
    },
]
NEAR = 1e-3  # of the largest weight, after some steps whose sums may be taken in another order


def graphs() -> Table:
    """The largest difference of a weight after an epoch of steps recorded and one by one.

    Raises:
        AssertionError: A difference is more than rounding.
    """
    rows, data, wrong = [], {}, []
    for step in [*STEPS, *MORE_STEPS]:
        config = TrialConfig.parse(SMALL | step)
        recorded, one_by_one = (Trainer(config, load(config.dataset), "cuda") for _ in range(2))
        one_by_one._steps = Steps(one_by_one.learner(), None)
        for trainer in (recorded, one_by_one):
            trainer.train_epoch()
        off = max(
            float((a - b).abs().max() / b.abs().max().clamp(min=1e-6))
            for a, b in zip(
                recorded.used_network.parameters(),
                one_by_one.used_network.parameters(),
                strict=True,
            )
        )
        losses = [t.history[-1]["train_loss"] for t in (recorded, one_by_one)]
        name = ", ".join(f"{key}={value}" for key, value in step.items())
        rows.append([name, f"{off:.1e}", *(f"{loss:.6f}" for loss in losses)])
        data[name] = off
        if not off < NEAR or abs(losses[0] - losses[1]) > NEAR * losses[1]:
            wrong.append(name)
        print(rows[-1], flush=True)
    assert not wrong, f"recorded steps differ: {wrong}; {data}"
    return Table(
        "An epoch of recorded steps against one of steps one by one",
        ["", "largest difference of a weight", "loss, recorded", "loss, one by one"],
        rows,
        "Digits and 24 and 16 neurons unless said; of the largest weight.",
        data,
    )


def epochs() -> Table:
    """Seconds of an epoch of MNIST, training and validation, and the GPU's part of them."""
    rows, data = [], {}
    for name, keys in EPOCHS.items():
        trainer = Trainer(TrialConfig.parse({"dynamics": "alif", **keys}), mnist(), "cuda")
        seconds = []
        for _ in range(4):
            torch.cuda.synchronize()
            started = time.perf_counter()
            trainer.train_epoch()
            seconds.append(time.perf_counter() - started)
        speed = trainer.history[-1]["samples_per_second"]
        accuracy = trainer.history[-1]["val_accuracy"]
        busy = _busy(trainer)
        fastest = min(seconds)
        outside = f"{max(0.0, 1 - busy / fastest):.0%}"
        cells = [f"{seconds[0]:.2f}", f"{fastest:.3f}", f"{speed:,.0f}", outside]
        rows.append([name, *cells, f"{accuracy:.2%}"])
        data[name] = {"seconds": seconds, "busy": busy, "val_accuracy": accuracy}
        print(rows[-1], flush=True)
    return Table(
        "An epoch of MNIST",
        ["", "first, s", "fastest, s", "images/s trained", "outside the kernels", "validation"],
        rows,
        "51,000 images trained with 128 ALIF neurons, T = 100 unless said, batch 256, and 9,000 "
        "validated; the first epoch compiles. The validation accuracy is that after four epochs.",
        data,
    )


def _busy(trainer: Trainer) -> float:
    """Seconds that the GPU works in an epoch."""
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        trainer.train_epoch()
    events = (event for event in seen.key_averages() if event.device_type.name == "CUDA")
    return sum(event.self_device_time_total for event in events) / 1e6
