"""The seeded split of a data set into training and validation images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from snn.data.arrays import Bytes
from snn.data.dataset import Dataset
from snn.errors import ConfigError


class Split(NamedTuple):
    """Images (N, height × width × channels) and labels (N,), both uint8."""

    images: Tensor
    labels: Tensor


def split(dataset: Dataset, val_fraction: float, seed: int) -> tuple[Split, Split, Split]:
    """Training, validation and test images.

    The split is random and depends on the seed alone; the test images are always the same.

    Raises:
        ConfigError: The fraction leaves no images for one side, or the seed is negative.
    """
    if seed < 0:
        raise ConfigError(f"seed: must be 0 or more, got {seed}")
    n_val = dataset.n_validation(val_fraction)
    order = np.random.default_rng(seed).permutation(len(dataset.train_labels))
    val, train = np.sort(order[:n_val]), np.sort(order[n_val:])
    return (
        _tensors(dataset.train_images[train], dataset.train_labels[train]),
        _tensors(dataset.train_images[val], dataset.train_labels[val]),
        _tensors(dataset.test_images.copy(), dataset.test_labels.copy()),
    )


def _tensors(images: Bytes, labels: Bytes) -> Split:
    return Split(torch.from_numpy(images), torch.from_numpy(labels))
