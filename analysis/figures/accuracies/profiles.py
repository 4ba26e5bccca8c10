"""Performance profiles: which share of the runs has more than so much."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.data.groups import COSTS, done_runs, measured_groups, require_param
from analysis.data.labels import constants, in_order, legend_label, legend_title, metric_label
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label, fit_legend, head, scale_of
from analysis.figures.parts.style import looks, styled
from analysis.stats.compare.robust import performance_profile, profile_band
from analysis.text.typeset import as_text

_INCHES, _STEPS = 5.2, 100


def profile(source: Source, options: Options) -> Figure:
    """The share of the runs with more than every value of the metric, by the values of a param.

    Bands are 95 % of a stratified bootstrap: the seeds of every configuration are drawn again.
    Configurations without all of the seeds are left out.

    Raises:
        AnalysisError: Less of the metric is better, it is the same in all runs, or there is no such
            param or no finished run.
    """
    metric, (by,) = options.metric, options.by
    if metric in COSTS:
        raise AnalysisError(f"profile: of {metric}, less is better; take an accuracy")
    require_param(source.runs, by)
    groups, left_out = measured_groups(source.runs, metric)
    done = done_runs(source.runs, [metric])
    texts = done[by].map(as_text)
    names = in_order(texts)
    values = done[metric] * scale_of(metric)
    thresholds = np.unique(np.quantile(values, np.linspace(0, 1, _STEPS)))
    if len(thresholds) < 2:
        raise AnalysisError(f"profile: the {metric} is the same in all runs")
    with styled():
        figure = Figure(figsize=(_INCHES, 3.4))
        axes = figure.subplots()
        for name, look in looks(names, by).items():
            scores = _scores(done[texts == name].assign(_value=values))
            label = f"{legend_label(by, name)} ({scores.shape[1]} × {scores.shape[0]})"
            share = 100 * performance_profile(scores, thresholds)
            low, high = (100 * side for side in profile_band(scores, thresholds))
            axes.plot(thresholds, share, color=look.colour, linestyle=look.line, label=label)
            axes.fill_between(thresholds, low, high, color=look.colour, alpha=0.15)
        axes.set_xlabel(axis_label(metric))
        axes.set_ylabel("Runs with more (%)")
        figure.legend(loc="outside right upper", title=legend_title(by))
        fit_legend(figure, _INCHES)
        notes = [
            "in brackets: configurations × seeds",
            "bands: 95 % of a stratified bootstrap over seeds, for these configurations",
            "the better, the further right the line",
        ]
        title = f"Performance profile, {metric_label(metric).lower()}"
        head(figure, [title, *constants(groups)], [*notes, *left_out])
    return figure


def _scores(runs: pd.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(seeds, configurations), of those that have all seeds.

    Raises:
        AnalysisError: No configuration has all.
    """
    table = runs.pivot_table(index="seed", columns="group_id", values="_value")
    whole = table.dropna(axis="columns")
    if whole.empty:
        raise AnalysisError("profile: no configuration has all of the seeds")
    return whole.to_numpy(np.float64)


FIGURE = FigureKind(
    name="profile",
    title="which share of the runs has more than so much (a performance profile)",
    draw=profile,
    example="--by dynamics",
    least_by=1,
    most_by=1,
)
