"""Which classes a network takes for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.data.groups import best_run
from analysis.data.labels import class_names, value_labels
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import head
from analysis.figures.parts.style import GREY, INK, SMALL, styled
from analysis.records import CONSTANTS

_CELL_INCHES = 0.47
_LONGEST_LEVEL = 3  # letters of a class name that is not slanted
_DARK = 0.6  # of the scale, from which on a cell is too dark for black
_RIGHT = "#E4E4E4"  # of the cells that are no mistakes


def confusion(
    matrix: NDArray[np.int64], class_names: Sequence[str], *, title: Sequence[str] = ()
) -> Figure:
    """A confusion matrix: in every cell the images, and below what percent of their class they are.

    Shades are of the mistakes alone: beside what is right, most of them could not be seen.

    >>> import numpy as np
    >>> figure = confusion(np.array([[9, 1], [0, 10]]), ["dark", "bright"])

    Args:
        matrix: (C, C) images by true class (rows) and predicted class (columns).
        class_names: C names.
        title: What the network is.

    Raises:
        AnalysisError: the matrix is not square, has other classes, or holds no image.
    """
    matrix, names = np.asarray(matrix), list(class_names)
    if matrix.shape != (len(names), len(names)):
        raise AnalysisError(f"a confusion matrix of shape {matrix.shape} for {len(names)} classes")
    if not matrix.sum():
        raise AnalysisError("the confusion matrix holds no image")
    percent = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    with styled():
        size = 1.6 + _CELL_INCHES * len(matrix)
        figure = Figure(figsize=(size + 0.9, size + 0.3))
        axes = figure.subplots()
        mistakes = np.ma.masked_array(percent, mask=np.eye(len(matrix), dtype=bool))
        most = float(mistakes.max()) if mistakes.count() and mistakes.max() > 0 else 1.0
        axes.set_facecolor(_RIGHT)
        image = axes.imshow(mistakes, cmap="Blues", vmin=0, vmax=most)
        _write(axes, matrix, percent, dark=_DARK * most)
        _label(axes, names)
        figure.colorbar(image, ax=axes, label="Mistakes (% of the class)", shrink=0.7)
        head(figure, ["Confusion", *title], _notes(matrix, names))
    return figure


def _notes(matrix: NDArray[np.int64], names: Sequence[str]) -> list[str]:
    right = int(np.trace(matrix))
    empty = [name for name, count in zip(names, matrix.sum(axis=1), strict=True) if not count]
    return [
        f"n = {matrix.sum():,} images, {right:,} right ({100 * right / matrix.sum():.2f} %)",
        "cells: images, and percent of their true class",
        f"without images: {', '.join(empty)}" if empty else "",
    ]


def _write(
    axes: Axes, matrix: NDArray[np.int64], percent: NDArray[np.float64], *, dark: float
) -> None:
    for (row, column), count in np.ndenumerate(matrix):
        share = percent[row, column]
        text = f"{count:,}\n{share:.1f}" if count else "0"
        is_dark = row != column and share > dark
        colour = "#FFFFFF" if is_dark else INK if count else GREY
        axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)


def _label(axes: Axes, names: Sequence[str]) -> None:
    places = range(len(names))
    if max(map(len, names)) > _LONGEST_LEVEL:
        axes.set_xticks(places, names, rotation=45, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(places, names)
    axes.set_yticks(places, names)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.set(xlabel="Predicted class", ylabel="True class")


def _from(source: Source, options: Options) -> Figure:
    best = best_run(source.runs, options.leader)
    matrix = source.confusion(str(best["run_id"]))
    title = value_labels(best.to_dict(), [name for name in CONSTANTS if name in best])
    title = [*title, _run(best)]
    return confusion(matrix, class_names(best["dataset"], len(matrix)), title=title)


def _run(best: pd.Series[Any]) -> str:
    """Which of the runs of its configuration it is."""
    run = f"run {str(best['run_id'])[:8]}"
    return f"seed {best['seed']} ({run})" if pd.notna(best.get("seed")) else run


def _in_report(source: Source) -> Iterable[InReport]:
    try:
        of_run = f", {_run(best_run(source.runs))},"
    except AnalysisError:
        of_run = ""  # to draw it fails in the same way, and says why
    yield FIGURE.entry(
        f"which classes the best network by validation{of_run} takes for which (test set)."
    )


FIGURE = FigureKind(
    name="confusion",
    title="which classes the best network takes for which",
    draw=_from,
    metric="",
    of_leader=True,
    in_report=_in_report,
    section="leaders",
)
