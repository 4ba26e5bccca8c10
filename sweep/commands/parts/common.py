"""What several commands share: the options' texts, and lines on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts import completion

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from sweep.spec.specification import Specification

SetOption = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="fix a key, for example --set epochs=5; one that is searched is no longer "
        "(repeatable; keys: spikesweep schema)",
    ),
]
UnsetOption = Annotated[
    list[str],
    typer.Option(
        "--unset",
        metavar="KEY",
        help="take a key out of the specification, searched or fixed: it has its default "
        "(repeatable)",
    ),
]
BudgetOption = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="what the sweep may take, all in all: 8h, or '{epochs: 5000}'"
    ),
]
JoinOption = Annotated[
    bool,
    typer.Option(
        "--join", help="add the runs to the sweep of this name, though it had other configurations"
    ),
]
NewNameOption = Annotated[
    str,
    typer.Option(metavar="NAME", help="run it under another name than that of the specification"),
]
PluginOption = Annotated[
    list[str],
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="a Python file with components of your own (repeatable)",
    ),
]
LeaderOption = Annotated[
    int | None,
    typer.Option(
        "--leader",
        metavar="N",
        help="the N-th of the leaders that spikesweep show lists, instead of the best",
    ),
]
SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        help="a YAML file, the name of a bundled sweep, or - for standard input",
        autocompletion=completion.specifications,
    ),
]
SweepName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="name of a sweep: spikesweep list",
        autocompletion=completion.sweeps,
    ),
]
SweepNames = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME",
        help="names of sweeps (spikesweep list), or .parquet files of spikesweep export-runs",
        autocompletion=completion.sweeps,
    ),
]
BlockOption = Annotated[
    str,
    typer.Option(
        metavar="PARAM",
        help="param whose values are the sample, in place of the seeds, such as dataset where "
        "speakers are held out in turn (spoken_digits@speaker=3)",
    ),
]


def use_plugin_files(paths: Sequence[str]) -> None:
    """Use the components of these files.

    Raises:
        SpecError: A file cannot be used.
    """
    if paths:
        from pathlib import Path

        from sweep.spec.plugins import read_plugins, use_plugins

        use_plugins(read_plugins((), Path(), paths))


def stdout() -> Console:
    """Where tables go; never wrapped when it is a file or a pipe."""
    from sweep.host.console import PlainConsole

    console = PlainConsole()
    return console if console.is_terminal else PlainConsole(width=200)


def say_result(text: str) -> None:
    """A line of the results."""
    from analysis.text.plain import visible

    print(visible(text))


def say(text: str) -> None:
    """A line on standard error, beside the results."""
    stderr().print(text)


def check_new(sweep: Specification, spec: str, *, join: bool = True) -> None:
    """Check what a launch that is resumed need not fulfil; say what may not be meant.

    Args:
        sweep: The plan.
        spec: Where it is from, as it was given.
        join: Whether it may have the name of a sweep with other configurations.

    Raises:
        SpecError: A searched key has no effect, or the name belongs to another specification.
    """
    if not join:
        from sweep.results.names import refuse_taken

        refuse_taken(sweep)
    from sweep.spec.checks.effects import check_effects
    from sweep.spec.sources import shown_source

    say_warnings(check_effects(sweep, shown_source(spec)))


def say_warnings(lines: Iterable[str]) -> None:
    """A line each on standard error: what was given is taken, and may not be what was meant."""
    for line in lines:
        say(f"warning: {line}")


def warn_of_mixed(runs: pd.DataFrame) -> None:
    """Warn where the runs of a search are mixed with those of its confirmation."""
    from sweep.spec.fresh_seeds import CONFIRMED, mixed

    for name in mixed(runs["sweep"]):
        say(
            f"{name} chose its leaders by runs that are here, too, so that their means are too "
            f"good; the figures to report are those of {name}{CONFIRMED} alone"
        )


def stderr() -> Console:
    """Where progress goes: lines that are not wrapped."""
    from sweep.host.console import PlainConsole

    return PlainConsole(stderr=True, soft_wrap=True)
