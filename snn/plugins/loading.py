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

A file is code, and it is run. So only these are: files that the user names, installed packages with
entry points, and the copies that launches in the user's own storage folder keep of such files. A
checkpoint, a run in a store and a file of runs name the files that they need by digest, and bring
no code. The digest is compared before anything of a file is run for them (`registry_of`).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING

from snn import registry
from snn.config import check_keys
from snn.declarations.files import PluginFile, PluginModule, kept, load, loaded, read_file
from snn.declarations.keys import PluginError
from snn.plugins.networks import LONGEST_LABEL, is_label, networks_of, reference
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
    "loss": 2,
    "schedule": 1,
    "dataset": 2,
    "network": 3,
}
_CONFIGURED = ("neuron", "encoding", "network")
"""Kinds that get the configuration, and with it the keys that they bring and use."""

_BACKENDS = ("cpu", "cuda")
_DIGITS = 16  # of a digest, in messages and in the names of folders


def use_files(files: Iterable[PluginFile]) -> None:
    """Read configurations with our components, those of entry points and those of these files.

    Raises:
        PluginError: Files cannot be used; a line each, and what was in use stays in use.
    """
    registry.use(registry_with(files))


def use_kept(folder: Path | UPath) -> None:
    """The same with the copies that a launch keeps, in place of those that are installed here.

    Raises:
        PluginError: A copy was changed, or cannot be used here.
    """
    registry.use(_with_files(tuple(kept(folder))))


def files_in_use() -> list[PluginFile]:
    """The files whose components are in use, in their order."""
    return files_of(registry.current())


def files_of(known: Registry) -> list[PluginFile]:
    """The users' files whose components a registry has, in their order."""
    files = dict.fromkeys((each.file, each.digest) for each in known.plugins)
    modules = ((name, loaded(digest)) for name, digest in files)
    return [PluginFile(name, module.plugin_file.content) for name, module in modules if module]


def registry_with(files: Iterable[PluginFile]) -> Registry:
    """Our components, those of entry points and those of these files; nothing else is changed.

    Raises:
        PluginError: A file cannot be used; one line.
    """
    return _with_files(tuple(dict.fromkeys([*_installed(), *files])))


def registry_of(wanted: Mapping[str, str], files: Iterable[PluginFile] = ()) -> Registry:
    """Our components and those of the files that something was trained with.

    No other file is run. Files that are in use or installed are looked at, too.

    Args:
        wanted: Names by digest; a name may be empty.
        files: Where to look.

    Raises:
        PluginError: A file is not among them, or not as it was; one line that says what to do.
    """
    if not wanted:
        return OURS
    known = [*files_in_use(), *_installed(), *files]
    return _with_files(tuple(_as_it_was(name, digest, known) for digest, name in wanted.items()))


def _as_it_was(name: str, digest: str, known: Sequence[PluginFile]) -> PluginFile:
    """The file of a digest, under the name that it had."""
    for file in known:
        if file.digest == digest:
            return PluginFile(name or file.name, file.content)
    short = digest[:_DIGITS]
    what = name or "a file of components"
    if name in [file.name for file in known]:
        raise PluginError(
            f"{what} has changed since it was trained with it (SHA-256 {short}…); name the file as "
            f"it was: --plugin FILE; its launch keeps a copy in plugins/{short}"
        )
    raise PluginError(f"needs {what} (SHA-256 {short}…), which is not here; name it: --plugin FILE")


@cache
def _with_files(files: tuple[PluginFile, ...]) -> Registry:
    """One registry for the same files: configurations that are read with it can be compared."""
    if not files:
        return OURS
    added, wrong = list[Component](), list[str]()
    for file in files:
        try:
            added += components_of(load(file), file)
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


def components_of(module: PluginModule, file: PluginFile) -> tuple[Component, ...]:
    """The components that a user's file declares.

    Args:
        module: Of the file, or of another of the same bytes.
        file: Its name stands in the names of its networks.

    Raises:
        PluginError: It declares none, or declarations are wrong; a line each.
    """
    declared: Sequence[Component] = getattr(module, "COMPONENTS", ())
    is_list = isinstance(declared, tuple | list)
    if not is_list or not all(isinstance(each, Component) for each in declared):
        raise PluginError(f"{file.name}: COMPONENTS must be a tuple of snn.registry.Component")
    declared = declared or networks_of(module, file.name)
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
    if component.label and not is_label(component.label):
        yield f"label: must be a text of at most {LONGEST_LABEL} letters in one line"
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
    by_name = () if component.kind in _CONFIGURED else (*component.uses, *component.own)
    count = _TAKES[component.kind]
    try:
        inspect.signature(made).bind(*range(count), **dict.fromkeys(by_name))  # type: ignore[arg-type]
    except ValueError:  # written in C, so nothing is known of it
        return
    except TypeError as error:
        takes = f"{count} argument{'' if count == 1 else 's'}"
        takes += f" and {', '.join(by_name)} by name" if by_name else ""
        yield f"make: {component.make} must take {takes} ({error})"
