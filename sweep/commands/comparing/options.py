"""Options that several commands that compare have."""

from __future__ import annotations

from typing import Annotated

import typer

MARGIN = "0.005"
"""Of every command that compares; the library's own, which would take a second to import."""

MARGIN_HELP = (
    "a smaller difference counts as none: a fraction (0.005 is half a point), or a part of the "
    "errors (10%)"
)

LooksOption = Annotated[
    int,
    typer.Option(
        metavar="K",
        help="how often the data have been looked at, this time included, if that is more than the "
        "launches tell: p is corrected for it (alpha spending)",
        min=1,
        max=20,
    ),
]
