"""Users' files that a specification names, with their content.

In YAML, `plugins` lists files, by paths relative to the specification's folder. Once it is read, a
specification has their content, too, and is written with it: so it means the same when it is
submitted to a cluster, or resumed after a file was changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from analysis.text.plain import brief
from snn import registry
from snn.declarations.files import PluginFile, read_file
from snn.declarations.keys import PluginError
from snn.plugins import loading as plugins
from sweep.errors import SpecError


class Plugin(BaseModel):
    """A user's file with its content. In a specification, its path alone: `plugins: [mine.py]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    source: str

    @property
    def as_file(self) -> PluginFile:
        """The file that this is of."""
        return PluginFile(self.file, self.source.encode())


def read_plugins(given: Any, folder: Path, more: Sequence[str] = ()) -> list[dict[str, str]]:
    """The files that a specification and a command line name, with their content.

    Args:
        given: The value of `plugins`: paths, or what this returned before.
        folder: What paths are relative to.
        more: Paths of the command line, relative to the working directory.

    Raises:
        SpecError: Some are no files that can be read, or two have one name; a line each.
    """
    if not isinstance(given, list | tuple):
        raise SpecError(f"plugins: must be a list of Python files, got {brief(given)}")
    found: list[dict[str, str]] = []
    wrong: list[str] = []
    for one, beside in [*((one, folder) for one in given), *((path, Path()) for path in more)]:
        try:
            found.append(_embedded(one) if isinstance(one, Mapping) else _read(one, beside))
        except SpecError as error:
            wrong += error.mistakes
    names = [one["file"] for one in found]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        wrong.append(f"plugins: {name} stands twice; files need different names")
    if wrong:
        raise SpecError(*wrong)
    return found


def use_plugins(given: Iterable[Mapping[str, str]]) -> None:
    """Read configurations with the components of these files.

    Raises:
        SpecError: Files cannot be used; a line each.
    """
    try:
        plugins.use_files(Plugin(**one).as_file for one in given)
    except PluginError as error:
        raise SpecError(*(f"plugins: {line}" for line in error.mistakes)) from None


def plugins_in_use() -> list[dict[str, str]]:
    """The files in use, as a specification has them."""
    return [{"file": file.name, "source": file.content.decode()} for file in plugins.files_in_use()]


def check_components(names: Mapping[str, Iterable[str]]) -> None:
    """Check what the components of users do; imports torch.

    Args:
        names: By kind, those that are to be used.

    Raises:
        SpecError: One does not do what it must.
    """
    if not registry.current().plugins:
        return
    from snn.contracts import first_fault

    for component in registry.current().plugins:
        if component.name in names.get(component.kind, ()):
            fault = first_fault(component)
            if fault:
                raise SpecError(f"plugins: {fault}; all checks: spikesweep check {component.file}")


def _read(path: Any, folder: Path) -> dict[str, str]:
    if not isinstance(path, str) or not path:
        raise SpecError(f"plugins: must be a list of Python files, got {brief(path)}")
    try:
        file = read_file(folder / Path(path).expanduser())
        return {"file": file.name, "source": file.content.decode("utf-8")}
    except UnicodeDecodeError:
        raise SpecError(f"plugins: {path}: is no text in UTF-8") from None
    except PluginError as error:
        raise SpecError(f"plugins: {error}") from None


def _embedded(one: Mapping[Any, Any]) -> dict[str, str]:
    found = {str(key): value for key, value in one.items()}
    if found.keys() != {"file", "source"} or not all(isinstance(v, str) for v in found.values()):
        raise SpecError(f"plugins: needs a path, or file and source, got {brief(dict(one))}")
    name = found["file"]
    if Path(name).name != name or not name.endswith(".py"):
        raise SpecError(f"plugins: file: must be a name that ends in .py, got {brief(name)}")
    return found
