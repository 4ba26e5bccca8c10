"""Networks of users in a specification: `network: nets/plain.py:build`.

The file is one of the specification's `plugins`, named where it is used: its path is relative to
the specification's folder, and its content travels with the specification like theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.text.plain import brief
from snn.declarations.keys import PluginError
from snn.plugins.networks import reference
from sweep.errors import SpecError
from sweep.spec.plugins import read_plugins, use_plugins

_KEY = "network"


def use_files(values: Mapping[str, Any], folder: Path, more: Sequence[str] = ()) -> dict[str, Any]:
    """Use the files of users that a specification names; it with their content.

    Args:
        values: As in YAML.
        folder: What its paths are relative to.
        more: Paths of the command line, relative to the working directory.

    Raises:
        SpecError: A file cannot be used.
    """
    files = read_plugins(values.get("plugins", ()), folder, more)
    named, paths = with_plugins(values, [file["file"] for file in files])
    files += read_plugins(paths, folder)
    use_plugins(files)
    return {**named, "plugins": files} if files else named


def with_plugins(values: Mapping[str, Any], known: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The values of a specification with file names in place of paths; and those paths.

    Args:
        values: As in YAML.
        known: Names of files that are among its plugins already.

    Raises:
        SpecError: A value is a file without a function, or two files have one name.
    """
    paths: dict[str, str] = {}

    def named(value: Any) -> Any:
        try:
            given = reference(value)
        except PluginError as error:
            raise SpecError(str(error)) from None
        if given is None:
            return value
        name = Path(given.path).name
        if name not in known and paths.setdefault(name, given.path) != given.path:
            raise SpecError(
                f"network: {brief(paths[name])} and {brief(given.path)} have one name; rename one"
            )
        return f"{name}:{given.function}"

    return _changed(values, named), list(paths.values())


def _changed(values: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The values of a specification with every value of `network` changed."""
    changed = dict(values)
    if isinstance(changed.get("base"), Mapping):
        changed["base"] = _fixed(changed["base"], change)
    if isinstance(changed.get("points"), list | tuple):
        changed["points"] = [_fixed(point, change) for point in changed["points"]]
    confirm = changed.get("confirm")
    if isinstance(confirm, Mapping) and isinstance(confirm.get("base"), Mapping):
        changed["confirm"] = {**confirm, "base": _fixed(confirm["base"], change)}
    if isinstance(changed.get("search"), Mapping):
        changed["search"] = dict(_searched(changed["search"], change))
    return changed


def _fixed(keys: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(keys, Mapping) or _KEY not in keys:
        return keys
    return {**keys, _KEY: change(keys[_KEY])}


def _searched(search: Mapping[str, Any], change: Callable[[Any], Any]) -> Iterator[tuple[str, Any]]:
    for name, form in search.items():
        if name == _KEY:
            form = _choice(form, change)
        elif isinstance(form, Mapping) and isinstance(form.get("when"), Mapping):
            form = {**form, "when": _when(form["when"], change)}
        yield name, form


def _choice(form: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(form, Mapping) and isinstance(form.get("choice"), list):
        return {**form, "choice": [change(value) for value in form["choice"]]}
    return [change(value) for value in form] if isinstance(form, list) else form


def _when(conditions: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    values = conditions.get(_KEY)
    if isinstance(values, list):
        return {**conditions, _KEY: [change(value) for value in values]}
    return dict(_fixed(conditions, change))
