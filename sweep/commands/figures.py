"""The command that draws: figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.records import EPOCH_METRICS
from sweep.commands import completion
from sweep.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# \b keeps click from filling the lines that follow.
HELP = """Draw a figure of one or several sweeps into a .png, .svg or .pdf file.

\b
bars        accuracies by what the networks are; of the published model also
            the published values:
              spikesweep figure bars published-mnist -o bars.pdf
strip       every configuration, by the values of a param and coloured by another:
              spikesweep figure strip quickstart --by encoding --by dynamics -o strip.pdf
curves      a metric after every epoch, by a param or of the five best:
              spikesweep figure curves quickstart --by dynamics -o curves.pdf
neurons     accuracy against the number of hidden neurons:
              spikesweep figure neurons dynamics -o neurons.pdf
synops      accuracy against synaptic operations per inference, with the front:
              spikesweep figure synops dynamics -o synops.pdf
importance  how much of the differences each param explains:
              spikesweep figure importance dynamics -o importance.pdf
parallel    configurations as lines across the params:
              spikesweep figure parallel dynamics -o parallel.pdf
confusion   which classes the best network takes for which:
              spikesweep figure confusion quickstart -o confusion.pdf
"""


class Kind(StrEnum):
    """What to draw."""

    BARS = "bars"
    STRIP = "strip"
    CURVES = "curves"
    NEURONS = "neurons"
    SYNOPS = "synops"
    IMPORTANCE = "importance"
    PARALLEL = "parallel"
    CONFUSION = "confusion"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(help=HELP)(figure)


def figure(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help=", ".join(Kind))],
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME…",
            help="sweeps: spikesweep list",
            autocompletion=completion.sweeps,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="a .png, .svg or .pdf file")
    ],
    metric: Annotated[
        str,
        typer.Option(
            help="what to show [default: test_accuracy; curves: val_accuracy; importance and "
            "parallel: best_val_accuracy]",
        ),
    ] = "",
    by: Annotated[
        list[str],
        typer.Option(
            metavar="PARAM",
            help="the param to tell runs apart by, in bars, strip, curves and neurons; repeated, "
            "the last is the colour of bars and strip",
        ),
    ] = [],  # noqa: B006 (typer wants the literal)
) -> None:
    """Draw a figure: see `HELP`."""
    from analysis import figures
    from analysis.data import runs

    how = _KINDS[kind]
    _check(kind, how, metric, by)
    figures.known_suffix(output)  # before anything is computed
    found = runs.load_runs(names)
    drawn = how.draw(found, _Wish(names, metric or how.metric, by))
    figures.save_figure(drawn, output)


def _check(kind: Kind, how: _How, metric: str, by: Sequence[str]) -> None:
    """Refuse options that the kind of figure does not take, before anything is read."""
    if metric and not how.metric:
        raise SpecError(f"--metric: {kind} takes none")
    if metric and kind == Kind.CURVES and metric not in EPOCH_METRICS:
        known = ", ".join(EPOCH_METRICS)
        raise SpecError(f"--metric: {metric!r} is not measured after every epoch; known: {known}")
    if len(by) > how.params:
        allowed = f"at most {how.params}" if how.params else "none"
        raise SpecError(f"--by: {kind} takes {allowed}, got {', '.join(by)}")
    if kind == Kind.STRIP and not by:
        raise SpecError("--by: a strip needs a param, such as --by dynamics")


@dataclass(frozen=True)
class _Wish:
    names: Sequence[str]
    metric: str
    by: Sequence[str]


def _bars(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from analysis import figures
    from analysis.studies.published import published_results

    # The published values belong to the published model only.
    is_published = "preset" in runs and (runs["preset"] == "published").any()
    published = published_results() if is_published and wish.metric == "test_accuracy" else None
    return figures.accuracy_bars(
        runs,
        wish.metric,
        grouped_by=wish.by[:-1] or None,
        coloured_by=wish.by[-1] if wish.by else None,
        reference=published,
    )


def _strip(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from analysis import figures

    factor, *colour = wish.by
    return figures.strip(runs, factor, wish.metric, coloured_by=colour[0] if colour else None)


def _curves(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from analysis import figures
    from analysis.data.history import load_history

    history = load_history(list(wish.names), [wish.metric], run_ids=runs["run_id"].tolist())
    return figures.learning_curves(runs, history, wish.metric, wish.by[0] if wish.by else None)


def _neurons(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from analysis import figures

    by = wish.by[0] if wish.by else None
    return figures.accuracy_by_neurons(runs, wish.metric, by=by)


def _synops(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from analysis import figures

    return figures.accuracy_by_synops(runs, wish.metric)


def _importance(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from analysis import figures
    from analysis.stats.importance import importance

    return figures.importance(importance(runs, wish.metric))


def _parallel(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from analysis import figures

    return figures.parallel_coordinates(runs, wish.metric)


def _confusion(runs: pd.DataFrame, wish: _Wish) -> Figure:
    from sweep.commands.best_networks import confusion
    from sweep.commands.results import best_run

    return confusion(best_run(runs))


@dataclass(frozen=True)
class _How:
    """A kind of figure: who draws it, its metric (empty: it takes none), and its most `--by`."""

    draw: Callable[[pd.DataFrame, _Wish], Figure]
    metric: str = "test_accuracy"
    params: int = 0


_MANY = 9
_KINDS: Mapping[Kind, _How] = {
    Kind.BARS: _How(_bars, params=_MANY),
    Kind.STRIP: _How(_strip, params=2),
    Kind.CURVES: _How(_curves, "val_accuracy", params=1),
    Kind.NEURONS: _How(_neurons, params=1),
    Kind.SYNOPS: _How(_synops),
    Kind.IMPORTANCE: _How(_importance, "best_val_accuracy"),
    Kind.PARALLEL: _How(_parallel, "best_val_accuracy"),
    Kind.CONFUSION: _How(_confusion, ""),
}
