"""The content of a report. Where something cannot be shown, a line says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urljoin

import pandas as pd

from analysis.data.activity import ImageActivity
from analysis.data.groups import (
    CHOSEN_BY,
    confirmations,
    groups_within,
    is_published,
    without_confirmations,
)
from analysis.data.labels import metric_label, value_labels
from analysis.data.origins.plans import directions_of
from analysis.data.runs import STATES, param_columns
from analysis.errors import AnalysisError
from analysis.figures import Source, forest
from analysis.figures import importance as importance_bars
from analysis.figures.parts.declaration import no_activity
from analysis.records import State
from analysis.report.drafts import Chapter, Draft, Planned, Tell, missing, untold
from analysis.report.leaders import early, failures, leaders
from analysis.report.material import Material
from analysis.report.parts import Browser, Note, Part, Report, Table, Verbatim
from analysis.report.pictures import figures
from analysis.report.tables import summarise
from analysis.stats.design.looks import ALPHA
from analysis.stats.effects import effects
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
from analysis.text.plain import counted
from analysis.text.typeset import as_number, as_percent, printed

_WITHIN = ("dataset", "preset")
_NAMED = ("dataset", "network", "dynamics", "recurrent", "encoding", "hidden")
_REACHED = ("best_val_accuracy", "test_accuracy")
_MEASURED = ("best_epoch", "best_synops_per_inference", "duration_s")


def build_report(
    material: Material,
    *,
    mlflow_url: str = "",
    activity: Callable[[str], ImageActivity] = no_activity,
    tell: Tell = untold,
) -> Report:
    """The report on all that was read.

    Args:
        material: The runs, and what is known of them.
        mlflow_url: Of MLflow's pages, for the links of the runs; none without.
        activity: What the network of a run does with the first test image, by the run's id.
        tell: Is told which section or figure is made next.
    """
    # What a search chose and what confirms it are never pooled: the first is chosen for its luck.
    searched = replace(material, runs=without_confirmations(material.runs))
    confirmed = replace(material, runs=confirmations(material.runs))
    leading = searched if confirmed.runs.empty else confirmed
    source = leading.source(activity)
    chapters = (
        Chapter("leaders", "Leaders", lambda: _leaders(searched, confirmed, source)),
        Chapter("failed", "What failed", lambda: failures(material.runs)),
        *(_results(material, searched, searched.source(activity)) if _any_done(material) else ()),
        Chapter("run", "What was run", lambda: _what_was_run(material)),
        Chapter("runs", "All runs", lambda: [_browser(material, mlflow_url)]),
    )
    sections = [chapter.made(tell) for chapter in chapters]
    return Report(
        title=", ".join(sorted(set(material.runs["sweep"]))),
        lead=_lead(material, leading),
        sections=tuple(section for section in sections if section.parts),
    )


def _any_done(material: Material) -> bool:
    return bool((material.runs["state"] == State.DONE).any())


def _leaders(searched: Material, confirmed: Material, source: Source) -> Planned:
    return [*leaders(searched.runs, confirmed.runs, source), *early(searched.runs)]


def _results(material: Material, searched: Material, source: Source) -> Iterator[Chapter]:
    """What needs runs that are done."""
    yield Chapter("effects", "Effects", lambda: _effects(searched))
    if is_published(material.runs):
        yield Chapter("claims", "Published claims", lambda: _claims(material))
    yield Chapter("figures", "Figures", lambda: figures(source))


def _lead(material: Material, leading: Material) -> str:
    """How the trials stand, and the best of those that lead."""
    counts = material.runs["state"].value_counts()
    states = ", ".join(f"{counts[state]} {state}" for state in STATES if state in counts)
    standing = counted(len(material.runs), "trial") + (f": {states}" if states else "")
    try:
        summarise(leading.runs)
    except AnalysisError as error:
        reason = str(error).replace(f": {states}", "") if states else error  # said already
        return f"{standing}. No leader: {reason}."
    done = leading.runs[leading.runs["state"] == State.DONE]
    best = [_best(members) for _, members in groups_within(done, material.varying(["dataset"]))]
    return f"{standing}. Best by validation: {'; '.join(best)}."


def _best(runs: pd.DataFrame) -> str:
    """The best configuration of a data set, in a few words."""
    names = [name for name in directions_of(runs) if name != "val_accuracy"]
    others = [name for name in names if runs[f"best_{name}"].notna().all()]
    best = summarise(runs, metrics=others).iloc[0]
    run = runs[runs["group_id"] == best.name].iloc[0].to_dict()
    what = " ".join(value_labels(run, [name for name in _NAMED if name in run]))
    seeds = "one seed" if best["n"] == 1 else f"mean of {best['n']:.0f} seeds"
    accuracy = as_percent(best["test_accuracy_mean"])
    beside = "".join(
        f", {metric_label(f'best_{name}').lower()} {as_number(best[f'{name}_mean'])}"
        for name in others
    )
    return f"{what}, {accuracy} % on the test set{beside} ({seeds})".strip(", ")


def _what_was_run(material: Material) -> list[Part]:
    launches = material.launches
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
    return parts


def _effects(material: Material) -> Planned:
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
    parts: list[Part | Draft] = [
        _table("effects", how, readable_effects(table), table),
        Draft("effects", "The effects with their intervals.", lambda: forest(table)),
    ]
    for name, reason in table.attrs["refused"].items():
        factor = name.rpartition(", ")[2]
        text = f"Not estimated: {name}: {reason.removeprefix(f'{factor}: ')}."
        parts.append(Note(text=text, missing=True))
    for state, count in table.attrs["left_out"].items():
        text = f"Left out: {count} {state}. If that has to do with a factor, its effect is "
        parts.append(Note(text=text + "misjudged.", missing=True))
    return [*parts, *_interactions(material, within)]


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


def _importance(material: Material) -> Planned:
    word = (
        "The importance of the params (fANOVA: the share of the variance of the accuracy over the "
        "runs that were made) says what the accuracy goes with, in this sample. It does not say "
        "which value is better, nor that a difference is real: run a grid with seeds for that."
    )
    try:
        table = importance(material.runs, CHOSEN_BY)
    except AnalysisError as error:
        return [missing("Importance of the params", error)]
    return [
        Note(text=word),
        Draft("importance", "Importance of the params.", lambda: importance_bars(table)),
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
        text += "published-mnist-128 and published-fashion, with all their seeds."
        return [Note(text=text, missing=True)]
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
    known = runs.columns[runs.notna().any()]
    reached = [name for name in _REACHED if name in known]
    if (runs["state"] == State.PRUNED).any():
        reached.insert(0, "val_accuracy")  # the last that is known of those that were pruned
    measured = [name for name in _MEASURED if name in known]
    order = runs.sort_values(CHOSEN_BY, ascending=False, kind="stable")
    sweep = ["sweep"] if runs["sweep"].nunique() > 1 else []
    shown = order[[*sweep, "state", *reached, *params, *measured, "error", "config_id", "run_id"]]
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
