"""From MLflow to what can be published: the runs as one tidy table, statistics, figures.

Reads the tracking store, or files of runs, and never imports torch or Ray. The names below are
loaded when first used, so that importing the package costs nothing. Every function has an example
that works without a sweep, on results that come with the package.

| to | use |
| --- | --- |
| read | `load_runs`, `load_history`, `list_sweeps`, `committed`, `labelled`, `export_runs`, \
`import_runs` |
| tabulate | `summarise`, `group_runs`, `write_table` |
| compare | `effects`, `equivalences` (with `Margin`), `views`, `interactions`, `factorial`, \
`bundled`, `importance`, `expected_best`, `pareto_front`, `leading_runs`, `confirmed` |
| plan | `smallest_effect` |
| draw | `accuracy_dots`, `accuracy_bars`, `accuracy_by_neurons`, `accuracy_by_synops`, \
`confusion`, `forest`, `importance_bars`, `learning_curves`, `parallel_coordinates`, `strip`, \
`save_figure` |
| check the published study | `published_results`, `compare_with_published`, `claims` |
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.data.committed import committed
    from analysis.data.groups import group_runs
    from analysis.data.history import load_history
    from analysis.data.labelled import labelled
    from analysis.data.runs import list_sweeps, load_runs
    from analysis.errors import AnalysisError
    from analysis.figures import (
        accuracy_bars,
        accuracy_by_neurons,
        accuracy_by_synops,
        accuracy_dots,
        confusion,
        forest,
        learning_curves,
        parallel_coordinates,
        save_figure,
        strip,
    )
    from analysis.figures import importance as importance_bars
    from analysis.report.tables import summarise, write_table
    from analysis.run_files.exporting import export_runs
    from analysis.run_files.format import RunFile
    from analysis.run_files.importing import import_runs
    from analysis.stats.compare.budgets import expected_best
    from analysis.stats.compare.views import views
    from analysis.stats.confirmation import confirmed, leading_runs
    from analysis.stats.effects import effects
    from analysis.stats.equivalence import equivalences
    from analysis.stats.factorial.bundles import bundled
    from analysis.stats.factorial.interactions import interactions
    from analysis.stats.factorial.tables import factorial
    from analysis.stats.importance import importance
    from analysis.stats.margins import Margin
    from analysis.stats.pareto import pareto_front
    from analysis.stats.power.designs import smallest_effect
    from analysis.studies.claims import claims
    from analysis.studies.published import published_results
    from analysis.studies.replication import compare_with_published

__all__ = [
    "AnalysisError",
    "Margin",
    "RunFile",
    "accuracy_bars",
    "accuracy_by_neurons",
    "accuracy_by_synops",
    "accuracy_dots",
    "bundled",
    "claims",
    "committed",
    "compare_with_published",
    "confirmed",
    "confusion",
    "effects",
    "equivalences",
    "expected_best",
    "export_runs",
    "factorial",
    "forest",
    "group_runs",
    "import_runs",
    "importance",
    "importance_bars",
    "interactions",
    "labelled",
    "leading_runs",
    "learning_curves",
    "list_sweeps",
    "load_history",
    "load_runs",
    "parallel_coordinates",
    "pareto_front",
    "published_results",
    "save_figure",
    "smallest_effect",
    "strip",
    "summarise",
    "views",
    "write_table",
]

_HOME = {
    "AnalysisError": "analysis.errors",
    "Margin": "analysis.stats.margins",
    "RunFile": "analysis.run_files.format",
    "accuracy_bars": "analysis.figures",
    "accuracy_by_neurons": "analysis.figures",
    "accuracy_by_synops": "analysis.figures",
    "accuracy_dots": "analysis.figures",
    "bundled": "analysis.stats.factorial.bundles",
    "claims": "analysis.studies.claims",
    "committed": "analysis.data.committed",
    "compare_with_published": "analysis.studies.replication",
    "confirmed": "analysis.stats.confirmation",
    "confusion": "analysis.figures",
    "effects": "analysis.stats.effects",
    "equivalences": "analysis.stats.equivalence",
    "expected_best": "analysis.stats.compare.budgets",
    "export_runs": "analysis.run_files.exporting",
    "factorial": "analysis.stats.factorial.tables",
    "forest": "analysis.figures",
    "group_runs": "analysis.data.groups",
    "import_runs": "analysis.run_files.importing",
    "importance": "analysis.stats.importance",
    "importance_bars": "analysis.figures",
    "interactions": "analysis.stats.factorial.interactions",
    "labelled": "analysis.data.labelled",
    "leading_runs": "analysis.stats.confirmation",
    "learning_curves": "analysis.figures",
    "list_sweeps": "analysis.data.runs",
    "load_history": "analysis.data.history",
    "load_runs": "analysis.data.runs",
    "parallel_coordinates": "analysis.figures",
    "pareto_front": "analysis.stats.pareto",
    "published_results": "analysis.studies.published",
    "save_figure": "analysis.figures",
    "smallest_effect": "analysis.stats.power.designs",
    "strip": "analysis.figures",
    "summarise": "analysis.report.tables",
    "views": "analysis.stats.compare.views",
    "write_table": "analysis.report.tables",
}
_OTHER_NAMES = {"importance_bars": "importance"}  # that name is taken by the table


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), _OTHER_NAMES.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)
