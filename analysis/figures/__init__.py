"""Figures of runs: functions that take tables and return a figure, and the one that saves it.

A figure is one file, which ends with its declaration, and one line in the list below. The command
`figure`, its help and the report know it by that. A file of several figures declares them all.

Figures are made without pyplot: no window, no global state, no backend to choose. Every figure says
how many runs it shows, what its bars and bands are, what is constant, and what is not shown.
"""

from __future__ import annotations

from importlib import import_module

from analysis.figures.accuracies.bars import accuracy_bars
from analysis.figures.accuracies.dots import accuracy_dots
from analysis.figures.accuracies.neurons import accuracy_by_neurons
from analysis.figures.accuracies.strips import strip
from analysis.figures.accuracies.synops import accuracy_by_synops
from analysis.figures.effects.forests import forest
from analysis.figures.effects.importances import importance
from analysis.figures.networks.confusions import confusion
from analysis.figures.networks.pipelines import pipeline
from analysis.figures.networks.rasters import raster
from analysis.figures.parts.declaration import FigureKind, Options, Source, source_of
from analysis.figures.parts.saving import known_suffix, save_figure
from analysis.figures.searches.curves import learning_curves
from analysis.figures.searches.fronts import fronts
from analysis.figures.searches.parallel import parallel_coordinates

__all__ = [
    "FIGURES",
    "FigureKind",
    "Options",
    "Source",
    "accuracy_bars",
    "accuracy_by_neurons",
    "accuracy_by_synops",
    "accuracy_dots",
    "confusion",
    "forest",
    "fronts",
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
    "accuracies.dots",
    "accuracies.bars",
    "accuracies.strips",
    "accuracies.profiles",
    "searches.curves",
    "accuracies.neurons",
    "accuracies.synops",
    "effects.importances",
    "searches.parallel",
    "networks.confusions",
    "effects.forests",
    "networks.pipelines",
    "networks.rasters",
    "searches.histories",
    "searches.slices",
    "searches.pairs",
    "searches.shares",
    "searches.expected",
    "searches.timelines",
    "searches.hypervolumes",
)
_MODULES = [import_module(f"analysis.figures.{file}") for file in _FILES]
_DECLARED: list[FigureKind] = [
    kind for module in _MODULES for kind in getattr(module, "FIGURES", None) or [module.FIGURE]
]

FIGURES: dict[str, FigureKind] = {kind.name: kind for kind in _DECLARED}
"""By name, in the order of the help and the report."""
