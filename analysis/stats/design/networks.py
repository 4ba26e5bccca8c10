"""Which params make networks of their own: those with which the changes of an ablation are crossed.

A change stands alone where a configuration differs from the baseline in it and in nothing else. It
is crossed with another one where a configuration has both. A change that is crossed with most of
the others is none of them: it makes a second network, in which they were tried once more. One that
is combined with one or two of the others, to see whether they add up, stays a change.
"""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from analysis.records import FACTORS

_Change = frozenset[tuple[str, str]]
"""The params that differ from the baseline, with their values."""

_FEWEST = 2  # changes with which a param is crossed: with one alone, it is a combination


def makers(configurations: pd.DataFrame, baseline: pd.Series[str]) -> list[str]:
    """The params that make networks of their own.

    Args:
        configurations: Different ones; a column per param, as text, "" where it has no effect.
        baseline: One of them.
    """
    changes = {_change(row, baseline) for _, row in configurations.iterrows()}
    # A combination is the union of two changes; what is none stands alone.
    unions = {
        one | other
        for one, other in combinations(sorted(changes, key=len), 2)
        if one and other and not _keys(one) & _keys(other) and one | other in changes
    }
    alone = [change for change in changes if change and change not in unions]
    found = set[str]()
    for change in alone:
        others = [other for other in alone if not _keys(change) & _keys(other)]
        crossed = sum(change | other in changes for other in others)
        if crossed >= _FEWEST and 2 * crossed > len(others):
            found.add(_name(change, configurations))
    # A param that the baseline has by chance as no other, can look crossed, too: no usual factor.
    usual = [name for name in FACTORS if name in found]
    return usual or sorted(found)


def _change(row: pd.Series[str], baseline: pd.Series[str]) -> _Change:
    differ = row.ne(baseline)
    return frozenset((str(name), str(value)) for name, value in row[differ].items())


def _keys(change: _Change) -> set[str]:
    return {name for name, _ in change}


def _name(change: _Change, configurations: pd.DataFrame) -> str:
    """The key of a change that the others follow: it stands everywhere, and is a usual factor."""
    return min(
        _keys(change),
        key=lambda name: ("" in set(configurations[name]), name not in FACTORS, name),
    )
