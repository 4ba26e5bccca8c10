"""The leaders of a report, what was ended early, and what failed."""

from __future__ import annotations

import pandas as pd

from analysis.data.groups import param_names
from analysis.data.labels import configurations
from analysis.data.origins.plans import aims_of
from analysis.errors import AnalysisError
from analysis.figures import Source
from analysis.records import FRONT, State
from analysis.report.drafts import Planned, missing
from analysis.report.front import leading
from analysis.report.parts import Note, Part, Table
from analysis.report.pictures import of_leaders
from analysis.report.tables import ended_early, for_readers
from analysis.text.plain import counted
from analysis.text.typeset import printed, settings, statistics

_LEADERS = 20
_NAME = "configuration"
_CONFIRMED = (
    "The table above is of fresh seeds, which no choice has seen: its figures are the ones to "
    "report. The search chose its leaders by the runs of the table below, so that their means are "
    "too good. Effects and figures are of the search alone."
)


def leaders(searched: pd.DataFrame, confirmed: pd.DataFrame, source: Source) -> Planned:
    """The leaders: those that were confirmed by fresh seeds first, if there are any.

    Args:
        searched: The runs without those of confirmations.
        confirmed: Those of confirmations.
        source: Of the figures of the ones that stand first.
    """
    if confirmed.empty:
        return _table_of(searched, source)
    return [*_table_of(confirmed, source), Note(text=_CONFIRMED), *_table_of(searched, None)]


def _table_of(runs: pd.DataFrame, source: Source | None) -> Planned:
    """The table of leaders, and with a source what the best networks do."""
    try:
        table = leading(runs, aims_of(runs))
    except AnalysisError as error:
        return [missing("Leaders", error)]
    top = table.head(_LEADERS)
    top.attrs = table.attrs
    shown = printed(top).rename(columns={"n": "seeds"})
    # A name and what they reach stand first: of many params, a page shows the first columns.
    count = len(param_names(top))
    params, (seeds, *reached) = list(shown)[:count], list(shown)[count:]
    reached.append(seeds)
    if params:
        differ = param_names(for_readers(table, _LEADERS))
        shown = shown.assign(**{_NAME: configurations(top, differ)})
        reached.insert(0, _NAME)
    found = Table(
        name="leaders" if source else "leaders-of-the-search",
        caption=" ".join([_title(len(top), len(table)), *statistics(top), *_front(table)]),
        shown=shown[[*reached, *params]],
        raw=table,
        settings=" ".join(settings(top)),
    )
    return [found, *(of_leaders(source) if source else ())]


def _front(table: pd.DataFrame) -> list[str]:
    """What the column of the front means, where there is one."""
    return [str(table.attrs[FRONT])] if FRONT in table else []


def _title(shown: int, there: int) -> str:
    if there == 1:
        return "The only configuration that finished."
    which = f"The best {shown} of {there}" if shown < there else f"The {there}"
    return f"{which} configurations by validation accuracy."


def early(runs: pd.DataFrame) -> list[Part]:
    """What is known of the configurations that were pruned, folded away."""
    table = ended_early(runs)
    if table.empty:
        return []
    text = "Configurations that were ended early or break a limit, the latest first: none may lead."
    folded = f"Ended early ({len(table)})"
    shown = printed(table)
    return [Table(name="ended-early", caption=text, shown=shown, raw=table, folded=folded)]


def failures(runs: pd.DataFrame) -> list[Part]:
    """The reasons for which trials failed, the most frequent first."""
    failed = runs[runs["state"] == State.FAILED]
    if failed.empty:
        return []
    raw = failed[["sweep", "config_id", "error"]]
    by = ["sweep", "error"] if raw["sweep"].nunique() > 1 else ["error"]
    reasons = raw.fillna("").groupby(by, sort=False)["config_id"].agg(["size", "first"])
    reasons = reasons.sort_values("size", ascending=False, kind="stable").reset_index()
    shown = reasons[["size", *by, "first"]]
    shown = shown.rename(columns={"size": "trials", "first": "the first of them"})
    text = f"{counted(len(failed), 'trial')} failed; no table of results and no figure has them."
    return [Table(name="failed", caption=text, shown=printed(shown.head(_LEADERS)), raw=raw)]
