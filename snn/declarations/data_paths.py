"""Data sets that a configuration names by a path: `dataset: path/to/images.npz`.

The names of data sets have letters, digits and `_`. So a value is a path if it has a `/`, or ends
like a file of data: a folder of this name in the working folder is `./photos`. After a name or a
path can stand `@` and options.
"""

from __future__ import annotations

import os
import re
from typing import Any

SUFFIXES = (".npz", ".npy")
"""How files of arrays end."""

EVENT_SUFFIXES = (".h5", ".hdf5", ".h5.gz", ".hdf5.gz")
"""How files of events end; those of arrays can have events, too."""

PATTERN = r"/|^[.~]|\.(np[yz]|h5|hdf5|h5\.gz|hdf5\.gz)(@|$)"
"""A regular expression that a path fulfils and a name does not."""

_OWN_IMAGES = "images of your own need their path, such as ./photos or images.npz"

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_path(value: Any) -> bool:
    """Whether a value of `dataset` is a path."""
    return isinstance(value, str) and (bool(re.search(PATTERN, value)) or os.sep in value)


def about_own(name: str) -> str:
    """What is said where a data set is unknown."""
    folder = name.partition("@")[0]
    if os.path.isdir(folder):
        return f"for the folder {folder!r}, write ./{name}"
    return _OWN_IMAGES


def is_events_file(path: str) -> bool:
    """Whether a path, with or without options, ends like a file that only events are in."""
    return path.rpartition("@")[0].endswith(EVENT_SUFFIXES) or path.endswith(EVENT_SUFFIXES)


def mistake(path: str) -> str:
    """What is wrong with a path before it is looked at; empty if nothing is."""
    if _ADDRESS.match(path):
        return "is an address; fetch it first, and give the path of the file"
    if "\0" in path or "\n" in path:
        return "is no path"
    return ""


def options(asked: str) -> dict[str, str]:
    """What stands after the `@`, such as `units=20,classes=4`.

    Raises:
        ValueError: It is no list of names with values; one line.
    """
    found: dict[str, str] = {}
    for each in asked.split(","):
        name, equals, value = (part.strip() for part in each.partition("="))
        if not equals or not name or not value:
            raise ValueError(f"after @ stand names with values, as in speaker=3, not {each!r}")
        if name in found:
            raise ValueError(f"{name} stands twice after @")
        found[name] = value
    return found
