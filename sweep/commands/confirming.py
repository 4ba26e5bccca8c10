"""The command that trains the leaders of a sweep again: confirm."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts.common import PluginOption, SweepName, say, stderr
from sweep.commands.parts.leaders import tell_front
from sweep.commands.parts.tables import print_table

if TYPE_CHECKING:
    from sweep.spec.sections.confirm import Confirm


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(confirm)


def confirm(
    name: SweepName,
    top: Annotated[
        int | None,
        typer.Option(min=1, help="leaders, by validation [default: of the specification, or 3]"),
    ] = None,
    each: Annotated[
        list[str],
        typer.Option(
            metavar="KEY",
            help="so many for each of its values (repeatable) [default: each of the specification]",
        ),
    ] = [],  # noqa: B006 (typer wants the literal)
    seeds: Annotated[
        str,
        typer.Option(
            metavar="N,N,…",
            help="fresh ones [default: those of the specification, or five from 1 on]",
        ),
    ] = "",
    set_: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="give a key another value than in the search, for example --set epochs=60; "
            "comes on top of what confirm.base of the specification changes (repeatable)",
        ),
    ] = [],  # noqa: B006
    address: Annotated[
        str | None, typer.Option(help="of a Ray cluster [default: RAY_ADDRESS, or this machine]")
    ] = None,
    plugin: PluginOption = [],  # noqa: B006
) -> int:
    """Train the leaders of a sweep again with fresh seeds: the figures to report.

    The best of many results is good by luck, too; the mean over seeds that had no part in the
    choice is not. A seed also decides how the images are split into training and validation. Of a
    sweep for several metrics, members of the Pareto front are trained: the best, the cheapest and
    others evenly between. A search of short trainings can be confirmed by long ones, with --set.
    The runs are a sweep of their own, NAME-confirm. The same command again goes on where an
    interrupted one was; what was run before is not run again. Plugins are those of its latest
    launch in this folder; where it ran elsewhere, name them.

    How good are the three leaders, without luck?
    spikesweep confirm quickstart --top 3 --seeds 1,2,3,4,5
    """
    from sweep.run.confirmation import asked_for, use_plugins_of
    from sweep.spec.sections.confirm import Confirm
    from sweep.spec.sources import parse_overrides

    use_plugins_of(name, plugin)
    fresh, changed = tuple(_numbers(seeds)), parse_overrides(set_)
    asked = asked_for(name)
    wanted = Confirm(top=top or asked.top, seeds=fresh or asked.seeds, base=asked.base | changed)
    return confirm_leaders(name, wanted, each, address, plugin)


def confirm_leaders(
    name: str,
    wanted: Confirm,
    each: Sequence[str],
    address: str | None,
    plugins: Sequence[str] = (),
) -> int:
    """Run the confirmation of a sweep and print its table; the exit code.

    Args:
        name: Of the sweep.
        wanted: How many leaders, which seeds, and the keys that differ from the search.
        each: Keys; there are leaders of every combination of their values. None: the keys in the
            specification.
        address: Of a Ray cluster.
        plugins: Paths of files that the user named, which are in use.
    """
    from analysis.stats.confirmation import readable_confirmation
    from sweep.results.confirmed import run_confirmation

    done = run_confirmation(name, wanted, each, address, stderr())
    ended, seeds = done.ended, done.sweep.seeds
    again = f"go on with: spikesweep confirm {name} {_options(wanted, done.each, seeds)}"
    again += "".join(f" --plugin {shlex.quote(path)}" for path in plugins)
    for failed, reason in ended.failures.items():
        say(f"failed: {failed}: {reason}")
    if ended.undelivered:
        say(f"{ended.undelivered}; then {again}")
        return 1
    if ended.halted or ended.interrupted:
        say(f"{ended.halted or 'interrupted'}; every finished epoch is kept; {again}")
        return 1 if ended.halted else 130
    if done.table is None:
        return 1
    how = f"leaders of {name}, confirmed{wanted.changes}"
    title = f"{how}: mean ± 95 % interval over fresh seeds (and splits)"
    print_table(readable_confirmation(done.table), title=title)
    tell_front(done.table)
    say(f"best network by validation over fresh seeds: spikesweep best {done.sweep.name}")
    return 1 if ended.failures else 0


def _options(wanted: Confirm, each: Sequence[str], seeds: Sequence[int]) -> str:
    """The options that ask for the same confirmation."""
    numbers = ",".join(str(seed) for seed in seeds)
    kinds = "".join(f" --each {key}" for key in each)
    sets = "".join(f" --set {shlex.quote(setting)}" for setting in wanted.settings)
    return f"--top {wanted.top}{kinds} --seeds {numbers}{sets}"


def _numbers(text: str) -> list[int]:
    from sweep.errors import SpecError

    parts = [part.strip() for part in text.split(",") if part.strip()]
    are_numbers = all(part.isascii() and part.isdigit() and int(part) < 2**31 for part in parts)
    if text and (len(parts) < 2 or not are_numbers):
        raise SpecError(f"--seeds {text}: needs two whole numbers or more, such as 1,2,3,4,5")
    return [int(part) for part in parts]
