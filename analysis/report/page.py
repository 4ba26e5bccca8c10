"""A report as one HTML page that needs nothing else, and as a folder of tables and figures."""

from __future__ import annotations

import base64
import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from analysis.errors import AnalysisError
from analysis.figures import save_figure
from analysis.report.drafts import Tell, untold
from analysis.report.parts import Browser, Note, Part, Picture, Report, Table, Verbatim
from analysis.report.tables import write_table
from analysis.text.files import write_file
from analysis.text.plain import visible, visible_lines

PAGE = "report.html"

_SIGNIFICANT = 4  # digits of a number below 1000 in the table of runs


def write_report(report: Report, folder: Path, tell: Tell = untold) -> Path:
    """Write `report.html`, and its tables and figures beside it; returns the page's path.

    Args:
        report: What is written.
        folder: Is made, if it is not there.
        tell: Is told what is written next.

    Raises:
        AnalysisError: Something cannot be written.
    """
    tables, figures = folder / "tables", folder / "figures"
    try:
        for place in (tables, figures):
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnalysisError(f"cannot write {folder}: {error.strerror}") from None
    for section in report.sections:
        for part in section.parts:
            if isinstance(part, Table):
                write_table(part.raw, tables / f"{part.name}.csv", "csv")
                write_table(part.shown, tables / f"{part.name}.md", "md")
                write_table(part.shown, tables / f"{part.name}.tex", "latex")
            elif isinstance(part, Browser):
                write_table(part.runs, tables / f"{part.name}.csv", "csv")
            elif isinstance(part, Picture):
                tell(f"writing figure {part.name}")
                write_file(figures / f"{part.name}.png", part.png)
                for suffix in ("svg", "pdf"):
                    save_figure(part.figure, figures / f"{part.name}.{suffix}")
    tell("writing the page")
    page = folder / PAGE
    write_file(page, as_html(report).encode())
    return page


def _harmless(value: Any) -> Any:
    """Foreign text without control characters; our own HTML stays."""
    return visible_lines(value) if type(value) is str else value


def as_html(report: Report) -> str:
    """The whole report as one page."""
    environment = Environment(
        loader=FunctionLoader(_own),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    macros: Any = environment.get_template("parts.html").module

    def render(part: Part) -> str:
        match part:
            case Note():
                return str(macros.note(part))
            case Verbatim():
                return str(macros.verbatim(part))
            case Table():
                return str(macros.table(part))
            case Picture():
                return str(macros.picture(part, _data_uri(part)))
            case Browser():
                return str(macros.browser(part, Markup(_rows(part))))

    return environment.get_template("page.html").render(
        report=report,
        style=Markup(_own("page.css")),
        script=Markup(_own("page.js")),
        render=lambda part: Markup(render(part)),
    )


def _own(name: str) -> str:
    return files("analysis.report").joinpath(name).read_text(encoding="utf-8")


def _data_uri(picture: Picture) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"


def _rows(browser: Browser) -> str:
    """The runs as JSON that may stand in a page: nothing in it can end its element."""
    rows = [[_cell(value) for value in row] for row in browser.shown.itertuples(index=False)]
    data = {"columns": [*map(visible, browser.runs.columns)], "rows": rows, "links": browser.links}
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _cell(value: Any) -> Any:
    if pd.isna(value):
        return None
    if pd.api.types.is_bool(value):
        return "true" if value else "false"
    if pd.api.types.is_integer(value):
        return int(value)
    if pd.api.types.is_float(value):
        number = float(value)
        if not math.isfinite(number):
            return str(number)
        return round(number) if abs(number) >= 1000 else float(f"{number:.{_SIGNIFICANT}g}")
    return visible(str(value))
