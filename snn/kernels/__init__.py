"""The time loops of a network, behind one signature (`Backend`).

`reference` is the definition, in plain autograd; the others are held to it by the tests:

    reference   any device, any neuron, any precision; keeps every intermediate value
    cpu         compiled loops over events, in single precision
    cuda        loops for a GPU, most of them a launch per layer
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch

from snn.config import TrialConfig
from snn.errors import ConfigError
from snn.kernels.base import Backend, Layer, Outcome
from snn.registry import SPIKING_KINDS

__all__ = ["Backend", "Choice", "Layer", "Outcome", "choose"]

_COMPILED = "cpu", "cuda"  # backends by the name of their device
_MODULES = {"reference": "reference", "cpu": "cpu.network", "cuda": "gpu.network"}
_PLACES = {"cpu": "a CPU", "cuda": "a GPU"}
_SPOKEN = {
    "neuron": "{} neurons",
    "encoding": "the encoding {}",
    "surrogate": "the surrogate {}",
    "readout": "the readout {}",
}
_COMPUTE_CAPABILITY = 8, 0  # of NVIDIA's Ampere: the tensor cores take the numbers we need


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
    if wanted == "reference":
        return Choice(wanted, "asked for", _load(wanted))
    name = device if wanted == "auto" else wanted
    lacking = _lacking(name, config, device)
    if not lacking:
        reason = f"the fastest on {device}" if wanted == "auto" else "asked for"
        return Choice(name, reason, _load(name))
    if wanted == "auto":
        return Choice("reference", lacking, _load("reference"))
    raise ConfigError(f"backend: {wanted!r} cannot be used: {lacking}; use auto or reference")


def _lacking(name: str, config: TrialConfig, device: str) -> str:
    """What keeps a compiled backend from computing a network; empty if nothing does."""
    if name not in _COMPILED:
        return f"no compiled loops for {name}"
    if name != device:
        return f"it computes on {_PLACES[name]}, and this is on {_PLACES.get(device, device)}"
    for each in map(config.component, SPIKING_KINDS):
        if name not in each.compiled:
            return f"no compiled loops for {_SPOKEN[each.kind].format(each.name)}"
    loss = config.component("loss")
    if name == "cuda" and loss.reads_trace:
        return f"no compiled loops for {loss.title}, which reads every time step"
    return _lacking_gpu() if name == "cuda" else ""


@cache
def _lacking_gpu() -> str:
    if find_spec("triton") is None:
        return "triton is not installed"
    if torch.cuda.is_available() and torch.cuda.get_device_capability() < _COMPUTE_CAPABILITY:
        return "the GPU is older than compute capability 8.0"
    return ""


@cache
def _load(name: str) -> Backend:
    """Import a backend when it is needed: the compiled ones bring a compiler with them."""
    module: Any = import_module(f"snn.kernels.{_MODULES[name]}")
    run: Backend = module.run
    return run
