"""What a launch leaves at its end for MLflow, beside its metrics: its leaders, and figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.store.record import RunRecord
from sweep.errors import first_line
from sweep.host.paths import LaunchPaths

if TYPE_CHECKING:
    from optuna import Study

Draw = Callable[[Sequence[RunRecord], Sequence[str]], Iterable[tuple[str, bytes]]]
"""Figures of runs that were searched for these metrics: the name and the content of a file each."""

_LEADERS = "leaders.csv"
_FIGURES = "figures"
_FEWEST = 10
"""Finished configurations from which figures are drawn: of fewer, the table says as much."""


def write(
    paths: LaunchPaths,
    study: Study,
    leaders: Sequence[Mapping[str, Any]],
    metrics: Collection[str],
    tell: Callable[[str], None],
    draw: Draw,
) -> list[str]:
    """Write the files into the folder of the launch.

    They can be made again from the runs, so what cannot be written is told, and no failure.

    Args:
        paths: Of the launch.
        study: Of the launch.
        leaders: Its leaders, best first.
        metrics: What was searched for.
        tell: Called with a line for what could not be written.
        draw: Draws the figures.

    Returns:
        Their names there.
    """
    written: list[str] = []
    try:
        if leaders:
            (paths.folder / _LEADERS).write_text(_table(leaders, metrics), encoding="utf-8")
            written.append(_LEADERS)
        if len(leaders) >= _FEWEST:
            from sweep.search.table import as_records  # with Optuna, which is slow to import

            records = as_records(study.get_trials(deepcopy=False))
            written += _keep(paths, draw(records, list(metrics)))
    # disks, object stores, drawing, an impatient user: nothing here may fail a sweep
    except (Exception, KeyboardInterrupt) as error:
        tell(f"the leaders and figures of the launch were not all written: {first_line(error)}")
    return written


def _table(leaders: Sequence[Mapping[str, Any]], metrics: Collection[str]) -> str:
    """The leaders as CSV, best first: their metrics, then their params."""
    columns = dict.fromkeys([*metrics, *(name for leader in leaders for name in leader)])
    text = io.StringIO()
    rows = csv.DictWriter(text, ["rank", *columns], lineterminator="\n")
    rows.writeheader()
    rows.writerows({"rank": place, **row} for place, row in enumerate(leaders, start=1))
    return text.getvalue()


def _keep(paths: LaunchPaths, figures: Iterable[tuple[str, bytes]]) -> list[str]:
    """Write figures, a file of each. Returns their names."""
    folder = paths.folder / _FIGURES
    folder.mkdir(exist_ok=True)
    written = []
    for name, content in figures:
        (folder / name).write_bytes(content)
        written.append(f"{_FIGURES}/{name}")
    return written


def no_figures(records: Sequence[RunRecord], metrics: Sequence[str]) -> Iterable[tuple[str, bytes]]:
    """For a launch that needs none."""
    return ()
