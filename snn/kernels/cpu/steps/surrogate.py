"""The derivatives of `snn.surrogates` in compiled loops."""

from __future__ import annotations

from typing import Any

import numpy as np

from snn.kernels.cpu.lanes import inverse, positive, size
from snn.kernels.cpu.steps.parts import step_part


@step_part
def differentiate(away: Any, level: Any, numbers: Any) -> Any:
    """ψ of sixteen neurons, in the order of SURROGATE_CODES.

    Args:
        away: Their distance from the threshold.
        level: The threshold itself, as it has risen.
        numbers: Of the family.
    """
    one, slope = np.float32(1), numbers.slope
    if numbers.surrogate == 0:
        root = slope * size(away) + one
        return inverse(root * root)
    if numbers.surrogate == 1:
        scale = level + np.float32(1e-5)
        return slope / scale * positive(one - size(away / scale))
    root = np.float32(np.pi / 2) * slope * away
    return inverse(one + root * root)
