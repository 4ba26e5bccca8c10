"""Checkpoint files with a seal: whether a file is, bit for bit, what was written.

A file is a torch archive (a ZIP file), so `torch.load` reads it as well. Its comment is the seal:
a mark and the SHA-256 of all that stands before. PyTorch itself checks no sums.

The seal shows damage. It is no signature: anybody can seal a file.
"""

from __future__ import annotations

import hashlib
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile

_MARK = b"spikesweep checkpoint, sha256 "
_DIGITS = 64
_CHUNK = 2**20


def sealed(archive: bytes) -> bytes:
    """A torch archive with its seal."""
    length = len(_MARK) + _DIGITS  # of the comment, which stands in the last two bytes
    body = archive[:-2] + length.to_bytes(2, "little") + _MARK
    return body + hashlib.sha256(body).hexdigest().encode()


def check(file: BinaryIO) -> bool:
    """Whether a file has a seal; its whole structure is checked either way.

    Without one, as releases before wrote it, the sums of the archive's parts are all there is.

    Raises:
        ValueError: It is damaged.
        Exception: zipfile has several of its own for what is no archive.
    """
    has_seal = _has_seal(file)
    size = file.seek(0, 2)
    with ZipFile(file) as archive:
        # Nothing in it may become larger than it is: torch stores its parts as they are.
        for part in archive.infolist():
            if part.compress_type != ZIP_STORED or part.file_size > size:
                raise ValueError(f"{part.filename} is compressed")
        if not has_seal and archive.testzip():
            raise ValueError("a sum is wrong")
    return has_seal


def _has_seal(file: BinaryIO) -> bool:
    end = file.seek(0, 2) - _DIGITS
    if end < len(_MARK):
        return False
    file.seek(end - len(_MARK))
    if file.read(len(_MARK)) != _MARK:
        return False
    told = file.read(_DIGITS)
    digest = hashlib.sha256()
    file.seek(0)
    while end and (chunk := file.read(min(_CHUNK, end))):
        digest.update(chunk)
        end -= len(chunk)
    if digest.hexdigest().encode() != told:
        raise ValueError("the seal is broken")
    return True
