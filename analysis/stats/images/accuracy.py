"""Intervals of the accuracies in a table, over seeds and test images."""

from __future__ import annotations

import math

import pandas as pd

from analysis.data.groups import done_runs
from analysis.errors import AnalysisError
from analysis.stats.images.comparison import Read, side
from analysis.stats.images.crossed_bootstrap import accuracy_interval
from analysis.stats.intervals import few_units

_WIDTH = "test_accuracy_ci95"
COVERS = (
    "Mean ± half width of its 95 % interval, accuracies in percent: of the test accuracy over "
    "seeds and test images (crossed bootstrap; of one seed over test images), of the validation "
    "accuracy over seeds (Student's t)."
)


def over_images(table: pd.DataFrame, runs: pd.DataFrame, read: Read) -> pd.DataFrame:
    """The table of `summarise` with `test_accuracy_ci95` over seeds and test images.

    It is NaN for configurations of which a network's answers are not known. `attrs["covers"]` says
    what the intervals cover.

    Args:
        table: As `summarise` gives it, indexed by `group_id`.
        runs: What it was made of.
        read: Gives the predictions of a run, by its id.

    Raises:
        AnalysisError: No configuration has predictions.
    """
    done = done_runs(runs, [])
    widths, reason = list[float](), ""
    for group_id in table.index:
        try:
            found = side(str(group_id), done[done["group_id"] == group_id], read)
            low, high = accuracy_interval(found.hits)[1:3]
            widths.append(math.nan if found.lacking else (high - low) / 2)
        except AnalysisError as error:
            reason = reason or str(error)
            widths.append(math.nan)
    if all(math.isnan(width) for width in widths):
        raise AnalysisError(reason or "no configuration has predictions of all its networks")
    wider = table.assign(**{_WIDTH: widths})
    wider.attrs |= {**table.attrs, "covers": COVERS, "resampled": ("test_accuracy",)}
    several = table.loc[table["n"] > 1, "n"]
    if few := few_units(int(several.min()) if len(several) else 1, "seeds"):
        wider.attrs["covers"] += f" {' '.join(few)}"
    without = sum(math.isnan(width) for width in widths)
    if without:
        wider.attrs["covers"] += f" Without predictions, so without it: {without} of {len(table)}."
    return wider
