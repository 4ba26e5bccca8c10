"""Events in HDF5 files of the layout of the Spiking Heidelberg Digits (SHD and SSC).

    spikes/times    (S,) lists of variable length, seconds
    spikes/units    (S,) lists of the same lengths, the channels
    labels          (S,) whole numbers
    extra/keys      names of the classes, optional
    extra/speaker   (S,) whole numbers, optional; also subject, user or group

Source: Cramer, Stradmann, Schemmel & Zenke, "The Heidelberg spiking data sets for the systematic
evaluation of spiking neural networks", 2020. A file may be gzipped, as they are distributed.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from snn.data.events.files.raw import Array, Raw
from snn.data.files import require_file
from snn.data.own.material import require_memory
from snn.errors import DataError

_GROUPS = ("speaker", "subject", "user", "group")
_PIECE = 2**24
_SECOND_MS = 1000.0
_LIST_BYTES = 16  # of a list of variable length, without what is in it


def read(path: Path) -> Raw:
    """The events of a file.

    Raises:
        DataError: It is no such file, or damaged; one line.
        OSError: It cannot be opened.
    """
    require_file(path)
    with path.open("rb") as opened:
        source = _unpacked(path, opened) if path.suffix == ".gz" else opened
        with _told(path), h5py.File(source, "r") as file:
            times, units = _lists(path, file, "spikes/times"), _lists(path, file, "spikes/units")
            labels = _array(path, file, "labels")
            if labels is None:
                raise DataError(f"{path}: has no labels; the layout is that of SHD")
            if labels.ndim == 0:
                raise DataError(f"{path}: labels: must be one per sample, not a single value")
            kind, groups = _groups(path, file, len(labels))
            names = _class_names(path, file)
    sizes = [np.array([len(each) for each in lists], dtype=np.int64) for lists in (times, units)]
    if len(times) != len(units) or len(times) != len(labels) or not len(times):
        raise DataError(
            f"{path}: has {len(times)} spikes/times, {len(units)} spikes/units and {len(labels)} "
            "labels; needs one each of every sample, and at least one"
        )
    unlike = np.flatnonzero(sizes[0] != sizes[1])
    if len(unlike):
        at = unlike[0]
        raise DataError(f"{path}: sample {at} has {sizes[0][at]} times and {sizes[1][at]} units")
    return Raw(
        where=str(path),
        times=np.concatenate(list(times)),
        unit_ms=_SECOND_MS,
        units=np.concatenate(list(units)),
        offsets=np.concatenate([[0], np.cumsum(sizes[0])]),
        labels=labels,
        groups=groups,
        group_kind=kind,
        class_names=names,
    )


def _unpacked(path: Path, packed: IO[bytes]) -> io.BytesIO:
    """The content of a gzipped file, as much as fits into memory."""
    content = io.BytesIO()
    try:
        with gzip.open(packed) as file:
            while piece := file.read(_PIECE):
                content.write(piece)
                require_memory(str(path), content.tell())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: is damaged, or not gzipped: {error}") from None
    content.seek(0)
    return content


def _lists(path: Path, file: Any, name: str) -> Array:
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise DataError(f"{path}: has no {name}; the layout is that of SHD")
    kind = h5py.check_vlen_dtype(found.dtype)
    if kind is None or not isinstance(kind, np.dtype) or kind.kind not in "iuf" or found.ndim != 1:
        raise DataError(f"{path}: {name}: must be a list of numbers for each sample")
    require_memory(f"{path}: {name}", found.size * _LIST_BYTES)
    return np.asarray(found[:], dtype=object)


def _array(path: Path, file: Any, name: str) -> Array | None:
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        return None
    require_memory(f"{path}: {name}", found.size * found.dtype.itemsize)
    return np.asarray(found[()])


def _groups(path: Path, file: Any, n_samples: int) -> tuple[str, Array | None]:
    for kind in _GROUPS:
        found = _array(path, file, f"extra/{kind}")
        if found is not None and found.shape == (n_samples,):
            return kind, found
    return "group", None


def _class_names(path: Path, file: Any) -> tuple[str, ...]:
    found = _array(path, file, "extra/keys")
    if found is None or found.ndim != 1 or found.dtype.kind not in "OSU":
        return ()
    return tuple(
        each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in found
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in one line what h5py raises for a file that it cannot read."""
    try:
        yield
    except DataError:
        raise
    except Exception:  # it raises OSError, KeyError, RuntimeError, ValueError and others
        raise DataError(f"{path}: is damaged, or no HDF5 file") from None
