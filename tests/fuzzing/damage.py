"""Damage that any file can take."""

from __future__ import annotations

from collections.abc import Callable
from random import Random


def flip(random: Random, content: bytes) -> bytes:
    """Change one bit."""
    changed = bytearray(content)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(random: Random, content: bytes) -> bytes:
    """Leave out the end."""
    return content[: random.randrange(len(content))]


def add(random: Random, content: bytes) -> bytes:
    """Put something behind."""
    return content + random.randbytes(random.randint(1, 20))


def blank(random: Random, content: bytes) -> bytes:
    """Fill a part with zeros that had none."""
    start = random.randrange(len(content))
    end = min(len(content), start + random.randint(1, 200))
    blanked = content[:start] + bytes(end - start) + content[end:]
    return blanked if blanked != content else flip(random, content)


def shuffle(random: Random, content: bytes) -> bytes:
    """Move a part to another place."""
    start = random.randrange(len(content))
    end = min(len(content), start + random.randint(1, 100))
    rest = content[:start] + content[end:]
    place = random.randint(0, len(rest))
    moved = rest[:place] + content[start:end] + rest[place:]
    return moved if moved != content else cut(random, content)


Damage = Callable[[Random, bytes], bytes]

OF_BYTES: dict[str, Damage] = {
    "a bit": flip,
    "cut off": cut,
    "added": add,
    "zeros": blank,
    "moved": shuffle,
}


def any_of(random: Random, content: bytes) -> tuple[str, bytes]:
    """A damage by its name, and what it made of a file."""
    name = random.choice(sorted(OF_BYTES))
    return name, OF_BYTES[name](random, content)
