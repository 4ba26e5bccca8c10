"""Summary tables, and how they are written for a program, a README or a paper."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pandas as pd

from analysis.data.blocks import by_block
from analysis.data.by_group import by_group
from analysis.data.groups import done_runs, group_runs, param_names, require_param, varying
from analysis.data.labels import sort_key
from analysis.data.origins.plans import searched_params
from analysis.data.own_labels import keep_labels, kept_labels
from analysis.data.runs import param_columns
from analysis.errors import AnalysisError
from analysis.records import SEARCHABLE, State
from analysis.stats.intervals import half_width
from analysis.store.artifacts import GroupHits, hits_of
from analysis.text.files import write_file
from analysis.text.plain import known_names, visible
from analysis.text.typeset import as_text, latex, markdown


def summarise(
    runs: pd.DataFrame,
    params: Sequence[str] = (),
    metrics: Sequence[str] = (),
    *,
    block: str = "",
) -> pd.DataFrame:
    """One row per configuration, best mean validation accuracy first, indexed by `group_id`.

    Columns: the params that vary among the finished runs, and those that were searched; `n`, the
    finished seeds; and of `val_accuracy` and `test_accuracy`, fractions of the epoch that
    validation chose: `…_mean`; `…_std`, that of a sample; `…_ci95`, half the width of the 95 %
    confidence interval of the mean (Student's t over the seeds). The last two are NaN when n is 1.
    `attrs["constant"]` holds the other params and their values as text, `attrs["where_used"]` those
    that have no effect in some of the rows, `attrs["left_out"]` the names of those that vary, too.

    >>> table = summarise(load_runs([committed("published-fashion")]))
    >>> table.shape
    (32, 12)
    >>> table["test_accuracy_mean"].iloc[0].round(4)
    np.float64(0.8685)

    Args:
        runs: As `load_runs` gives them.
        params: Only these are columns.
        metrics: The same of these, too, such as `synops_per_inference`; of that epoch as well.
        block: Param whose values take the place of the seeds, such as `dataset` where speakers are
            held out in turn; see `by_block`. `n` then counts them.

    Raises:
        AnalysisError: no run is finished, a finished one lacks a metric, or a name is unknown.
    """
    searched = searched_params(runs)
    runs = by_block(runs, block) if block else runs
    for name in params:
        require_param(runs, name)
    chosen = [f"best_{name}" if name in SEARCHABLE else name for name in metrics]
    groups = group_runs(runs, ("test_accuracy", *chosen))
    names = param_names(groups)
    vary = varying(groups, names)
    shown = list(dict.fromkeys(params)) or _with_searched(vary, names, groups, searched)
    table = groups[shown + [name for name in groups.columns if name not in names]]
    table = table.rename(columns=_without_best)
    for mean in [name for name in table.columns if name.endswith("_mean") and name not in shown]:
        metric = mean.removesuffix("_mean")
        place = list(table.columns).index(f"{metric}_std")
        width = half_width(table[f"{metric}_std"], table["n"])
        table.insert(place + 1, f"{metric}_ci95", width)
    same = [name for name in names if name not in shown and groups[name].nunique() == 1]
    used = groups[same].notna().all()
    for attribute, those in (("constant", used), ("where_used", ~used)):
        table.attrs[attribute] = {
            name: as_text(groups[name].dropna().iloc[0]) for name in same if those[name]
        }
    table.attrs["block"] = block
    table.attrs["left_out"] = [name for name in vary if name not in shown]
    keep_labels(table, kept_labels(runs))
    return table


def ended_early(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per configuration that was ended early, the latest first, indexed by `group_id`.

    Columns: the params that vary among all or were searched; `seeds`, how many had begun; `why`,
    with the epoch, if that was recorded of any.
    """
    began = runs[runs["group_id"].isin(runs.loc[runs["state"] == State.PRUNED, "group_id"])]
    if began.empty:
        return pd.DataFrame()
    params = [name for name in param_columns(runs) if name != "seed"]
    groups = runs.drop_duplicates("group_id")
    shown = _with_searched(varying(groups, params), params, groups, searched_params(runs))
    by_configuration = began.groupby("group_id", sort=False)
    told = began[began["state"] == State.PRUNED].groupby("group_id")["error"].first()
    table = by_configuration[shown].first()
    table["seeds"] = by_configuration.size()
    if told.notna().any():
        table["why"] = told.reindex(table.index).fillna("")
    keep_labels(table, kept_labels(runs))
    return table.iloc[::-1]


def summarise_groups(
    runs: pd.DataFrame,
    params: Sequence[str] = (),
    hits: Callable[[str], GroupHits] = hits_of,
) -> pd.DataFrame:
    """One row per configuration and group of the test set, such as a speaker, as `summarise`.

    There is no validation accuracy: it is not known by group.

    Raises:
        AnalysisError: As `summarise`; or the runs have no groups.
    """
    apart, kind = by_group(runs, hits)
    apart.attrs = {**runs.attrs, **apart.attrs}
    table = summarise(apart, [*params, kind] if params else ())
    note = f"Accuracy on the test samples of each {kind}."
    left = len(done_runs(runs, ["test_accuracy"])) - done_runs(apart, [])["run_id"].nunique()
    if left:
        note += f" Without it, and left out: {left} of the runs (other data, or an older version)."
    attributes = {**table.attrs, "note": note}
    known = [name for name in table if not str(name).startswith("val_accuracy")]
    configurations = [str(name).rpartition("-")[0] for name in table.index]
    rank = {name: place for place, name in enumerate(dict.fromkeys(configurations))}
    groups = table[kind].tolist()
    order = sorted(
        range(len(table)), key=lambda row: (rank[configurations[row]], sort_key(groups[row]))
    )
    table = table.iloc[order][known]
    table.attrs |= attributes
    return table


def _with_searched(
    vary: Sequence[str], names: Sequence[str], groups: pd.DataFrame, searched: Sequence[str]
) -> list[str]:
    """The params that vary, and what was searched and does not, in the order of the names."""
    used = {name for name in searched if name in names and groups[name].notna().any()}
    return [name for name in names if name in used or name in vary]


def best_rows(table: pd.DataFrame, top: int) -> pd.DataFrame:
    """The first rows of a summary, with a note of how many there are."""
    if not 0 < top < len(table):
        return table
    first = table.head(top)
    told = f"The first {top} of {len(table)} rows."
    note = " ".join(filter(None, [str(table.attrs.get("note", "")), told]))
    first.attrs = {**table.attrs, "note": note}
    return first


def for_readers(table: pd.DataFrame, top: int, asked: Sequence[str] = ()) -> pd.DataFrame:
    """The first rows of a summary without the params that have one value in all of these.

    `attrs["constant_here"]` holds those values as text; a param without effect there has none.

    Args:
        table: As `summarise` gives it.
        top: How many rows.
        asked: Params that stay columns.
    """
    first = table.head(top)
    first.attrs = dict(table.attrs)
    if not 1 < len(first) < len(table):
        return first
    params = [name for name in param_names(first) if name not in asked]
    same = [name for name in params if first[name].nunique(dropna=False) == 1]
    told = {name: as_text(first[name].iloc[0]) for name in same if first[name].notna().all()}
    shown = first.drop(columns=same)
    shown.attrs = {**first.attrs, "constant_here": told}
    return shown


def _without_best(column: str) -> str:
    """`val_accuracy_mean` for `best_val_accuracy_mean`: all is of the epoch that was best."""
    name = column.removeprefix("best_")
    return name if name.rsplit("_", 1)[0] in SEARCHABLE else column


def write_table(
    table: pd.DataFrame,
    path_or_stream: str | os.PathLike[str] | IO[str] | IO[bytes],
    format: str,
) -> None:
    """Write a table as `csv`, `md`, `latex` (needs the package booktabs) or `parquet`.

    csv and parquet hold every column as it is, accuracies as fractions. md and latex are for
    readers: accuracies in percent; mean ± half the width of its 95 % interval in one column, of two
    seeds both values; what validation found best of each dataset and preset in bold. A table in
    LaTeX has the label `tab:` and the name of its file. A file is replaced at once or not at all.

    >>> table = summarise(load_runs([committed("published-fashion")]), ["preset", "dynamics"])
    >>> write_table(table, "fashion.tex", "latex")

    Raises:
        AnalysisError: the format is unknown, or the target cannot be written.
    """
    if format not in FORMATS:
        raise AnalysisError(f"unknown table format {format!r}; {known_names(format, FORMATS)}")
    name = "results"
    if isinstance(path_or_stream, str | os.PathLike):
        name = Path(path_or_stream).stem
    content = latex(table, name) if format == "latex" else FORMATS[format](table)
    if isinstance(path_or_stream, str | os.PathLike):
        write_file(path_or_stream, content.encode() if isinstance(content, str) else content)
        return
    stream: IO[Any] = path_or_stream  # of text or of bytes: only writing tells
    try:
        stream.write(content)
    except TypeError:
        if isinstance(content, bytes):
            raise AnalysisError(f"{format} is not text: write it to a file") from None
        stream.write(content.encode())


def _csv(table: pd.DataFrame) -> str:
    """The table as it is, but for control characters: it is read in terminals, too."""
    texts = table.rename(columns=visible)
    if _has_names(table):
        texts.index = texts.index.map(visible)
    for name in texts.select_dtypes(["object", "string", "bool", "boolean"]):
        texts[name] = texts[name].astype("object").map(_cell)
    return texts.to_csv(index=_has_names(table), lineterminator="\n")


def _cell(value: Any) -> Any:
    """Truth is written as in a specification, and as `compare NAME:KEY=true` takes it."""
    if pd.api.types.is_bool(value):
        return "true" if value else "false"
    return visible(value) if isinstance(value, str) else value


def _parquet(table: pd.DataFrame) -> bytes:
    return table.to_parquet(None, index=_has_names(table))


def _has_names(table: pd.DataFrame) -> bool:
    """Whether the rows are named (`group_id`), not just numbered."""
    return table.index.name is not None


FORMATS: Mapping[str, Callable[[pd.DataFrame], str | bytes]] = {
    "csv": _csv,
    "md": markdown,
    "latex": latex,
    "parquet": _parquet,
}
