"""The command that draws: figure. Its kinds, and their help, are what the figures declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from sweep.commands.parts import completion
from sweep.commands.parts.common import LeaderOption, PluginOption, say_result, warn_of_mixed
from sweep.commands.parts.reading import read_runs
from sweep.errors import SpecError

if TYPE_CHECKING:
    from analysis.figures import FigureKind


class _FigureCommand(TyperCommand):
    """Its help lists the kinds, which are not imported before somebody asks for it."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        super().format_help_text(ctx, formatter)
        for kind in _kinds().values():
            formatter.write(f"\n{_described(kind)}\n")


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(cls=_FigureCommand)(figure)


def figure(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="what to draw: a name from above")],
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="sweeps: spikesweep list",
            autocompletion=completion.sweeps,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="a .png, .svg or .pdf file")
    ],
    metric: Annotated[str, typer.Option(help="what to show [default: as the kind has it]")] = "",
    by: Annotated[
        list[str],
        typer.Option(
            metavar="PARAM",
            help="a param to tell runs apart by (repeatable); the last is the colour of bars and "
            "strip",
        ),
    ] = [],  # noqa: B006 (typer wants the literal)
    leader: LeaderOption = None,
    plugin: PluginOption = [],  # noqa: B006
) -> None:
    """Draw a figure of one or several sweeps into a .png, .svg or .pdf file."""
    how = _known(kind)
    _check(how, metric, by, leader)
    from analysis import figures
    from sweep.commands.parts.opened_networks import activity_of_run

    figures.known_suffix(output)  # before anything is computed
    found = read_runs(names)
    warn_of_mixed(found)
    source = figures.source_of(names, found, activity=partial(activity_of_run, found, plugin))
    options = figures.Options(metric=metric or how.metric, by=tuple(by), leader=leader)
    figures.save_figure(how.draw(source, options), output)
    if output.is_file():  # and no pipe, into which this line would go, too
        say_result(f"{output}: {output.stat().st_size / 1000:,.0f} kB")


def _kinds() -> Mapping[str, FigureKind]:
    from analysis.figures import FIGURES

    return FIGURES


def _known(kind: str) -> FigureKind:
    from analysis.text.plain import did_you_mean

    kinds = _kinds()
    if kind not in kinds:
        nearest = did_you_mean(kind, kinds, "")
        listed = f"{kind!r} is not one of {', '.join(map(repr, kinds))}"
        raise SpecError(f"KIND: {listed}{nearest and f'; {nearest}'}")
    return kinds[kind]


def _described(kind: FigureKind) -> str:
    command = f"spikesweep figure {kind.name} quickstart {kind.example}".rstrip()
    needs = f"needs --by ({_counted(kind.least_by, kind.most_by)})" if kind.least_by else ""
    takes = [f"--metric [{kind.metric}]"] if kind.metric else []
    takes += [f"--by (at most {kind.most_by})"] if kind.most_by and not needs else []
    takes += ["--leader N"] if kind.of_leader else []
    told = f"takes {', '.join(takes)}" if takes else ""
    options = "; ".join(filter(None, [needs, told]))
    rows = [kind.title, *filter(None, [options])]
    rows.append(f"  {command} -o {kind.name}.pdf")
    return "\n".join(f"  {kind.name if row is kind.title else '':<12}{row}" for row in rows)


def _counted(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} to {most}"


def _check(kind: FigureKind, metric: str, by: Sequence[str], leader: int | None) -> None:
    """Refuse what the kind cannot show, before anything is read."""
    from analysis.records import EPOCH_METRICS
    from analysis.text.plain import known_names

    if leader is not None and not kind.of_leader:
        raise SpecError(f"--leader: {kind.name} takes none, as it shows no single network")
    if metric and not kind.metric:
        raise SpecError(f"--metric: {kind.name} takes none")
    if metric and kind.of_epochs and metric not in EPOCH_METRICS:
        known = known_names(metric, EPOCH_METRICS)
        raise SpecError(f"--metric: {metric!r} is not measured after every epoch; {known}")
    if len(by) > kind.most_by:
        allowed = f"at most {kind.most_by}" if kind.most_by else "none"
        raise SpecError(f"--by: {kind.name} takes {allowed}, got {', '.join(by)}")
    if len(by) < kind.least_by:
        raise SpecError(f"--by: a {kind.name} needs a param, such as --by dynamics")
