"""The numbers of every family of neurons as the loops for a GPU take them."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple

from snn.kernels.base import AdaptiveDynamics, Dynamics, Numbers, ResonantDynamics
from snn.kernels.gpu import neurons as neurons


class Step(NamedTuple):
    """The numbers of a family of neurons; see `base.Dynamics` and what stands beside it there."""

    family: int
    alpha: float
    sigma: float
    threshold: float
    slope: float
    surrogate: int
    rho: float = 0.0
    takes_current: float = 0.0
    adapts: float = 0.0
    gain: float = 0.0
    delta: float = 0.0

    def forward(self) -> dict[str, Any]:
        """What the loops forward take."""
        names = "rho", "sigma", "threshold", "slope", "takes_current", "gain", "delta"
        return self._of(*names, "family", "surrogate")

    def backward(self) -> dict[str, Any]:
        """What the loops back take."""
        return self._of("rho", "sigma", "takes_current", "adapts", "gain", "delta", "family")

    def _of(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names}

    @property
    def n_coefficients(self) -> int:
        """Rows of alpha."""
        return {neurons.THRESHOLD.value: 1, neurons.RESONANT.value: 2}.get(self.family, 4)

    @property
    def n_kept(self) -> int:
        """Numbers of a neuron and step that the gradient of alpha needs."""
        return 1 if self.family == neurons.THRESHOLD.value else 3


@singledispatch
def step_of(numbers: Numbers) -> Step:
    """The numbers as the loops take them.

    Raises:
        TypeError: There are no loops for the family.
    """
    raise TypeError(f"{type(numbers).__name__}: no loops for a GPU have these neurons")


@step_of.register
def _(numbers: Dynamics) -> Step:
    return Step(
        neurons.THRESHOLD.value,
        numbers.alpha,
        *(numbers.sigma, numbers.threshold, numbers.slope, numbers.surrogate),
        rho=numbers.rho,
        takes_current=numbers.takes_current,
        adapts=numbers.adapts,
    )


@step_of.register
def _(numbers: AdaptiveDynamics) -> Step:
    family = neurons.SYMPLECTIC if numbers.symplectic else neurons.ADAPTIVE
    return Step(
        family.value,
        0.0,
        *(numbers.sigma, numbers.threshold, numbers.slope, numbers.surrogate),
        gain=numbers.gain,
    )


@step_of.register
def _(numbers: ResonantDynamics) -> Step:
    return Step(
        neurons.RESONANT.value,
        0.0,
        *(numbers.sigma, numbers.threshold, numbers.slope, numbers.surrogate),
        rho=numbers.gamma,
        delta=numbers.delta,
    )
