"""How the cost of a training step grows with the steps, the hidden neurons and the batch."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.contender import OURS, installed
from tests.benchmarks.measure import exponent, interleaved
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings
from tests.benchmarks.workload import workload

SIZES: dict[str, tuple[int, ...]] = {
    "n_steps": (25, 50, 100, 200, 400),
    "hidden": (64, 128, 256, 512, 1024),
    "batch": (64, 128, 256, 512, 1024, 2048),
}
PEER = "snnTorch"  # the fastest of them, feed-forward
_RATE = 0.02
_MOST = {"hidden": 512}  # the exponent is that of the sizes up to here


def scaling(settings: Settings) -> list[Table]:
    """Milliseconds per step over the sizes, and the exponent of their growth."""
    tables = []
    for key, every_size in SIZES.items():
        sizes = every_size[:2] if settings.quick else every_size
        rows, data = [], {}
        for name, recurrent in ((OURS, False), (OURS, True), (PEER, False)):
            if name not in installed():
                continue
            kind = "recurrent" if recurrent else "feed-forward"
            settings.tell(f"scaling with {key}, {name}, {kind}")
            seconds = _seconds(settings, name, key, sizes, recurrent)
            fitted = [size for size in sizes if size <= _MOST.get(key, size)]
            power = exponent(fitted, seconds[: len(fitted)])
            rows.append([f"{name}, {kind}", *(f"{1e3 * s:.1f}" for s in seconds), f"{power:.2f}"])
            data[f"{name}, {kind}"] = {"sizes": sizes, "seconds": seconds, "exponent": power}
        upto = f", exponent up to {_MOST[key]}" if key in _MOST else ""
        tables.append(
            Table(
                f"Milliseconds of a training step by {key}",
                ["", *(f"{size:,}" for size in sizes), "exponent"],
                rows,
                f"Latency code, firing rate {_RATE:.0%}; the rest 256 images, T = 100, "
                f"128 neurons{upto}.",
                data,
            )
        )
    return tables


def _seconds(
    settings: Settings, name: str, key: str, sizes: tuple[int, ...], recurrent: bool
) -> list[float]:
    """All sizes in turns, so that a change of the machine's speed bends no curve."""
    steps = {}
    for size in sizes:
        keys: dict[str, Any] = {"batch": settings.batch, "recurrent": recurrent, key: size}
        load = workload(**keys).at_rate(_RATE).on(settings.device)
        steps[str(size)] = installed()[name](load).step
    times = interleaved(steps, settings.repeats if name == OURS else 3)
    return [times[str(size)].median for size in sizes]
