"""Speed of a training step with other neurons, wide recurrent layers and recorded events."""

from __future__ import annotations

from typing import Any

import torch

from snn.config import TrialConfig
from snn.data.events.samples import EventSamples
from snn.networks.spiking import SpikingNetwork
from tests.benchmarks.report import Table
from tests.benchmarks.workload import Workload
from tests.gpu.ours import Ours
from tests.gpu.speed import load_of

NEURONS = "alif", "adlif", "se_adlif", "brf"
LAYERS: dict[str, dict[str, Any]] = {
    "128": {},
    "128, recurrent": {"recurrent": True},
    "1,024, recurrent": {"recurrent": True, "hidden": 1024},
}
BATCH, STEPS, UNITS, CLASSES = 256, 100, 140, 10  # as of spoken digits
RATE = 0.08  # events of a unit and step


def kinds() -> Table:
    """Milliseconds of a step by neuron, from images and from events."""
    rows, data = [], {}
    for neuron in NEURONS:
        found = {}
        for name, keys in LAYERS.items():
            found[name] = Ours(load_of(dynamics=neuron, **keys)).seconds(3, 10)
        spoken = {"dynamics": neuron, "recurrent": True}
        found["events, 128, recurrent"] = Ours(events(**spoken)).seconds(3, 10)
        rows.append([neuron, *(f"{1e3 * seconds:.2f}" for seconds in found.values())])
        data[neuron] = found
        print(rows[-1], flush=True)
    return Table(
        "Milliseconds of a step by neuron",
        ["", *LAYERS, "events, 128, recurrent"],
        rows,
        f"256 images, T = 100, latency code; events: {UNITS} units, {RATE:.0%} of the steps.",
        data,
    )


def events(**keys: Any) -> Workload:
    """A batch of random events on the GPU, and a network of one layer."""
    config = TrialConfig.parse({"encoding": "events", "n_steps": STEPS, "hidden": 128} | keys)
    generator = torch.Generator().manual_seed(0)
    spikes = torch.rand(BATCH, STEPS, UNITS, generator=generator) < RATE
    labels = torch.randint(0, CLASSES, (BATCH,), generator=generator)
    network = SpikingNetwork(config, UNITS, CLASSES)
    samples: Any = EventSamples.from_dense(spikes)
    return Workload(network, samples, labels).on("cuda")
