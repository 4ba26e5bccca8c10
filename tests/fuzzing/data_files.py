"""Damaged data sets (IDX), given to `train` and `data verify`."""

from __future__ import annotations

import gzip
from random import Random

from tests.fuzzing.case import Case
from tests.fuzzing.material import DATA, Material

FILES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
_RAW = "data/MNIST/raw"


def make(random: Random, material: Material) -> Case:
    """One of the four files is damaged in its head, its length or its form."""
    damaged = random.choice([name for name in sorted(FILES) if "train-images" not in name])
    damage, content = _damaged(random, head(damaged), FILES[damaged])
    links = {f"{_RAW}/{name}": material.path(f"{DATA}/{name}") for name in FILES if name != damaged}
    commands = (("train", "--set", "dataset=mnist", "--set", "epochs=1"), ("data", "verify"))
    files = {f"{_RAW}/{damaged}": content}
    return Case(f"{damaged}: {damage}", random.choice(commands), files, links, may_pass=False)


def head(name: str) -> bytes:
    """The first bytes of a file: that it has bytes, and how many of each."""
    sizes = FILES[name]
    return bytes([0, 0, 8, len(sizes)]) + b"".join(size.to_bytes(4, "big") for size in sizes)


def _damaged(random: Random, good: bytes, sizes: tuple[int, ...]) -> tuple[str, bytes]:
    count = 1
    for size in sizes:
        count *= size
    body = bytes(count)
    changed = bytearray(good)
    changed[random.randrange(len(good))] ^= 1 << random.randrange(8)
    damages = {
        "head": bytes(changed) + body,
        "cut off": (good + body)[: random.randrange(len(good) + count)],
        "too long": good + body + random.randbytes(random.randint(1, 9)),
        "gzipped": gzip.compress(good + body[:1000]),
        "empty": b"",
        "anything": random.randbytes(1000),
    }
    name = random.choice(sorted(damages))
    return name, damages[name]
