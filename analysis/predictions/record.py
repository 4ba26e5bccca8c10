"""The answers of one network to the test images, one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """Answers to N test images, in the order of the data set.

    Attributes:
        data: The digest (SHA-256) of the data set, test images included. Only predictions with the
            same digest are of the same images.
        labels: (N,) uint8, the true classes.
        predicted: (N,) uint8, the classes that the network chose.
        probability: (N,) float16, what the network gave to the class that it chose.
        true_probability: (N,) float16, what it gave to the true class.

    Raises:
        AnalysisError: There are no images, the arrays differ in length, a value is no probability,
            or a network that chose the true class has two probabilities for it.
    """

    data: str
    labels: NDArray[np.uint8]
    predicted: NDArray[np.uint8]
    probability: NDArray[np.float16]
    true_probability: NDArray[np.float16]

    def __post_init__(self) -> None:
        columns = (self.labels, self.predicted, self.probability, self.true_probability)
        if any(column.shape != (len(self.labels),) for column in columns) or not len(self.labels):
            raise AnalysisError("are not of the same images, or of none")
        for column in columns[2:]:
            if not ((column >= 0) & (column <= 1)).all():
                raise AnalysisError("have a probability that is none")
        if (self.probability != self.true_probability)[self.hits].any():
            raise AnalysisError("have two probabilities of one class")

    def __len__(self) -> int:
        """How many images."""
        return len(self.labels)

    @property
    def hits(self) -> NDArray[np.bool_]:
        """(N,), whether each image is classified correctly."""
        same: NDArray[np.bool_] = self.labels == self.predicted
        return same
