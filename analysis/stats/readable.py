"""Comparisons as a reader sees them: percentage points, intervals in brackets, short p-values."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.data.labels import CHANGE
from analysis.stats.chance.lopsided import SKEWED
from analysis.stats.chance.remarks import covers, has_median, remarks, stages, tails
from analysis.stats.design.looks import ALPHA
from analysis.stats.margins import as_margin
from analysis.stats.power.further import reachable
from analysis.stats.verdict import EQUIVALENT
from analysis.text.typeset import as_percent, as_text

_NOTHING = "–"
_OWN_RUNS = (
    "Each claim is tested with the runs that it is about, so that its figure may differ from that "
    "of effects, which takes all runs."
)
_COUNTS = ("n_configurations", "n_seeds")
_MOST_NAMES = 3


def readable_effects(table: pd.DataFrame) -> pd.DataFrame:
    """What `effects` found, all text: differences of accuracies in percentage points.

    The columns are in the order of their importance; `attrs["by_importance"]` says so to those who
    have no room for all.
    """
    points = str(table.attrs.get("metric", "accuracy")).endswith("accuracy")
    unit = " (points)" if points else ""
    groups = {"runs": table["group"]} if table["group"].any() else {}
    shown = pd.DataFrame(
        {
            **groups,
            **_compared(table),
            f"difference{unit}": intervals(table, points),
            "verdict": table["verdict"],
            "p (Holm)": table["p_holm"].map(p_text),
            **({f"median{unit}": _median(table, points)} if has_median(table) else {}),
            f"p of equivalence (Holm, {margin_of(table)})": table["p_equivalence_holm"].map(p_text),
            "networks" if "crossed" in table.attrs else "configurations": (
                table["n_configurations"].map(str)
            ),
            **_sample(table),
            "d": [_NOTHING if pd.isna(size) else f"{size:.2f}" for size in table["effect_size"]],
            **({"changes along": table["along"].map(_few)} if table["along"].any() else {}),
        }
    )
    notes = [equivalence(margin_of(table))] if (table["verdict"] == EQUIVALENT).any() else []
    notes += [*_in_points(table), *remarks(table)]
    shown.attrs |= {"note": " ".join(notes), "by_importance": True}
    return shown


def _compared(table: pd.DataFrame) -> dict[str, pd.Series[str]]:
    """What is compared; of an ablation, what was changed says it."""
    if table["factor"].eq(CHANGE).all():
        return {CHANGE: table["level"]}
    return {
        "factor": table["factor"],
        "comparison": table["baseline"] + " → " + table["level"],
    }


def _sample(table: pd.DataFrame) -> dict[str, pd.Series[str]]:
    """How many there are of what the statements are about."""
    seeds = "blocks" if table.attrs.get("block") else "seeds"
    kind = table.attrs.get("group")
    groups = {f"{kind}s": table["n_groups"].map(str)} if kind else {}
    return {seeds: table["n_seeds"].map(str), **groups}


def _median(table: pd.DataFrame, points: bool) -> list[str]:
    middle = table[["median", "median_low", "median_high"]]
    shown = middle.set_axis(["estimate", "low", "high"], axis="columns")
    return intervals(shown, points)


def _in_points(table: pd.DataFrame) -> list[str]:
    """How many points the margins are that are parts of the errors."""
    metric = str(table.attrs.get("metric", "accuracy"))
    asked = table["asked"] if "asked" in table else pd.Series(margin_of(table), index=table.index)
    if not metric.endswith("accuracy"):
        return []
    told = []
    for part in asked[asked.str.contains("%")].unique():
        sizes = 100 * table.loc[asked == part, "margin"]
        least, most = f"{sizes.min():.2g}", f"{sizes.max():.2g}"
        told.append(f"{part}: ±{least if least == most else f'{least} to ±{most}'} points.")
    return told


def equivalence(margin: str) -> str:
    """Which interval decides that two levels are equivalent; it is not the one that is shown."""
    return (
        f"Brackets: the 95 % interval of the difference. Equivalent: two one-sided t-tests at 5 %, "
        f"corrected by Holm, show that it is within {margin}; so the 90 % interval decides, which "
        "is narrower."
    )


def readable_equivalences(table: pd.DataFrame) -> pd.DataFrame:
    """What `equivalences` found, all text: a row per comparison, a column per margin."""
    points = str(table.attrs.get("metric", "accuracy")).endswith("accuracy")
    margins = table.attrs["margins"]
    parts = [table[table["asked"] == asked].reset_index(drop=True) for asked in margins]
    first, unit = parts[0], " (points)" if points else ""
    groups = {"runs": first["group"]} if first["group"].any() else {}
    shown = pd.DataFrame(
        {
            **groups,
            "factor": first["factor"],
            "comparison": first["baseline"] + " → " + first["level"],
            f"difference{unit}": intervals(first, points),
            **{
                f"within {asked}": [
                    f"{'yes' if p < ALPHA and verdict != SKEWED else 'not shown'} ({p_text(p)})"
                    for p, verdict in zip(part["p_equivalence_holm"], part["verdict"], strict=True)
                ]
                for asked, part in zip(margins, parts, strict=True)
            },
        }
    )
    within = (
        "Within: shown by two one-sided t-tests at 5 %, corrected by Holm over the comparisons (p "
        "in brackets); a margin in percent is of the errors of the baseline."
    )
    shown.attrs["note"] = " ".join([within, *_in_points(table), *remarks(table)])
    return shown


def readable_views(table: pd.DataFrame) -> pd.DataFrame:
    """What `views` found, all text: interquartile means of accuracies in percent."""
    points = str(table.attrs.get("metric", "accuracy")).endswith("accuracy")
    unit = " (points)" if points else ""
    better = table[["improvement", "improvement_low", "improvement_high"]]
    middle = table[["iqm_difference", "iqm_low", "iqm_high"]]
    names = ["estimate", "low", "high"]
    groups = {"runs": table["group"]} if table["group"].any() else {}
    shown = pd.DataFrame(
        {
            **groups,
            "factor": table["factor"],
            "comparison": table["baseline"] + " → " + table["level"],
            "better in": intervals(
                better.set_axis(names, axis="columns"), percent=True, sign=False
            ),
            f"interquartile mean{unit}": intervals(middle.set_axis(names, axis="columns"), points),
            **{
                f"P({what})": table[name].map("{:.3f}".format)
                for what, name in (
                    (f"below {margin_of(table).replace('±', '−')}", "p_lower"),
                    (f"within {margin_of(table)}", "p_within"),
                    (f"above {margin_of(table).replace('±', '+')}", "p_higher"),
                )
            },
        }
    )
    shown.attrs["note"] = (
        "Better in: % of pairs of runs in which the second level has more (probability of "
        "improvement). Brackets: stratified bootstrap over seeds, for these configurations. P: "
        "posterior probability of the mean difference, flat prior. "
        f"{' '.join([*_in_points(table), *tails(table), *covers(table)])}"
    )
    return shown


def readable_interactions(table: pd.DataFrame) -> pd.DataFrame:
    """What `interactions` found, all text."""
    points = str(table.attrs.get("metric", "accuracy")).endswith("accuracy")
    unit = " (points)" if points else ""
    comparison = table["factor"] + ": " + table["baseline"] + " → " + table["level"]
    changes = table["by"] + ": " + table["by_baseline"] + " → " + table["by_level"]
    shown = pd.DataFrame(
        {
            "the effect of": comparison,
            "changes with": changes,
            f"by{unit}, interval of each alone": intervals(table, points),
            "p (Holm)": table["p_holm"].map(p_text),
        }
    )
    shown.attrs["note"] = " ".join(covers(table))
    return shown


def readable_claims(table: pd.DataFrame) -> pd.DataFrame:
    """What `claims` found, all text: accuracies and their differences in percent.

    The columns are in the order of their importance.
    """
    shown = pd.DataFrame(
        {
            "claim": table["statement"],
            "preset": table["preset"],
            "published (%)": table["published"].map(_percent),
            "ours (%)": intervals(table, True, sign=False),
            _verdict_name(table): table["verdict"],
            "further runs that would decide (power 80 %)": [
                _or_nothing(text) if pd.isna(n) else _or_nothing(reachable(text, n, seeds))
                for text, n, seeds in table[["further_runs", *_COUNTS]].itertuples(index=False)
            ],
            "published bars (%)": table["published_bars"].map(_percent),
            "configurations × seeds": [
                _NOTHING if pd.isna(n) else f"{n:.0f} × {seeds:.0f}"
                for n, seeds in table[[*_COUNTS]].itertuples(index=False)
            ],
            "note": table["note"].map(_or_nothing),
        }
    )
    shown.attrs["by_importance"] = True
    tested = table.dropna(subset="looks")
    if len(tested):
        shown.attrs["note"] = " ".join([_OWN_RUNS, *stages(tested), *tails(tested), *covers(table)])
    return shown


def readable_replication(table: pd.DataFrame) -> pd.DataFrame:
    """What `compare_with_published` found, all text: accuracies in percent."""
    params = [name for name in ("dataset", "dynamics", "recurrent", "encoding", "hidden")]
    return pd.DataFrame(
        {
            "preset": table["preset"],
            **{name: table[name].map(as_text) for name in (*params, "epochs", "learn_beta")},
            "published (%)": table["published"].map(_percent),
            "seeds": table["n"].map(str),
            "ours (%)": intervals(table, True, sign=False, estimate="mean"),
            "one more run of ours (%)": _brackets(table["run_low"], table["run_high"]),
            "published is": table["place"],
        }
    )


def p_text(p: float) -> str:
    """A p-value: `0.031`, `<0.001`."""
    if pd.isna(p):
        return _NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def margin_of(table: pd.DataFrame) -> str:
    """The margin of a table, as it was asked for: `±0.5`, `±10 % of the errors`."""
    metric = str(table.attrs.get("metric", "accuracy"))
    margin = table.attrs.get("margin")
    return as_margin(table["margin"].iloc[0] if margin is None else margin).words(metric)


def _verdict_name(table: pd.DataFrame) -> str:
    if table.empty:
        return "verdict"
    margin = margin_of(table)
    return f"verdict ({margin})" if margin.endswith("errors") else f"verdict ({margin} points)"


def intervals(
    table: pd.DataFrame, percent: bool, *, sign: bool = True, estimate: str = "estimate"
) -> list[str]:
    """Estimates with their intervals, `low` and `high`: `+0.31 [−0.02, +0.64]`.

    Args:
        table: A row each.
        percent: Whether fractions are shown in percent.
        sign: Whether a plus is written.
        estimate: The column of the estimates.
    """
    scale, form = (100, ".2f") if percent else (1, ".4g")
    form = f"+{form}" if sign else form
    return [
        _one(mean * scale, low * scale, high * scale, form)
        for mean, low, high in table[[estimate, "low", "high"]].astype(float).to_numpy().tolist()
    ]


def _one(mean: float, low: float, high: float, form: str) -> str:
    if pd.isna(mean):
        return _NOTHING
    return f"{mean:{form}}" if pd.isna(low) else f"{mean:{form}} [{low:{form}}, {high:{form}}]"


def _brackets(low: pd.Series[float], high: pd.Series[float]) -> list[str]:
    return [
        _NOTHING if pd.isna(a) else f"[{a * 100:.2f}, {b * 100:.2f}]"
        for a, b in zip(low, high, strict=True)
    ]


def _percent(value: Any) -> str:
    return _NOTHING if pd.isna(value) else as_percent(value)


def _few(names: str) -> str:
    """The first of many names."""
    first, *others = names.split(", ", _MOST_NAMES)
    shown = [first, *others[: _MOST_NAMES - 1]]
    return (", ".join(shown) + (", …" if len(others) == _MOST_NAMES else "")) or _NOTHING


def _or_nothing(text: Any) -> str:
    return _NOTHING if pd.isna(text) or not text else str(text)
