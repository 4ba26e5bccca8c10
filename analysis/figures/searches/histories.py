"""Every configuration of a search in the order of their begin, and the best so far."""

from __future__ import annotations

from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label, fit_legend
from analysis.figures.parts.param_axis import whole_numbers
from analysis.figures.parts.style import LOOKS, styled
from analysis.figures.searches.search import ORDER, Search
from analysis.records import State

_INCHES = 5.2


def history(source: Source, options: Options) -> Figure:
    """The metric of every configuration, the best so far as steps, and what was pruned.

    A configuration that was pruned stands where the metric was when it was ended, at the edge where
    that is far from what finished. It is never the best so far.
    """
    search = Search(source.runs, options.metric, drawn=(State.PRUNED,))
    values = search.values
    best = values.cummin() if search.is_cost else values.cummax()
    with styled():
        figure = Figure(figsize=(_INCHES, 3.4))
        axes = figure.subplots()
        places = search.number[search.groups.index]
        axes.plot(places, values, linestyle="none", marker="o", color=LOOKS[0].colour, label="done")
        known = search.pruned["value"].dropna()
        search.mark_pruned(axes, search.number[known.index], size=5)
        # The last step goes on to the last configuration: nothing later was better.
        ends = [*places, int(search.number.max())]
        axes.step(
            ends,
            [*best, best.iloc[-1]],
            where="post",
            color=LOOKS[1].colour,
            label="the best so far",
        )
        axes.set_xlabel(ORDER)
        axes.set_ylabel(axis_label(options.metric))
        axes.set_xlim(0, int(search.number.max()) + 1)
        whole_numbers(axes, "x")
        figure.legend(loc="outside right upper")
        fit_legend(figure, _INCHES)
        unknown = len(search.pruned) - len(known)
        notes = [f"{len(search.pruned)} pruned" if len(search.pruned) else ""]
        notes += [f"{unknown} of them before an epoch, not shown" if unknown else ""]
        return search.finish(figure, [", ".join(filter(None, notes))])


FIGURE = FigureKind(
    name="history",
    title="every configuration in its order, and the best so far",
    draw=history,
    metric=CHOSEN_BY,
)
