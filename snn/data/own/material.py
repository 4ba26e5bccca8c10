"""Images and labels as they lie in files, before they are made bytes and classes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from snn.errors import DataError

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Arrays with the names that messages call them by.

    Attributes:
        train_images: (N, …) of numbers.
        train_labels: (N,) of numbers or texts.
        test_images: (M, …); None where nothing is set apart for tests.
        test_labels: (M,), or None.
        names: Of the four arrays, in this order.
        class_names: Of labels that are numbers of them; empty where they are not known.
    """

    train_images: Array
    train_labels: Array
    test_images: Array | None = None
    test_labels: Array | None = None
    names: tuple[str, str, str, str] = ("x_train", "y_train", "x_test", "y_test")
    class_names: tuple[str, ...] = ()


def require_memory(where: str, n_bytes: int) -> None:
    """Refuse what does not fit into half of the memory of this machine.

    Raises:
        DataError: It does not.
    """
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    if n_bytes > half:
        raise DataError(
            f"{where}: unpacks to {n_bytes / 1e9:,.1f} GB, more than half of the memory here "
            f"({half / 1e9:,.1f} GB)"
        )
