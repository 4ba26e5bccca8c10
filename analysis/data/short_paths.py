"""Short names for data sets that are given by their paths: `photos` for `/home/x/photos.npz`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

_SUFFIX = re.compile(r"\.(np[yz]|h5|hdf5|h5\.gz|hdf5\.gz)$")
_PATH = re.compile(rf"/|^[.~]|{_SUFFIX.pattern}|{_SUFFIX.pattern[:-1]}@")


def is_path(dataset: str) -> bool:
    """Whether a value of `dataset` is a path and not a name, as a specification tells them apart.

    >>> is_path("./photos"), is_path("photos.npz@28"), is_path("mnist")
    (True, True, False)
    """
    return bool(_PATH.search(dataset))


def short_names(paths: Collection[str], taken: Collection[str] = ()) -> dict[str, str]:
    """A name for each of these paths: as short as it can be while no two are the same.

    It is the name of the file without its suffix; where that would be the name of two, it has the
    options behind the `@`, the suffix, or as many folders as tell them apart.

    >>> short_names(["/data/a/cells.npz", "/data/b/cells.npz", "/data/b/nuclei.npz"])
    {'/data/a/cells.npz': 'a/cells', '/data/b/cells.npz': 'b/cells', '/data/b/nuclei.npz': 'nuclei'}

    Args:
        paths: Different ones.
        taken: What is shown beside them.
    """
    of_each = {path: list(dict.fromkeys(_names(path))) for path in paths}
    count = Counter(name for names in of_each.values() for name in names)
    count.update(taken)
    return {
        path: next((name for name in names if count[name] == 1), path)
        for path, names in of_each.items()
    }


def _names(path: str) -> Iterator[str]:
    """All names that a path could have, the shortest first."""
    place, at, options = path.rpartition("@")
    if not at or "/" in options or not place:
        place, options = path, ""
    parts = [part for part in place.split("/") if part not in ("", ".")]
    for first in reversed(range(len(parts))):
        name = "/".join(parts[first:])
        for one in (_SUFFIX.sub("", name), name):
            yield one
            if options:
                yield f"{one}@{options}"
