"""Confusion matrices: counts, percents of the true class, and what is right."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.figures import FIGURES, Source, confusion
from analysis.figures.parts.declaration import Options
from tests.analysis_tests.conftest import make_runs
from tests.analysis_tests.figures.reading import note, texts, ticks, title

MATRIX = np.array([[9, 1, 0], [2, 6, 0], [0, 0, 0]])


def test_cells_have_counts_and_percents_of_their_row() -> None:
    figure = confusion(MATRIX, ["cat", "dog", "owl"], title=["MNIST", "ALIF"])
    axes = figure.axes[0]
    assert texts(axes) == ["9\n90.0", "1\n10.0", "0", "2\n25.0", "6\n75.0", "0", "0", "0", "0"]
    assert ticks(axes, "x") == ticks(axes, "y") == ["cat", "dog", "owl"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted class", "True class")
    shades = axes.images[0].get_array()
    assert shades is not None and shades.tolist() == [[None, 10, 0], [25, None, 0], [0, 0, None]]
    assert axes.images[0].get_clim() == (0, 25)  # mistakes alone: 98 % of a class would hide them
    assert title(figure) == "Confusion, MNIST, ALIF"


def test_the_note_has_the_accuracy_and_the_empty_classes() -> None:
    words = note(confusion(MATRIX, ["cat", "dog", "owl"]))
    assert words.startswith("n = 18 images, 15 right (83.33 %)")
    assert words.endswith("without images: owl")


@pytest.mark.parametrize(
    ("matrix", "told"),
    [(np.eye(2), "shape (2, 2) for 3 classes"), (np.zeros((3, 3)), "holds no image")],
)
def test_a_matrix_that_is_none_is_refused(matrix: np.ndarray, told: str) -> None:
    with pytest.raises(AnalysisError) as error:
        confusion(matrix.astype(np.int64), ["cat", "dog", "owl"])
    assert told in str(error.value)


def test_it_names_the_run_whose_mistakes_it_shows() -> None:
    rows = [
        {"group": "a", "dataset": "digits", "seed": seed, "best_val_accuracy": 0.8 + seed / 100}
        for seed in (3, 7)
    ]
    runs = make_runs(rows).assign(run_id=["0123456789", "abcdef0123"])
    source = Source(runs=runs, history=lambda *_: runs, confusion=lambda _: np.eye(10, dtype=int))
    drawn = FIGURES["confusion"].draw(source, Options())
    assert title(drawn).endswith("seed 7 (run abcdef01)")
    (entry,) = FIGURES["confusion"].in_report(source)
    assert "the best network by validation, seed 7 (run abcdef01), takes" in entry.text
