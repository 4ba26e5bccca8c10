"""Mean squared error of the logits to 1 for the class of the image and 0 for the others.

    L = 1/C Σ_c (y_c − [c = label])²

Source: Hui & Belkin, "Evaluation of neural architectures trained with square loss vs cross-entropy
in classification tasks", 2021. For spiking networks: Eshraghian et al., "Training spiking neural
networks using lessons from deep learning", 2023, section "Membrane potential".
"""

from __future__ import annotations

import torch
from torch import Tensor

from snn.losses.base import Answer
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="loss", name="mean_squared_error", make="mean_squared_error", label="squared error"
    ),
)


def mean_squared_error(answer: Answer, labels: Tensor) -> Tensor:
    """One number; see `snn.losses.base`."""
    wanted = torch.zeros_like(answer.logits).scatter(1, labels[:, None], 1.0)
    return (answer.logits - wanted).square().mean()
