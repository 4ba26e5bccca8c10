"""Peak memory of a training step, in a process of its own.

    python -m tests.benchmarks.memory NAME BATCH T RECURRENT

prints the bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from snn.kernels.cpu import part
from snn.kernels.cpu.buffers import Lease
from tests.benchmarks.contender import OURS, installed
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings
from tests.benchmarks.workload import Workload, workload


def memory(settings: Settings) -> list[Table]:
    """Peak of every contender over what it had with the batch loaded; and our kept state."""
    rows, data = [], {}
    for recurrent in (False, True):
        kind = "recurrent" if recurrent else "feed-forward"
        for name in installed():
            settings.tell(f"memory, {kind}, {name}")
            arguments = [name, str(settings.batch), str(settings.n_steps), str(int(recurrent))]
            command = [sys.executable, "-W", "ignore", "-m", __name__, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            peak, kept = json.loads(done.stdout)
            rows.append([f"{name}, {kind}", f"{peak / 2**20:,.0f}", f"{kept:.1f}" if kept else ""])
            data[f"{name}, {kind}"] = {"peak_bytes": peak, "kept_bytes": kept}
    return [
        Table(
            f"Memory of a training step, batch {settings.batch}, latency, T = {settings.n_steps}",
            ["", "peak MiB over the loaded batch", "bytes kept per neuron, step and sample"],
            rows,
            "Each in a process of its own; the others hold the batch as spikes before that.",
            data,
        )
    ]


def kept_bytes(load: Workload) -> float:
    """What our forward pass leaves for the way back, but for the input's own events."""
    sizes: list[int] = []

    class Counting(Lease):
        def empty(self, shape: tuple[int, ...], dtype: Any = np.float32) -> Any:
            array = super().empty(shape, dtype)
            sizes.append(array.nbytes)
            return array

    before, part.Lease = part.Lease, Counting  # type: ignore[misc]
    try:
        load.network(load.inputs)
    finally:
        part.Lease = before  # type: ignore[misc]
    n_images, n_pixels = load.inputs.shape
    n_steps, neurons = load.config.n_steps, sum(load.config.hidden)
    events = n_images * 4 * (n_pixels + n_steps + 1)
    return (sum(sizes) - events) / (n_images * n_steps * neurons)


def _main(name: str, batch: str, n_steps: str, recurrent: str) -> None:
    load = workload(int(batch), n_steps=int(n_steps), recurrent=recurrent == "1")
    load = load._replace(labels=load.labels.long())
    contender = installed()[name](load)
    contender.warm_up()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before = _status("VmRSS")
    for _ in range(3):
        contender.step()
    peak = _status("VmHWM") - before
    print(json.dumps([peak, kept_bytes(load) if name == OURS else 0.0]))


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


if __name__ == "__main__":
    _main(*sys.argv[1:])
