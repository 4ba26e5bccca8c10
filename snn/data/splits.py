"""The seeded split of a data set into training and validation samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snn.data.base import Samples, Seen
from snn.errors import ConfigError


class Split(NamedTuple):
    """Samples, such as images (N, height × width × channels) uint8, and labels (N,) uint8."""

    images: Samples
    labels: Tensor


def split(
    dataset: Seen, val_fraction: float, seed: int, by_group: bool = False
) -> tuple[Split, Split, Split]:
    """Training, validation and test samples.

    The split is random and depends on the seed alone; the test samples are always the same. Where
    a data set has validation samples of its own, these are taken, whatever is asked for.

    Args:
        dataset: As a network sees it.
        val_fraction: Share of the training samples that is kept for validation.
        seed: Of the split.
        by_group: Whether all samples of a group, such as a speaker, are on the same side. Then the
            share is one of groups, and at least one group is kept.

    Raises:
        ConfigError: The fraction leaves no samples for one side, or the seed is negative.
    """
    if seed < 0:
        raise ConfigError(f"seed: must be 0 or more, got {seed}")
    n_val = dataset.n_validation(val_fraction)
    if dataset.own_validation is not None:
        val = dataset.own_validation
        train = np.setdiff1d(np.arange(len(dataset.train_labels)), val)
    elif by_group and dataset.train_groups is not None:
        val, train = _by_group(dataset.train_groups, val_fraction, seed)
    else:
        order = np.random.default_rng(seed).permutation(len(dataset.train_labels))
        val, train = np.sort(order[:n_val]), np.sort(order[n_val:])
    return (
        Split(dataset.train(train), torch.from_numpy(dataset.train_labels[train])),
        Split(dataset.train(val), torch.from_numpy(dataset.train_labels[val])),
        Split(dataset.test(), torch.from_numpy(dataset.test_labels.copy())),
    )


def _by_group(
    groups: NDArray[Any], val_fraction: float, seed: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Places of validation and of training samples, no group on both sides."""
    known = np.unique(groups)
    if len(known) < 2:
        raise ConfigError("val_groups: there is one group; at least 2 are needed")
    n_held = min(max(1, round(len(known) * val_fraction)), len(known) - 1)
    held = np.isin(groups, np.random.default_rng(seed).permutation(known)[:n_held])
    return np.flatnonzero(held), np.flatnonzero(~held)
