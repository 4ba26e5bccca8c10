"""Yin-Yang: points of the plane in three classes, a small task that a linear network fails.

A point (x, y) in the circle of radius R = 0.5 around (R, R) has class 2 in one of the two dots,
else 1 in the upper of two shapes that embrace each other, else 0. With its distances l and r from
the left dot (R/2, R) and the right one (3R/2, R):

    2   l < 0.1 or r < 0.1
    1   0.1 < l ≤ R/2, or y > R and r > R/2

The inputs are x, y, 1 − x, 1 − y, here as bytes. Source: Kriener, Göltz & Petrovici, "The Yin-Yang
dataset", 2022. The points are those of the authors' code, with its random numbers: 5,000 for
training of seed 42, 1,000 for the test of seed 40. They draw 1,000 more for validation, where we
split off a share of the training points.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from snn.data.arrays import Bytes
from snn.data.dataset import Dataset
from snn.registry import Component

COMPONENTS = (Component(kind="dataset", name="yin_yang", make="yin_yang", label="Yin-Yang"),)

_NAMES = "yin", "yang", "dot"  # as the authors call them
_RADIUS, _DOT = 0.5, 0.1
_TRAINING, _TEST = (5000, 42), (1000, 40)  # points and seed


def yin_yang(root: Path, download: bool) -> Dataset:
    """5,000 + 1,000 points as images of one row of 4 pixels."""
    train_images, train_labels = _points(*_TRAINING)
    test_images, test_labels = _points(*_TEST)
    return Dataset(
        name="yin_yang",
        height=1,
        width=4,
        n_classes=len(_NAMES),
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        class_names=_NAMES,
    )


def _points(count: int, seed: int) -> tuple[Bytes, Bytes]:
    """Points (count, 4) and their labels, as many of each class as chance has it."""
    drawn = np.random.RandomState(seed)
    points, labels = np.empty((count, 2)), np.empty(count, np.uint8)
    for n in range(count):
        labels[n] = wanted = drawn.randint(len(_NAMES))
        points[n] = drawn.rand(2) * 2 * _RADIUS
        while _label(*points[n]) != wanted:
            points[n] = drawn.rand(2) * 2 * _RADIUS
    values = np.concatenate([points, 1 - points], axis=1)
    return (values * 255).round().astype(np.uint8), labels


def _label(x: float, y: float) -> int | None:
    """The class of a point; None outside the circle."""
    if np.hypot(x - _RADIUS, y - _RADIUS) > _RADIUS:
        return None
    left, right = (np.hypot(x - at * _RADIUS, y - _RADIUS) for at in (0.5, 1.5))
    if min(left, right) < _DOT:
        return 2
    return int(_DOT < left <= _RADIUS / 2 or (y > _RADIUS and right > _RADIUS / 2))
