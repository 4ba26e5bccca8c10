"""The content of a report. Where something cannot be shown, a line says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import pandas as pd

from analysis.data.activity import ImageActivity
from analysis.data.groups import (
    CHOSEN_BY,
    confirmations,
    is_published,
    param_names,
    without_confirmations,
)
from analysis.data.labels import asked_for, configuration, value_labels
from analysis.data.runs import STATES, param_columns
from analysis.errors import AnalysisError
from analysis.figures import Source, forest
from analysis.figures import importance as importance_bars
from analysis.figures.parts.declaration import no_activity
from analysis.records import State
from analysis.report.material import Material
from analysis.report.parts import Browser, Note, Part, Report, Section, Table, Verbatim
from analysis.report.pictures import figures, missing, of_leaders, picture
from analysis.report.tables import ended_early, for_readers, summarise
from analysis.stats.design.looks import ALPHA
from analysis.stats.effects import effects, groups_within
from analysis.stats.factorial.interactions import interactions
from analysis.stats.importance import importance
from analysis.stats.readable import (
    margin_of,
    readable_claims,
    readable_effects,
    readable_interactions,
    readable_replication,
)
from analysis.studies.claims import claims
from analysis.studies.replication import compare_with_published
from analysis.text.typeset import as_percent, printed, settings, statistics

_LEADERS = 20
_NAME = "configuration"
_MOST_IN_NAME = 4  # params
_CONFIRMED = (
    "The table above is of fresh seeds, which no choice has seen: its figures are the ones to "
    "report. The search chose its leaders by the runs of the table below, so that their means are "
    "too good. Effects and figures are of the search alone."
)
_WITHIN = ("dataset", "preset")
_NAMED = ("dataset", "network", "dynamics", "recurrent", "encoding", "hidden")
_SHOWN = (
    "best_val_accuracy",
    "test_accuracy",
    "best_epoch",
    "best_synops_per_inference",
    "duration_s",
)


def build_report(
    material: Material,
    *,
    mlflow_url: str = "",
    activity: Callable[[str], ImageActivity] = no_activity,
) -> Report:
    """The report on all that was read.

    Args:
        material: The runs, and what is known of them.
        mlflow_url: Of MLflow's pages, for the links of the runs; none without.
        activity: What the network of a run does with the first test image, by the run's id.
    """
    # What a search chose and what confirms it are never pooled: the first is chosen for its luck.
    searched = replace(material, runs=without_confirmations(material.runs))
    confirmed = replace(material, runs=confirmations(material.runs))
    leading = searched if confirmed.runs.empty else confirmed
    leaders = [*_leaders(leading, leading.source(activity))]
    if leading is confirmed:
        leaders += [Note(text=_CONFIRMED), *_leaders(searched, None)]
    sections = [
        Section(anchor="leaders", title="Leaders", parts=(*leaders, *_ended_early(searched))),
        Section(anchor="effects", title="Effects", parts=tuple(_effects(searched))),
        Section(anchor="figures", title="Figures", parts=tuple(figures(searched.source(activity)))),
        Section(anchor="run", title="What was run", parts=tuple(_what_was_run(material))),
        Section(anchor="runs", title="All runs", parts=(_browser(material, mlflow_url),)),
    ]
    if is_published(material.runs):
        claimed = Section(anchor="claims", title="Published claims", parts=tuple(_claims(material)))
        sections.insert(2, claimed)
    sweeps = sorted(set(material.runs["sweep"]))
    return Report(title=", ".join(sweeps), lead=_lead(material, leading), sections=tuple(sections))


def _lead(material: Material, leading: Material) -> str:
    """How the trials stand, and the best of those that lead."""
    counts = material.runs["state"].value_counts()
    states = ", ".join(f"{counts[state]} {state}" for state in STATES if state in counts)
    standing = f"{len(material.runs)} trials" + (f": {states}" if states else "")
    try:
        summarise(leading.runs)
    except AnalysisError as error:
        return f"{standing}. No leader: {error}."
    done = leading.runs[leading.runs["state"] == State.DONE]
    best = [_best(members) for _, members in groups_within(done, material.varying(["dataset"]))]
    return f"{standing}. Best by validation: {'; '.join(best)}."


def _best(runs: pd.DataFrame) -> str:
    """The best configuration of a data set, in a few words."""
    best = summarise(runs).iloc[0]
    run = runs[runs["group_id"] == best.name].iloc[0].to_dict()
    what = " ".join(value_labels(run, [name for name in _NAMED if name in run]))
    seeds = "one seed" if best["n"] == 1 else f"mean of {best['n']:.0f} seeds"
    accuracy = as_percent(best["test_accuracy_mean"])
    return f"{what}, {accuracy} % on the test set ({seeds})".strip(", ")


def _what_was_run(material: Material) -> list[Part]:
    runs, launches = material.runs, material.launches
    parts: list[Part] = []
    if launches.empty:
        parts.append(Note(text="The runs of the launches themselves are not there.", missing=True))
    else:
        empty = [name for name in launches if (launches[name] == "").all()]
        shown = launches.drop(columns={"run_id", "spec", *empty})
        shown = shown.assign(
            started=launches["started"].dt.strftime("%Y-%m-%d %H:%M UTC"),
            hours=launches["hours"].map("{:.2f}".format, na_action="ignore"),
        )
        launched = _table("launches", "Every launch of the sweeps.", _text(shown), launches)
        parts.append(replace(launched, folded=f"Launches ({len(launches)})"))
    for launch in launches.drop_duplicates("sweep", keep="last").to_dict("records"):
        title = f"Specification of {launch['launch']}"
        if launch["spec"]:
            parts.append(Verbatim(title=title, text=launch["spec"]))
        else:
            parts.append(Note(text=f"{title}: it was not recorded.", missing=True))
    counted = material.provenance.rename(columns=lambda name: name.replace("_", " "))
    provenance = "Where the trials ran, on which data (SHA-256) and with which commit."
    ran = _table("provenance", provenance, _text(counted), material.provenance)
    parts.append(replace(ran, folded="Machines, data and code"))
    failed = runs[runs["state"] == State.FAILED]
    if not failed.empty:
        reasons = failed[["sweep", "config_id", "error"]]
        caption_ = f"{len(failed)} trials failed. They are in no table and no figure below."
        parts.append(_table("failed", caption_, _text(reasons.head(_LEADERS)), reasons))
    return parts


def _leaders(material: Material, source: Source | None) -> list[Part]:
    """The table of leaders, and with a source what the best networks do."""
    try:
        table = summarise(material.runs)
    except AnalysisError as error:
        return [missing("Leaders", error)]
    top = table.head(_LEADERS)
    top.attrs = table.attrs
    title = f"The best {len(top)} of {len(table)} configurations by validation accuracy."
    shown = printed(top).rename(columns={"n": "seeds"})
    # A name and what they reach stand first: of many params, a page shows the first columns.
    named = _named(for_readers(table, _LEADERS))
    reached = [*(name for name in shown if str(name).endswith("(%)")), "seeds"]
    params = [name for name in shown if name not in reached]
    if named:
        shown = shown.assign(**{_NAME: named})
        reached.insert(0, _NAME)
    shown = shown[[*reached, *params]]
    name = "leaders" if source else "leaders-of-the-search"
    leaders = _table(name, " ".join([title, *statistics(top)]), shown, table)
    leaders = replace(leaders, settings=" ".join(settings(top)))
    return [leaders, *(of_leaders(source) if source else ())]


def _named(leaders: pd.DataFrame) -> list[str]:
    """A short name of every leader: what differs among them, of what a reader looks for first."""
    params = asked_for(param_names(leaders))[:_MOST_IN_NAME]
    rows: list[dict[Any, Any]] = leaders.to_dict("records")
    return [configuration(row, params) for row in rows] if params else []


def _ended_early(material: Material) -> list[Part]:
    """What is known of the configurations that were pruned."""
    table = ended_early(material.runs)
    if table.empty:
        return []
    text = "Configurations that were ended early or break a limit, the latest first: none may lead."
    shown = printed(table)
    ended = _table("ended-early", text, shown, table)
    return [replace(ended, folded=f"Ended early ({len(table)})")]


def _effects(material: Material) -> list[Part]:
    within = material.varying(_WITHIN)
    try:
        table = effects(material.runs, within=within)
    except AnalysisError as error:
        return [missing("No designed comparison", error), *_importance(material)]
    margin = margin_of(table)
    how = (
        "Mean differences in test accuracy of runs that differ in one factor alone, paired by "
        "everything else and by seed. Brackets: 95 % intervals, from a studentised bootstrap over "
        "configurations, or from Student's t where the configurations share their seeds. The "
        "p-values come from a test that flips the signs of the differences. Where there are too "
        "few configurations for that test, or where they share their seeds, the p-values come from "
        "Student's t-test. All p-values are corrected by Holm's method over the rows of this "
        f"table. Equivalent: shown to be within {margin} points by two one-sided tests at 5 %, so "
        "that the 90 % interval decides."
    )
    parts: list[Part] = [
        _table("effects", how, readable_effects(table), table),
        picture("effects", "The effects with their intervals.", lambda: forest(table)),
    ]
    for name, reason in table.attrs["refused"].items():
        factor = name.rpartition(", ")[2]
        text = f"Not estimated: {name}: {reason.removeprefix(f'{factor}: ')}."
        parts.append(Note(text=text, missing=True))
    for state, count in table.attrs["left_out"].items():
        text = f"{count} trials that are {state} are left out; if that has to do with a factor, "
        parts.append(Note(text=text + "its effect is misjudged.", missing=True))
    return parts + _interactions(material, within)


def _interactions(material: Material, within: Sequence[str]) -> list[Part]:
    parts: list[Part] = []
    for number, (group, members) in enumerate(groups_within(material.runs, within), start=1):
        title = f"Interactions, {group}" if group else "Interactions"
        try:
            table = interactions(members)
        except AnalysisError as error:
            parts.append(missing(title, error))
            continue
        how = (
            f"{title}: how much the effect of one factor changes with another; least squares on "
            f"the means of {table.attrs['n_configurations']} configurations, p corrected by Holm, "
            f"below {ALPHA} first."
        )
        first = table.sort_values("p_holm", kind="stable")
        first.attrs = table.attrs
        shown = readable_interactions(first)
        parts.append(_table(f"interactions-{number}", how, shown, table))
    return parts


def _importance(material: Material) -> list[Part]:
    word = (
        "The runs are not a designed comparison: a search chose them by their results. Their "
        "params' importance (fANOVA: the share of the variance of the accuracy over the runs that "
        "were made) says what the accuracy goes with, in this sample. It does not say which value "
        "is better, nor that a difference is real: run a grid with seeds for that."
    )
    try:
        table = importance(material.runs, CHOSEN_BY)
    except AnalysisError as error:
        return [missing("Importance of the params", error)]
    return [
        Note(text=word),
        picture("importance", "Importance of the params.", lambda: importance_bars(table)),
        _table("importance", "The same in numbers, in percent.", _percent(table), table),
    ]


def _claims(material: Material) -> list[Part]:
    try:
        table = claims(material.runs)
        rows = compare_with_published(material.runs)
    except AnalysisError as error:
        return [missing("The published claims", error)]
    if (table["verdict"] == "untested").all():
        text = "None of the published claims can be tested with these runs: run published-mnist, "
        return [Note(text=text + "published-mnist-128 and published-fashion.", missing=True)]
    verdicts = "The conclusions of the published study, tested with our runs (95 % intervals)."
    beside = (
        "The published accuracies, one run of one seed each, beside ours: mean with its 95 % "
        "interval, and where one more run of ours would fall with 95 %."
    )
    run = rows[rows["n"] > 0]
    return [
        _table("claims", verdicts, readable_claims(table), table),
        _table("published-rows", beside, readable_replication(run), rows),
    ]


def _browser(material: Material, mlflow_url: str) -> Browser:
    runs = material.runs
    params = material.varying(param_columns(runs))
    metrics = [name for name in _SHOWN if name in runs]
    if (runs["state"] == State.PRUNED).any():
        metrics.insert(0, "val_accuracy")  # the last that is known of those that were pruned
    order = runs.sort_values(CHOSEN_BY, ascending=False, kind="stable")
    sweep = ["sweep"] if runs["sweep"].nunique() > 1 else []
    shown = order[[*sweep, *params, "state", *metrics, "error", "config_id", "run_id"]]
    if shown["error"].isna().all():
        shown = shown.drop(columns="error")
    links = [_link(mlflow_url, run_id) for run_id in order["run_id"]]
    return Browser(name="runs", runs=shown.reset_index(drop=True), links=links)


def _link(mlflow_url: str, run_id: str) -> str:
    return urljoin(f"{mlflow_url.rstrip('/')}/", f"#/runs/{run_id}") if mlflow_url else ""


def _table(name: str, text: str, shown: pd.DataFrame, raw: pd.DataFrame) -> Table:
    return Table(name=name, caption=text, shown=shown, raw=raw)


def _percent(table: pd.DataFrame) -> pd.DataFrame:
    """All text, for readers, with shares in percent."""
    shares = [name for name in ("importance", "low", "high") if name in table]
    shown = table.assign(**{name: (table[name] * 100).map("{:.1f}".format) for name in shares})
    return _text(shown.rename(columns={name: f"{name} (%)" for name in shares}))


def _text(table: pd.DataFrame) -> pd.DataFrame:
    """All text, for readers."""
    return printed(table.rename(columns=lambda name: str(name).replace("_", " ")))
