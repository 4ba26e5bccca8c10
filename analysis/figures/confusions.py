"""Which classes a network takes for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.figures.layout import head
from analysis.style import SMALL, styled

_CELL_INCHES = 0.47
_DARK = 55.0  # percent from which on a cell is too dark for black


def confusion(
    matrix: NDArray[np.int64], class_names: Sequence[str], *, title: Sequence[str] = ()
) -> Figure:
    """A confusion matrix: in every cell the images, and below what percent of their class they are.

    Args:
        matrix: (C, C) images by true class (rows) and predicted class (columns).
        class_names: C names.
        title: What the network is.

    Raises:
        AnalysisError: the matrix is not square, has other classes, or holds no image.
    """
    matrix = np.asarray(matrix)
    if matrix.shape != (len(class_names), len(class_names)):
        raise AnalysisError(
            f"a confusion matrix of shape {matrix.shape} for {len(class_names)} classes"
        )
    if not matrix.sum():
        raise AnalysisError("the confusion matrix holds no image")
    of_class = matrix.sum(axis=1, keepdims=True)
    percent = 100 * matrix / np.maximum(of_class, 1)
    with styled():
        size = 1.6 + _CELL_INCHES * len(matrix)
        figure = Figure(figsize=(size + 0.9, size + 0.3))
        axes = figure.subplots()
        image = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
        for (row, column), count in np.ndenumerate(matrix):
            share = percent[row, column]
            text = f"{count:,}\n{share:.1f}" if count else "0"
            colour = "#FFFFFF" if share > _DARK else "#222222" if count else "#888888"
            axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)
        names = list(class_names)
        long = max(map(len, names)) > 3
        axes.set_xticks(range(len(names)), names, rotation=45 if long else 0)
        if long:
            axes.set_xticklabels(names, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.set_xlabel("Predicted class")
        axes.set_ylabel("True class")
        figure.colorbar(image, ax=axes, label="Percent of the true class", shrink=0.7)
        right = int(np.trace(matrix))
        notes = [
            f"n = {matrix.sum():,} images, {right:,} right ({100 * right / matrix.sum():.2f} %)",
            "cells: images, and percent of their true class",
        ]
        empty = [name for name, count in zip(names, of_class[:, 0], strict=True) if not count]
        notes += [f"without images: {', '.join(empty)}"] if empty else []
        head(figure, ["Confusion", *title], notes)
    return figure
