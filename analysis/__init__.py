"""From MLflow to what can be published: the runs as one tidy table, summaries, figures.

Reads the tracking store and `sweep.records`, and never imports torch or Ray. The names below are
loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.errors import AnalysisError
    from analysis.exchange import export_runs, import_runs
    from analysis.figures import accuracy_bars, save_figure
    from analysis.history import load_history
    from analysis.published import published_results
    from analysis.runs import list_sweeps, load_runs
    from analysis.tables import summarise, write_table

__all__ = [
    "AnalysisError",
    "accuracy_bars",
    "export_runs",
    "import_runs",
    "list_sweeps",
    "load_history",
    "load_runs",
    "published_results",
    "save_figure",
    "summarise",
    "write_table",
]

_HOME = {
    "AnalysisError": "analysis.errors",
    "accuracy_bars": "analysis.figures",
    "save_figure": "analysis.figures",
    "export_runs": "analysis.exchange",
    "import_runs": "analysis.exchange",
    "load_history": "analysis.history",
    "published_results": "analysis.published",
    "list_sweeps": "analysis.runs",
    "load_runs": "analysis.runs",
    "summarise": "analysis.tables",
    "write_table": "analysis.tables",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
