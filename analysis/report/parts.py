"""What a report is made of, before it is a page or a folder."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.parts.saving import settle
from analysis.figures.parts.style import names_as_they_are, styled

_DOTS_PER_INCH = 200
_PAGE_PIXELS_PER_INCH = 120
_NUMBER = re.compile(r"–|(< ?)?[+−-]?[\d.,]+(e[+-]?\d+)?( ?[±%(\[].*)?")


@dataclass(frozen=True, kw_only=True)
class Note:
    """A paragraph: what a reader must know, or why something is not there.

    Attributes:
        text: Plain text.
        missing: Whether it stands in place of something.
    """

    text: str
    missing: bool = False


@dataclass(frozen=True, kw_only=True)
class Verbatim:
    """A text as it was written, such as a specification, folded away."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table twice: for readers, all text, and for programs.

    Attributes:
        name: Of its file.
        caption: What it shows, in a sentence.
        shown: All text.
        raw: As it is written to the file.
        folded: The words under which it is folded away; empty: it is open.
        settings: What is the same in all rows, folded away below it.
    """

    name: str
    caption: str
    shown: pd.DataFrame
    raw: pd.DataFrame
    folded: str = ""
    settings: str = ""

    @property
    def numbers(self) -> list[bool]:
        """Which columns hold nothing but numbers: a page puts them under each other."""
        return [
            all(_NUMBER.fullmatch(str(cell)) for cell in self.shown.iloc[:, place])
            for place in range(self.shown.shape[1])
        ]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure.

    Attributes:
        name: Of its files.
        text: What it shows, for those who cannot see it.
        figure: Itself.
    """

    name: str
    text: str
    figure: Figure

    @property
    def width(self) -> int:
        """On the page, in its pixels."""
        return round(self.figure.get_figwidth() * _PAGE_PIXELS_PER_INCH)

    @property
    def height(self) -> int:
        """Of the same: a page that knows it before the picture is there does not jump."""
        return round(self.figure.get_figheight() * _PAGE_PIXELS_PER_INCH)

    @cached_property
    def png(self) -> bytes:
        """As pixels, drawn and laid out once: vectors would have a path for each of 10,000 runs."""
        content = io.BytesIO()
        with styled(), names_as_they_are(self.figure):
            settle(self.figure)
            self.figure.savefig(content, format="png", dpi=_DOTS_PER_INCH)
        return content.getvalue()


@dataclass(frozen=True, kw_only=True)
class Browser:
    """All runs, to be sorted and filtered by the reader.

    Attributes:
        name: Of its file.
        runs: One row per run; the column `run_id` links to MLflow.
        links: The run's page for every run, empty where there is none.
    """

    name: str
    runs: pd.DataFrame
    links: list[str]

    @property
    def shown(self) -> pd.DataFrame:
        """The runs as a reader sees them: accuracies in percent."""
        shown = self.runs.copy()
        for name in shown:
            if str(name).endswith("accuracy"):
                shown[name] = shown[name] * 100
        return shown


Part = Note | Verbatim | Table | Picture | Browser


@dataclass(frozen=True, kw_only=True)
class Section:
    """A chapter.

    Attributes:
        anchor: Its name in links.
        title: Its heading.
        parts: What stands in it, in order.
    """

    anchor: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of it.

    Attributes:
        title: The sweeps.
        lead: The most important, in a sentence or two.
        sections: In order.
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
