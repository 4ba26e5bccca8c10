"""How much of the differences between configurations each param explains."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.labels import metric_label
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import head
from analysis.figures.parts.style import ERROR_BAR, LOOKS, SMALL, styled
from analysis.stats.importance import importance as estimated

_PER_PARAM = 10
"""Configurations for each param, under which a forest finds much in what is chance."""


def importance(table: pd.DataFrame) -> Figure:
    """Horizontal bars of the share of the variance that each param explains, the largest on top.

    >>> from analysis import figures
    >>> figure = figures.importance(importance(load_runs([committed("published-fashion")])))

    Args:
        table: `param` and `importance` (fractions); optionally `low` and `high`, drawn as error
            bars. `attrs` may have `metric`, `constant`, `n_configurations` and `notes`, as given by
            `analysis.stats.importance`.

    Raises:
        AnalysisError: the table is empty.
    """
    if table.empty:
        raise AnalysisError("no param has an importance")
    rows = table.sort_values("importance", kind="stable")
    with styled():
        figure = Figure(figsize=(5.5, 1.4 + 0.32 * len(rows)))
        _draw(figure.subplots(), rows)
        metric = table.attrs.get("metric")
        of = f"for the {metric_label(metric).lower()}" if metric else "of the params"
        title = [f"Importance {of}", *table.attrs.get("constant", ())]
        head(figure, title, [_too_few(table), *table.attrs.get("notes", ())])
    return figure


def _too_few(table: pd.DataFrame) -> str:
    """A warning where the configurations are too few for so many params."""
    count = table.attrs.get("n_configurations")
    if count is None or count >= _PER_PARAM * len(table):
        return ""
    return f"{count} configurations are too few for {len(table)} params: the order may be chance"


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    percent = rows.select_dtypes("number") * 100
    middle = percent["importance"]
    low, high = (percent.get(end, middle) for end in ("low", "high"))
    axes.barh(
        list(rows["param"]),
        middle,
        height=0.65,
        color=LOOKS[0].colour,
        xerr=[middle - low, high - middle] if "low" in percent else None,
        error_kw=dict(ERROR_BAR),
    )
    for place, (value, end) in enumerate(zip(middle, high, strict=True)):
        axes.annotate(
            f"{value:.1f}",
            (max(value, end), place),
            (4, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=SMALL,
        )
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    axes.set_xlabel("Share of the variance explained (%)")


def _from(source: Source, options: Options) -> Figure:
    return importance(estimated(source.runs, options.metric))


FIGURE = FigureKind(
    name="importance",
    title="how much of the differences each param explains",
    draw=_from,
    metric="best_val_accuracy",
)
