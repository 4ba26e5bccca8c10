"""The command `compare`: two configurations, image by image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts import completion
from sweep.commands.parts.common import say
from sweep.commands.parts.output import FormatOption, OutputOption, write
from sweep.commands.parts.reading import read_runs
from sweep.errors import SpecError

if TYPE_CHECKING:
    from analysis.stats.images.comparison import Side

_SIDE = typer.Argument(
    metavar="NAME[:KEY=VALUE,…]",
    help="a sweep or a file of runs, and which of its configurations",
    autocompletion=completion.sweeps,
)


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(compare)


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

    Does the best spiking network differ from the best MLP?
    spikesweep compare best-mnist-confirm best-mlp-mnist-confirm

    Which of two spike codes is better, within one sweep?
    spikesweep compare which-code:encoding=latency which-code:encoding=constant
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
    from analysis.data.groups import several_values
    from analysis.data.labels import value_labels
    from analysis.data.runs import param_columns
    from analysis.run_files.reading import predictions_reader
    from analysis.stats.images.comparison import leader, side

    name, wanted = told.partition(":")[0], _wanted(told)
    found = read_runs([name])
    best = leader(found, wanted)
    params = [param for param in param_columns(found) if param != "seed"]
    labels = value_labels(best.iloc[0].to_dict(), several_values(found, params))
    title = f"{name} ({', '.join(labels)})" if labels else name
    return side(title, best, predictions_reader([name]))
