"""Cross-entropy at every time step, averaged over the steps.

    L = 1/T Σ_t CE(y[t], label)

y[t] is the value of the readout at step t, and CE the `cross_entropy` with its `label_smoothing`.
So the network is asked for the right class from the first step on, whatever the readout makes of
the steps in the end. A network without steps (the baseline, a user's) is one with a single step.

Source: Eshraghian et al., "Training spiking neural networks using lessons from deep learning",
2023, where it is the cross-entropy of the membrane potential, averaged over time.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from snn.losses.base import Answer
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="loss",
        name="cross_entropy_every_step",
        make="cross_entropy_every_step",
        label="cross-entropy every step",
        uses=("label_smoothing",),
        reads_trace=True,
    ),
)


def cross_entropy_every_step(answer: Answer, labels: Tensor, label_smoothing: float) -> Tensor:
    """One number; see `snn.losses.base`."""
    steps = answer.logits[None] if answer.trace is None else answer.trace
    return functional.cross_entropy(
        steps.flatten(0, 1), labels.repeat(len(steps)), label_smoothing=label_smoothing
    )
