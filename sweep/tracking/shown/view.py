"""A view of the trials that is prepared in MLflow: the best first, with what was searched.

It is among the views of the experiment. Its charts show the searched params against the metrics;
by itself, MLflow would choose both by the alphabet.
"""

from __future__ import annotations

from typing import Any

from analysis.records import KIND_TRIAL, MAX, Tag
from analysis.store.mlflow_ui import LONGEST_EXPERIMENT_TAG, column, saved_view
from sweep.spec.specification import Specification
from sweep.tracking.shown.names import searched_keys

_MOST = 12  # params in columns and on axes
_TITLE = "Trials, best first"
_SECTION = "searched"


def prepared(sweep: Specification, made_ms: int) -> dict[str, str]:
    """Tags of the experiment that are the view; none where nothing is searched.

    Args:
        sweep: The plan.
        made_ms: When, since 1970; MLflow shows it.
    """
    keys = searched_keys(sweep)
    for most in range(min(len(keys), _MOST), 0, -1):  # fewer, if their names are long
        tag, value = saved_view(_TITLE, _state(sweep, keys[:most]), made_ms)
        if len(value) <= LONGEST_EXPERIMENT_TAG:
            return {tag: value}
    return {}


def _state(sweep: Specification, keys: list[str]) -> dict[str, Any]:
    first, mode = next(iter(sweep.directions.items()))
    params = [*keys, "seed"] if len(sweep.seeds) > 1 else keys
    columns = [column("tags", Tag.STATE)]
    columns += [column("metrics", f"best_{name}") for name in sweep.directions]
    columns += [column("params", name) for name in params]
    columns.append(column("metrics", "test_accuracy"))
    # MLflow leaves out trials without one of the params
    always = {p.name for p in sweep.space.parameters if not p.when}
    axes: dict[str, Any] = {
        "type": "PARALLEL",
        "selectedParams": [key for key in keys if key in always],
        "selectedMetrics": list(sweep.directions),
        "showAllRuns": True,
    }
    lines: list[dict[str, Any]] = [
        {"type": "LINE", "metricKey": name, "selectedMetricKeys": [name]}
        for name in sweep.directions
    ]
    charts = [axes, *lines] if axes["selectedParams"] else lines
    return {
        "searchFilter": f"tags.`{Tag.KIND}` = '{KIND_TRIAL}'",
        "orderByKey": column("metrics", f"best_{first}"),
        "orderByAsc": mode != MAX,
        "selectedColumns": columns,
        "runsHiddenMode": "FIRST_20_RUNS",
        "compareRunCharts": [
            {**chart, "uuid": f"{_SECTION}-{number}", "metricSectionId": _SECTION}
            for number, chart in enumerate(charts)
        ],
        "compareRunSections": [{"uuid": _SECTION, "name": "What was searched", "display": True}],
        "isAccordionReordered": True,
    }
