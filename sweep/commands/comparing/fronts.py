"""The command `fronts`: kinds of networks at equal cost, over several searches of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep.commands.comparing.asked import METRIC
from sweep.commands.comparing.options import MARGIN, MARGIN_HELP
from sweep.commands.parts.output import FormatOption, OutputOption, say_written, write
from sweep.commands.parts.reading import read_runs
from sweep.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(fronts)


def fronts(
    kinds: Annotated[
        list[str],
        typer.Argument(
            metavar="KIND=NAME",
            help="a kind of networks, and a search of it: a sweep or a file of runs; several "
            "searches of a kind are given one by one; the first kind is the baseline",
        ),
    ],
    at_most: Annotated[
        list[float],
        typer.Option(
            metavar="COST",
            help="compare at this cost (repeatable) [default: round costs that all can keep]",
        ),
    ] = [],  # noqa: B006 - typer's way of a repeatable option
    cost: Annotated[
        str, typer.Option(help="synops_per_inference, energy_per_inference (nJ), …")
    ] = "synops_per_inference",
    metric: Annotated[str, typer.Option(help="what is compared")] = METRIC,
    margin: Annotated[str, typer.Option(help=MARGIN_HELP)] = MARGIN,
    format_: FormatOption = "",
    output: OutputOption = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="also draw what each kind reaches: a .png, .svg or .pdf file"),
    ] = None,
) -> None:
    """Compare kinds of networks at equal cost, each by several searches.

    A search for accuracy and cost ends with a front: the networks that no other beats in both. With
    other seeds it would have ended with another one, so a search is the unit here. For at most each
    cost, it names the network that validation chooses; the kinds are compared by the means over
    their searches, with a 95 % interval. Every kind needs two searches, better three or more, which
    differ in their seeds.

    Search again with other seeds:
    spikesweep run efficient-mnist --set "sampler={name: tpe, seed: 2}"
    --set "seeds=[2]" --new-name efficient-mnist-s2

    Are spiking networks better for the same operations?
    spikesweep fronts spiking=efficient-mnist-s{1,2,3} MLP=efficient-mlp-mnist-s{1,2,3}

    And for the same energy, 2 and 8 nJ?
    spikesweep fronts spiking=spiking.parquet MLP=mlp.parquet
    --cost energy_per_inference --at-most 2 --at-most 8
    """
    from analysis import figures
    from analysis.stats.compare import fronts as compared
    from analysis.stats.compare.costs import cost_column, round_costs
    from analysis.stats.margins import Margin

    column, wanted = cost_column(cost), Margin.parse(margin)
    if figure is not None:
        figures.known_suffix(figure)  # before anything is computed
    runs = {kind: read_runs(names) for kind, names in _by_kind(kinds).items()}
    costs = at_most or round_costs(runs, column)
    table = compared.at_equal_cost(runs, costs, metric, column, margin=wanted)
    write(table, compared.readable_fronts(table), format_, output)
    if figure is not None:
        figures.save_figure(figures.fronts(runs, costs, metric, column), figure)
        say_written(figure)


def _by_kind(told: list[str]) -> dict[str, list[str]]:
    """The searches of each kind.

    Raises:
        SpecError: An argument is not KIND=NAME, or there is one kind.
    """
    found: dict[str, list[str]] = {}
    for argument in told:
        kind, _, name = argument.partition("=")
        if not (kind and name):
            raise SpecError(f"{argument}: give it as KIND=NAME, such as spiking=efficient-mnist-s1")
        found.setdefault(kind, []).append(name)
    if len(found) < 2:
        raise SpecError(f"{', '.join(found)}: one kind has none beside it; give two, as KIND=NAME")
    return found
