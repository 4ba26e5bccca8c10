"""The metrics of every epoch: what a learning curve is drawn from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from analysis.data.runs import METRICS, load_runs
from analysis.errors import AnalysisError
from analysis.run_files.format import RunFile, is_run_file
from analysis.store.metric_values import in_order, read_values
from analysis.store.tracking_store import existing_store


def load_history(
    names: Sequence[str],
    metrics: Sequence[str],
    *,
    run_ids: Collection[str] | None = None,
    tracking_uri: str | None = None,
) -> pd.DataFrame:
    """The metrics of every epoch of the trials of these sweeps, one row per run and epoch.

    Columns: `run_id`, `epoch` (from 1), and one per metric (float64, NaN where it was not logged).
    In the order of `run_ids`, or else of `load_runs`, which also says what a name can be. Of a
    metric that an epoch has twice, the later counts.

    >>> load_history([committed("published-fashion")], ["train_loss", "val_accuracy"]).shape
    (1440, 4)

    Args:
        names: Sweeps, and files of runs.
        metrics: Names, of `analysis.records` or others.
        run_ids: Only these runs; they are not looked up, so it is quicker than all.
        tracking_uri: Of the store, by default the one that MLflow would use here.

    Raises:
        AnalysisError: as for `load_runs`; or no run has one of the metrics.
    """
    metrics = list(dict.fromkeys(metrics))
    if run_ids is None:
        run_ids = load_runs(names, tracking_uri)["run_id"].tolist()
    wanted = list(dict.fromkeys(run_ids))
    parts = [pd.DataFrame()]
    parts += [RunFile(name).values(wanted, metrics) for name in names if is_run_file(name)]
    if not all(is_run_file(name) for name in names):
        with existing_store(tracking_uri) as client:
            parts.append(read_values(client, wanted, metrics))
    return _by_epoch(in_order(pd.concat(parts), wanted, metrics), wanted, metrics)


def _by_epoch(values: pd.DataFrame, run_ids: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    for metric in metrics:
        if metric not in METRICS and not (values["metric"] == metric).any():
            raise AnalysisError(f"the runs have no metric {metric!r}")
    latest = values.drop_duplicates(["run_id", "metric", "step"], keep="last")
    keys = [latest["run_id"].cat.codes.rename("run"), latest["step"].rename("epoch")]
    table = latest.set_index([*keys, latest["metric"].astype("str")])["value"].unstack()
    table = table.reindex(columns=list(metrics)).astype("float64")
    table = table.rename_axis(columns=None).reset_index()
    table.insert(0, "run_id", pd.Series(run_ids, dtype="str").reindex(table.pop("run")).to_numpy())
    return table.astype({"run_id": "str", "epoch": "int64"})
