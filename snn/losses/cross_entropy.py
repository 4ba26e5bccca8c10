"""Cross-entropy of the softmax of the logits and the labels.

    L = −Σ_c q_c log p_c        p = softmax(logits)        q_c = (1 − s) [c = label] + s / C

s is `label_smoothing`. Source: Szegedy et al., "Rethinking the inception architecture", 2016.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from snn.losses.base import Answer
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="loss",
        name="cross_entropy",
        make="cross_entropy",
        label="cross-entropy",
        uses=("label_smoothing",),
    ),
)


def cross_entropy(answer: Answer, labels: Tensor, label_smoothing: float) -> Tensor:
    """One number; see `snn.losses.base`."""
    return functional.cross_entropy(answer.logits, labels, label_smoothing=label_smoothing)
