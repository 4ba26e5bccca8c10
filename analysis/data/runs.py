"""The runs of sweeps as one tidy table, read from MLflow: one row per trial."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis.data.energy import energy
from analysis.data.origins.launches import Maker, makers_of
from analysis.data.origins.plans import keep_plans
from analysis.data.own_labels import keep_labels, labels_of
from analysis.data.standing.limits import over_a_limit
from analysis.data.standing.whole import partial_groups
from analysis.errors import AnalysisError
from analysis.records import ENERGY, EPOCH_METRICS, FINAL_METRICS, State, Tag
from analysis.run_files.format import RunFile, is_run_file
from analysis.store.record import RunRecord
from analysis.store.tracking_store import (
    NOTHING_YET,
    existing_store,
    find_sweeps,
    sweep_experiments,
    sweep_runs,
)

INFO: Mapping[str, str] = {
    "run_id": "str",
    "sweep": "str",
    "config_id": "str",
    "group_id": "str",
    "state": "str",
    "error": "str",
    "reused_from": "str",
    "seeds_asked": "Int64",
    "searched_by": "str",
    "launched": "datetime64[ms, UTC]",
    "start": "datetime64[ms, UTC]",
    "duration_s": "float64",
}
"""The columns that every table of runs begins with, and their types."""

METRICS = (*FINAL_METRICS, *EPOCH_METRICS, ENERGY)
"""The columns that it ends with (float64; missing: NaN); between them stand the params."""

STATES = (State.DONE, State.RUNNING, State.PRUNED, State.FAILED, State.INTERRUPTED)

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_COUNT = re.compile(r"[1-9]\d{0,8}")
_FLOAT = re.compile(r"-?\d+(\.\d*)?(e[+-]?\d+)?", re.IGNORECASE)


def load_runs(names: Sequence[str], tracking_uri: str | None = None) -> pd.DataFrame:
    """The trials of these sweeps, one row each, oldest first.

    A name is that of a sweep in the store, or of a file that `export-runs` wrote; no store is
    opened for files. A configuration (with its seed) stands once: a finished run counts before
    any other, then the latest. Columns: those of `INFO` (`start` in UTC, `duration_s` in
    seconds, missing while a run lasts; `seeds_asked`, how many seeds its sweep asks for;
    `searched_by`, the method that chose it by results, missing for a design; `launched`, when the
    first launch began that finished it), the params in their own types (missing where a param has
    no effect), and `METRICS`: accuracies are fractions, and those of an epoch are of the last one;
    the energy is that of `analysis.data.energy`.
    `labelled` puts the labels of users' components in place of their names.

    >>> runs = load_runs([committed("published-fashion")])
    >>> runs[["dynamics", "recurrent", "hidden", "seed"]].dtypes.astype(str).tolist()
    ['str', 'boolean', 'Int64', 'Int64']

    Raises:
        AnalysisError: there is no store, it or a file cannot be read, or a sweep is unknown.
    """
    return tidy(read_records(names, tracking_uri))


def read_records(names: Sequence[str], tracking_uri: str | None = None) -> list[RunRecord]:
    """All runs of these sweeps and files, those of whole sweeps, too, as they were logged.

    Raises:
        AnalysisError: as for `load_runs`.
    """
    sweeps = [name for name in names if not is_run_file(name)]
    for name in filter(os.path.isfile, sweeps):
        if "." in name:
            raise AnalysisError(f"{name}: no file of runs: export-runs writes them, as .parquet")
    records = [run for name in names if is_run_file(name) for run in RunFile(name).runs()]
    if sweeps:
        with existing_store(tracking_uri) as client:
            records += find_sweeps(client, sweeps)
    return records


def tidy(records: Iterable[RunRecord]) -> pd.DataFrame:
    """The trials among the records as `load_runs` gives them."""
    records = list(records)
    trials = [record for record in records if record.is_trial]
    table = _latest(_tidy(trials, makers_of(records)))
    keep_labels(table, labels_of(trials))
    keep_plans(table, records)
    return table


def list_sweeps(tracking_uri: str | None = None) -> pd.DataFrame:
    """The sweeps of the store, the last launched first.

    Columns: `sweep`; `started`, when it was last launched (UTC); `trials`, and how many of them are
    in each state; `best_val_accuracy` (a fraction), the mean over seeds of the best finished one;
    `over_a_limit`, how many trials were done and break a limit of the sweep (these count as
    pruned).

    >>> sweeps = list_sweeps("sqlite:///runs.db")  # of the example of `import_runs`
    >>> sweeps[["sweep", "trials", "done"]].values.tolist()
    [['mlp-baseline', 18, 18]]

    Raises:
        AnalysisError: there is no store or no sweep in it, or it cannot be read.
    """
    with existing_store(tracking_uri) as client:
        names = sweep_experiments(client)
        runs = list(sweep_runs(client, names))
    if not runs:
        raise AnalysisError(NOTHING_YET)
    trials = _tidy(runs)
    started: dict[str, int] = {}
    for run in runs:  # oldest first; trials tell it only where the run of the sweep is not there
        if run.sweep not in started or not run.is_trial:
            started[run.sweep] = run.start_ms
    rows = [
        {"sweep": name, "started": start, **_standing(_latest(trials[trials["sweep"] == name]))}
        for name, start in started.items()
    ]
    table = pd.DataFrame(rows)
    table["started"] = pd.to_datetime(table["started"], unit="ms", utc=True)
    return table.sort_values(["started", "sweep"], ascending=False, ignore_index=True)


def param_columns(runs: pd.DataFrame) -> list[str]:
    """The columns of a table of runs that are params."""
    return [name for name in runs.columns if name not in INFO and name not in METRICS]


def _standing(trials: pd.DataFrame) -> dict[str, Any]:
    states = trials["state"]
    partly = trials["group_id"].isin(partial_groups(trials))
    whole = trials[~partly] if not partly.all() else trials[states == State.DONE]
    finished = whole.groupby("group_id")["best_val_accuracy"].mean()
    return {
        "trials": len(trials),
        **{state: int((states == state).sum()) for state in STATES},
        "best_val_accuracy": float(finished.max()),
        "over_a_limit": len(over_a_limit(trials)),
    }


def _tidy(
    runs: Iterable[RunRecord], makers: Mapping[str, Maker] = MappingProxyType({})
) -> pd.DataFrame:
    trials = [run for run in runs if run.is_trial]
    info = pd.DataFrame([_info(run, makers) for run in trials], columns=list(INFO))
    for moment in ("start", "launched"):
        info[moment] = pd.to_datetime(info[moment], unit="ms", utc=True)
    params = pd.DataFrame([run.params for run in trials], dtype="object")
    params = params[sorted(set(params.columns) - {*INFO, *METRICS})]
    metrics = pd.DataFrame([run.metrics for run in trials]).reindex(columns=list(METRICS))
    parts = [info.astype(dict(INFO)), params.apply(_typed), metrics.astype("float64")]
    table = pd.concat(parts, axis="columns")
    table[ENERGY] = energy(table)
    return table


def _info(run: RunRecord, makers: Mapping[str, Maker]) -> dict[str, Any]:
    config_id = run.tags.get(Tag.CONFIG_ID, run.run_id)
    return {
        "run_id": run.run_id,
        "sweep": run.sweep,
        "config_id": config_id,
        "group_id": run.tags.get(Tag.GROUP_ID, run.run_id),
        "state": run.state,
        "error": run.tags.get(Tag.ERROR, run.tags.get(Tag.PRUNED)),
        "reused_from": run.tags.get(Tag.REUSED_FROM),
        "seeds_asked": _seeds_asked(run.tags.get(Tag.SEEDS, "")),
        **makers.get(config_id, Maker())._asdict(),
        "start": run.start_ms,
        "duration_s": (run.end_ms - run.start_ms) / 1000 if run.end_ms else None,
    }


def _seeds_asked(told: str) -> int:
    """Earlier versions and imported files tell none, or anything."""
    return int(told) if _COUNT.fullmatch(told) else 1


def _latest(trials: pd.DataFrame) -> pd.DataFrame:
    ranked = trials.assign(_done=trials["state"] == State.DONE)
    ranked = ranked.sort_values(["_done", "start", "run_id"])
    kept = ranked.drop_duplicates("config_id", keep="last").drop(columns="_done")
    return kept.sort_values(["start", "run_id"], ignore_index=True)


def _typed(column: pd.Series[Any]) -> pd.Series[Any]:
    """The texts of one param in the narrowest type that holds them all; `None` stays a value."""
    texts = column.dropna()
    lower = texts.str.lower()
    if lower.isin(["true", "false"]).all():
        return lower.eq("true").reindex(column.index).astype("boolean")
    if texts.map(lambda text: bool(_INTEGER.fullmatch(text))).all():
        return texts.map(int).reindex(column.index).astype("Int64")
    if texts.map(lambda text: bool(_FLOAT.fullmatch(text))).all():
        return column.astype("float64")
    return column.mask(column.isin(["None", "null"]), "none").astype("str")
