"""The digits of scikit-learn, which need no files of their own."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import numpy as np

from snn.data.dataset import Dataset
from snn.registry import Component

COMPONENTS = (Component(kind="dataset", name="digits", make="digits", label="digits"),)


def digits(root: Path, download: bool) -> Dataset:
    """The 8 × 8 digits of scikit-learn (from the UCI repository); every fifth is for tests.

    The file is read without scikit-learn, whose import takes two seconds in every process.
    """
    file = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    table = np.loadtxt(Path(str(file)), delimiter=",")
    grey = (table[:, :-1] * (255 / 16)).round().astype(np.uint8)
    label = table[:, -1].astype(np.uint8)
    test = np.arange(len(label)) % 5 == 4
    return Dataset(
        name="digits",
        height=8,
        width=8,
        n_classes=10,
        train_images=grey[~test],
        train_labels=label[~test],
        test_images=grey[test],
        test_labels=label[test],
    )
