"""Figures of runs: functions that take tables and return a figure, and the one that saves it.

Figures are made without pyplot: no window, no global state, no backend to choose. Every figure says
how many runs it shows, what its bars and bands are, what is constant, and what is not shown.
"""

from __future__ import annotations

from analysis.figures.bars import accuracy_bars
from analysis.figures.confusions import confusion
from analysis.figures.curves import learning_curves
from analysis.figures.forests import forest
from analysis.figures.importances import importance
from analysis.figures.neurons import accuracy_by_neurons
from analysis.figures.parallel import parallel_coordinates
from analysis.figures.parts.saving import known_suffix, save_figure
from analysis.figures.pipelines import pipeline
from analysis.figures.rasters import raster
from analysis.figures.strips import strip
from analysis.figures.synops import accuracy_by_synops

__all__ = [
    "accuracy_bars",
    "accuracy_by_neurons",
    "accuracy_by_synops",
    "confusion",
    "forest",
    "importance",
    "known_suffix",
    "learning_curves",
    "parallel_coordinates",
    "pipeline",
    "raster",
    "save_figure",
    "strip",
]
