"""What a training step must do at least, and how near to the machine's rates it comes.

Shapes: B images, T steps, H neurons, N pixels, C classes; E events of the input and S spikes per
image. Of one image, an addition or a multiplication being one operation:

    input        2 · E · H          rows added forward, and to the gradient of the weights
    elementwise  (12 + 12) · T · H  equations and surrogate forward, adjoint equations back
    recurrent    2 · S · H          rows added forward, and to the gradient
                 2 · T · H²         the dense product on the way back
    readout      2 · S · C          rows added forward, and to the gradient
                 2 · T · H · C      the dense product on the way back
                 (3 + 3) · T · C    its leak both ways
    memory       8 · T · H          ψ written and read, single precision
                 8 · (E + S)        events written and read
                 N                  pixels

and of the whole batch, per weight, 4 bytes each: read forward, gradient written and read, and by
Adam three arrays read and written: 9 · 4 bytes; 12 operations.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from tests.benchmarks.contender import OURS, installed
from tests.benchmarks.measure import interleaved
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings
from tests.benchmarks.workload import Workload, workload

_MATRIX = 2048
_COPY_BYTES = 2**28


class Work(NamedTuple):
    """Of one training step."""

    operations: float
    bytes: float


def work(
    batch: int,
    n_steps: int,
    sizes: tuple[int, int, int],
    recurrent: bool,
    events: float,
    spikes: float,
) -> Work:
    """The least that a step takes; sizes are N, H, C; events and spikes are per image."""
    n, h, c = sizes
    weights = n * h + recurrent * h * h + h * c + c
    operations = 2 * events * h + 24 * n_steps * h
    operations += recurrent * (2 * spikes * h + 2 * n_steps * h * h)
    operations += 2 * spikes * c + 2 * n_steps * h * c + 6 * n_steps * c
    traffic = 8 * n_steps * h + 8 * (events + spikes) + n
    return Work(batch * operations + 12 * weights, batch * traffic + 36 * weights)


def roofline(settings: Settings) -> list[Table]:
    """Our step against the measured rates of the machine."""
    settings.tell("the machine's rates")
    rates = _rates(settings)
    rows, data = [], {"rates": rates._asdict()}
    for recurrent in (False, True):
        kind = "recurrent" if recurrent else "feed-forward"
        settings.tell(f"roofline, {kind}")
        load = workload(
            settings.batch,
            trained=not settings.quick,
            recurrent=recurrent,
            n_steps=settings.n_steps,
        ).on(settings.device)
        least = _work_of(load)
        step = installed()[OURS](load).step
        seconds = interleaved({OURS: step}, settings.repeats)[OURS].median
        floor = max(least.operations / rates.operations, least.bytes / rates.bytes)
        rows.append(
            [
                kind,
                f"{least.operations / 1e6:,.0f}",
                f"{least.bytes / 1e6:,.1f}",
                f"{1e3 * floor:.2f}",
                f"{1e3 * seconds:.2f}",
                f"{floor / seconds:.0%}",
            ]
        )
        data[kind] = least._asdict() | {"seconds": seconds, "fraction": floor / seconds}
    return [
        Table(
            "Roofline of a training step",
            ["", "10⁶ operations", "MB", "ms at the machine's rates", "ms", "fraction"],
            rows,
            f"Rates measured here: {rates.operations / 1e9:,.0f}·10⁹ operations/s (a dense product "
            f"in single precision), {rates.bytes / 1e9:,.1f} GB/s (a copy). The operations are "
            "those that events leave to do, most of them additions of rows at random places.",
            data,
        )
    ]


def _work_of(load: Workload) -> Work:
    with torch.no_grad():
        activity = load.network(load.inputs)
    events, spikes = (float(x) for x in activity.events())
    config, (weight, classes) = load.config, (load.network.layers[0].weight, activity.logits)
    sizes = weight.shape[0], weight.shape[1], classes.shape[1]
    return work(len(load.inputs), config.n_steps, sizes, config.recurrent, events, spikes)


def _rates(settings: Settings) -> Work:
    """Per second: operations of a large product, bytes read and written by a large copy."""
    matrix = torch.rand(_MATRIX, _MATRIX, device=settings.device)
    source = torch.zeros(_COPY_BYTES, dtype=torch.uint8, device=settings.device)
    target = torch.empty_like(source)

    def product() -> float:
        return float((matrix @ matrix)[0, 0])

    def copy() -> float:
        return float(target.copy_(source)[0])

    times = interleaved({"product": product, "copy": copy}, settings.repeats)
    operations = 2 * _MATRIX**3 / times["product"].median
    return Work(operations, 2 * _COPY_BYTES / times["copy"].median)
