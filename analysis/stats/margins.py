"""Margins below which a difference counts as none: in points, or in percent of the errors.

Half a point is little at an accuracy of 60 %, and 40 % of all errors at 98.8 %. A margin of 10 % of
the errors means the same at both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.errors import AnalysisError

MARGIN = 0.005
"""A smaller difference in accuracy than half a percentage point counts as none, by default."""


@dataclass(frozen=True)
class Margin:
    """What counts as no difference.

    Attributes:
        size: In units of the metric; of a relative margin, a fraction.
        relative: Of the errors of the baseline, or of its value where less is better.
    """

    size: float
    relative: bool = False

    @classmethod
    def parse(cls, text: str) -> Margin:
        """`0.005`, half a point of an accuracy; or `10%` of the errors.

        Raises:
            AnalysisError: It is neither.
        """
        relative = text.strip().endswith("%")
        try:
            size = float(text.strip().removesuffix("%")) / (100 if relative else 1)
        except ValueError:
            size = math.nan
        if not 0 < size < math.inf:
            raise AnalysisError(
                f"margin: {text!r} is neither a fraction above 0, such as 0.005 for half a point, "
                "nor a part of the errors, such as 10%"
            )
        return cls(size, relative)

    def of(self, baseline: float, metric: str) -> float:
        """The margin in units of the metric.

        Args:
            baseline: The mean of the metric at the baseline.
            metric: Its name; the errors of an accuracy are what is missing to 1.

        Raises:
            AnalysisError: It is as large as any difference of an accuracy.
        """
        if not self.relative:
            if metric.endswith("accuracy") and self.size >= 1:
                raise AnalysisError(
                    f"margin: {self.size:g} is no part of an accuracy, which is from 0 to 1; 0.005 "
                    f"is half a point, {self.size:g}% a part of the errors"
                )
            return self.size
        return self.size * (1 - baseline if metric.endswith("accuracy") else abs(baseline))

    def words(self, metric: str) -> str:
        """For people: `±0.5` (points of an accuracy), or `±10 % of the errors`."""
        accuracy = metric.endswith("accuracy")
        if self.relative:
            return f"±{self.size * 100:.4g} % of the {'errors' if accuracy else 'baseline'}"
        return f"±{self.size * (100 if accuracy else 1):.4g}"


def as_margin(margin: float | Margin) -> Margin:
    """A plain number is in units of the metric."""
    return margin if isinstance(margin, Margin) else Margin(margin)
