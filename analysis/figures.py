"""Figures of runs: functions that return a figure, and the one that saves it.

Figures are made without pyplot: no window, no global state, no backend to choose.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.files import write_file
from analysis.groups import group_runs
from analysis.labels import legend_title, metric_label, sort_key, value_label, value_labels
from analysis.style import OKABE_ITO, styled
from analysis.typeset import as_text

GROUPED_BY = ("dataset", "preset", "dynamics", "recurrent", "encoding")

_IN_TITLE = ("dataset", "preset")  # where they are the same for all bars
_SUFFIXES = (".png", ".svg", ".pdf")
_FILLED = 0.84  # by bars, of the distance between two groups; the rest is the gap
_BAR_INCHES, _WIDEST_BAR_INCHES, _LETTER_INCHES, _MARGIN_INCHES = 0.36, 0.6, 0.08, 1.4
_FIGURE_INCHES = (4.5, 30.0)


def accuracy_bars(
    runs: pd.DataFrame,
    metric: str = "test_accuracy",
    *,
    grouped_by: Sequence[str] = GROUPED_BY,
    coloured_by: str = "hidden",
) -> Figure:
    """Bars of a metric, the mean over seeds, with the standard deviation where there are several.

    Groups along x by those of `grouped_by` that vary, in each one bar per value of `coloured_by`
    (unless it has more values than there are colours). Where other params vary too, a bar is the
    configuration that is best by validation, and the figure says so. Accuracies in percent.

    Raises:
        AnalysisError: no run is finished, or a finished one lacks the metric.
    """
    groups = group_runs(runs, (metric,))
    if coloured_by not in groups or groups[coloured_by].nunique() > len(OKABE_ITO):
        groups[coloured_by] = None
    factors = [name for name in grouped_by if name in groups and name != coloured_by]
    shown = [name for name in factors if groups[name].nunique() > 1]
    # The best by validation stands first; an absent value is one of its own.
    keys = groups[[*shown, coloured_by]].map(as_text)
    bars = groups[~keys.duplicated()]
    shown = shown or [name for name in factors if name not in _IN_TITLE] or factors
    with styled():
        figure = Figure()
        _draw(figure, bars, metric, shown, coloured_by)
        told = [*dict.fromkeys((*GROUPED_BY, *factors, coloured_by))]
        constants = _constants(bars, [name for name in told if name not in shown])
        _head(figure, [metric_label(metric), *constants], _statistics(bars, len(groups)))
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Save as PNG (300 dpi), SVG or PDF, by the suffix; the same figure gives the same bytes.

    Raises:
        AnalysisError: the suffix is another one, or the path cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise AnalysisError(f"cannot save a figure as {suffix!r}; known: {', '.join(_SUFFIXES)}")
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix)
    content = io.BytesIO()
    with styled():
        figure.savefig(content, format=suffix[1:], metadata=undated)
    write_file(path, content.getvalue())


def _draw(
    figure: Figure, bars: pd.DataFrame, metric: str, shown: Sequence[str], coloured_by: str
) -> None:
    """One container of bars per colour; a combination without a run leaves its place free."""
    rows: list[dict[Any, Any]] = bars.to_dict("records")
    rows.sort(key=lambda row: [sort_key(row[name]) for name in shown])
    labels = [" / ".join(value_labels(row, shown)) or as_text(None) for row in rows]
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    colours = sorted({as_text(row[coloured_by]) for row in rows}, key=sort_key)
    inches = _inches_per_group(list(places), len(colours))
    figure.set_size_inches(inches * len(places) + _MARGIN_INCHES, 3.8)
    axes = figure.subplots()
    width = min(_FILLED / len(colours), _WIDEST_BAR_INCHES / inches)
    scale = 100 if metric.endswith("accuracy") else 1
    for index, colour in enumerate(colours):
        mine = [
            (places[label] + (index - (len(colours) - 1) / 2) * width, row)
            for label, row in zip(labels, rows, strict=True)
            if as_text(row[coloured_by]) == colour
        ]
        heights = [row[f"{metric}_mean"] * scale for _, row in mine]
        container = axes.bar(
            [x for x, _ in mine],
            heights,
            width * 0.94,
            yerr=[row[f"{metric}_std"] * scale for _, row in mine],  # NaN for one seed: no bar
            error_kw={"elinewidth": 0.8, "capsize": 2},
            color=OKABE_ITO[index],
            label=colour,
        )
        texts = [_value(height, scale) for height in heights]
        axes.bar_label(
            container, texts, padding=2, fontsize=7, rotation=0 if width * inches > 0.3 else 90
        )
    _label(axes, metric, list(places), inches)
    if len(colours) > 1:
        figure.legend(loc="outside right upper", title=legend_title(coloured_by))


def _inches_per_group(labels: Sequence[str], colours: int) -> float:
    """Wide enough for the bars and for the longest word below them, within what a page can hold."""
    longest = max(len(part) for label in labels for part in label.split(" / "))
    wanted = max(colours * _BAR_INCHES / _FILLED, (longest + 1) * _LETTER_INCHES)
    narrowest, widest = ((size - _MARGIN_INCHES) / len(labels) for size in _FIGURE_INCHES)
    return min(max(wanted, narrowest), widest)


def _label(axes: Axes, metric: str, places: Sequence[str], inches: float) -> None:
    fit = max(len(label) for label in places) * _LETTER_INCHES < inches
    texts = [label if fit else label.replace(" / ", "\n") for label in places]
    axes.set_xticks(range(len(texts)), texts)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.5, len(texts) - 0.5)
    if metric.endswith("accuracy"):
        # Room for the values above full bars and long error bars.
        axes.set_ylim(0, max(108, axes.get_ylim()[1] + 4))
        axes.set_yticks(range(0, 101, 20))
        axes.set_ylabel(f"{metric_label(metric)} (%)")
    else:
        axes.margins(y=0.12)
        axes.set_ylabel(metric_label(metric))


def _value(height: float, scale: int) -> str:
    if scale == 100:
        return f"{height:.1f}"
    return f"{height:.3g}" if abs(height) < 1000 else f"{height:,.0f}"


def _head(figure: Figure, title: Sequence[str], notes: Sequence[str]) -> None:
    room = figure.get_figwidth() - _MARGIN_INCHES  # the legend stands beside it
    wrapped = textwrap.fill(", ".join(title), int(room / 0.08))
    figure.suptitle(wrapped, x=0.01, horizontalalignment="left", fontsize=11)
    lines = [textwrap.fill(note, int(room / 0.056)) for note in notes]
    figure.axes[0].set_title("\n".join(lines), fontsize=8, color="#555555")


def _constants(bars: pd.DataFrame, params: Sequence[str]) -> list[str]:
    same = [name for name in params if name in bars and bars[name].nunique() == 1]
    return [value_label(name, bars[name].dropna().iloc[0]) for name in same]


def _statistics(bars: pd.DataFrame, configurations: int) -> list[str]:
    fewest, most = int(bars["n"].min()), int(bars["n"].max())
    seeds = f"{fewest} to {most}" if fewest < most else str(most)
    parts = ["one seed each" if most == 1 else f"mean ± standard deviation over {seeds} seeds"]
    if configurations > len(bars):
        parts.append(f"each bar the best by validation (of {configurations} in all)")
    return parts
