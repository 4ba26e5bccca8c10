"""Users' files that launches in this folder have kept, for what was trained with them.

A launch keeps a copy of every file that it runs with, under its digest. Only launches in the user's
own storage folder are looked at. Files that came along with a checkpoint, a store or a file of runs
of somebody else are not run unless the user names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis.records import SWEEP_NAME
from snn.declarations.files import PluginFile, kept, read_file
from snn.declarations.keys import PluginError
from sweep.errors import SpecError
from sweep.host.paths import launches, storage_root


def files_of_sweeps(names: Iterable[str]) -> list[PluginFile]:
    """The files of all launches of sweeps; nothing of them runs.

    Args:
        names: Of sweeps. What is no such name, such as a file of runs, has no launches.

    Raises:
        SpecError: A copy was changed, or cannot be read.
    """
    root, found = storage_root(), dict[PluginFile, None]()
    for name in dict.fromkeys(names):
        if not re.fullmatch(SWEEP_NAME, name):  # it may be of a store, and lead elsewhere
            continue
        for paths in launches(root, name):
            try:
                found |= dict.fromkeys(kept(paths.plugins))
            except PluginError as error:
                raise SpecError(f"plugins: {error}") from None
    return list(found)


def files_for(
    checkpoint: Path, names: Iterable[str] = (), named: Sequence[str] = ()
) -> list[PluginFile]:
    """Where to look for the files that a network was trained with; nothing of them runs.

    Args:
        checkpoint: Of the network. The sweep that wrote it has kept the files, if it lies in the
            storage folder.
        names: Of sweeps that have the run of the network.
        named: Paths of files that the user names.

    Raises:
        SpecError: A file cannot be read, or a copy was changed.
    """
    return [*_named(named), *_beside(checkpoint), *files_of_sweeps(names)]


def _beside(checkpoint: Path) -> list[PluginFile]:
    root = storage_root()
    if not isinstance(root, Path) or not checkpoint.resolve().is_relative_to(root.resolve()):
        return []
    return files_of_sweeps([checkpoint.resolve().relative_to(root.resolve()).parts[0]])


def _named(paths: Sequence[str]) -> list[PluginFile]:
    try:
        return [read_file(Path(path).expanduser()) for path in paths]
    except PluginError as error:
        raise SpecError(f"plugins: {error}") from None
