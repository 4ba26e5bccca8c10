"""Spikes with a surrogate derivative.

A spike z = [v ≥ A] has no useful derivative, so the backward pass uses ψ(v, A) in its place:
∂z/∂v = ψ and, since the spike depends on v − A alone, ∂z/∂A = −ψ.

Source: Neftci, Mostafa & Zenke, "Surrogate gradient learning in spiking neural networks", 2019.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

Derivative = Callable[[Tensor, Tensor | float, float], Tensor]


def fast_sigmoid(v: Tensor, threshold: Tensor | float, slope: float) -> Tensor:
    """ψ = 1 / (slope · |v − A| + 1)² (Zenke & Ganguli, "SuperSpike", 2018)."""
    return (slope * (v - threshold).abs() + 1).square().reciprocal()


def phi(v: Tensor, threshold: Tensor | float, slope: float) -> Tensor:
    """ψ = (slope / A) · max(0, 1 − |v − A| / A) (Bellec et al., "LSNN", 2018)."""
    scale = threshold + 1e-5
    return slope / scale * (1 - ((v - threshold) / scale).abs()).clamp(min=0)


def atan(v: Tensor, threshold: Tensor | float, slope: float) -> Tensor:
    """ψ = 1 / (1 + (π/2 · slope · (v − A))²) (Fang et al., 2021), with height 1."""
    return (1 + (math.pi / 2 * slope * (v - threshold)).square()).reciprocal()


SURROGATES: Mapping[str, Derivative] = {"fast_sigmoid": fast_sigmoid, "phi": phi, "atan": atan}


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, v: Tensor, threshold: Tensor | float, derivative: Derivative, slope: float
    ) -> Tensor:
        ctx.save_for_backward(v, threshold if isinstance(threshold, Tensor) else None)
        ctx.threshold = None if isinstance(threshold, Tensor) else threshold
        ctx.derivative, ctx.slope = derivative, slope
        return (v >= threshold).to(v.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor | None, None, None]:
        v, tensor = ctx.saved_tensors
        threshold = ctx.threshold if tensor is None else tensor
        grad = grads[0] * ctx.derivative(v, threshold, ctx.slope)
        return grad, -grad if ctx.needs_input_grad[1] else None, None, None


def spike(v: Tensor, threshold: Tensor | float, derivative: Derivative, slope: float) -> Tensor:
    """Spikes [v ≥ threshold] as 0.0 and 1.0, differentiable in both arguments.

    Args:
        v: Membrane potential, any shape.
        threshold: Firing threshold, a number or a tensor of the shape of `v`.
        derivative: One of `SURROGATES`.
        slope: Its steepness, in units of 1 / v.
    """
    z: Tensor = _Spike.apply(v, threshold, derivative, slope)
    return z
