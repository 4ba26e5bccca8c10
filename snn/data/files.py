"""The files of a data set, and whether they are the ones that its authors published.

A check is by the MD5 sum of the file, where that is known. Where only the sum of the archive is
known that a file was unpacked from, and the archive still lies there, the file is compared with
what is in it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from snn.errors import DataError

ENV = "SPIKESWEEP_DATA"
"""The variable that names the data folder."""


def default_root() -> Path:
    """The data folder: SPIKESWEEP_DATA, or `data` in the working directory."""
    return Path(os.environ.get(ENV) or "data")


class Archive(NamedTuple):
    """Where a file was unpacked from.

    Attributes:
        path: Of the archive, below the data folder.
        md5: Of the archive.
        member: The file in a ZIP archive, gzipped if it ends so; empty: the archive is the gzipped
            file.
    """

    path: str
    md5: str
    member: str = ""


class File(NamedTuple):
    """A file of a data set.

    Attributes:
        path: Below the data folder.
        md5: Of the file; empty where it is not known.
        archive: What it was unpacked from.
        plain: The same file unpacked, which does as well; empty: it is not packed.
        optional: Whether the data set can be used without it.
    """

    path: str
    md5: str = ""
    archive: Archive | None = None
    plain: str = ""
    optional: bool = False

    def place(self, root: Path) -> Path:
        """Where it is below the data folder; where it should be if it is not."""
        unpacked = bool(self.plain) and not (root / self.path).exists()
        return root / self.plain if unpacked and (root / self.plain).exists() else root / self.path


def check(file: File, root: Path) -> bool | None:
    """Whether a file is the published one, byte for byte; None where that cannot be known.

    Raises:
        DataError: It is missing or cannot be read.
    """
    place = file.place(root)
    content = read_bytes(place)
    if file.md5 and place == root / file.path:
        return hashlib.md5(content).hexdigest() == file.md5
    if file.plain and place == root / file.path:
        return None  # it is packed in another way than in the archive
    if file.archive is None or not (root / file.archive.path).exists():
        return None
    packed = read_bytes(root / file.archive.path)
    if hashlib.md5(packed).hexdigest() != file.archive.md5:
        return None  # the archive is another: it says nothing of the file
    return content == _unpacked(root / file.archive.path, packed, file.archive.member)


def checked(files: Iterable[File], root: Path) -> Iterator[tuple[Path, bool | None]]:
    """Every file with whether it is the published one; see `check`."""
    for file in files:
        place = file.place(root)
        if place.exists() or not file.optional:
            yield place, check(file, root)


def require_published(title: str, files: Iterable[File], root: Path) -> None:
    """Go on only with the published files, as far as that can be known.

    Raises:
        DataError: One is another, or that of another data set; the line names it.
    """
    for path, published in checked(files, root):
        if published is False:
            refuse(title, path, hashlib.md5(read_bytes(path)).hexdigest())
        elif published is None and hashlib.md5(read_bytes(path)).hexdigest() in KNOWN:
            refuse(title, path, hashlib.md5(read_bytes(path)).hexdigest())


def refuse(title: str, path: Path, md5: str) -> None:
    """Refuse a file that is not the published one.

    Raises:
        DataError: Always; the line says which set it is of, where that is known.
    """
    other = KNOWN.get(md5)
    what = f"is the file of {other}" if other else f"its MD5 sum is {md5}"
    raise DataError(
        f"{path}: is not the file of {title} ({what}); delete it and run `spikesweep data fetch`; "
        "images of your own are given by their path: dataset: path/to/file.npz"
    )


def require_files(
    name: str, title: str, files: Iterable[File], root: Path, source: str = ""
) -> list[Path]:
    """The files of a set that is not fetched, packed (`.gz`) or unpacked, as far as they are there.

    A packed file whose sum is known is compared with it.

    Args:
        name: Of the set.
        title: Of the set, for people.
        files: Where they should be.
        root: The data folder.
        source: Where to get them.

    Raises:
        DataError: One is missing, or not the published one; the line says where to put it.
    """
    found = []
    whence = f" from {source}" if source else ""
    for file in files:
        place = file.place(root)
        if not place.exists():
            if file.optional:
                continue
            raise DataError(
                f"{place}: missing; {name} is not fetched: put {file.path}{whence} into the data "
                f"folder, which {ENV} names"
            )
        if file.md5 and place == root / file.path:
            md5 = _md5(place)
            if md5 != file.md5:
                raise DataError(
                    f"{place}: is not the file of {title} (its MD5 sum is {md5}, not {file.md5}); "
                    f"get it{whence}, or give a file of your own by its path: dataset: ./{name}.h5"
                )
        found.append(place)
    return found


def _md5(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def require_file(path: Path) -> None:
    """Refuse what is neither a file nor a folder, such as a pipe: reading it could wait forever.

    Raises:
        DataError: It is there, and is neither.
    """
    # Unlike pathlib's, these take a path that no system allows for one where nothing is.
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise DataError(f"{path}: is neither a file nor a folder")


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        DataError: It is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"{path}: missing; fetch it with `spikesweep data fetch`, or set {ENV} to a folder "
            f"that holds {_below(path)} (uncompressed)"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _below(path: Path) -> str:
    return "/".join(path.parts[-3:] if path.parent.name == "raw" else path.parts[-1:])


def _unpacked(path: Path, packed: bytes, member: str) -> bytes:
    try:
        if member:
            with zipfile.ZipFile(path) as archive:
                packed = archive.read(member)
        if member and not member.endswith(".gz"):
            return packed
        return gzip.decompress(packed)
    except (OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: is damaged: {error}") from None


MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
FASHION_MD5 = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}
KNOWN = {md5: "MNIST" for md5 in MNIST_MD5.values()} | {
    md5: "Fashion-MNIST" for md5 in FASHION_MD5.values()
}
"""Files that are met in another set's place, by their sums."""
