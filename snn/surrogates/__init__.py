"""Derivatives that stand in for that of a spike, one a file."""

from snn.surrogates.spikes import Derivative, derivative, spike

__all__ = ["Derivative", "derivative", "spike"]
