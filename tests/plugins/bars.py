"""Horizontal or vertical bars of 8 × 8 pixels, on noise."""

import numpy as np

from snn.data import Dataset
from snn.registry import Component

COMPONENTS = (Component(kind="dataset", name="bars", make="bars"),)
SIDE = 8


def bars(root, download):
    train, test = (images(count, seed) for count, seed in ((240, 0), (60, 1)))
    return Dataset(
        name="bars",
        side=SIDE,
        n_classes=2,
        train_images=train[0],
        train_labels=train[1],
        test_images=test[0],
        test_labels=test[1],
    )


def images(count, seed):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 80, (count, SIDE, SIDE), dtype=np.uint8)
    labels = np.arange(count) % 2
    for image, label in zip(pixels, labels, strict=True):
        place = random.integers(SIDE)
        if label:
            image[:, place] = 255
        else:
            image[place] = 255
    return pixels.reshape(count, -1), labels
