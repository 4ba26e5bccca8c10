"""What a loss gets and gives.

    make(answer, labels, **own) -> a tensor of one number: the mean over the images of the batch

`labels` are (B,) int64. `own` are the keys that the loss declares, by name. A loss is minimised as
it is, plus the penalty on spikes where there is one (`snn.training.regularisation`). What is
measured on validation and test images (`val_loss`, `test_loss`) is the cross-entropy whatever the
loss is, so that runs with different losses can be compared; `train_loss` is what is minimised.

On a GPU, the steps with a loss of ours are recorded as a CUDA graph. So a loss of ours asks the
device for no values (`.item()`, `if tensor`). A user's loss may; its steps are not recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from snn.config import TrialConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What a network answers to a batch; all of it is differentiable.

    Attributes:
        logits: (B, C).
        counts: Per hidden layer (B, H), spikes of every neuron; empty where none are counted, as in
            the baseline without spikes.
        trace: (T, B, C), the readout at every step; None unless the loss declares `reads_trace`,
            and of a network without steps.
    """

    logits: Tensor
    counts: tuple[Tensor, ...] = ()
    trace: Tensor | None = None


Loss: TypeAlias = Callable[[Answer, Tensor], Tensor]


def loss(config: TrialConfig) -> Loss:
    """The loss that a configuration asks for, with the values of its keys."""
    found: Loss = config.component("loss").function(config)
    return found
