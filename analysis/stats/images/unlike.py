"""In which params two configurations differ, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.text.typeset import as_text

_MOST_TOLD = 8  # params in which two configurations differ
_MOST_HELD = 3  # of them in a hint


def differences(table: pd.DataFrame, asked: Sequence[str] = ()) -> list[str]:
    """In which params A and B differ, in sentences: what is compared is all of it together.

    Args:
        table: Of `compare`.
        asked: The params by which the sides were chosen.
    """
    found: Mapping[str, tuple[str, str]] = table.attrs["differ"]
    if not found:
        return []
    told = [f"{name} ({a} and {b})" for name, (a, b) in list(found.items())[:_MOST_TOLD]]
    told += [f"{len(found) - _MOST_TOLD} others"] if len(found) > _MOST_TOLD else []
    lines = [f"A and B differ in {', '.join(told)}."]
    asked = list(dict.fromkeys(asked))
    others = [name for name in found if name not in asked]
    if others and len(found) > 1:
        alone = f"{' or '.join(asked)} alone" if asked else "any one of these alone"
        lines.append(f"The difference is that of the whole configurations, not of {alone}.")
    return lines


def to_hold_equal(table: pd.DataFrame, asked: Sequence[str]) -> str:
    """How sides that were chosen by some params are made to agree in the others; empty if they do.

    Args:
        table: Of `compare`.
        asked: The params by which the sides were chosen; without any, nothing can be added.
    """
    found: Mapping[str, tuple[str, str]] = table.attrs["differ"]
    others = [f"{name}={of[0]}" for name, of in found.items() if name not in asked]
    known = [told for told in others if as_text(None) not in found[told.partition("=")[0]]]
    if not (asked and known):
        return ""
    them = "it" if len(known) == 1 else "them"
    return f"add {','.join(known[:_MOST_HELD])} to both sides to hold {them} equal"
