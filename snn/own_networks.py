"""Networks of users, by reference: `nets.py:build`. Imports no torch; a user's file may.

The file is read when a specification names it, and is known by its name without folders from then
on. What the function takes and gives: `snn.networks.own`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from snn.config import EncodingConfig, TrialConfig
from snn.plugin_files import PluginError, PluginModule
from snn.registry import Component, Registry

INPUTS = ("pixels", "spikes")
_REFERENCE = re.compile(r"(?P<path>.+\.py):(?P<function>[A-Za-z_][A-Za-z0-9_]*)")
_NOT_TO_USE = ("network", "dynamics", "backend", "preset")


class Reference(NamedTuple):
    """A value of `network`: the path of a file, and a function in it."""

    path: str
    function: str


def reference(value: Any) -> Reference | None:
    """The reference in a value of `network`; None if it is the name of something registered.

    Raises:
        PluginError: It looks like a file without its function.
    """
    if not isinstance(value, str):
        return None
    found = _REFERENCE.fullmatch(value)
    if found:
        return Reference(found["path"], found["function"])
    if value.endswith(".py") or ".py:" in value or "/" in value:
        raise PluginError(f"network: {value}: needs file.py:function, such as nets.py:build")
    return None


def component(module: PluginModule, function: str) -> Component:
    """The declaration of a network that a function of a file makes.

    Raises:
        PluginError: There is no such function, or what the file declares is not allowed; one line.
    """
    file = module.plugin_file
    name = f"{file.name}:{function}"
    made = getattr(module, function, None)
    if made is None:
        raise PluginError(f"network: {name}: there is no {function} in {file.name}")
    if not callable(made):
        raise PluginError(f"network: {name}: {function} is no function")
    wanted = getattr(module, "INPUT", INPUTS[0])
    if wanted not in INPUTS:
        raise PluginError(f"network: {name}: INPUT must be {' or '.join(INPUTS)}, got {wanted!r}")
    label = getattr(module, "LABEL", function)
    if not isinstance(label, str) or not label.isprintable() or not label:
        raise PluginError(f"network: {name}: LABEL must be a line of text")
    used = _used(name, getattr(module, "USES", ()))
    if wanted == "spikes":
        used |= set(EncodingConfig.model_fields)
    return Component(
        kind="network",
        name=name,
        make=function,
        label=label,
        uses=tuple(sorted(used)),
        keys=module.plugin_keys,
        formats=("onnx",) if wanted == "pixels" else (),
        module=module.__name__,
        digest=file.digest,
        file=file.name,
    )


def with_networks(registry: Registry, found: Iterable[Component]) -> Registry:
    """A registry with these networks of users, and none that it had before.

    Raises:
        PluginError: Two files have the same name, or a key is there already.
    """
    networks = list({(each.name, each.digest): each for each in found}.values())
    digests: dict[str, str] = {}
    for each in networks:
        if digests.setdefault(each.file, each.digest) != each.digest:
            raise PluginError(f"network: two files are called {each.file}; rename one")
    return registry.without_networks().with_plugins(networks)


def _used(name: str, given: Any) -> set[str]:
    if not isinstance(given, list | tuple) or not all(isinstance(key, str) for key in given):
        raise PluginError(f"network: {name}: USES must be a list of keys")
    for key in given:
        if key not in TrialConfig.model_fields or key in _NOT_TO_USE:
            raise PluginError(f"network: {name}: USES: {key} is no key that it can use")
    return set(given)
