"""Paired differences with their intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.data.labels import CHANGE, legend_label, metric_label
from analysis.errors import AnalysisError
from analysis.figures.effects import spread
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import head, scale_of
from analysis.figures.parts.style import ERROR_BAR, GREY, LOOKS, PUBLISHED, SMALL, Look, styled
from analysis.stats.chance.remarks import covers
from analysis.stats.effects import effects
from analysis.text.plain import known_names

VERDICTS: Mapping[str, Look] = {
    "higher": Look(LOOKS[0].colour, ">", "-", ""),
    "lower": Look(LOOKS[5].colour, "<", "-", ""),
    "equivalent": Look(LOOKS[2].colour, "s", "-", ""),
    "undecided": Look("#777777", "o", "-", ""),
    "skewed": Look("#777777", "X", "-", ""),
}
"""How a reader knows what an interval says."""

_ROW_INCHES, _TWO_LINES = 0.27, 0.38
_LETTERS = 34  # of a name of a row: longer ones take two lines, so that the numbers have room
_BAND, _EDGE = "#E4E4E4", "#8A8A8A"  # of the margin
_CROSSED = " × "  # between the factors of an interaction
_NO_BREAK = "\N{NO-BREAK SPACE}"
_BELOW = 0.24  # a published value stands, in rows, so that ours is seen
_COLUMNS = {"difference": 0.0, "pairs": 0.46, "p (Holm)": 0.67, "verdict": 0.84}
"""Where the numbers of a row stand, in widths of their axes."""


def forest(effects: pd.DataFrame) -> Figure:
    """One row per paired difference: the estimate, its 95 % interval, and the numbers beside them.

    A line stands at no difference, and a band over ± the margin within which a difference counts as
    none. Accuracies are shown in percentage points.

    >>> runs = load_runs([committed("published-fashion")])
    >>> figure = forest(effects(runs, ["dynamics"], within=["preset"]))

    Args:
        effects: One row per effect: `factor`, `baseline`, `level`, `n_configurations`, `n_seeds`,
            `n_pairs`, `estimate`, `low`, `high`, `margin` (in units of the metric), `p_holm`,
            `verdict` (one of `VERDICTS`); optionally `group`, whose values get a panel each, and
            `published`, a published difference, drawn as a diamond. An effect that could not be
            estimated is missing (NaN), and keeps its row. `attrs`, as given by
            `analysis.stats.effects`: `metric` (without it, the test accuracy), `refused`, factors
            that were not estimated, and `left_out`, runs by their state; both are named at the
            foot.

    Raises:
        AnalysisError: there is no effect, or a verdict is unknown.
    """
    if effects.empty:
        raise AnalysisError("there are no effects to show")
    unknown = sorted(set(effects["verdict"].dropna()) - set(VERDICTS))
    if unknown:
        raise AnalysisError(f"unknown verdict {unknown[0]!r}; {known_names(unknown[0], VERDICTS)}")
    metric = effects.attrs.get("metric", "test_accuracy")
    panels, scale = _panels(effects), scale_of(metric)
    shared = spread.alike(panels.values())
    sizes = [len(rows) + 0.6 for rows in panels.values()]
    with styled():
        long = any("\n" in _name(row) for row in effects.to_dict("records"))
        row_inches = _TWO_LINES if long else _ROW_INCHES
        height = 1.5 + row_inches * sum(sizes) + 0.25 * len(panels)
        figure = Figure(figsize=(9, height))
        grid = figure.subplots(
            len(panels),
            2,
            sharex="col" if shared else "none",
            sharey="row",
            squeeze=False,
            height_ratios=sizes,
            width_ratios=[1.15, 1],
        )
        for number, (name, rows) in enumerate(panels.items()):
            beside = [*panels.values()] if shared else [rows]
            if spread.uneven(beside):
                spread.bend(grid[number, 0], beside, scale)
            _draw(grid[number, 0], rows, scale)
            _write(grid[number, 1], rows, scale, heads=number == 0)
            grid[number, 0].set_title(name, fontweight="bold")
        unit = " (percentage points)" if scale == 100 else ""
        grid[-1, 0].set_xlabel(f"Difference of {metric_label(metric).lower()}{unit}")
        figure.legend(handles=_key(effects), loc="outside upper right", ncols=5, fontsize=SMALL)
        head(figure, [f"Paired differences of {metric_label(metric).lower()}"], _notes(effects))
    return figure


def _panels(effects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    if "group" not in effects:
        return {"": effects}
    return {
        "–" if pd.isna(name) else str(name): rows
        for name, rows in effects.groupby("group", sort=False, dropna=False)
    }


def _draw(axes: Axes, rows: pd.DataFrame, scale: int) -> None:
    axes.axvline(0, color="#000000", linewidth=0.8, zorder=1)
    records: list[dict[Any, Any]] = rows.to_dict("records")
    for place, row in enumerate(records):
        if pd.notna(row["margin"]):
            margin = row["margin"] * scale
            axes.fill_betweenx(
                [place - 0.5, place + 0.5], -margin, margin, color=_BAND, linewidth=0, zorder=0
            )
            # On a wide axis the band alone would be a hair.
            ends = [-margin, margin]
            axes.vlines(ends, place - 0.5, place + 0.5, color=_EDGE, linewidth=0.6, zorder=1)
        if pd.notna(row.get("published")):
            axes.plot(
                row["published"] * scale, place + _BELOW, linestyle="none", zorder=4, **PUBLISHED
            )
        if pd.isna(row["estimate"]):
            continue
        look = VERDICTS.get(row["verdict"], VERDICTS["undecided"])
        middle, low, high = (row[name] * scale for name in ("estimate", "low", "high"))
        axes.errorbar(
            middle,
            place,
            xerr=[[middle - low], [high - middle]],
            marker=look.marker,
            color=look.colour,
            markerfacecolor=_face(look),
            zorder=3,
            **ERROR_BAR,
        )
    axes.set_yticks(range(len(rows)), [_name(row) for row in records])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def _face(look: Look) -> str:
    return "#FFFFFF" if look == VERDICTS["undecided"] else look.colour


def _name(row: Mapping[Any, Any]) -> str:
    factor = str(row["factor"])
    if factor == CHANGE:
        whole = str(row["level"]).replace("_", _NO_BREAK).split(", ")  # lines end between keys
        return textwrap.fill(", ".join(whole), _LETTERS).replace(_NO_BREAK, " ")
    name = factor.replace("_", " ")
    if _CROSSED in factor:  # the levels stand with the factors themselves
        return textwrap.fill(name, _LETTERS)
    change = " → ".join(legend_label(factor, row[end]) for end in ("baseline", "level"))
    return textwrap.fill(f"{name}: {change}", _LETTERS)


def _write(axes: Axes, rows: pd.DataFrame, scale: int, *, heads: bool) -> None:
    """The numbers beside the rows, in axes of their own."""
    axes.set_axis_off()
    if heads:
        for name, x in _COLUMNS.items():
            axes.text(x, -0.7, name, fontsize=SMALL, color=GREY, va="bottom")
    records: list[dict[Any, Any]] = rows.to_dict("records")
    for place, row in enumerate(records):
        for text, x in zip(_cells(row, scale), _COLUMNS.values(), strict=True):
            axes.text(x, place, text, fontsize=SMALL, va="center")


def _cells(row: Mapping[Any, Any], scale: int) -> list[str]:
    decimals = 2 if scale == 100 else 3
    if pd.isna(row["estimate"]):
        difference = "not estimable"
    else:
        middle, low, high = (
            f"{row[name] * scale:+.{decimals}f}" for name in ("estimate", "low", "high")
        )
        difference = f"{middle} [{low}, {high}]" if pd.notna(row["low"]) else f"{middle}, one pair"
    p, counted = row["p_holm"], [f"n_{of}" for of in ("configurations", "seeds", "groups")]
    sizes = [f"{row[name]:.0f}" for name in counted if name in row]
    product = (" × " if len(sizes) < 3 else "×").join(sizes)  # three would run into the next column
    return [
        difference.replace("-", "−"),
        f"{row['n_pairs']:.0f} ({product})",
        "–" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}",
        "–" if pd.isna(row["verdict"]) else str(row["verdict"]),
    ]


def _key(effects: pd.DataFrame) -> list[Artist]:
    key: list[Artist] = [
        Line2D(
            [], [], marker=look.marker, color=look.colour, markerfacecolor=_face(look), label=name
        )
        for name, look in VERDICTS.items()
        if (effects["verdict"] == name).any()
    ]
    margins = effects["margin"].dropna().unique()
    if len(margins):
        key.append(Patch(facecolor=_BAND, edgecolor=_EDGE, linewidth=0.6, label="± margin"))
    if "published" in effects and effects["published"].notna().any():
        key.append(Line2D([], [], linestyle="none", label="published", **PUBLISHED))
    return key


def _notes(effects: pd.DataFrame) -> list[str]:
    kind = effects.attrs.get("group", "")
    counted = f"configurations × seeds{f' × {kind}s' if kind else ''}"
    over = effects.attrs.get("pooled", "")
    notes = [
        f"over {over}" if over else "",
        "points: mean paired differences, bars: their 95 % intervals",
        _margins(effects),
        *_axes(effects),
        f"pairs ({counted}) {_alone(effects)}",
        *(
            f"{line[0].lower()}{line[1:]}".removesuffix(".")
            for line in covers(effects, commands=False)
        ),
    ]
    refused: Mapping[str, str] = effects.attrs.get("refused", {})
    left_out: Mapping[str, int] = effects.attrs.get("left_out", {})
    notes += [f"not estimated: {', '.join(map(_where, refused))}"] if refused else []
    counts = [f"{count} {state}" for state, count in sorted(left_out.items())]
    return [*notes, f"not shown: {', '.join(counts)}"] if counts else notes


def _axes(effects: pd.DataFrame) -> list[str]:
    """What a reader of several axes, or of a bent one, must know."""
    panels, scale = [*_panels(effects).values()], scale_of(effects.attrs.get("metric", "accuracy"))
    shared = spread.alike(panels)
    of_axes = [panels] if shared else [[rows] for rows in panels]
    plain = {spread.plain_part(rows) * scale for rows in of_axes if spread.uneven(rows)}
    told = [f"axis logarithmic beyond ±{size:g}" for size in sorted(plain)]
    return told if shared else [*told, "each panel has an axis of its own"]


def _alone(effects: pd.DataFrame) -> str:
    """In what the two runs of a pair differ."""
    if effects.attrs.get("tuned"):
        return "of leaders as tuned, whatever else differs"
    if effects["factor"].str.contains(_CROSSED, regex=False).any():
        return "of means over the other factors; ×: what the second does to the effect of the first"
    if effects["factor"].eq(CHANGE).all():
        return "of a run and the baseline that it changes, in this alone"
    return "that differ in this param alone"


def _where(name: str) -> str:
    """`hidden (default preset)` for `default preset, hidden`."""
    level, _, factor = name.rpartition(", ")
    return f"{factor} ({level})" if level else factor


def _margins(effects: pd.DataFrame) -> str:
    """The margins, where a reader looks for what the lines are."""
    scale = scale_of(effects.attrs.get("metric", "test_accuracy"))
    told = ", ".join(
        f"{margin * scale:g}" for margin in sorted(effects["margin"].dropna().unique())
    )
    unit = " points" if scale == 100 else ""
    return f"shaded: ± the margin ({told}{unit}) within which a difference counts as none"


def _from(source: Source, options: Options) -> Figure:
    return forest(effects(source.runs, metric=options.metric, within=options.by))


FIGURE = FigureKind(
    name="forest",
    title="paired differences of every factor, with their intervals; apart by params",
    draw=_from,
    example="--by dataset",
    most_by=3,
)
