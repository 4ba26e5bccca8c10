"""The figures that a launch leaves in MLflow at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.errors import AnalysisError
from analysis.store.record import RunRecord

_KINDS = ("history", "slice", "parallel")
_OF_TWO = "hypervolume"


def drawn(records: Sequence[RunRecord], metrics: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of their files; a figure in which there is nothing to see is left out.

    Args:
        records: The trials of the launch.
        metrics: What was searched for, the first of them above all.
    """
    from analysis.data.runs import tidy
    from analysis.figures import FIGURES, Options, save_figure, source_of

    first, *others = (f"best_{name}" for name in metrics)
    wanted = dict.fromkeys(_KINDS, first)
    if others:
        wanted[_OF_TWO] = others[0]
    source = source_of((), tidy(records))
    with TemporaryDirectory() as folder:
        for kind, metric in wanted.items():
            file = Path(folder) / f"{kind}.png"
            try:
                save_figure(FIGURES[kind].draw(source, Options(metric=metric)), file)
            except AnalysisError:  # no param varies, for example
                continue
            yield file.name, file.read_bytes()
