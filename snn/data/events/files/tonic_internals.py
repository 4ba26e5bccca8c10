"""Data sets of the package `tonic`: opened only where their files are, and fetched as a whole.

An object of tonic looks for its files when it is made, and fetches what it misses. Here, what is
missing is an error. What is fetched goes into a folder of its own first, and is moved when all of
it is there: an interrupted download leaves nothing that is later taken for the data.

This uses `_check_exists` of tonic's classes, which is not public.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Options = Mapping[str, Any]


class MissingError(Exception):
    """Files of a data set are not there.

    Attributes:
        folder: Where tonic wants them.
        archive: Name of the file that they come in; empty where tonic does not tell.
        md5: Of the archive; empty where tonic does not know it.
    """

    def __init__(self, made: Any) -> None:
        self.folder = Path(made.location_on_system)
        self.archive = str(getattr(made, "filename", ""))
        self.md5 = str(getattr(made, "file_md5", ""))
        super().__init__(str(self.folder))


def classes() -> dict[str, Any]:
    """All data sets of tonic, by name.

    Raises:
        ImportError: tonic is not installed.
    """
    from tonic import datasets

    return {name: getattr(datasets, name) for name in datasets.__all__}


def opened(known: Any, root: Path, options: Options) -> Any:
    """An object of tonic, with `len` and items (events, target).

    Args:
        known: A class of tonic.
        root: The data folder; tonic makes a folder in it for each set.
        options: What its constructor takes.

    Raises:
        MissingError: Its files are not there.
    """

    def check(made: Any) -> bool:
        if not known._check_exists(made):
            raise MissingError(made)
        return True

    return _with_check(known, check)(str(root), **options)


def wanted(known: Any, root: Path, options: Options) -> MissingError:
    """What an object would look for, without looking; see `opened` for the arguments."""

    def check(made: Any) -> bool:
        raise MissingError(made)

    try:
        _with_check(known, check)(str(root), **options)
    except MissingError as told:
        return told
    raise AssertionError("tonic's objects look for their files when they are made")


def fetch(known: Any, root: Path, options: Options) -> None:
    """Let tonic fetch and unpack the files; see `opened` for the arguments.

    An archive that is there already and has the right sum is not fetched again.

    Raises:
        Exception, SystemExit: As tonic says that something went wrong, in many ways.
    """
    lacking = wanted(known, root, options)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".tonic-") as apart:
        folder = Path(apart) / lacking.folder.relative_to(root)
        archive = lacking.folder / lacking.archive
        if lacking.md5 and archive.is_file() and _md5(archive) == lacking.md5:
            folder.mkdir(parents=True)
            os.link(archive, folder / lacking.archive)
        with contextlib.redirect_stdout(sys.stderr):  # its messages are progress, not a result
            known(apart, **options)
        for file in [each for each in folder.rglob("*") if each.is_file()]:
            place = lacking.folder / file.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, place)


def _with_check(known: Any, check: Any) -> Any:
    """The class with another way to look for its files; tonic's folders have the class's name."""
    return type(known.__name__, (known,), {"_check_exists": check})


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
