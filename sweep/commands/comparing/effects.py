"""The command `effects`: what every factor changes, paired by everything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.comparing.asked import METRIC, Asked
from sweep.commands.comparing.modes import mode_of
from sweep.commands.comparing.options import MARGIN, MARGIN_HELP, LooksOption
from sweep.commands.parts.common import BlockOption, SweepNames, say
from sweep.commands.parts.output import FormatOption, OutputOption, say_written, write

if TYPE_CHECKING:
    from pandas import DataFrame


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(effects)


def effects(
    names: SweepNames,
    factor: Annotated[
        list[str],
        typer.Option(
            metavar="PARAM",
            help="param to compare (repeatable); several that change together are one factor: "
            "beta,threshold or constants=beta,threshold [default: all that vary]",
        ),
    ] = [],  # noqa: B006 - typer's way of a repeatable option
    metric: Annotated[str, typer.Option(help="what is compared")] = METRIC,
    margin: Annotated[
        list[str],
        typer.Option(help=f"{MARGIN_HELP}; several make a table of what is equivalent at each"),
    ] = [MARGIN],  # noqa: B006
    within: Annotated[
        list[str], typer.Option(help="param whose values are looked at apart (repeatable)")
    ] = [],  # noqa: B006
    tuned: Annotated[
        bool,
        typer.Option(
            "--tuned",
            help="compare what searches made of each level: one leader with one, confirmed with "
            "the same seeds, whatever else differs",
        ),
    ] = False,
    block: BlockOption = "",
    groups: Annotated[
        bool,
        typer.Option(
            "--groups",
            help="pair within each group of the test set, such as a speaker, too: the sample is "
            "seeds and groups together",
        ),
    ] = False,
    views: Annotated[
        bool,
        typer.Option(
            "--views",
            help="how often better, interquartile means and posterior probabilities, instead",
        ),
    ] = False,
    interactions: Annotated[
        bool,
        typer.Option(
            "--interactions",
            help="how the effects depend on each other, instead; with --across or --within, after "
            "the main effects of factors that were crossed",
        ),
    ] = False,
    variance: Annotated[
        bool,
        typer.Option(
            "--variance", help="which kind of chance makes runs differ, instead (seed_weights, …)"
        ),
    ] = False,
    changes: Annotated[
        bool,
        typer.Option(
            "--changes",
            help="of an ablation: what each change of the baseline does, of one key or of several "
            "together; with --interactions, what it does to the effects of --across",
        ),
    ] = False,
    across: Annotated[
        list[str],
        typer.Option(
            help="with --changes or --interactions: param that makes the networks in which the "
            "changes were tried, or the factors crossed (repeatable)"
        ),
    ] = [],  # noqa: B006
    looks: LooksOption = 1,
    figure: Annotated[
        Path | None,
        typer.Option(help="also draw the differences (a forest plot): a .png, .svg or .pdf file"),
    ] = None,
    format_: FormatOption = "",
    output: OutputOption = None,
) -> None:
    """Compare the levels of every factor, paired by everything else and by seed.

    For experiments: a grid with at least two seeds; runs of a search are refused, as it chose them
    by their results. Mean paired difference with its 95 %
    interval, p-values corrected by Holm over all comparisons, and an equivalence test: "no
    difference" is a claim of its own, shown only when the difference is within the margin.

    What does recurrence change, under each preset?
    spikesweep effects published-mnist --within preset --factor recurrent

    Which differences are small enough not to matter, by several margins?
    spikesweep effects published-mnist --margin 0.005 --margin 0.003 --margin 10%

    How often is one level better than the other, in single runs?
    spikesweep effects published-mnist --within preset --views

    The same after the third look at a growing experiment?
    spikesweep effects published-mnist --within preset --looks 3

    Which neuron is better, where each was tuned for itself?
    spikesweep effects large-mnist-confirm --tuned --factor dynamics

    Does it hold for new speakers, each held out in turn?
    spikesweep effects speakers --block dataset --factor dynamics

    Does it hold for each speaker of the test set?
    spikesweep effects spoken-digits --groups --factor dynamics

    Which kind of chance makes runs differ: weights, order, split?
    spikesweep effects noise --variance

    What does each change of a baseline do?
    spikesweep effects ablation-mnist --within preset --changes --across encoding
    --across recurrent

    Do crossed changes depend on each other?
    spikesweep effects ablation-factorial --interactions --across encoding
    --across recurrent --factor initial_weights --factor constants=beta,threshold
    """
    from analysis import figures
    from analysis.stats.margins import Margin

    margins = [Margin.parse(text) for text in margin]
    if figure is not None:
        figures.known_suffix(figure)  # before anything is computed
    asked = Asked(
        names=names,
        factor=factor,
        metric=metric,
        margins=margins,
        within=within,
        tuned=tuned,
        block=block,
        groups=groups,
        views=views,
        interactions=interactions,
        variance=variance,
        changes=changes,
        across=across,
        looks=looks,
        figure=figure,
    )
    mode = mode_of(asked)
    table, readable = mode.tables(asked)
    told = write(table, readable, format_, output)
    if figure is not None:
        figures.save_figure(figures.forest(table), figure)
        say_written(figure)
    if mode.is_of_pairs:
        _tell(table, remarks=not told)


def _tell(table: DataFrame, *, remarks: bool) -> None:
    """What was not estimated, what is left out; and the remarks, if no caption has them."""
    from analysis.stats.chance.remarks import remarks as on_chance

    for name, reason in table.attrs["refused"].items():
        factor = name.rpartition(", ")[2]
        say(f"not estimated: {name}: {reason.removeprefix(f'{factor}: ')}")
    for state, count in table.attrs["left_out"].items():
        say(f"left out: {count} runs that are {state}")
    for remark in on_chance(table) if remarks else ():
        say(f"note: {remark}")
