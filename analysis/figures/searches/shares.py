"""Which share of the configurations of a search is at most so good."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY, COSTS
from analysis.data.labels import in_order, legend_label, legend_title
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label, fit_legend
from analysis.figures.parts.style import looks, styled
from analysis.figures.searches.search import Search
from analysis.text.typeset import as_text

_INCHES = 5.2


def edf(source: Source, options: Options) -> Figure:
    """Which share of the configurations is at most so good, by the values of a param."""
    search = Search(source.runs, options.metric)
    by = search.params(options.by, "edf")[0] if options.by else ""
    texts = search.groups[by].map(as_text) if by else pd.Series("", index=search.groups.index)
    with styled():
        figure = Figure(figsize=(_INCHES, 3.4))
        axes = figure.subplots()
        for name, look in looks(in_order(texts), by or "edf").items():
            values = np.sort(search.values[texts == name])
            axes.step(
                [values[0], *values],
                np.arange(len(values) + 1) / len(values) * 100,
                where="post",
                color=look.colour,
                linestyle=look.line,
                label=f"{legend_label(by, name)} (n = {len(values)})",
            )
        axes.set_xlabel(axis_label(search.metric))
        axes.set_ylabel("Share of the configurations (%)")
        axes.set_ylim(0, 102)
        if by:
            figure.legend(loc="outside right upper", title=legend_title(by))
            fit_legend(figure, _INCHES)
        better = "further left" if search.metric in COSTS else "further right"
        told = f"each line: the share whose value is at most so high; the better, the {better}"
        return search.finish(figure, [told])


FIGURE = FigureKind(
    name="edf",
    title="which share of the configurations is how good",
    draw=edf,
    example="--by dynamics",
    metric=CHOSEN_BY,
    most_by=1,
)
