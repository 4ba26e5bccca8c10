"""The best validation result to expect of a budget, see `analysis.stats.compare.budgets`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY, COSTS
from analysis.data.labels import in_order, legend_label, legend_title, metric_label
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label, fit_legend
from analysis.figures.parts.param_axis import whole_numbers
from analysis.figures.parts.style import looks, styled
from analysis.figures.searches.search import Search
from analysis.stats.compare.budgets import expected_maximum
from analysis.text.typeset import as_text

_INCHES = 5.2


def expected(source: Source, options: Options) -> Figure:
    """The best of so many configurations that is to be expected, by the values of a param.

    Lines are means, bands one standard deviation to each side, cut at the best that was found.

    Raises:
        AnalysisError: Less of the metric is better, there is one configuration, or what `Search`
            raises.
    """
    if options.metric in COSTS:
        raise AnalysisError(f"expected: of {options.metric}, less is better; take an accuracy")
    search = Search(source.runs, options.metric)
    if len(search.groups) < 2:
        raise AnalysisError("expected: of one configuration there is no other to be better")
    by = search.params(options.by, "expected")[0] if options.by else ""
    texts = search.groups[by].map(as_text) if by else pd.Series("", index=search.groups.index)
    names = in_order(texts)
    with styled():
        figure = Figure(figsize=(_INCHES, 3.4))
        axes = figure.subplots()
        for name, look in looks(names, by or "expected").items():
            values = np.asarray(search.values[texts == name], dtype=np.float64)
            budgets = range(1, len(values) + 1)
            mean, deviation = expected_maximum(values, budgets)
            label = f"{legend_label(by, name)} (n = {len(values)})"
            alone = look.marker if len(values) == 1 else None  # a point has no line
            axes.plot(
                budgets,
                mean,
                color=look.colour,
                linestyle=look.line,
                marker=alone,
                label=label,
            )
            top = (mean + deviation).clip(max=values.max())
            axes.fill_between(budgets, mean - deviation, top, color=look.colour, alpha=0.15)
        axes.set_xlabel("Configurations")
        axes.set_ylabel(axis_label(search.metric))
        whole_numbers(axes, "x")
        if by:
            figure.legend(loc="outside right upper", title=legend_title(by))
            fit_legend(figure, _INCHES)
        notes = [
            "lines: the mean of the best of so many drawn at random from these",
            "bands: ± a standard deviation; of a search that learns, a description",
        ]
        return search.finish(figure, notes, f"Expected best {metric_label(search.metric).lower()}")


FIGURE = FigureKind(
    name="expected",
    title="the best validation to expect of so many configurations (Dodge et al. 2019)",
    draw=expected,
    example="--by dynamics",
    metric=CHOSEN_BY,
    most_by=1,
)
