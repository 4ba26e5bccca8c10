"""Tables for readers: accuracies in percent, mean ± half width of its interval in one column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from analysis.records import CONSTANTS, UNITS
from analysis.text.plain import visible

_NO_VALUE = "–"
_MOST_NAMED = 8  # params that are the same for all; of more, those that a reader asks for
_MARKUP = re.compile(r"\||<(?=[A-Za-z/!?])|(?<=\])\(")
_NEGATIVE = re.compile(r"(?<![\w.-])-?\d[\d,]*(?:\.\d+)?(?:e-\d+)?")  # no part of a name or date
_APART = ("dataset", "preset")  # what is best in one says nothing of the other
_T_OF_TWO = 12.706204736432095  # Student's t at 0.975 with one degree of freedom
_NO_LABEL = re.compile(r"[^A-Za-z0-9.:-]+")
_SETTINGS = {
    "constant_here": "The same in these rows",
    "constant": "The same for all",
    "by_default": "By default",
    "where_used": "Where used",
}
_SPREADS = ("_std", "_ci95")
_LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "±": r"$\pm$",
        "–": "--",
        "−": "$-$",
        "→": r"$\rightarrow$",
        "×": r"$\times$",
    }
)


def markdown(table: pd.DataFrame) -> str:
    """The table in GitHub's Markdown; below it a short caption, and a note of the settings."""
    cells = printed(table, "**{}**").map(_plain_markdown).rename(columns=_plain_markdown)
    text = cells.to_markdown(index=False, disable_numparse=True, colalign=_alignment(table))
    notes = [" ".join(statistics(table)), " ".join([*_bold(table), *settings(table)])]
    return "\n\n".join([text, *filter(None, map(_plain_markdown, notes))]) + "\n"


def latex(table: pd.DataFrame, name: str = "results") -> str:
    """The table as a float with a short caption, a label and a note of the settings below it.

    It needs the LaTeX package booktabs.

    Args:
        table: As `summarise` gives it, or any other.
        name: The label is `tab:NAME`.
    """
    cells = printed(table, "\0{}\1").map(_escape).rename(columns=_escape)
    text = cells.to_latex(
        index=False,
        escape=False,  # pandas would escape the bold as well
        caption=_escape(" ".join(statistics(table))) or None,
        label=f"tab:{_NO_LABEL.sub('-', name)}",
        column_format="".join(side[0] for side in _alignment(table)),
        position="htbp",
    )
    note = _escape(" ".join([*_bold(table), *settings(table)]))
    below = f"\\par\\smallskip\n{{\\footnotesize {note}\\par}}\n" if note else ""
    text = text.replace("\\begin{table}[htbp]\n", "\\begin{table}[htbp]\n\\centering\n", 1)
    return text.replace("\\end{tabular}\n", f"\\end{{tabular}}\n{below}", 1)


def caption(table: pd.DataFrame, *, bold: bool = True) -> str:
    """What a reader must know of a summary: the statistics, and the params that do not vary.

    Args:
        table: The summary.
        bold: Whether what is best is printed in bold.
    """
    return " ".join([*statistics(table), *(_bold(table) if bold else []), *settings(table)])


def statistics(table: pd.DataFrame) -> list[str]:
    """What the numbers are, in sentences."""
    parts = [str(table.attrs["note"])] if "note" in table.attrs else []
    if "covers" in table.attrs:
        two = "Where n is 2, both values of the validation accuracy instead."
        return [*parts, str(table.attrs["covers"]), *([two] if (table["n"] == 2).any() else [])]
    if "n" not in table:
        return parts
    most = table["n"].max() if len(table) else 1
    unit = f"n values of {table.attrs['block']}" if table.attrs.get("block") else "n seeds"
    if most > 2:
        interval = f"its 95 % confidence interval (Student's t over {unit}, on these test images)"
        of_two = "; where n is 2, both values" if (table["n"] == 2).any() else ""
        parts.append(f"Mean ± half width of {interval}{of_two}; accuracies in percent.")
    elif most == 2:
        parts.append("Mean, and both values where n is 2, which are too few for an interval; ")
        parts[-1] += "accuracies in percent."
    else:
        each = "One seed each" if len(table) > 1 else "One seed"
        parts.append(f"{each}, accuracies in percent.")
    return parts


def _bold(table: pd.DataFrame) -> list[str]:
    if "val_accuracy_mean" not in table:
        return []
    apart = [name for name in _APART if name in table]
    each = f" of each {' and '.join(apart)}" if apart else ""
    return [f"Bold: best by validation{each}."]


def settings(table: pd.DataFrame, *, whole: bool = False) -> list[str]:
    """The params that are no columns, in sentences.

    Args:
        table: The summary.
        whole: Whether all are named; else many are counted, but for those that a reader asks for.
    """
    parts = []
    for attribute, title in _SETTINGS.items():
        same: Mapping[str, str] = table.attrs.get(attribute, {})
        few = whole or len(same) <= _MOST_NAMED
        named = same if few else [name for name in CONSTANTS if name in same]
        values = [f"{visible(name)}={visible(same[name])}" for name in named]
        values += [f"{len(same) - len(named)} others"] if len(same) > len(named) else []
        parts += [f"{title}: {', '.join(values)}."] if values else []
    if table.attrs.get("left_out"):
        parts.append(f"Not shown: {visible(', '.join(table.attrs['left_out']))}.")
    return parts


def _plain_markdown(text: str) -> str:
    """A text of others in Markdown: neither HTML nor a link, and no end of its cell."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _escape(text: str) -> str:
    text = _NEGATIVE.sub(lambda number: number[0].replace("-", "−"), text)
    return text.translate(_LATEX).replace("\0", r"\textbf{").replace("\1", "}")


def printed(table: pd.DataFrame, bold: str = "{}") -> pd.DataFrame:
    """The table as a reader sees it, all text; `bold` is put around what validation found best."""
    best = _best(table)
    columns: dict[str, list[str]] = {}
    for name in _shown(table):
        base = name.removesuffix("_mean")
        percent = base.endswith("accuracy")
        if not percent and base == name:
            columns[visible(name)] = [as_text(value) for value in table[name]]
            continue
        widths = table.get(f"{base}_ci95", pd.Series(float("nan"), index=table.index))
        write = as_percent if percent else as_number
        cells = []
        of_t = "n" in table and base not in table.attrs.get("resampled", ())
        counts = table["n"] if of_t else [0] * len(table)
        for mean, width, n, is_best in zip(table[name], widths, counts, best, strict=True):
            cell = mean_text(mean, width, n, write)
            cells.append(bold.format(cell) if is_best else cell)
        columns[visible(_heading(base))] = cells
    return pd.DataFrame(columns, dtype="object")


def _heading(metric: str) -> str:
    """What stands above a metric: `test accuracy (%)`, `energy per inference (nJ)`."""
    unit = "%" if metric.endswith("accuracy") else UNITS.get(metric)
    return metric.replace("_", " ") + (f" ({unit})" if unit else "")


def _best(table: pd.DataFrame) -> pd.Series[Any]:
    """Which rows are the best by validation, each dataset and preset for itself."""
    if "val_accuracy_mean" not in table:
        return pd.Series(False, index=table.index)
    means = table["val_accuracy_mean"]
    apart = [table[name] for name in _APART if name in table]
    highest = means.groupby(apart, dropna=False).transform("max") if apart else means.max()
    best: pd.Series[Any] = means == highest
    return best


def _shown(table: pd.DataFrame) -> list[str]:
    """All columns but those that are printed with their means, or say the same in another way."""
    return [
        name
        for name in table.columns
        if not any(
            name.endswith(it) and f"{name.removesuffix(it)}_mean" in table for it in _SPREADS
        )
    ]


def _alignment(table: pd.DataFrame) -> list[str]:
    def is_number(name: str) -> bool:
        kind = table[name].dtype
        return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)

    return ["right" if is_number(name) else "left" for name in _shown(table)]


def as_text(value: Any) -> str:
    """A param as a reader sees it, written as in a specification, control characters escaped."""
    if pd.isna(value):
        return _NO_VALUE
    if pd.api.types.is_bool(value):
        return "true" if value else "false"
    return f"{value:.4g}" if pd.api.types.is_float(value) else visible(str(value))


def mean_text(mean: float, half_width: float, n: int, write: Callable[[float], str]) -> str:
    """A mean with half the width of its 95 % t interval; of two values, both instead.

    An interval of two values is 9 times their distance: it tells a reader nothing.

    Args:
        mean: Of n values; missing (NaN) where there is none.
        half_width: Of the interval; missing where n is 1.
        n: How many values.
        write: How a number is written.
    """
    if pd.isna(mean) or pd.isna(half_width):
        return _NO_VALUE if pd.isna(mean) else write(mean)
    if n == 2:
        off = half_width / _T_OF_TWO
        return f"{write(mean)} ({write(mean - off)} and {write(mean + off)})"
    return f"{write(mean)} ± {write(half_width)}"


def as_percent(fraction: float) -> str:
    """An accuracy in percent."""
    return f"{100 * fraction:.2f}"


def as_number(value: float) -> str:
    """A measured number with four digits, or all of them before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
