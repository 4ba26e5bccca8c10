"""Multi-class margin: the logit of the right class must be above all others by a margin.

    L = 1/C Σ_{c ≠ label} max(0, margin − y_label + y_c)

Source: Weston & Watkins, "Support vector machines for multi-class pattern recognition", 1999.
"""

from __future__ import annotations

from torch import Tensor

from snn.losses.base import Answer
from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="loss",
        name="multi_class_margin",
        make="multi_class_margin",
        label="margin loss",
        keys=(
            Key(
                "loss_margin",
                float,
                1.0,
                low=1e-6,
                description="by so much the logit of the right class must be above the others "
                "(multi_class_margin)",
            ),
        ),
    ),
)


def multi_class_margin(answer: Answer, labels: Tensor, loss_margin: float) -> Tensor:
    """One number; see `snn.losses.base`."""
    right = answer.logits.gather(1, labels[:, None])
    short = (loss_margin - right + answer.logits).clamp(min=0)
    return short.scatter(1, labels[:, None], 0.0).mean()
