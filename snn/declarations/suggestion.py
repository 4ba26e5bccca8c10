"""What somebody may have meant by a name that is unknown. `analysis` has the same for itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

OWN = "one of your own needs its file: plugins: [FILE], or --plugin FILE"
"""How a component or key that we do not know is given."""


def did_you_mean(given: object, known: Iterable[str], otherwise: str) -> str:
    """The nearest known name as a question, or another hint if none is near."""
    close = difflib.get_close_matches(str(given), list(known), n=1)
    return f"did you mean {close[0]}?" if close else otherwise
