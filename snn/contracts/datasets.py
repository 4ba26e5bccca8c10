"""What every data set must be."""

from __future__ import annotations

import numpy as np

from snn.contracts.case import config_of, require
from snn.data import load
from snn.data.splits import split
from snn.registry import Component


def is_made(component: Component) -> None:
    """It is a data set of its name, with images and labels that fit each other."""
    load(component.name)


def has_every_class(component: Component) -> None:
    """Every class is among the training and the test images."""
    dataset = load(component.name)
    for what, labels in (("training", dataset.train_labels), ("test", dataset.test_labels)):
        missing = sorted(set(range(dataset.n_classes)) - set(np.unique(labels).tolist()))
        require(not missing, f"no {what} image is of class {', '.join(map(str, missing[:5]))}")


def can_be_split(component: Component) -> None:
    """Some training images can be kept for validation."""
    seen = load(component.name).seen_by(config_of(component))
    split(seen, 0.15, seed=0)


def is_repeatable(component: Component) -> None:
    """It is the same, byte for byte, every time."""
    same = load(component.name).sha256 == load(component.name).sha256
    require(same, "it is made with random numbers that are not seeded")


CHECKS = {"dataset": (is_made, has_every_class, can_be_split, is_repeatable)}
