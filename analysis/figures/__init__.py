"""Figures of runs: functions that take tables and return a figure, and the one that saves it.

A figure is one file, which ends with its declaration, and one line in the list below. The command
`figure`, its help and the report know it by that. A file of several figures declares them all.

Figures are made without pyplot: no window, no global state, no backend to choose. Every figure says
how many runs it shows, what its bars and bands are, what is constant, and what is not shown.
"""

from __future__ import annotations

from importlib import import_module

from analysis.figures.bars import accuracy_bars
from analysis.figures.confusions import confusion
from analysis.figures.curves import learning_curves
from analysis.figures.forests import forest
from analysis.figures.importances import importance
from analysis.figures.neurons import accuracy_by_neurons
from analysis.figures.parallel import parallel_coordinates
from analysis.figures.parts.declaration import FigureKind, Options, Source, source_of
from analysis.figures.parts.saving import known_suffix, save_figure
from analysis.figures.pipelines import pipeline
from analysis.figures.rasters import raster
from analysis.figures.strips import strip
from analysis.figures.synops import accuracy_by_synops

__all__ = [
    "FIGURES",
    "FigureKind",
    "Options",
    "Source",
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
    "source_of",
    "strip",
]

_FILES = (
    "bars",
    "strips",
    "curves",
    "neurons",
    "synops",
    "importances",
    "parallel",
    "confusions",
    "forests",
    "pipelines",
    "rasters",
    "searches",
)
_MODULES = [import_module(f"analysis.figures.{file}") for file in _FILES]
_DECLARED: list[FigureKind] = [
    kind for module in _MODULES for kind in getattr(module, "FIGURES", None) or [module.FIGURE]
]

FIGURES: dict[str, FigureKind] = {kind.name: kind for kind in _DECLARED}
"""By name, in the order of the help and the report."""
