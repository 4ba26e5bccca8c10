"""The contract that every neuron model fulfils."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor


class State(Protocol):
    """The state of B × H neurons after a step, a named tuple of tensors (B, H)."""

    @property
    def v(self) -> Tensor:
        """Membrane potentials, before the reset that the spikes of this step bring."""

    @property
    def z(self) -> Tensor:
        """Spikes of the last step, 0.0 or 1.0."""


class Neuron(Protocol):
    """A pure step from state to state; the object holds the parameters only.

    Attributes:
        rheobase: Distance between the resting potential and the threshold.
    """

    rheobase: float

    def initial_state(self, like: Tensor) -> Any:
        """The state before step 0, for tensors such as `like` (B, H)."""

    def step(self, current: Tensor, state: Any) -> Any:
        """One time step under the input current (B, H), from feed-forward and recurrent weights."""

    def firing_threshold(self, state: Any) -> Tensor:
        """(B, H) potential from which on the neurons fired in the step that led to this state."""

    def response(self, n_steps: int) -> Tensor:
        """(n_steps,) potential after a unit current at step 0, spikes left out."""
