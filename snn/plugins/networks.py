"""Networks of users, by reference: `nets.py:build`. Imports no torch; a user's file may.

A file without `COMPONENTS` is one of networks: each of its own functions whose name does not begin
with `_` makes one. A specification names them by path, and they are known by the file's name
without folders from then on. What a function takes and gives: `snn.networks.own`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from inspect import isfunction
from typing import Any, NamedTuple

from snn.config import EncodingConfig, TrialConfig
from snn.declarations.files import PluginModule
from snn.declarations.keys import PluginError
from snn.registry import Component

INPUTS = ("pixels", "spikes")
LONGEST_LABEL = 60
_REFERENCE = re.compile(r"(?P<path>.+\.py):(?P<function>[A-Za-z_][A-Za-z0-9_]*)")
_NOT_TO_USE = ("network", "dynamics", "backend", "preset")
_MAIN = "build"


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


def networks_of(module: PluginModule, file: str) -> tuple[Component, ...]:
    """The declarations of the networks that the functions of a file make; none without functions.

    Args:
        module: Of the file.
        file: Its name.

    Raises:
        PluginError: What the file declares is not allowed; one line.
    """
    functions = [
        name
        for name, value in vars(module).items()
        if isfunction(value) and not name.startswith("_") and value.__module__ == module.__name__
    ]
    wanted = getattr(module, "INPUT", INPUTS[0])
    if wanted not in INPUTS:
        raise PluginError(f"{file}: INPUT must be {' or '.join(INPUTS)}, got {wanted!r}")
    used = _used(file, getattr(module, "USES", ()))
    if wanted == "spikes":
        used |= set(EncodingConfig.model_fields)
    labels = _labels(file, getattr(module, "LABEL", {}))
    return tuple(
        Component(
            kind="network",
            name=f"{file}:{function}",
            make=function,
            label=labels.get(function, ""),
            uses=tuple(sorted(used)),
            keys=module.plugin_keys,
            formats=("onnx",) if wanted == "pixels" else (),
        )
        for function in functions
    )


def _labels(file: str, given: Any) -> Mapping[str, str]:
    labels = {_MAIN: given} if isinstance(given, str) else given
    if not isinstance(labels, Mapping) or not all(map(is_label, labels.values())):
        raise PluginError(
            f"{file}: LABEL must be a text, or {{function: text}}, of at most {LONGEST_LABEL} "
            "letters in one line"
        )
    return dict(labels)


def is_label(given: Any) -> bool:
    """Whether something can stand as a name in a table or a figure."""
    is_text = isinstance(given, str) and bool(given.strip()) and given.isprintable()
    return is_text and len(given) <= LONGEST_LABEL


def _used(file: str, given: Any) -> set[str]:
    if not isinstance(given, list | tuple) or not all(isinstance(key, str) for key in given):
        raise PluginError(f"{file}: USES must be a list of keys")
    for key in given:
        if key not in TrialConfig.model_fields or key in _NOT_TO_USE:
            raise PluginError(f"{file}: USES: {key} is no key that a network can use")
    return set(given)
