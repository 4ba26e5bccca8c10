"""Randman: spike times on random smooth manifolds, a task that only the times can solve.

For every class, each unit fires once a sample. Its time is a smooth random function f of a point x
on a manifold of `dim` dimensions, and the point is drawn anew for each sample:

    f(x) = Σ_{k=1…K} θ_k · Π_{d=1…D} k^{−α} · sin(2π (k · x_d · a_{kd} + b_{kd}))

with all θ, a and b drawn for the class and unit from [0, 1), and f scaled to [0, 1] over the
samples of the class. The larger α, the smoother the manifold, and the easier the task.

Source: Zenke & Vogels, "The remarkable robustness of surrogate gradient learning for instilling
complex function in spiking neural networks", Neural Computation 2021.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snn.data.events.dataset import EventDataset
from snn.data.events.packed import Events
from snn.data.shapes import Shape
from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="dataset",
        name="randman",
        make="randman",
        label="Randman",
        content="events",
        options=(
            Key("units", int, 20, low=1, high=10_000, description="units; each fires once"),
            Key("classes", int, 10, low=2, high=256, description="classes, a manifold each"),
            Key("dim", int, 1, low=1, high=10, description="dimensions of a manifold"),
            Key("alpha", float, 2.0, low=0, high=100, description="smoothness of a manifold"),
            Key("samples", int, 1000, low=2, high=100_000, description="samples of a class"),
            Key("duration", float, 50.0, low=1e-3, high=1e5, description="of a sample in ms"),
            Key("seed", int, 0, low=0, high=2**31 - 1, description="of all random numbers"),
        ),
    ),
)

_TERMS = 1000  # at most; those with a weight below this are left out
_SMALLEST = 1e-2
_TEST_SHARE = 0.2
_TICKS = 50_000  # of a sample


def randman(
    root: Path,
    download: bool,
    *,
    units: int,
    classes: int,
    dim: int,
    alpha: float,
    samples: int,
    duration: float,
    seed: int,
) -> EventDataset:
    """Samples of all classes, a fifth of them for the test."""
    random = np.random.default_rng(seed)
    times = [_class(random, units, dim, alpha, samples) for _ in range(classes)]
    ticks = np.minimum(np.concatenate(times) * _TICKS, _TICKS - 1).astype(np.uint16)
    labels = np.repeat(np.arange(classes, dtype=np.uint8), samples)
    n_test = max(1, round(samples * _TEST_SHARE))
    test = np.tile(np.arange(samples) < n_test, classes)
    return EventDataset(
        name="randman",
        size=Shape(1, units, 1),
        n_classes=classes,
        tick_ms=duration / _TICKS,
        train_events=_events(ticks[~test]),
        train_labels=labels[~test],
        test_events=_events(ticks[test]),
        test_labels=labels[test],
    )


def _class(
    random: np.random.Generator, units: int, dim: int, alpha: float, samples: int
) -> NDArray[np.float64]:
    """(samples, units) times in [0, 1] of a class."""
    terms = np.arange(1, _TERMS + 1)
    terms = terms[: max(1, int((terms**-alpha > _SMALLEST).sum()))]
    theta, a, b = random.random((3, units, len(terms), dim))
    point = random.random((samples, dim))
    found = np.empty((samples, units))
    for unit in range(units):
        phase = terms[:, None] * point[:, None, :] * a[unit] + b[unit]
        waves = np.sin(2 * np.pi * phase) * (terms**-alpha)[:, None]
        found[:, unit] = (theta[unit, :, 0] * waves.prod(axis=2)).sum(axis=1)
    lowest, highest = found.min(axis=0), found.max(axis=0)
    scaled: NDArray[np.float64] = (found - lowest) / np.where(highest > lowest, highest - lowest, 1)
    return scaled


def _events(ticks: NDArray[np.uint16]) -> Events:
    """(S, units) a tick of each unit as events, in the order of time."""
    order = np.argsort(ticks, axis=1, kind="stable")
    offsets = np.arange(len(ticks) + 1, dtype=np.int64) * ticks.shape[1]
    units = order.astype(np.uint16)
    return Events(np.take_along_axis(ticks, order, axis=1).ravel(), units.ravel(), offsets)
