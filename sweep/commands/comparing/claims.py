"""The command `claims`: the conclusions of the published study, tested."""

from __future__ import annotations

from typing import Annotated

import typer

from sweep.commands.comparing.options import MARGIN, MARGIN_HELP, LooksOption
from sweep.commands.parts.common import SweepNames, say
from sweep.commands.parts.output import FormatOption, OutputOption, write
from sweep.commands.parts.reading import read_runs


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(claims)


def claims(
    names: SweepNames,
    rows: Annotated[
        bool, typer.Option("--rows", help="the 48 published bars beside our runs, instead")
    ] = False,
    margin: Annotated[str, typer.Option(help=MARGIN_HELP)] = MARGIN,
    looks: LooksOption = 1,
    format_: FormatOption = "",
    output: OutputOption = None,
) -> None:
    """Test the conclusions of the published study with our runs.

    Each holds, does not hold, or is undecided, with the number of further runs that would decide it
    in 80 % of cases; under the published model and under the mended one.

    Which conclusions of the study hold?
    spikesweep claims published-mnist published-mnist-128 published-fashion

    The same after the third look at a growing experiment?
    spikesweep claims published-mnist --looks 3
    """
    from analysis.stats import readable
    from analysis.stats.margins import Margin
    from analysis.studies import claims as published
    from analysis.studies import replication

    found = read_runs(names)
    if rows:
        table = replication.compare_with_published(found)
        write(table, readable.readable_replication(table), format_, output)
        for sentence in replication.outside(table).values():
            say(sentence)
    else:
        table = published.claims(found, margin=Margin.parse(margin), looks=looks)
        write(table, readable.readable_claims(table), format_, output)
