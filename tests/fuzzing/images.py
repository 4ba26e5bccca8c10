"""Damaged images, given to `predict`."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random

import numpy as np
from PIL import Image

from tests.fuzzing.case import Case
from tests.fuzzing.damage import any_of
from tests.fuzzing.material import MODEL, Material

_FORMATS = {"png": "L", "jpeg": "RGB", "bmp": "RGB", "gif": "P", "tiff": "I;16", "webp": "RGBA"}


def make(random: Random, material: Material) -> Case:
    """An image of any format, damaged; or a name that is no image."""
    damage, content = _crafted(random) if random.random() < 0.3 else _damaged(random)
    name = random.choice(("i.png", "i.jpg", "i"))
    files = {"model.pt": material.read(MODEL), name: content}
    return Case(damage, ("predict", "model.pt", name), files)


def _damaged(random: Random) -> tuple[str, bytes]:
    name = random.choice(sorted(_FORMATS))
    size = random.randint(1, 40)
    pixels = np.frombuffer(random.randbytes(size * size), np.uint8).reshape(size, size)
    content = io.BytesIO()
    Image.fromarray(pixels).convert(_FORMATS[name]).save(content, name)
    damage, damaged = any_of(random, content.getvalue())
    return f"{name}: {damage}", damaged


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def _crafted(random: Random) -> tuple[str, bytes]:
    """A PNG whose head says what cannot be, with sums that fit."""
    width, height = (random.choice((0, 1, 8, 30_000, 2**31 - 1, 2**32 - 1)) for _ in range(2))
    depth, colour = random.choice((1, 8, 16, 3, 255)), random.choice((0, 2, 3, 4, 6, 7))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, random.choice((0, 1, 9)))
    body = zlib.compress(bytes(random.choice((0, 9, 900_000))))
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    return f"png of {width} x {height}", b"\x89PNG\r\n\x1a\n" + parts
