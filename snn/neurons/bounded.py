"""One number of each neuron, within bounds: a time constant, a strength, a frequency.

    x = low + (high − low) · sigmoid(s + d)

s is drawn such that x is even between the bounds, and stays. d starts at 0 and is learned, so that
weight decay draws a number back to where it started, and no step of learning can leave the bounds.
Published code cuts the number off at the bounds instead, after every step: one that is cut off has
no gradient any more, and other code than the optimiser writes the weights.
"""

from __future__ import annotations

from typing import NamedTuple, final

import torch
from torch import Tensor, nn

_EDGE = 0.02  # of the range: nearer to a bound, a number would hardly learn


class Span(NamedTuple):
    """The bounds of a number."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """What the numbers are on average at the start."""
        return (self.low + self.high) / 2


@final
class Bounded(nn.Module):
    """(H,) numbers.

    Args:
        n_neurons: H.
        span: The bounds; equal ones make it a constant.
        learned: Whether the numbers are trained.
        generator: Draws them.
    """

    start: Tensor
    change: Tensor | None

    def __init__(
        self, n_neurons: int, span: Span, learned: bool, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.span = span
        share = torch.rand(n_neurons, generator=generator).clamp(_EDGE, 1 - _EDGE)
        self.register_buffer("start", share.logit())
        self.change = nn.Parameter(torch.zeros(n_neurons)) if learned else None

    def forward(self) -> Tensor:
        """(H,) their values."""
        place = self.start if self.change is None else self.start + self.change
        return self.span.low + (self.span.high - self.span.low) * place.sigmoid()
