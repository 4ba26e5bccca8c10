"""Tables for readers: accuracies in percent, mean ± standard deviation in one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

_NO_VALUE = "–"
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
    }
)


def markdown(table: pd.DataFrame) -> str:
    """The table in GitHub's Markdown, its caption below."""
    cells = printed(table, "**{}**").map(lambda cell: cell.replace("|", r"\|"))
    text = cells.to_markdown(index=False, disable_numparse=True, colalign=_alignment(table))
    return "\n\n".join(part for part in (text, caption(table)) if part) + "\n"


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


def caption(table: pd.DataFrame) -> str:
    """What a reader must know of a summary: the statistics, and the params that do not vary."""
    parts = []
    if "n" in table and (table["n"] > 1).any():
        parts.append("Mean ± sample standard deviation over n seeds, accuracies in percent.")
    elif "n" in table:
        parts.append("One seed each, accuracies in percent.")
    if "val_accuracy_mean" in table:
        parts.append("Bold: best by validation.")
    constant: Mapping[str, str] = table.attrs.get("constant", {})
    if constant:
        values = ", ".join(f"{name}={value}" for name, value in constant.items())
        parts.append(f"The same for all: {values}.")
    return " ".join(parts)


def _escape(text: str) -> str:
    return text.translate(_LATEX).replace("\0", r"\textbf{").replace("\1", "}")


def printed(table: pd.DataFrame, bold: str = "{}") -> pd.DataFrame:
    """The table as a reader sees it, all text; `bold` is put around what validation found best."""
    best = pd.Series(False, index=table.index)
    if "val_accuracy_mean" in table:
        best = table["val_accuracy_mean"] == table["val_accuracy_mean"].max()
    columns: dict[str, list[str]] = {}
    for name in _shown(table):
        base = name.removesuffix("_mean")
        percent = base.endswith("accuracy")
        scale, decimals = (100, ".2f") if percent else (1, ".4g")
        if not percent and base == name:
            columns[name] = [as_text(value) for value in table[name]]
            continue
        spread = table.get(f"{base}_std", pd.Series(float("nan"), index=table.index))
        cells = []
        for mean, std, is_best in zip(table[name], spread, best, strict=True):
            cell = _NO_VALUE if pd.isna(mean) else f"{mean * scale:{decimals}}"
            cell += "" if pd.isna(std) else f" ± {std * scale:{decimals}}"
            cells.append(bold.format(cell) if is_best else cell)
        columns[base.replace("_", " ") + (" (%)" if percent else "")] = cells
    return pd.DataFrame(columns, dtype="object")


def _shown(table: pd.DataFrame) -> list[str]:
    """All columns but the standard deviations, which are printed with their means."""
    return [
        name
        for name in table.columns
        if not (name.endswith("_std") and f"{name.removesuffix('_std')}_mean" in table)
    ]


def _alignment(table: pd.DataFrame) -> list[str]:
    def is_number(name: str) -> bool:
        kind = table[name].dtype
        return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)

    return ["right" if is_number(name) else "left" for name in _shown(table)]


def as_text(value: Any) -> str:
    """A param as a reader sees it, written as in a specification."""
    if pd.isna(value):
        return _NO_VALUE
    if pd.api.types.is_bool(value):
        return "true" if value else "false"
    return f"{value:.4g}" if pd.api.types.is_float(value) else str(value)
