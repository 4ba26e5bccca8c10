"""Users' files as components: which are in use, and how a worker gets the same ones.

A file declares its components as ours do, in `COMPONENTS` (see `snn.registry`):

    from snn.declarations.keys import Key
    from snn.registry import Component

    COMPONENTS = (Component(kind="schedule", name="linear", make="linear"),)

    def linear(progress):
        return 1 - progress

What a file declares is checked here, without torch: names, keys and how `make` can be called.
`snn.contracts` checks what the components do. A file without `COMPONENTS` is one of networks, see
`snn.networks.own`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING

from snn import registry
from snn.config import check_keys
from snn.declarations.files import PluginFile, PluginModule, kept, load, loaded, read_file
from snn.declarations.keys import PluginError
from snn.plugins.networks import networks_of, reference
from snn.registry import FORMATS, KINDS, OURS, Component, Registry

if TYPE_CHECKING:
    from pathlib import Path

    from upath import UPath

GROUP = "spikesweep"
"""Entry points of this group name modules with components; they are in use always."""

_TAKES = {
    "neuron": 3,
    "encoding": 1,
    "surrogate": 3,
    "readout": 1,
    "schedule": 1,
    "dataset": 2,
    "network": 3,
}
_BACKENDS = ("cpu", "cuda")


def use_files(files: Iterable[PluginFile]) -> None:
    """Read configurations with our components, those of entry points and those of these files.

    Raises:
        PluginError: Files cannot be used; a line each, and what was in use stays in use.
    """
    wanted = dict.fromkeys([*_installed(), *files])
    registry.use(_with_files(tuple(wanted)))


def use_kept(folder: Path | UPath) -> None:
    """The same with the copies that a launch keeps, in place of those that are installed here.

    Raises:
        PluginError: A copy was changed, or cannot be used here.
    """
    registry.use(_with_files(tuple(kept(folder))))


def files_in_use() -> list[PluginFile]:
    """The files whose components are in use, in their order."""
    digests = dict.fromkeys(each.digest for each in registry.current().plugins)
    modules = (loaded(digest) for digest in digests)
    return [module.plugin_file for module in modules if module is not None]


@cache
def _with_files(files: tuple[PluginFile, ...]) -> Registry:
    """One registry for the same files: configurations that are read with it can be compared."""
    if not files:
        return OURS
    added, wrong = list[Component](), list[str]()
    for file in files:
        try:
            added += components_of(load(file))
        except PluginError as error:
            wrong += error.mistakes
    if wrong:
        raise PluginError(*wrong)
    extended = OURS.with_plugins(added)
    check_keys(extended)
    return extended


@cache
def _installed() -> tuple[PluginFile, ...]:
    """The modules that installed packages name."""
    found = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        spec = find_spec(point.module)
        if spec is None or spec.origin is None:
            raise PluginError(f"entry point {point.name} of {GROUP}: no module {point.module}")
        found.append(read_file(spec.origin))
    return tuple(found)


def components_of(module: PluginModule) -> tuple[Component, ...]:
    """The components that a user's file declares.

    Raises:
        PluginError: It declares none, or declarations are wrong; a line each.
    """
    file = module.plugin_file
    declared: Sequence[Component] = getattr(module, "COMPONENTS", ())
    is_list = isinstance(declared, tuple | list)
    if not is_list or not all(isinstance(each, Component) for each in declared):
        raise PluginError(f"{file.name}: COMPONENTS must be a tuple of snn.registry.Component")
    declared = declared or networks_of(module)
    if not declared:
        raise PluginError(f"{file.name}: declares no COMPONENTS, and has no function of a network")
    wrong = [
        f"{file.name}: {each.title}: {mistake}"
        for each in declared
        for mistake in _mistakes(each, module)
    ]
    if wrong:
        raise PluginError(*wrong)
    return tuple(
        replace(each, module=module.__name__, digest=file.digest, file=file.name)
        for each in declared
    )


def _mistakes(component: Component, module: PluginModule) -> Iterator[str]:
    """What is wrong with a declaration, a line each."""
    if component.kind not in KINDS:
        yield f"kind: must be one of {', '.join(KINDS)}"
        return
    is_reference = component.kind == "network" and reference(component.name)
    if not is_reference and not component.name.isidentifier():
        yield "name: must be letters, digits and _"
    if component.kind == "dataset" and component.keys:
        yield "keys: a data set has none"
    for part, allowed in (("compiled", _BACKENDS), ("formats", FORMATS)):
        for given in getattr(component, part):
            if given not in allowed:
                yield f"{part}: {given!r} is none of {', '.join(allowed)}"
    if component.compiled:
        yield "compiled: only components of spikesweep have compiled loops; leave it out"
    made = getattr(module, str(component.make), None)
    if not callable(made):
        yield f"make: there is no function {component.make!r} in the file"
    elif not is_reference:  # said when it is used: other functions of the file make no networks
        yield from _misfit(component, made)


def _misfit(component: Component, made: object) -> Iterator[str]:
    own = () if component.kind in ("neuron", "encoding", "network") else component.own
    count = _TAKES[component.kind]
    try:
        inspect.signature(made).bind(*range(count), **dict.fromkeys(own))  # type: ignore[arg-type]
    except ValueError:  # written in C, so nothing is known of it
        return
    except TypeError as error:
        takes = f"{count} argument{'' if count == 1 else 's'}"
        takes += f" and {', '.join(own)} by name" if own else ""
        yield f"make: {component.make} must take {takes} ({error})"
