"""What of a report is still to be made, told as it is made: that can take minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.report.parts import Note, Part, Picture, Section

Tell = Callable[[str], None]
"""Is told what is made next, such as `leaders` or `drawing figure curves`."""


def untold(step: str) -> None:
    """Stands where nobody waits."""


@dataclass(frozen=True)
class Draft:
    """A figure that is still to be drawn.

    Attributes:
        name: Of its files.
        text: What it shows, for those who cannot see it.
        draw: Draws it; raises AnalysisError where it cannot be drawn.
    """

    name: str
    text: str
    draw: Callable[[], Figure]

    def made(self, tell: Tell = untold) -> Part:
        """The figure, or a line that says why it is not drawn."""
        tell(f"drawing figure {self.name}")
        try:
            return Picture(name=self.name, text=self.text, figure=self.draw())
        except AnalysisError as error:
            return missing(f"{self.text.removesuffix('.')}: not drawn", error, ", ")


Planned = Sequence[Part | Draft]
"""The parts of a section, some of which are still to be drawn."""


@dataclass(frozen=True)
class Chapter:
    """A section that is still to be made.

    Attributes:
        anchor: Its name in links.
        title: Its heading.
        parts: Computes what stands in it, in order.
    """

    anchor: str
    title: str
    parts: Callable[[], Iterable[Part | Draft]]

    def made(self, tell: Tell = untold) -> Section:
        """The section, with its figures drawn."""
        tell(f"making section {self.title}")
        parts = (part.made(tell) if isinstance(part, Draft) else part for part in self.parts())
        return Section(anchor=self.anchor, title=self.title, parts=tuple(parts))


def missing(what: str, error: AnalysisError, between: str = ": ") -> Note:
    """A line that says why something is not shown."""
    why = str(error).removeprefix(f"{what.lower()}: ")
    return Note(text=f"{what}{between}{why}.", missing=True)
