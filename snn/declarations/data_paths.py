"""Data sets that a configuration names by a path: `dataset: path/to/images.npz`.

The names of data sets have letters, digits and `_`. So a value is a path if it has a `/`, or ends
like a file of data: a folder of this name in the working folder is `./photos`.
"""

from __future__ import annotations

import os
import re
from typing import Any

SUFFIXES = (".npz", ".npy")
"""How files of arrays end."""

PATTERN = r"/|^[.~]|\.np[yz]$"
"""A regular expression that a path fulfils and a name does not."""

OWN_IMAGES = "images of your own need their path, such as ./photos or images.npz"
"""What is said where a data set is unknown."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_path(value: Any) -> bool:
    """Whether a value of `dataset` is a path."""
    return isinstance(value, str) and (bool(re.search(PATTERN, value)) or os.sep in value)


def mistake(path: str) -> str:
    """What is wrong with a path before it is looked at; empty if nothing is."""
    if _ADDRESS.match(path):
        return "is an address; fetch it first, and give the path of the file"
    if "\0" in path or "\n" in path:
        return "is no path"
    return ""
