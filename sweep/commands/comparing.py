"""Commands that compare: effects, claims, compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from sweep.commands.parts import completion
from sweep.commands.parts.common import BlockOption, SweepNames, say, warn_of_mixed
from sweep.commands.parts.output import FormatOption, OutputOption, write
from sweep.errors import SpecError

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.stats.images.comparison import Side
    from analysis.stats.margins import Margin

_MARGIN = "0.005"
"""Of every command that compares; the library's own, which would take a second to import."""

_MARGIN_HELP = (
    "a smaller difference counts as none: a fraction (0.005 is half a point), or a part of the "
    "errors (10%)"
)

_LooksOption = Annotated[
    int,
    typer.Option(
        metavar="K",
        help="how often the data have been looked at, this time included, if that is more than the "
        "launches tell: p is corrected for it (alpha spending)",
        min=1,
        max=20,
    ),
]

_SIDE = typer.Argument(
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
            help="with --changes: param that makes the networks in which the changes were tried "
            "(repeatable)"
        ),
    ] = [],  # noqa: B006
    looks: _LooksOption = 1,
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

    Example: spikesweep effects published-mnist --within preset --looks 3

    Example: spikesweep effects large-mnist-confirm --tuned --factor dynamics

    Example: spikesweep effects speakers --block dataset --factor dynamics

    Example: spikesweep effects spoken-digits --groups --factor dynamics

    Example: spikesweep effects noise --variance

    Example: spikesweep effects ablation-mnist --within preset --changes --across encoding
    --across recurrent
    """
    from analysis import figures
    from analysis.data import runs
    from analysis.data.labelled import labelled
    from analysis.stats.margins import Margin

    margins = [Margin.parse(text) for text in margin]
    if figure is not None:
        figures.known_suffix(figure)  # before anything is computed
    if tuned and not factor:
        raise SpecError("--tuned: needs a --factor, such as dynamics")
    if groups and (block or metric != "test_accuracy"):
        raise SpecError("--groups: goes with neither --block nor another --metric")
    paired = {"--tuned": tuned, "--block": block, "--groups": groups}
    given = {**paired, "--figure": figure}
    several, corrected = {"several --margin": margins[1:]}, {"--looks": looks > 1}
    if across and not changes:
        raise SpecError("--across: goes with --changes")
    if variance:
        others = {"--factor": factor, "--interactions": interactions}
        others |= {"--views": views, "--changes": changes}
        _refuse("--variance", given | corrected | others)
    elif changes:
        _refuse("--changes", paired | {"--factor": factor, "--views": views})
        if interactions and any(margin.relative for margin in margins):
            raise SpecError("--margin: an interaction has no errors to be a part of")
    elif interactions:
        _refuse("--interactions", given | several | corrected | {"--views": views})
    elif views:
        _refuse("--views", given | several | corrected)
    elif several["several --margin"]:
        _refuse("several --margin", {"--figure": figure})
    found = runs.load_runs(names)
    if variance:
        write(*_variance(found, metric, within), format_, output)
        return
    found = labelled(found)
    if changes:
        found, factor, within = _changed(found, across, within, metric if interactions else "")
    elif interactions:
        write(*_interactions(found, factor, metric), format_, output)
        return
    if views:
        write(*_views(found, factor, metric, margins[0], within), format_, output)
        return
    if tuned:
        warn_of_mixed(found)
    how = _How(
        metric=metric,
        within=within,
        tuned=tuned,
        block=block,
        group="",
        looks=looks,
        fixed=changes,
    )
    table, readable = _effects(found, factor, margins, how, names if groups else ())
    told = write(table, readable, format_, output)
    if figure is not None:
        figures.save_figure(figures.forest(table), figure)
    _tell_of_effects(table, remarks=not told)


class _How(TypedDict):
    """How effects are paired; see `analysis.effects`."""

    metric: str
    within: Sequence[str]
    tuned: bool
    block: str
    group: str
    fixed: bool
    looks: int


def _refuse(what: str, others: Mapping[str, object]) -> None:
    """Refuse an option beside others that were given.

    Raises:
        SpecError: One was.
    """
    for option, is_given in others.items():
        if is_given:
            raise SpecError(f"{what}: does not go with {option}")


def _effects(
    found: DataFrame,
    factor: Sequence[str],
    margins: Sequence[Margin],
    how: _How,
    grouped: Sequence[str],
) -> tuple[DataFrame, DataFrame]:
    """The effects of factors, or at several margins what is equivalent; as told, and readable."""
    from analysis.data.by_group import by_group
    from analysis.run_files.reading import hits_reader
    from analysis.stats import effects as of_factors
    from analysis.stats import equivalence, readable

    if grouped:
        found, how["group"] = by_group(found, hits_reader(grouped))
    if len(margins) > 1:
        table = equivalence.equivalences(found, margins, factor, **how)
        return table, readable.readable_equivalences(table)
    table = of_factors.effects(found, factor, margin=margins[0], **how)
    return table, readable.readable_effects(table)


def _changed(
    found: DataFrame, across: Sequence[str], within: Sequence[str], acts_on: str
) -> tuple[DataFrame, list[str], list[str]]:
    """The runs by change, the factor, and what is looked at apart.

    Args:
        found: The runs.
        across: The params that make networks.
        within: The params whose values are looked at apart.
        acts_on: The metric, to ask what the changes do to the effects of `across`.
    """
    from analysis.data.labels import ACTS_ON, CHANGE
    from analysis.stats.design import changes

    table = changes.by_change(found, [name for name in across if name not in within], within)
    if not acts_on:
        return table, [CHANGE], [*within]
    return changes.acted_on(table, across, acts_on), [CHANGE], [*within, ACTS_ON]


def _variance(found: DataFrame, metric: str, within: Sequence[str]) -> tuple[DataFrame, DataFrame]:
    from analysis.stats.seeds import variance as chance

    table = chance.variance(found, metric, within)
    return table, chance.readable_variance(table)


def _interactions(
    found: DataFrame, factor: Sequence[str], metric: str
) -> tuple[DataFrame, DataFrame]:
    from analysis.stats import interactions, readable

    table = interactions.interactions(found, factor, metric)
    return table, readable.readable_interactions(table)


def _views(
    found: DataFrame, factor: Sequence[str], metric: str, margin: Margin, within: Sequence[str]
) -> tuple[DataFrame, DataFrame]:
    from analysis.stats import readable
    from analysis.stats.compare import views

    table = views.views(found, factor, metric, margin=margin, within=within)
    return table, readable.readable_views(table)


def _tell_of_effects(table: DataFrame, *, remarks: bool) -> None:
    """What was not estimated, what is left out; and the remarks, if no caption has them."""
    from analysis.stats.chance.remarks import remarks as on_chance

    for name, reason in table.attrs["refused"].items():
        factor = name.rpartition(", ")[2]
        say(f"not estimated: {name}: {reason.removeprefix(f'{factor}: ')}")
    for state, count in table.attrs["left_out"].items():
        say(f"left out: {count} runs that are {state}")
    for remark in on_chance(table) if remarks else ():
        say(f"note: {remark}")


def claims(
    names: SweepNames,
    rows: Annotated[
        bool, typer.Option("--rows", help="the 48 published bars beside our runs, instead")
    ] = False,
    margin: Annotated[str, typer.Option(help=_MARGIN_HELP)] = _MARGIN,
    looks: _LooksOption = 1,
    format_: FormatOption = "",
    output: OutputOption = None,
) -> None:
    """Test the conclusions of the published study with our runs.

    Each holds, does not hold, or is undecided, with the number of further runs that would decide it
    in 80 % of cases; under the published model and under the mended one.

    Example: spikesweep claims published-mnist published-mnist-128 published-fashion

    Example: spikesweep claims published-mnist --looks 3
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
        table = published.claims(found, margin=Margin.parse(margin), looks=looks)
        write(table, readable.readable_claims(table), format_, output)


def compare(
    first: Annotated[str, _SIDE],
    second: Annotated[str, _SIDE],
    format_: FormatOption = "",
    output: OutputOption = None,
) -> None:
    """Compare two configurations by what their networks answered to every test image.

    Of each side, the best configuration by validation is taken, with all its seeds; KEY=VALUE
    narrows it down. The caption says in which params the two differ. The table has the difference
    of the accuracies, with a 95 % interval over seeds and test images (crossed bootstrap); for each
    pair of networks McNemar's test; and how far they agree: equal answers, Cohen's kappa, and the
    consistency of their errors. Both must have been tested on the same images.

    Example: spikesweep compare best-mnist-confirm best-mlp-mnist-confirm

    Example: spikesweep compare which-code:encoding=latency which-code:encoding=constant
    """
    from analysis.stats.images.comparison import compare as images_compared
    from analysis.stats.images.comparison import readable_comparison
    from analysis.stats.images.unlike import differences, to_hold_equal

    table = images_compared(_side(first), _side(second))
    asked = [*_wanted(first), *_wanted(second)]
    if not write(table, readable_comparison(table, asked), format_, output):
        for line in differences(table, asked):
            say(line)
    hint = to_hold_equal(table, asked)
    if hint:
        say(hint)


def _wanted(told: str) -> dict[str, str]:
    """The values that stand behind the name.

    Raises:
        SpecError: What stands behind the colon is not KEY=VALUE.
    """
    pairs = [part.partition("=") for part in told.partition(":")[2].split(",") if part]
    for key, sign, value in pairs:
        if not (key and sign and value):
            raise SpecError(f"{told}: give it as NAME:KEY=VALUE,KEY=VALUE")
    return {key: value for key, _, value in pairs}


def _side(told: str) -> Side:
    """The configuration that is meant, with its predictions."""
    from analysis.data import runs
    from analysis.data.groups import several_values
    from analysis.data.labels import value_labels
    from analysis.data.runs import param_columns
    from analysis.run_files.reading import predictions_reader
    from analysis.stats.images.comparison import leader, side

    name, wanted = told.partition(":")[0], _wanted(told)
    found = runs.load_runs([name])
    best = leader(found, wanted)
    params = [param for param in param_columns(found) if param != "seed"]
    labels = value_labels(best.iloc[0].to_dict(), several_values(found, params))
    title = f"{name} ({', '.join(labels)})" if labels else name
    return side(title, best, predictions_reader([name]))
