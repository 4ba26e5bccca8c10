"""From MLflow to what can be published: the runs as one tidy table, summaries, figures.

Reads the tracking store and `analysis.records`, and never imports torch or Ray. The names below are
loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.data.history import load_history
    from analysis.data.runs import list_sweeps, load_runs
    from analysis.errors import AnalysisError
    from analysis.figures import accuracy_bars, save_figure
    from analysis.report.tables import summarise, write_table
    from analysis.run_files.exchange import export_runs, import_runs
    from analysis.studies.published import published_results

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
    "export_runs": "analysis.run_files.exchange",
    "import_runs": "analysis.run_files.exchange",
    "load_history": "analysis.data.history",
    "published_results": "analysis.studies.published",
    "list_sweeps": "analysis.data.runs",
    "load_runs": "analysis.data.runs",
    "summarise": "analysis.report.tables",
    "write_table": "analysis.report.tables",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
