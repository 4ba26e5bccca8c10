"""How much of the variance between runs of a configuration each kind of chance makes.

The intervals are those of a parametric bootstrap, by inversion (Carpenter, Applied Statistics 48,
1999): of a variance, all those values are in it under which an estimate as high, or as low, as the
one found is not rarer than 2.5 %. The other variances are as estimated, and the effects normal. The
percentiles of a bootstrap would be too low: of 5 levels, by three times at the upper end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import groups_within
from analysis.errors import AnalysisError
from analysis.stats.inference import CONFIDENCE
from analysis.stats.seeds.components import Design
from analysis.stats.seeds.sources import sources

FEWEST_LEVELS = 4
"""Of a source with fewer, an interval says nothing."""

REST = "their interplay"
_RESAMPLES = 5_000
_SEED = 0
_LARGEST = 1e4  # of a variance, as multiple of all variances together
_STEPS = 40  # of a bisection


def variance(
    runs: pd.DataFrame, metric: str = "test_accuracy", within: Sequence[str] = ()
) -> pd.DataFrame:
    """One row per source of chance, then the rest.

    Columns: `group`, the values of the params `within`; `source`; `levels`, how many seeds a
    configuration has of it, at least; `std`, the standard deviation that it makes, in units of the
    metric, with its 95 % interval `low`, `high` (NaN where there are fewer than 4 levels); `share`
    of the variance of a run. `attrs`: `metric`, `n_runs`, `n_configurations`, `left_out`, the kinds
    of chance that do not vary in any group.

    Args:
        runs: As `load_runs` gives them: of each configuration, several with other seeds.
        metric: Column of the runs.
        within: Params whose values are looked at apart, each for itself.

    Raises:
        AnalysisError: There are no replicates, or their seeds cannot be told apart.
    """
    tables = []
    for group, members in groups_within(runs, within):
        table = _variance(members, metric)
        table.insert(0, "group", group)
        tables.append(table)
    whole: pd.DataFrame = pd.concat(tables, ignore_index=True)
    left_out = [table.attrs["left_out"] for table in tables]
    whole.attrs |= {
        "metric": metric,
        "n_runs": sum(table.attrs["n_runs"] for table in tables),
        "n_configurations": sum(table.attrs["n_configurations"] for table in tables),
        "left_out": tuple(name for name in left_out[0] if all(name in of for of in left_out)),
    }
    return whole


def _variance(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    found = sources(runs, metric)
    try:
        design = Design(found.codes, found.cells)
    except AnalysisError as error:
        raise AnalysisError(f"{', '.join(found.names)}: {error}; cross their seeds") from None
    estimates = design.estimate(found.values)
    names = [*found.names, REST] if design.has_rest else [*found.names]
    levels = [found.levels(f) for f in range(len(found.names))]
    known = np.maximum(estimates, 0)
    bounds = [
        _bounds(design, known, f, estimates[f])
        if f >= len(levels) or levels[f] >= FEWEST_LEVELS
        else (math.nan, math.nan)
        for f in range(len(names))
    ]
    table = pd.DataFrame(
        {
            "source": names,
            "levels": pd.array([*levels, *[pd.NA] * (len(names) - len(levels))], "Int64"),
            "std": np.sqrt(known),
            "low": [math.sqrt(low) if low == low else low for low, _ in bounds],
            "high": [math.sqrt(high) if high == high else high for _, high in bounds],
            "share": known / known.sum() if known.sum() else math.nan,
        }
    )
    table.attrs |= {
        "n_runs": len(found.values),
        "n_configurations": int(found.cells.max()) + 1,
        "left_out": found.left_out,
    }
    return table


def _bounds(
    design: Design, known: NDArray[np.float64], which: int, estimate: float
) -> tuple[float, float]:
    """The interval of one variance."""
    fixed, moving = _drawn(design, known, which)
    # An estimate is quadratic in the values, fixed + √variance · moving.
    square, both = design.estimate(fixed)[:, which], design.estimate(fixed + moving)[:, which]
    of_moving = design.estimate(moving)[:, which]
    cross = both - square - of_moving

    def above(value: float) -> float:
        """How often the estimate is at least the one found."""
        drawn = square + math.sqrt(value) * cross + value * of_moving
        return float((drawn >= estimate).mean())

    top = _LARGEST * max(float(known.sum()), np.finfo(float).tiny)
    tail = (1 - CONFIDENCE) / 2
    return _crossing(above, tail, top), _crossing(above, 1 - tail, top)


def _crossing(above: Callable[[float], float], share: float, top: float) -> float:
    """The variance at which estimates as high as the one found have this share."""
    if above(0.0) >= share:
        return 0.0
    low, high = top * 1e-12, top
    if above(high) < share:
        return math.inf
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if above(middle) < share else (low, middle)
    return math.sqrt(low * high)


def _drawn(
    design: Design, known: NDArray[np.float64], which: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values (R, runs) without one source, and that source with a variance of 1."""
    generator = np.random.default_rng(_SEED)
    n_sources = design.codes.shape[1]
    fixed = np.zeros((_RESAMPLES, len(design.cells)))
    moving = fixed.copy()
    for f in range(len(known)):
        codes = design.codes[:, f] if f < n_sources else np.arange(len(design.cells))
        effects = generator.normal(size=(_RESAMPLES, codes.max() + 1))[:, codes]
        if f == which:
            moving = effects
        else:
            fixed += math.sqrt(known[f]) * effects
    return fixed, moving


def readable_variance(table: pd.DataFrame) -> pd.DataFrame:
    """The same for people: accuracies in percentage points."""
    points = str(table.attrs["metric"]).endswith("accuracy")
    scale, unit = (100, " (points)") if points else (1, "")
    spreads = scale * table[["std", "low", "high"]]
    groups = {"runs": table["group"]} if table["group"].any() else {}
    shown = pd.DataFrame(
        {
            **groups,
            "source": table["source"],
            "seeds": ["–" if pd.isna(n) else str(n) for n in table["levels"]],
            f"standard deviation{unit}": [
                f"{std:.3g}" + ("" if math.isnan(low) else f" [{low:.3g}, {high:.3g}]")
                for std, low, high in spreads.itertuples(index=False)
            ],
            "share of the variance (%)": table["share"].map(lambda share: f"{100 * share:.0f}"),
        }
    )
    few = table.loc[table["levels"].lt(FEWEST_LEVELS).fillna(False), "source"].tolist()
    parts = [
        f"{table.attrs['n_runs']} runs, {table.attrs['n_configurations']} configurations. "
        "Brackets: 95 % interval (parametric bootstrap, normal effects)."
    ]
    if few:
        parts.append(
            f"Fewer than {FEWEST_LEVELS} seeds, so no interval: {', '.join(dict.fromkeys(few))}."
        )
    joined = dict.fromkeys(name for name in table["source"] if " + " in name)
    if joined:
        parts.append(f"Not told apart, as their seeds change together: {', '.join(joined)}.")
    if table.attrs["left_out"]:
        parts.append(f"Not varied: {', '.join(table.attrs['left_out'])}.")
    shown.attrs["note"] = " ".join(parts)
    return shown
