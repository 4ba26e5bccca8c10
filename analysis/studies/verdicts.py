"""From the two tests of each claim to its verdict.

A claim holds, does not hold, or is undecided: a large p-value never decides anything.
"""

from __future__ import annotations

from typing import Any

from analysis.stats.correction import holm
from analysis.stats.design.looks import ALPHA
from analysis.studies.published_claims import CLAIMS, Changes, Reaches

HOLDS, DOES_NOT_HOLD, UNDECIDED, UNTESTED = "holds", "does not hold", "undecided", "untested"
DIRECTION_ONLY = "holds in direction, not in size"

_BY_KEY = {claim.key: claim for claim in CLAIMS}


def decide(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of all claims under a preset, with Holm's correction, verdict and note.

    The correction is over all of them, also those not tested yet: no verdict depends on what was
    run of the others. Each is corrected for its own looks before.

    Args:
        rows: One per claim; those that were tested have `estimate`, `low`, `high`, `p_for` and
            `p_against`. They are changed in place.
    """
    tested = [row for row in rows if "p_for" in row]
    for name in ("p_for", "p_against"):
        corrected = holm(row.get(name, 1.0) * row.get("penalty", 1.0) for row in rows)
        for row, p in zip(rows, corrected.tolist(), strict=True):
            if name in row:
                row[name] = min(p, 1.0)
    for row in tested:
        row["verdict"] = _verdict(row)
        row["note"] = _note(row)
        if row["verdict"] != UNDECIDED:
            row["further_runs"] = ""
    return rows


def _verdict(row: dict[str, Any]) -> str:
    if row["p_for"] < ALPHA:
        return DIRECTION_ONLY if _is_change(row) and _figure_is_outside(row) else HOLDS
    return DOES_NOT_HOLD if row["p_against"] < ALPHA else UNDECIDED


def _note(row: dict[str, Any]) -> str:
    """What a reader must know beside the verdict."""
    if row["verdict"] == HOLDS and row["p_against"] < ALPHA:
        return "the difference is below the margin, or within it though not zero"
    if row["verdict"] == UNDECIDED and row["low"] * row["high"] > 0 and not _is_reached(row):
        return "the interval excludes 0, but not after the correction for all claims"
    if _figure_is_outside(row) and _is_reached(row):
        return f"ours is {'higher' if row['published'] < row['low'] else 'lower'}"
    return ""


def _figure_is_outside(row: dict[str, Any]) -> bool:
    figure = row["published"]
    return figure is not None and not row["low"] <= figure <= row["high"]


def _is_change(row: dict[str, Any]) -> bool:
    return isinstance(_BY_KEY[row["claim"]], Changes)


def _is_reached(row: dict[str, Any]) -> bool:
    return isinstance(_BY_KEY[row["claim"]], Reaches)
