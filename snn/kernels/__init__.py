"""The time loops of a network, behind one signature (`Backend`).

`reference` is the definition, in plain autograd; the others are held to it by the tests:

    reference   any device, any neuron, any precision; keeps every intermediate value
    cpu         compiled loops over events for LIF and ALIF networks in single precision
"""

from __future__ import annotations

from typing import NamedTuple

from snn.config import TrialConfig
from snn.errors import ConfigError
from snn.kernels.base import Backend, Layer, Outcome

__all__ = ["Backend", "Choice", "Layer", "Outcome", "choose"]

_COMPILED_DYNAMICS = "lif", "alif"


class Choice(NamedTuple):
    """A backend and why it is the one.

    Attributes:
        name: As in `TrialConfig.backend`.
        reason: In a few words.
        run: The backend.
    """

    name: str
    reason: str
    run: Backend


def choose(config: TrialConfig, device: str = "cpu") -> Choice:
    """The backend that a configuration asks for, or the fastest for a device (`auto`).

    Raises:
        ConfigError: It asks for one that cannot compute this network on this device.
    """
    wanted = config.backend
    lacking = _lacking("cpu" if wanted == "auto" else wanted, config, device)
    if wanted == "auto":
        name, reason = ("reference", lacking) if lacking else ("cpu", "fastest on a CPU")
    elif lacking:
        raise ConfigError(f"backend: {wanted!r} {lacking}; use auto or reference")
    else:
        name, reason = wanted, "asked for"
    return Choice(name, reason, _load(name))


def _lacking(name: str, config: TrialConfig, device: str) -> str:
    if name == "reference":
        return ""
    if device != "cpu":
        return f"has no compiled loops for {device}"
    if config.dynamics not in _COMPILED_DYNAMICS:
        return f"has no compiled loops for dynamics {config.dynamics}"
    return ""


def _load(name: str) -> Backend:
    if name == "cpu":
        from snn.kernels import cpu

        return cpu.run
    from snn.kernels import reference

    return reference.run
