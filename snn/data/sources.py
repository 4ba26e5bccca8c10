"""Data sets as a configuration names them: by a name, or by the path of data of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from snn import registry
from snn.data import own
from snn.data.base import Data
from snn.data.events import files as event_files
from snn.data.files import File, checked, default_root
from snn.declarations.data_paths import about_own, is_path, options
from snn.declarations.suggestion import did_you_mean
from snn.errors import DataError

NAMES = tuple(each.name for each in registry.OURS.of("dataset") if not each.family)
"""Those that come with the package."""

FAMILIES = tuple(each.name for each in registry.OURS.of("dataset") if each.family)
"""Names that stand for many: an option says which, as in `tonic@set=NMNIST`."""

_GROUPS = ("speaker", "subject", "user", "group")


def load(
    name: str,
    root: Path | str | None = None,
    *,
    download: bool = True,
    components: registry.Registry | None = None,
) -> Data:
    """Read a data set into memory.

    Args:
        name: Such as `mnist`, `digits` (part of scikit-learn, needs no files) or `cifar10`; that of
            a plugin that is in use; or the path of images of one's own, see `snn.data.own`, or of
            events, see `snn.data.events.files`. After `@` stand options, such as `speaker=3`.
        root: Folder with the files of named sets, as torchvision keeps them (`MNIST/raw` …);
            default: `default_root()`.
        download: Whether torchvision may fetch missing files into the folder.
        components: Those that a name can be of; default: the registry that is used now.

    Raises:
        DataError: Files are missing and cannot be fetched, or are not what they should be.
    """
    if is_path(name):
        return _own(name)
    known = components or registry.current()
    base, at, asked = name.partition("@")
    if base not in known.names("dataset"):
        nearest = did_you_mean(base, known.names("dataset"), "")
        hints = " ".join(filter(None, (nearest, about_own(name))))
        raise DataError(
            f"data set {name[:200]!r} is unknown; {hints}; spikesweep data lists all with a name"
        )
    folder = Path(root) if root is not None else default_root()
    component = known.get("dataset", base)
    given = _options(name, asked) if at else {}
    values = {key.name: _value(name, key, given.pop(key.name, None)) for key in component.options}
    if component.family:  # many of them are fetched: what is wrong is told before
        _require_known(name, [*values, *given], [*values, *_GROUPS])
    dataset = component.load()(folder, download, **values)
    if not isinstance(dataset, Data) or dataset.name != base:
        raise DataError(f"data set {base!r}: is not made as a snn.data.Dataset of this name")
    return _tested(dataset, name, given, component.options) if at else dataset


def _own(name: str) -> Data:
    path, at, asked = name.rpartition("@")
    if not at or "/" in asked:
        path, asked = name, ""
    if not event_files.are_events(path):
        return own.read(name)
    given = _options(name, asked) if path != name else {}
    dataset = event_files.read(path)
    return _tested(dataset, name, given, ()) if given else dataset


def _options(name: str, asked: str) -> dict[str, str]:
    try:
        return options(asked)
    except ValueError as error:
        raise DataError(f"{name[:200]}: {error}") from None


def _value(name: str, key: registry.Key, text: str | None) -> Any:
    if text is None:
        return key.default
    try:
        return key.checked(text)
    except ValueError as error:
        raise DataError(f"{name[:200]}: {key.name}: {error}") from None


def _tested(dataset: Data, name: str, given: dict[str, str], known: Iterable[registry.Key]) -> Data:
    """The data set under its whole name, tested on a group where that is asked for."""
    kind = dataset.group_kind
    group = given.pop(kind, None) if kind else None
    _require_known(name, given, [*(key.name for key in known), *([kind] if kind else [])])
    if group is None:
        return dataset.renamed(name)
    if not re.fullmatch("[0-9]{1,9}", group):
        raise DataError(f"{name[:200]}: {kind}: must be a whole number, got {group!r}")
    return dataset.tested_on(int(group), name)


def _require_known(name: str, given: Iterable[str], there: list[str]) -> None:
    for option in given:
        if option not in there:
            hint = did_you_mean(option, there, f"there are {', '.join(there) or 'none'}")
            raise DataError(f"{name[:200]}: option {option} is unknown; {hint}")


def about(family: str) -> str:
    """How a data set of a family is named, in a line."""
    module = import_module(registry.OURS.get("dataset", family).module)
    told: str = module.about()
    return told


def files(name: str) -> tuple[File, ...]:
    """The files of a named set; those of plugins are not known."""
    component = registry.current().get("dataset", name)
    found = getattr(import_module(component.module), "files", None)
    return found(name) if found is not None and not component.digest else ()


def is_here(name: str) -> bool:
    """Whether all files of a named set are there, or none is needed."""
    folder = default_root()
    return all(file.optional or file.place(folder).exists() for file in files(name))


def verify(name: str, root: Path | str | None = None) -> Iterator[tuple[Path, bool | None]]:
    """Yield every file of a data set with whether it is, byte for byte, the published one.

    None stands for a file whose sum is not known, as it was unpacked from an archive that is gone.

    Raises:
        DataError: A file is missing or cannot be read.
    """
    return checked(files(name), Path(root) if root is not None else default_root())
