"""Leaky readout: one non-spiking integrator per class.

    y[t] = κ · y[t−1] + z[t] · W + b        κ = exp(−dt / τ_out)

The logits are the maximum, the mean, or the last value of y over time, or the sum of its softmax
(`softmax_sum`; Bittar & Garner, "A surrogate gradient spiking baseline for speech command
recognition", 2022), in which every step has one vote for the classes. Being linear in z, the whole
recursion is one product with the lower triangular matrix of powers of κ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="readout",
        name="max",
        make="maximum",
        compiled=("cpu", "cuda"),
        formats=("onnx", "nir"),
    ),
    Component(
        kind="readout", name="mean", make="mean", compiled=("cpu", "cuda"), formats=("onnx", "nir")
    ),
    Component(
        kind="readout", name="last", make="last", compiled=("cpu", "cuda"), formats=("onnx", "nir")
    ),
    Component(
        kind="readout",
        name="softmax_sum",
        make="softmax_sum",
        compiled=("cpu",),
        formats=("onnx", "nir"),
    ),
)


def maximum(trace: Tensor) -> Tensor:
    """Logits (B, C): the maximum over time of the trace (T, B, C)."""
    return trace.max(dim=0).values


def mean(trace: Tensor) -> Tensor:
    """Logits (B, C): the mean over time."""
    return trace.mean(dim=0)


def last(trace: Tensor) -> Tensor:
    """Logits (B, C): the last value."""
    return trace[-1]


def softmax_sum(trace: Tensor) -> Tensor:
    """Logits (B, C): the sum over time of the softmax, from 0 to T."""
    return trace.softmax(dim=2).sum(dim=0)


@final
class Readout(nn.Module):
    """Weights (H, C) and bias (C,) of the readout of C classes.

    Attributes:
        traced: Whether the loss reads the trace, so that every backend must give it.
    """

    def __init__(self, config: TrialConfig, n_in: int, n_classes: int) -> None:
        super().__init__()
        self.kappa = math.exp(-config.dt / config.tau_out)
        self.mode = config.readout
        self.traced = config.component("loss").reads_trace
        self._reduce: Callable[[Tensor], Tensor] = config.component("readout").function(config)
        self.weight = nn.Parameter(torch.empty(n_in, n_classes))
        self.bias = nn.Parameter(torch.zeros(n_classes))

    def forward(self, spikes: Tensor) -> Tensor:
        """Trace (T, B, C) of the spikes (T, B, H)."""
        current = spikes @ self.weight + self.bias
        trace: Tensor = torch.tensordot(self.leak(len(current)).to(current), current, dims=1)
        return trace

    def logits(self, trace: Tensor) -> Tensor:
        """(B, C) from the trace (T, B, C)."""
        return self._reduce(trace)

    def response(self, n_steps: int) -> Tensor:
        """(n_steps,) value after a unit input at step 0."""
        return self.kappa ** torch.arange(n_steps)

    def leak(self, n_steps: int) -> Tensor:
        """(T, T) lower triangular: what an input at one step (column) is at another (row)."""
        lag = torch.arange(n_steps)[:, None] - torch.arange(n_steps)
        return torch.where(lag >= 0, self.kappa ** lag.clamp(min=0), 0.0)
