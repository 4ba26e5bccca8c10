"""Initial weights such that every layer fires at a sensible rate from the first step on.

Fluctuation-driven rule (Rossbroich, Gygax & Zenke, "Fluctuation-driven initialization for spiking
neural network training", 2022): with zero-mean weights of standard deviation s, the potential of a
neuron with n inputs fluctuates by s · √(n · m), where m is the mean square of one input after the
membrane's filter. Its distance to the threshold, the rheobase, should be ξ such fluctuations:

    s = rheobase / (ξ · √(n · m))

Of the input, the encoder says it (`Encoder.power`): the codes of pixels measure it on the grey
levels. For inputs that are neurons themselves it is that of Poisson spikes at a nominal rate
(`spike_power`).
"""

from __future__ import annotations

import math

from torch import Tensor

XI = 1.5
XI_READOUT = 6.0  # the readout has no threshold to reach: small logits, and small steps of learning
REFERENCE_STD = 0.01
NOMINAL_RATE = 0.01  # spikes per neuron and step
RECURRENT_SHARE = 0.1  # recurrent fluctuations, as a share of the feed-forward ones


def lr_factor(std: float) -> float:
    """Learning rate of weights relative to `lr`, so that it is in proportion to their scale.

    The spike codes need weights of very different scales (a latency code is a hundred times weaker
    than a constant current), while a step of Adam is of size `lr` whatever the weight. In
    proportion, one learning rate means the same to all of them: at 1e-3, steps of a tenth of the
    initial standard deviation. Source: Karras et al., "Progressive growing of GANs", 2018.
    """
    return std / REFERENCE_STD


def scale(rheobase: float, fan_in: int, power: float, xi: float = XI) -> float:
    """Standard deviation of the weights; `power` is the mean square of one filtered input."""
    return rheobase / (xi * math.sqrt(fan_in * power))


def spike_power(response: Tensor) -> float:
    """Mean square of Poisson spikes at the nominal rate r: r · Σ ε² + (r · Σ ε)²."""
    noise = NOMINAL_RATE * float(response.square().sum())
    return noise + (NOMINAL_RATE * float(response.sum())) ** 2
