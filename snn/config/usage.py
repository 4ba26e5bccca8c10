"""Which keys have an effect in a run; and of a key that has none, who would use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from snn.config.readers import LAYERS
from snn.config.sections import (
    DefectsConfig,
    EncodingConfig,
    ExecutionConfig,
    NetworkConfig,
    NeuronConfig,
)
from snn.registry import KINDS, SPIKING_KINDS, Component, Registry

OF_SPIKES = ("spike_penalty", "rate_penalty", "rate_target")
"""Keys that need spike counts."""

SPIKING_ONLY = (
    frozenset(EncodingConfig.model_fields)
    | frozenset(NeuronConfig.model_fields) - {"dynamics"}
    | frozenset(DefectsConfig.model_fields)
    | {"recurrent", "tau_out", "readout", "seed_spikes", *OF_SPIKES}
)
LAYERS_ONLY = (
    frozenset(EncodingConfig.model_fields)
    | frozenset(NeuronConfig.model_fields)
    | frozenset(DefectsConfig.model_fields)
    | frozenset(NetworkConfig.model_fields) - {"network"}
    | {"dropout", *OF_SPIKES}
)
"""Keys of our own networks: another network uses those that it names."""

_LEARN_BETA = "learn_beta"


@dataclass(frozen=True)
class Unused:
    """Why a key has no effect.

    Attributes:
        decider: The key that decides it.
        users: The values of that key with which it would have one.
    """

    decider: str
    users: tuple[str, ...]


@cache
def deciders(registry: Registry) -> frozenset[str]:
    """The keys whose values decide whether others have an effect."""
    kinds = {kind for kind in KINDS if registry.shared(kind) or registry.brought(kind)}
    return frozenset(KINDS[kind] for kind in {*kinds, "neuron", "network"}) | {_LEARN_BETA}


def components(registry: Registry, values: Mapping[str, Any]) -> list[Component]:
    """The components that a run uses.

    Args:
        registry: Those that there are.
        values: Of the keys in `KINDS`.
    """
    unused: set[str] = set()
    if values["network"] != LAYERS:
        used = registry.get("network", values["network"]).uses
        unused = {kind for kind in SPIKING_KINDS if KINDS[kind] not in used}
    elif not registry.get("neuron", values["dynamics"]).spiking:
        unused = set(SPIKING_KINDS) - {"neuron"}
    return [registry.get(kind, values[KINDS[kind]]) for kind in KINDS if kind not in unused]


def unused_keys(registry: Registry, values: Mapping[str, Any]) -> set[str]:
    """The keys that have no effect on a run's numbers.

    Args:
        registry: The components that there are.
        values: Of the keys in `KINDS`, and `learn_beta`.
    """
    used = components(registry, values)
    unused = set(ExecutionConfig.model_fields)
    for kind in KINDS:
        unused |= registry.shared(kind) | registry.brought(kind)
    for each in used:
        unused -= {*each.uses, *each.own}
    if values["network"] == LAYERS:
        spiking = registry.get("neuron", values["dynamics"]).spiking
        unused |= {"network"} if spiking else {"network", *SPIKING_ONLY}
    else:
        unused |= LAYERS_ONLY - {*registry.get("network", values["network"]).uses}
        for encoding in (each for each in used if each.kind == "encoding"):
            unused |= registry.shared("encoding") - {*encoding.uses}  # it says which it uses
    if not values[_LEARN_BETA]:
        unused |= {"beta_per_neuron"}
    for each in used:
        unused |= {*each.ignores}
    return unused


def why_unused(registry: Registry, key: str, values: Mapping[str, Any]) -> Unused:
    """Why a key of `unused_keys`, other than those of the execution, has no effect."""
    networks = tuple(c.name for c in registry.of("network") if _network_uses(registry, c, key))
    if values["network"] not in networks:
        return Unused("network", networks)
    used = components(registry, values)
    spiking = tuple(each.name for each in registry.of("neuron") if each.spiking)
    of_spikes = key in SPIKING_ONLY or any(key in registry.brought(k) for k in SPIKING_KINDS)
    without_spikes = values["network"] == LAYERS and values["dynamics"] not in spiking
    if without_spikes and of_spikes and key not in _told(registry, "neuron"):
        return Unused("dynamics", spiking)
    for each in used:
        if key in each.ignores:
            users = (c.name for c in registry.of(each.kind) if key not in c.ignores)
            return Unused(KINDS[each.kind], tuple(users))
        if each.kind != "network" and key in _told(registry, each.kind) - {*each.uses, *each.own}:
            users = (c.name for c in registry.of(each.kind) if key in {*c.uses, *c.own})
            return Unused(KINDS[each.kind], tuple(users))
    return Unused(_LEARN_BETA, ("true",))


def _told(registry: Registry, kind: str) -> frozenset[str]:
    """The keys of which components of a kind say whether they use them."""
    return registry.shared(kind) | registry.brought(kind)


def _network_uses(registry: Registry, network: Component, key: str) -> bool:
    if network.name == LAYERS:
        return key not in registry.brought("network")
    if key in LAYERS_ONLY | registry.brought("network"):
        return key in {*network.uses, *network.own}
    bringing = [kind for kind in SPIKING_KINDS if key in _told(registry, kind)]
    return all(KINDS[kind] in network.uses for kind in bringing)
