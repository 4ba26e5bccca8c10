"""Speed of a training step beside other libraries, its growth and its memory."""

from __future__ import annotations

import gc
import statistics
import time
from typing import Any

import torch

from tests.benchmarks.contender import PEERS, installed
from tests.benchmarks.measure import exponent
from tests.benchmarks.report import Table
from tests.benchmarks.workload import Workload, workload
from tests.gpu.ours import Ours

CASES: dict[str, dict[str, Any]] = {
    "latency": {},
    "latency, recurrent": {"recurrent": True},
    "constant": {"encoding": "constant"},
    "constant, recurrent": {"encoding": "constant", "recurrent": True},
    "constant, T = 25": {"encoding": "constant", "n_steps": 25},
}
BESIDE = "Spyx", "SpikingJelly", "snnTorch"  # the others that know GPUs, the fastest first
LARGE = 4096
GROWTH: dict[str, tuple[int, ...]] = {
    "batch": (64, 256, 1024, 4096),
    "hidden": (64, 128, 256, 512, 1024),
    "n_steps": (25, 100, 400),
}


def load_of(**keys: Any) -> Workload:
    return workload(**keys).on("cuda")


def speed() -> Table:
    """Images per second of ours and of the others, and by how much ours is faster."""
    rows, data = [], {}
    for name, keys in CASES.items():
        load = load_of(**keys)
        ours = len(load.labels) / Ours(load).seconds()
        plain = len(load.labels) / Ours(load, recorded=False).seconds(3, 20)
        others = {peer: _peer(peer, load) for peer in BESIDE if peer in installed()}
        best = max((speed or 0.0 for speed in others.values()), default=0.0)
        large = load_of(batch=LARGE, **keys)
        many = LARGE / Ours(large).seconds(3, 20)
        cells = [f"{others[peer]:,.0f}" if others.get(peer) else "-" for peer in BESIDE]
        ratio = f"{ours / best:.1f}" if best else "-"
        rows.append([name, f"{ours:,.0f}", f"{plain:,.0f}", *cells, ratio, f"{many:,.0f}"])
        data[name] = {"ours": ours, "one by one": plain, **others, "batch 4,096": many}
        print(rows[-1], flush=True)
    return Table(
        "Images/s of a training step",
        ["", "ours", "not recorded", *BESIDE, "× the best other", f"ours, batch {LARGE:,}"],
        rows,
        "Forward, backward, Adam; 784-128-10, T = 100 unless said, batch 256, untrained weights. "
        "Ours starts from pixels in every step; the others are given spikes.",
        data,
    )


def _peer(name: str, load: Workload) -> float | None:
    """Images per second of another library; None, with the reason printed, where it fails."""
    assert name in PEERS
    try:
        contender = installed()[name](load)
        contender.step()
        samples = []
        for _ in range(3):
            torch.cuda.synchronize()
            started = time.perf_counter()
            for _ in range(3):
                contender.step()
            samples.append((time.perf_counter() - started) / 3)
        return len(load.labels) / statistics.median(samples)
    except Exception as error:  # it is not ours to mend
        print(f"{name} fails: {type(error).__name__}: {str(error)[:200]}", flush=True)
        return None
    finally:
        gc.collect()


def growth() -> Table:
    """Milliseconds of a step by size."""
    rows, data = [], {}
    for key, sizes in GROWTH.items():
        for recurrent in (False, True):
            found = {}
            for size in sizes:
                load = load_of(**{"recurrent": recurrent, key: size})
                found[size] = Ours(load).seconds(3, 10)
            name = f"{key}, {'recurrent' if recurrent else 'feed-forward'}"
            cells = ", ".join(f"{size:,}: {1e3 * s:.2f}" for size, s in found.items())
            power = exponent(list(found), list(found.values()))
            rows.append([name, cells, f"{power:.2f}"])
            data[name] = found
            print(rows[-1], flush=True)
    return Table(
        "Milliseconds of a step by size",
        ["", "size: ms", "exponent"],
        rows,
        "Latency code; the rest 256 images, T = 100, 128 neurons.",
        data,
    )


def memory() -> Table:
    """Peak memory of a step over what it had before."""
    rows, data = [], {}
    for name, keys in CASES.items():
        load = load_of(batch=1024, **keys)
        ours = Ours(load, recorded=False)
        ours.run(2)
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        ours.run(1)
        peak = torch.cuda.max_memory_allocated() - before
        states = len(load.labels) * load.config.n_steps * sum(load.config.hidden)
        rows.append([name, f"{peak / 2**20:,.0f}", f"{peak / states:.1f}"])
        data[name] = {"bytes": peak}
    return Table(
        "Memory of a step of 1,024 images",
        ["", "peak MiB over the loaded batch", "bytes per neuron, step and image"],
        rows,
        "",
        data,
    )
