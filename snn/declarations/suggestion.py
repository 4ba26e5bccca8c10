"""What somebody may have meant by a name that is unknown. `analysis` has the same for itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

OWN = "one of your own needs its file: plugins: [FILE], or --plugin FILE"
"""How a component or key that we do not know is given."""


def did_you_mean(given: object, known: Iterable[str], otherwise: str) -> str:
    """The nearest known name as a question, or another hint if none is near.

    Nearest is also the only one that begins so.
    """
    names, text = list(known), str(given)
    longer = [name for name in names if text and name.startswith(text)]
    close = longer if len(longer) == 1 else difflib.get_close_matches(text, names, n=1)
    return f"did you mean {close[0]}?" if close else otherwise
