"""How often Python looks for garbage, in the processes that are ours alone."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 10_000


def look_rarely() -> None:
    """Look for cycles after 10,000 new objects, and not after 700.

    The libraries that we import make a million objects that stay. Every look goes through many of
    them and finds nothing: a fifth of the time that the imports take.
    """
    gc.set_threshold(_NEW_OBJECTS, 10, 10)
