"""Commands that show what there is: list, show, best, table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts.checkpoints import checkpoint_of_run
from sweep.commands.parts.common import (
    BlockOption,
    LeaderOption,
    PluginOption,
    SweepNames,
    say,
    say_result,
    warn_of_mixed,
)
from sweep.commands.parts.leaders import print_leaders, print_pruned
from sweep.commands.parts.output import FormatOption, OutputOption, say_written, write
from sweep.commands.parts.reading import read_runs
from sweep.commands.parts.tables import print_table
from sweep.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

_KEYS = 20  # columns for the names of params and metrics, the longest ones
_MOST_PRUNED = 20  # that are listed below a table


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("list")(list_sweeps)
    for command in (show, best, table):
        app.command()(command)


def list_sweeps() -> None:
    """List all sweeps in the MLflow store, with the states of their trials."""
    from analysis.data import runs
    from analysis.text.typeset import as_percent

    sweeps = runs.list_sweeps()
    states = sweeps[list(runs.STATES)]
    broken = [
        _over(n, done) for n, done in zip(sweeps["over_a_limit"], sweeps["done"], strict=True)
    ]
    stand = [_by_state(counts) for _, counts in states.iterrows()]
    sweeps["trials"] = [told + over for told, over in zip(stand, broken, strict=True)]
    sweeps = sweeps.drop(columns=[*states.columns, "over_a_limit"])
    sweeps["started"] = sweeps["started"].dt.strftime("%Y-%m-%d %H:%M UTC")
    best = sweeps.pop("best_val_accuracy").map(as_percent, na_action="ignore")
    sweeps["best val (%)"] = best
    print_table(sweeps.rename(columns=lambda name: name.replace("_", " ")))


def show(
    names: SweepNames,
    top: Annotated[int, typer.Option(help="number of configurations", min=1)] = 20,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="name the params that have their defaults, too")
    ] = False,
) -> None:
    """Show sweeps: their trials by state, what failed, the leaders, and what was ended early.

    Params that were set and are the same for all stand above the leaders.
    Several sweeps are shown together. A configuration (with its seed) that is in more than one
    counts once.

    How did it go, and what is best? spikesweep show quickstart --top 5
    """
    from analysis.data.standing.limits import counts_by_state, none_keeps_the_limits

    found = read_runs(names)
    trials = f"{len(found)} trial{'' if len(found) == 1 else 's'}"
    say_result(
        ": ".join(
            part for part in (", ".join(names), trials, _by_state(counts_by_state(found))) if part
        )
    )
    failed = found[found["state"] == "failed"]
    for run in failed.itertuples():
        say_result(f"failed: {run.config_id}: {run.error}")
    if (found["state"] == "done").any():
        print_leaders(names, top, whole=True, defaults=defaults)
    elif unmet := none_keeps_the_limits(found):
        say_result(unmet)
    print_pruned(found, top)


def best(
    names: SweepNames,
    leader: LeaderOption = None,
    register_: Annotated[
        str,
        typer.Option(
            "--register", metavar="MODEL", help="put the network into MLflow's model registry"
        ),
    ] = "",
    plugin: PluginOption = [],  # noqa: B006 (typer wants the literal)
) -> None:
    """Show the best configuration of sweeps by validation, and where its network is.

    Nothing is selected by the test accuracy. Configurations with several seeds are compared by
    their mean; the network is that of the seed with the best validation accuracy. What still trains
    and is ahead of it is told, too. A registered network can be served: it takes images (pixels 0
    to 255) and returns class probabilities.

    With --leader, the same of another configuration of those that show lists.

    The best network, to be served as the model called digits:
    spikesweep best quickstart --register digits
    """
    from analysis.data.groups import best_run
    from analysis.data.origins.plans import aims_of, searched_params
    from analysis.data.runs import param_columns
    from analysis.data.standing.not_done import ahead_of_all_done
    from analysis.errors import AnalysisError
    from analysis.records import FRONT
    from analysis.report.front import leading
    from analysis.text.typeset import as_percent, as_text
    from sweep.commands.parts.defaults import by_default

    found = read_runs(names)
    run = best_run(found, leader)
    aims = aims_of(found)
    leaders = leading(found, aims)
    chosen = leaders.loc[run["group_id"]]
    seeds = f"mean of {chosen['n']:.0f} seeds" if chosen["n"] > 1 else "one seed"
    if leader:
        say_result(f"{'leader':<{_KEYS}} {leader} of {len(leaders)}")
    for key in ("val_accuracy", "test_accuracy"):
        say_result(f"{key:<{_KEYS}} {as_percent(chosen[f'{key}_mean'])} % ({seeds})")
    for key in aims:
        say_result(f"{key:<{_KEYS}} {chosen[f'{key}_mean']:.6g} ({seeds})")
    if FRONT in chosen:
        say_result(f"{FRONT:<{_KEYS}} {as_text(chosen[FRONT])}")
    params = run[param_columns(found)].dropna()
    searched = [name for name in searched_params(found) if name in params]
    texts = {str(name): as_text(value) for name, value in params.items()}
    given = [name for name in texts if name not in by_default(texts)]
    for param in dict.fromkeys([*searched, *given, *texts]):
        say_result(f"{param!s:<{_KEYS}} {texts[param]}")
    say_result(f"{'MLflow run':<{_KEYS}} {run['run_id']}")
    if ahead := ahead_of_all_done(found):
        say(str(ahead))
    if FRONT in leaders:
        listed = f"spikesweep show {' '.join(names)}"
        say(f"{leaders.attrs[FRONT]} --leader N takes another; they are listed by: {listed}")
    try:
        checkpoint = checkpoint_of_run(names, run["run_id"])
    except AnalysisError as error:
        if register_:
            raise
        say_result(f"{'network':<{_KEYS}} not here: {error}")
        return
    say_result(f"{'network':<{_KEYS}} {checkpoint}")
    if register_:
        from sweep.spec.kept_files import files_for
        from sweep.tracking.serving.model_registry import register as into_registry

        files = files_for(checkpoint, [str(run["sweep"])], plugin)
        number = into_registry(register_, str(run["run_id"]), checkpoint, files)
        say_result(f"{'registered':<{_KEYS}} models:/{register_}/{number}")


def table(
    names: SweepNames,
    format_: FormatOption = "",
    output: OutputOption = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="also draw the accuracies with intervals: a .png, .svg or .pdf file"),
    ] = None,
    params: Annotated[
        list[str],
        typer.Option(
            "--param",
            metavar="PARAM",
            help="a column, instead of one for every param that varies (repeatable)",
        ),
    ] = [],  # noqa: B006 (typer wants the literal)
    metrics: Annotated[
        list[str],
        typer.Option(
            "--metric",
            metavar="METRIC",
            help="beside the accuracies, such as synops_per_inference (repeatable)",
        ),
    ] = [],  # noqa: B006 (typer wants the literal)
    top: Annotated[int | None, typer.Option(help="only the first rows, the best", min=1)] = None,
    block: BlockOption = "",
    groups: Annotated[
        bool,
        typer.Option(
            "--groups", help="a row for each group of the test set, too, such as a speaker"
        ),
    ] = False,
    images: Annotated[
        bool,
        typer.Option(
            "--images", help="the interval of the test accuracy is over seeds and test images"
        ),
    ] = False,
) -> None:
    """Write the results of sweeps: one row per configuration, mean and 95 % interval over seeds.

    Over seeds alone, the interval says nothing of other test images; with --images it does.
    For readers (md, latex, a terminal), accuracies are in percent; csv and parquet keep fractions.
    Several are put together: a configuration (with its seed) that is in more than one counts once.

    A table and its figure for a paper:
    spikesweep table quickstart --format latex -o quickstart.tex --figure quickstart.pdf
    """
    from analysis.data.labelled import labelled
    from analysis.report import tables
    from analysis.run_files.reading import hits_reader, predictions_reader
    from analysis.stats.images.accuracy import over_images

    found = read_runs(names)
    warn_of_mixed(found)
    if groups and (block or metrics):
        raise SpecError("--groups: goes with neither --block nor --metric")
    if images and (groups or block):
        raise SpecError("--images: goes with neither --groups nor --block")
    if groups:
        summary = tables.summarise_groups(found, params, hits_reader(names))
    else:
        summary = tables.summarise(found, params, metrics, block=block)
    if images:
        summary = over_images(summary, found, predictions_reader(names))
    rows = top or len(summary)
    shown = tables.for_readers(summary, rows, params)
    summary = tables.best_rows(summary, rows)
    shown.attrs |= {name: told for name, told in summary.attrs.items() if name == "note"}
    write(summary, labelled(shown), format_, output)
    _tell_of_pruned(found, for_people=not (format_ or output))
    if figure is not None:
        _draw(names, found, figure, params, block, groups)


def _draw(
    names: Sequence[str],
    found: pd.DataFrame,
    figure: Path,
    params: Sequence[str],
    block: str,
    groups: bool,
) -> None:
    """The accuracies of a table as dots; of its groups side by side, where it has them."""
    from analysis import figures
    from analysis.data.blocks import by_block
    from analysis.data.by_group import by_group
    from analysis.data.groups import several_values
    from analysis.data.labelled import labelled
    from analysis.records import FACTORS
    from analysis.run_files.reading import hits_reader

    along, colours = list(params[:-1]), list(params[-1:])
    if groups:
        found, kind = by_group(found, hits_reader(names))
        done = found[found["state"] == "done"]
        along, colours = [kind, *along], colours or several_values(done, FACTORS)[:1]
    elif block:
        found = by_block(found, block)
    dots = figures.accuracy_dots(
        labelled(found), grouped_by=along or None, coloured_by=colours[0] if colours else None
    )
    figures.save_figure(dots, figure)
    say_written(figure)


def _tell_of_pruned(found: pd.DataFrame, *, for_people: bool) -> None:
    """What is not in a table since it was ended early: listed for people, else counted."""
    from analysis.report import tables

    ended = len(tables.ended_early(found))
    if ended and for_people and sys.stdout.isatty():
        print_pruned(found, top=_MOST_PRUNED)
    elif ended:
        some = "1 configuration that was" if ended == 1 else f"{ended} configurations that were"
        say(f"without {some} ended early: `spikesweep show` lists them, with epoch and reason")


def _by_state(counts: pd.Series[int]) -> str:
    return ", ".join(f"{n} {state}" for state, n in counts.items() if n)


def _over(broken: int, done: int) -> str:
    """Of a sweep in which trials break a limit: how many, and whether any keeps all."""
    if not broken:
        return ""
    return f" ({broken} over a limit)" if done else f" (all {broken} that finished over a limit)"
