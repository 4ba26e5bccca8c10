"""Which share of the configurations of a search is at most so good; drawn by Optuna."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY, COSTS
from analysis.data.labels import in_order, legend_label, legend_title
from analysis.figures.parts.by_optuna import (
    adopt,
    legend_beside,
)
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label
from analysis.figures.parts.studies import study_of
from analysis.figures.parts.style import looks, styled
from analysis.figures.searches.search import Search
from analysis.store.optuna_internals import plain_plots
from analysis.text.typeset import as_text


def edf(source: Source, options: Options) -> Figure:
    """Which share of the configurations is at most so good, by the values of a param."""
    from optuna.visualization.matplotlib import plot_edf

    search = Search(source.runs, options.metric)
    by = search.params(options.by, "edf")[0] if options.by else ""
    texts = search.groups[by].map(as_text) if by else pd.Series("", index=search.groups.index)
    names = in_order(texts)
    studies = [study_of(search.groups[texts == name], (), search.metric) for name in names]
    with styled(), plain_plots():
        axes = plot_edf(studies, target_name=axis_label(search.metric))
        figure = adopt(axes, 5.2, 3.4)
        axes.set_ylabel("Share of the configurations")
        for line, look in zip(axes.lines, looks(names, by or "edf").values(), strict=True):
            line.set(color=look.colour, linestyle=look.line, alpha=1)
        labels = [f"{legend_label(by, name)} (n = {(texts == name).sum()})" for name in names]
        legend_beside(figure, axes, labels if by else [], legend_title(by) if by else None)
        better = "lower" if search.metric in COSTS else "further right"
        return search.finish(figure, [f"the better, the {better} the line"])


FIGURE = FigureKind(
    name="edf",
    title="which share of the configurations is how good",
    draw=edf,
    example="--by dynamics",
    metric=CHOSEN_BY,
    most_by=1,
)
