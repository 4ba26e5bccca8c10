"""Commands that keep order: rename, delete, gc."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Literal

import typer

from sweep.commands.parts.common import SweepName, SweepNames, say, say_result
from sweep.errors import SpecError

YesOption = Annotated[bool, typer.Option("--yes", help="do it without asking")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (rename, delete, gc):
        app.command()(command)


def rename(
    name: SweepName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="its new name")],
    yes: YesOption = False,
) -> int:
    """Give a sweep another name: its runs in MLflow, its studies, its files, its confirmation.

    What will be renamed is shown first. A renaming that broke off is finished by the same command.
    Registered networks stay as they are. A sweep that runs is not renamed.

    A sweep that deserves a better name: spikesweep rename first-try dynamics
    """
    from sweep.results.renaming.plan import renamings
    from sweep.results.renaming.steps import rename as rename_all
    from sweep.spec.sources import files_named

    found = renamings(name, new)
    lines = [f"{one.journal.before}: {line}" for one in found for line in one.lines()]
    if not agreed("rename", lines, yes):
        return 0
    for one in found:
        rename_all(one.journal)
        say_result(f"{one.journal.before}: renamed to {one.journal.now}")
    has = " and ".join(map(str, files_named(name))) or "a specification file of yours"
    say(f"{has}: the old name is in it still; change it there, or run it with --new-name {new}")
    return 0


def delete(names: SweepNames, yes: YesOption = False) -> int:
    """Delete sweeps: their runs in MLflow, their studies, their files.

    What will be deleted is shown first. A deletion that broke off can be repeated. The name is free
    at once. MLflow keeps the runs as deleted ones, with their copies of networks, until `mlflow gc`
    removes them; registered networks can be served until then.

    A sweep that nobody needs: spikesweep delete first-try
    """
    from sweep.results.holdings import confirmation_left, holdings
    from sweep.results.holdings import delete as delete_all

    found = [holdings(name) for name in dict.fromkeys(names)]
    lines = [f"{held.name}: {line}" for held in found for line in held.lines()]
    if not agreed("delete", lines, yes):
        return 0
    for held in found:
        delete_all(held)
        say_result(f"{held.name}: deleted")
        other = confirmation_left(held.name)
        if other and other not in names:
            say(f"its confirmation is left: spikesweep delete {other}")
    return 0


def gc(
    names: SweepNames,
    keep: Annotated[
        Literal["leaders"], typer.Option(help="whose networks are kept, with all their seeds")
    ],
    top: Annotated[
        int | None,
        typer.Option(min=1, help="leaders, by validation [default: of the specification, or 3]"),
    ] = None,
    yes: YesOption = False,
) -> int:
    """Remove the files of sweeps that nobody needs: the networks of all but the leaders.

    Runs, metrics and tables stay as they are. Networks that other sweeps use stay, and so do the
    states of launches that can be resumed. What will be removed is shown first.

    Room on the disk; the leaders stay: spikesweep gc quickstart --keep leaders
    """
    from sweep.results.spare_files import clear, spare

    found = [spare(name, top) for name in dict.fromkeys(names)]
    if not agreed("gc", [f"{one.name}: {line}" for one in found for line in one.lines()], yes):
        return 0
    for one in found:
        clear(one)
        say_result(f"{one.name}: done")
    return 0


def agreed(verb: str, lines: Iterable[str], yes: bool) -> bool:
    """Show what a command will do, and ask; whether it is to be done.

    Raises:
        SpecError: Nobody can be asked.
    """
    for line in lines:
        say_result(line)
    if yes:
        return True
    if not sys.stdin.isatty():
        raise SpecError(f"{verb}: nothing was done; with --yes it is done without asking")
    return typer.confirm(f"{verb} this?")
