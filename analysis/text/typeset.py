"""Tables for readers: accuracies in percent, mean ± half width of its interval in one column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.records import CONSTANTS
from analysis.text.plain import visible

_NO_VALUE = "–"
_MOST_NAMED = 8  # params that are the same for all; of more, those that a reader asks for
_MARKUP = re.compile(r"\||<(?=[A-Za-z/!?])|(?<=\])\(")
_APART = ("dataset", "preset")  # what is best in one says nothing of the other
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
        "→": r"$\rightarrow$",
        "×": r"$\times$",
    }
)


def markdown(table: pd.DataFrame) -> str:
    """The table in GitHub's Markdown, its caption below."""
    cells = printed(table, "**{}**").map(_plain_markdown).rename(columns=_plain_markdown)
    text = cells.to_markdown(index=False, disable_numparse=True, colalign=_alignment(table))
    below = _plain_markdown(caption(table))
    return "\n\n".join(part for part in (text, below) if part) + "\n"


def latex(table: pd.DataFrame) -> str:
    """The table as a float with its caption; needs the LaTeX package booktabs."""
    cells = printed(table, "\0{}\1").map(_escape).rename(columns=_escape)
    return cells.to_latex(
        index=False,
        escape=False,  # pandas would escape the bold as well
        caption=_escape(caption(table)) or None,
        column_format="".join(side[0] for side in _alignment(table)),
        position="htbp",
    )


def caption(table: pd.DataFrame, *, bold: bool = True) -> str:
    """What a reader must know of a summary: the statistics, and the params that do not vary.

    Args:
        table: The summary.
        bold: Whether what is best is printed in bold.
    """
    parts = [str(table.attrs["note"])] if "note" in table.attrs else []
    if "covers" in table.attrs:
        parts.append(str(table.attrs["covers"]))
    elif "n" in table and (table["n"] > 1).any():
        unit = f"n values of {table.attrs['block']}" if table.attrs.get("block") else "n seeds"
        interval = f"its 95 % confidence interval (Student's t over {unit}, on these test images)"
        parts.append(f"Mean ± half width of {interval}, accuracies in percent.")
    elif "n" in table:
        parts.append("One seed each, accuracies in percent.")
    if bold and "val_accuracy_mean" in table:
        apart = [name for name in _APART if name in table]
        each = f" of each {' and '.join(apart)}" if apart else ""
        parts.append(f"Bold: best by validation{each}.")
    for attribute, title in (("constant", "The same for all"), ("where_used", "Where used")):
        same: Mapping[str, str] = table.attrs.get(attribute, {})
        named = same if len(same) <= _MOST_NAMED else [name for name in CONSTANTS if name in same]
        values = [f"{visible(name)}={visible(same[name])}" for name in named]
        values += [f"{len(same) - len(named)} others"] if len(same) > len(named) else []
        parts += [f"{title}: {', '.join(values)}."] if values else []
    if table.attrs.get("left_out"):
        parts.append(f"Not shown: {visible(', '.join(table.attrs['left_out']))}.")
    return " ".join(parts)


def _plain_markdown(text: str) -> str:
    """A text of others in Markdown: neither HTML nor a link, and no end of its cell."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _escape(text: str) -> str:
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
        for mean, width, is_best in zip(table[name], widths, best, strict=True):
            cell = _NO_VALUE if pd.isna(mean) else write(mean)
            cell += "" if pd.isna(width) else f" ± {write(width)}"
            cells.append(bold.format(cell) if is_best else cell)
        columns[visible(base.replace("_", " ")) + (" (%)" if percent else "")] = cells
    return pd.DataFrame(columns, dtype="object")


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


def as_percent(fraction: float) -> str:
    """An accuracy in percent."""
    return f"{100 * fraction:.2f}"


def as_number(value: float) -> str:
    """A measured number with four digits, or all of them before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
