"""Spikes with a surrogate derivative.

A spike z = [v ≥ A] has no useful derivative, so the backward pass uses ψ(v, A) in its place:
∂z/∂v = ψ and, since the spike depends on v − A alone, ∂z/∂A = −ψ.

Source: Neftci, Mostafa & Zenke, "Surrogate gradient learning in spiking neural networks", 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from snn.config import TrialConfig

Derivative = Callable[[Tensor, Tensor | float, float], Tensor]


def derivative(config: TrialConfig) -> Derivative:
    """The surrogate that a configuration asks for, with the values of its own keys."""
    found: Derivative = config.component("surrogate").function(config)
    return found


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, v: Tensor, threshold: Tensor | float, psi: Derivative, slope: float
    ) -> Tensor:
        ctx.save_for_backward(v, threshold if isinstance(threshold, Tensor) else None)
        ctx.threshold = None if isinstance(threshold, Tensor) else threshold
        ctx.psi, ctx.slope = psi, slope
        return (v >= threshold).to(v.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor | None, None, None]:
        v, tensor = ctx.saved_tensors
        threshold = ctx.threshold if tensor is None else tensor
        grad = grads[0] * ctx.psi(v, threshold, ctx.slope)
        return grad, -grad if ctx.needs_input_grad[1] else None, None, None


def spike(v: Tensor, threshold: Tensor | float, psi: Derivative, slope: float) -> Tensor:
    """Spikes [v ≥ threshold] as 0.0 and 1.0, differentiable in both arguments.

    Args:
        v: Membrane potential, any shape.
        threshold: Firing threshold, a number or a tensor of the shape of `v`.
        psi: The derivative, one of the files beside this one.
        slope: Its steepness, in units of 1 / v.
    """
    z: Tensor = _Spike.apply(v, threshold, psi, slope)
    return z
