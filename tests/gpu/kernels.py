"""Where the time of a recorded step goes, kernel by kernel."""

from __future__ import annotations

from collections import defaultdict

from torch.profiler import ProfilerActivity, profile

from tests.benchmarks.report import Table
from tests.gpu.ours import Ours
from tests.gpu.speed import CASES, load_of

STEPS = 20
SHOWN = 14


def kernels() -> Table:
    """Microseconds of the longest kernels of a step, by case."""
    found = {name: device_times(Ours(load_of(**keys)), STEPS) for name, keys in CASES.items()}
    total: dict[str, float] = defaultdict(float)
    for times in found.values():
        for kernel, us in times.items():
            total[kernel] = max(total[kernel], us)
    longest = sorted(total, key=lambda kernel: -total[kernel])[:SHOWN]
    rows = [
        [_short(kernel), *(f"{times.get(kernel, 0):.1f}" for times in found.values())]
        for kernel in longest
    ]
    rows.append(["all", *(f"{sum(times.values()):.1f}" for times in found.values())])
    return Table(
        "Microseconds of the longest kernels of a step",
        ["", *found],
        rows,
        "By the profiler, which makes short kernels a little longer.",
        found,
    )


def device_times(ours: Ours, steps: int) -> dict[str, float]:
    """Microseconds per step of every kernel, by name."""
    ours.run(3)
    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as seen:
        ours.run(steps)
    return {
        event.key: event.self_device_time_total / steps
        for event in seen.key_averages()
        if event.self_device_time_total and event.device_type.name == "CUDA"
    }


def _short(kernel: str) -> str:
    name = kernel.replace("void ", "").replace("at::native::", "").replace("|", "/")
    return name if len(name) < 60 else f"{name[:40]}…{name[-18:]}"
