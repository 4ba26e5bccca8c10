"""Commands that compare: effects, claims, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts import completion
from sweep.commands.parts.common import BlockOption, SweepNames, say, warn_of_mixed
from sweep.commands.parts.output import FormatOption, OutputOption, write
from sweep.errors import SpecError

if TYPE_CHECKING:
    from analysis.stats.images.comparison import Side

_MARGIN = "0.005"
"""Of every command that compares; the library's own, which would take a second to import."""

_MARGIN_HELP = (
    "a smaller difference counts as none: a fraction (0.005 is half a point), or a part of the "
    "errors (10%)"
)

_Side = typer.Argument(
    metavar="NAME[:KEY=VALUE,…]",
    help="a sweep or a file of runs, and which of its configurations",
    autocompletion=completion.sweeps,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (effects, claims, compare):
        app.command()(command)


def effects(
    names: SweepNames,
    factor: Annotated[
        list[str], typer.Option(help="param to compare (repeatable) [default: all that vary]")
    ] = [],  # noqa: B006 - typer's way of a repeatable option
    metric: Annotated[str, typer.Option(help="what is compared")] = "test_accuracy",
    margin: Annotated[
        list[str],
        typer.Option(help=f"{_MARGIN_HELP}; several make a table of what is equivalent at each"),
    ] = [_MARGIN],  # noqa: B006
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
        bool, typer.Option("--interactions", help="how the effects depend on each other, instead")
    ] = False,
    variance: Annotated[
        bool,
        typer.Option(
            "--variance", help="which kind of chance makes runs differ, instead (seed_weights, …)"
        ),
    ] = False,
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

    Example: spikesweep effects published-mnist --within preset --factor recurrent

    Example: spikesweep effects published-mnist --margin 0.005 --margin 0.003 --margin 10%

    Example: spikesweep effects published-mnist --within preset --views

    Example: spikesweep effects large-mnist-confirm --tuned --factor dynamics

    Example: spikesweep effects speakers --block dataset --factor dynamics

    Example: spikesweep effects spoken-digits --groups --factor dynamics

    Example: spikesweep effects noise --variance
    """
    from analysis import figures
    from analysis.data import runs
    from analysis.data.by_group import by_group
    from analysis.data.labelled import labelled
    from analysis.run_files.reading import hits_reader
    from analysis.stats import effects as of_factors
    from analysis.stats import equivalence, readable
    from analysis.stats import interactions as of_pairs
    from analysis.stats.compare import views as of_scores
    from analysis.stats.margins import Margin
    from analysis.stats.seeds import variance as chance

    margins = [Margin.parse(text) for text in margin]
    if len(margins) > 1 and (figure is not None or interactions):
        raise SpecError(
            "--margin: several make a table; give one with --figure, none with --interactions"
        )
    if figure is not None:
        figures.known_suffix(figure)  # before anything is computed
    if tuned and not factor:
        raise SpecError("--tuned: needs a --factor, such as dynamics")
    if tuned and interactions:
        raise SpecError("--tuned: compares levels, not how their effects depend on each other")
    if groups and (block or metric != "test_accuracy"):
        raise SpecError("--groups: goes with neither --block nor another --metric")
    if variance:
        if interactions or tuned or groups or block or factor or within or figure is not None:
            raise SpecError("--variance: goes with --metric only")
        of_chance = chance.variance(runs.load_runs(names), metric)
        write(of_chance, chance.readable_variance(of_chance), format_, output)
        return
    found = labelled(runs.load_runs(names))
    if interactions:
        for option, is_given in (("--block", block), ("--groups", groups)):
            if is_given:
                raise SpecError(f"{option}: is for effects, not for their interactions")
        if figure is not None:
            raise SpecError("--figure: draws the effects, not their interactions")
        table = of_pairs.interactions(found, factor, metric)
        write(table, readable.readable_interactions(table), format_, output)
        return
    if views:
        for option, is_given in (
            ("--tuned", tuned),
            ("--block", block),
            ("--groups", groups),
            ("--figure", figure),
        ):
            if is_given:
                raise SpecError(f"--views: does not go with {option}")
        table = of_scores.views(found, factor, metric, margin=margins[0], within=within)
        write(table, readable.readable_views(table), format_, output)
        return
    if tuned:
        warn_of_mixed(found)
    compared, group = by_group(found, hits_reader(names)) if groups else (found, "")
    how = {"metric": metric, "within": within, "tuned": tuned, "block": block, "group": group}
    if len(margins) > 1:
        table = equivalence.equivalences(compared, margins, factor, **how)
        write(table, readable.readable_equivalences(table), format_, output)
    else:
        table = of_factors.effects(compared, factor, margin=margins[0], **how)
        write(table, readable.readable_effects(table), format_, output)
    if figure is not None:
        figures.save_figure(figures.forest(table), figure)
    for name, reason in table.attrs["refused"].items():
        factor = name.rpartition(", ")[2]
        say(f"not estimated: {name}: {reason.removeprefix(f'{factor}: ')}")
    for state, count in table.attrs["left_out"].items():
        say(f"left out: {count} runs that are {state}")
    for remark in readable.remarks(table):
        say(f"note: {remark}")


def claims(
    names: SweepNames,
    rows: Annotated[
        bool, typer.Option("--rows", help="the 48 published bars beside our runs, instead")
    ] = False,
    margin: Annotated[str, typer.Option(help=_MARGIN_HELP)] = _MARGIN,
    format_: FormatOption = "",
    output: OutputOption = None,
) -> None:
    """Test the conclusions of the published study with our runs.

    Each holds, does not hold, or is undecided, with the number of further runs that would decide it
    in 80 % of cases; under the published model and under the mended one.

    Example: spikesweep claims published-mnist published-mnist-128 published-fashion
    """
    from analysis.data import runs
    from analysis.stats import readable
    from analysis.stats.margins import Margin
    from analysis.studies import claims as published
    from analysis.studies import replication

    found = runs.load_runs(names)
    if rows:
        table = replication.compare_with_published(found)
        write(table, readable.readable_replication(table), format_, output)
        for sentence in replication.outside(table).values():
            say(sentence)
    else:
        table = published.claims(found, margin=Margin.parse(margin))
        write(table, readable.readable_claims(table), format_, output)


def compare(
    first: Annotated[str, _Side],
    second: Annotated[str, _Side],
    format_: FormatOption = "",
    output: OutputOption = None,
) -> None:
    """Compare two configurations by what their networks answered to every test image.

    Of each side, the best configuration by validation is taken, with all its seeds; KEY=VALUE
    narrows it down. The difference of the accuracies, with a 95 % interval over seeds and test
    images (crossed bootstrap); for each pair of networks McNemar's test; and how far they agree:
    equal answers, Cohen's kappa, and the consistency of their errors. Both must have been tested on
    the same images.

    Example: spikesweep compare best-mnist-confirm best-mlp-mnist-confirm

    Example: spikesweep compare which-code:encoding=latency which-code:encoding=constant
    """
    from analysis.stats.images.comparison import compare as images_compared
    from analysis.stats.images.comparison import readable_comparison

    table = images_compared(_side(first), _side(second))
    write(table, readable_comparison(table), format_, output)


def _side(told: str) -> Side:
    """The configuration that is meant, with its predictions.

    Raises:
        SpecError: What stands behind the colon is not KEY=VALUE.
    """
    from analysis.data import runs
    from analysis.data.groups import several_values
    from analysis.data.labels import value_labels
    from analysis.data.runs import param_columns
    from analysis.run_files.reading import predictions_reader
    from analysis.stats.images.comparison import leader, side

    name, _, wanted = told.partition(":")
    pairs = [part.partition("=") for part in wanted.split(",") if part]
    for key, sign, value in pairs:
        if not (key and sign and value):
            raise SpecError(f"{told}: give it as NAME:KEY=VALUE,KEY=VALUE")
    found = runs.load_runs([name])
    best = leader(found, {key: value for key, _, value in pairs})
    params = [param for param in param_columns(found) if param != "seed"]
    labels = value_labels(best.iloc[0].to_dict(), several_values(found, params))
    title = f"{name} ({', '.join(labels)})" if labels else name
    return side(title, best, predictions_reader([name]))
