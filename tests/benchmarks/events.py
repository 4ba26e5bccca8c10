"""Recorded events: a training step beside the others, an epoch, and the memory of the data."""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import numpy as np

from snn.config import TrialConfig
from snn.data import load
from snn.data.base import Data
from snn.data.events.dataset import EventDataset
from snn.data.sources import is_here
from snn.training.trainer import Trainer
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings
from tests.benchmarks.steps import speeds, step
from tests.benchmarks.workload import of_events

_RECURRENT: dict[str, object] = {"hidden": 128, "recurrent": True, "readout": "max"}
_NETWORKS: dict[str, dict[str, object]] = {
    "LIF, recurrent": _RECURRENT | {"dynamics": "lif"},
    "ALIF, recurrent": _RECURRENT | {"dynamics": "alif"},
    "adLIF, recurrent": _RECURRENT | {"dynamics": "adlif"},
    "ALIF": _RECURRENT | {"dynamics": "alif", "recurrent": False},
}


def events(settings: Settings) -> list[Table]:
    """Spoken digits, of 140 channels, in 100 steps of 10 ms; nothing where their files are not."""
    if not settings.quick and not is_here("spoken_digits"):
        print("spoken_digits is not in SPIKESWEEP_DATA: no section events", file=sys.stderr)
        return []
    data = load("randman@units=140,samples=10" if settings.quick else "spoken_digits")
    assert isinstance(data, EventDataset)
    networks = dict(list(_NETWORKS.items())[:1]) if settings.quick else _NETWORKS
    return [_speeds(settings, data, networks), _epochs(settings, data, networks), _memory(data)]


def _speeds(settings: Settings, data: Data, networks: dict[str, dict[str, object]]) -> Table:
    columns = {}
    for name, keys in networks.items():
        settings.tell(f"training of {name}")
        found = of_events(data, settings.batch, {"n_steps": settings.n_steps} | keys)
        columns[f"{name}, {found.rate():.1%}"] = found.on(settings.device)
    return speeds(settings, f"training step on {data.name}", "140-128-10", columns, step)


def _epochs(settings: Settings, data: Data, networks: dict[str, dict[str, object]]) -> Table:
    """Seconds of an epoch with its validation, with batches of 256 and of the default size."""
    rows, found = [], dict[str, Any]()
    sizes = [settings.batch] if settings.quick else [64, settings.batch]
    for name, keys in networks.items():
        seconds = [_epoch(settings, data, keys | {"batch_size": size}) for size in sizes]
        rows.append([name, *(f"{each:.2f}" for each in seconds)])
        found[name] = dict(zip(map(str, sizes), seconds, strict=True))
    return Table(
        f"Seconds of an epoch of {data.name}, T = {settings.n_steps}",
        ["", *(f"batches of {size}" for size in sizes)],
        rows,
        f"{len(data.train_labels):,} samples, of which 15 % for validation; medians.",
        found,
    )


def _epoch(settings: Settings, data: Data, keys: dict[str, object]) -> float:
    settings.tell(f"epoch, {keys}")
    common = {"dataset": data.name, "encoding": "events", "n_steps": settings.n_steps}
    trainer = Trainer(TrialConfig.parse(common | keys), data, settings.device)
    trainer.train_batches(2)
    seconds = []
    for _ in range(1 if settings.quick else 5):
        started = time.perf_counter()
        trainer.train_epoch()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _memory(data: EventDataset) -> Table:
    """Bytes an event: as recorded, as a trial has them in bins, and written out."""
    config = TrialConfig.parse({"dataset": data.name, "encoding": "events"})
    recorded, seen = data.train_events, data.seen_by(config)
    samples = seen.train(np.arange(len(recorded)))
    n_events = len(recorded.ticks)
    sizes = {
        "recorded, shared by all trials": sum(
            each.nbytes for each in (recorded.ticks, recorded.units, recorded.offsets)
        ),
        "in bins, of a trial": samples.units.nbytes + samples.offsets.nbytes,
        "dense, in 4 bytes a number": 4 * len(recorded) * config.n_steps * seen.n_pixels,
    }
    return Table(
        f"Memory of {data.name}",
        ["", "bytes an event"],
        [[name, f"{size / n_events:.2f}"] for name, size in sizes.items()],
        f"{n_events:,} events of {len(recorded):,} training samples.",
        {name: size / n_events for name, size in sizes.items()},
    )
