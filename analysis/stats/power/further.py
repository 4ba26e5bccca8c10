"""How many further runs would decide, in words."""

from __future__ import annotations

from analysis.stats.chance.shared_seeds import shared_seeds
from analysis.stats.pairing.pairs import Pairs
from analysis.stats.power.plans import (
    MOST_UNITS,
    Chance,
    Goal,
    both_needed,
    seeds_needed,
    units_needed,
)

_FAR, _MORE = 20, "more"


def chance_of(pairs: Pairs) -> Chance:
    """The variances of a comparison, as far as its runs tell them.

    Of a single configuration, or of blocks, the units are what `Pairs.units` gives.
    """
    units = pairs.units
    spread = float(units.var(ddof=1))
    if pairs.blocked or pairs.n_configurations == 1:
        return Chance(units=spread, seeds=0, rest=0, n_units=len(units), n_seeds=1)
    shared = shared_seeds(pairs.differences)
    if shared is not None:
        parts = (shared.units, shared.seeds, shared.rest)
    else:  # what seeds share cannot be told: all of it counts for the single pair
        by_unit = pairs.differences.groupby(level="unit")
        rest = float(by_unit.var(ddof=1).mean())
        parts = (max(0.0, spread - rest / float(by_unit.size().mean())), 0.0, rest)
    of_units, of_seeds, rest = parts
    return Chance(
        units=of_units,
        seeds=of_seeds,
        rest=rest,
        n_units=pairs.n_configurations,
        n_seeds=pairs.n_seeds,
    )


def reachable(runs: str, n_units: float, n_seeds: float) -> str:
    """The number of further runs, or that it is out of reach: over 20 times those that there are.

    Args:
        runs: As `further` or `further_pairs` tell them, or empty.
        n_units: Configurations (pairs of them) that were compared.
        n_seeds: Of each.
    """
    first = runs.partition(" ")[0]
    there = (1 if n_units == 1 else 2) * n_units * n_seeds
    if first.isdecimal() and int(first) > _FAR * there:
        return f"out of reach ({first}, {int(first) / there:.0f} times those that there are)"
    return f"out of reach ({runs})" if first == _MORE else runs


def further_pairs(chance: Chance, goal: Goal) -> str:
    """The cheaper of more seeds of these configurations, and more configurations."""
    if chance.n_seeds == 1:
        return further(units_needed(chance, goal), chance.n_units, "seeds", 2)
    needed = units_needed(chance, goal)
    configurations = further(needed, chance.n_units, "configurations", 2 * chance.n_seeds)
    seeds = seeds_needed(chance, goal)
    if seeds is None and needed is None:
        return _both(chance, goal)
    if seeds is None:
        return configurations
    more_seeds = further(seeds, chance.n_seeds, "seeds of each", 2 * chance.n_units)
    if needed is None:
        return more_seeds
    return min(more_seeds, configurations, key=lambda text: int(text.split()[0]))


def _both(chance: Chance, goal: Goal) -> str:
    """Neither alone decides: seeds shared by all leave their chance, and so do configurations."""
    found = both_needed(chance, goal)
    if found is None:
        return f"{_MORE} than {MOST_UNITS} configurations"
    n_units, n_seeds = found
    runs = 2 * (n_units * n_seeds - chance.n_units * chance.n_seeds)
    return f"{runs} ({n_units} configurations × {n_seeds} seeds in all)"


def further(needed: int | None, have: int, of_what: str, runs_each: int) -> str:
    """So many more runs: `12 (2 more seeds of each)`.

    Args:
        needed: In all; None where no number up to 10,000 is enough.
        have: How many there are.
        of_what: What is counted, in the plural.
        runs_each: Runs that one more of them takes.
    """
    if needed is None:
        return f"{_MORE} than {MOST_UNITS} {of_what}"
    more = max(1, needed - have)
    what = of_what if more > 1 else of_what.replace("seeds", "seed").replace("tions", "tion")
    return f"{more * runs_each} ({more} more {what})"
