"""What a launch leaves at its end for MLflow, beside its metrics: its leaders, and figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sweep.errors import first_line
from sweep.host.paths import LaunchPaths

if TYPE_CHECKING:
    from optuna import Study

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
) -> list[str]:
    """Write the files into the folder of the launch.

    They can be made again from the runs, so what cannot be written is told, and no failure.

    Args:
        paths: Of the launch.
        study: Of the launch.
        leaders: Its leaders, best first.
        metrics: What was searched for.
        tell: Called with a line for what could not be written.

    Returns:
        Their names there.
    """
    written: list[str] = []
    try:
        if leaders:
            (paths.folder / _LEADERS).write_text(_table(leaders, metrics), encoding="utf-8")
            written.append(_LEADERS)
        if len(leaders) >= _FEWEST:
            written += _draw(paths, study, metrics)
    except Exception as error:  # disks, object stores, drawing: nothing here may fail a sweep
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


def _draw(paths: LaunchPaths, study: Study, metrics: Collection[str]) -> list[str]:
    """Draw figures of all that ended, and write them. Returns their names."""
    from analysis.errors import AnalysisError
    from analysis.figures import FIGURES, Options, save_figure, source_of
    from sweep.search.table import as_runs

    first, *others = (f"best_{name}" for name in metrics)
    wanted = {kind: first for kind in ("history", "slice", "parallel")}
    if others:
        wanted["hypervolume"] = others[0]
    source = source_of((), as_runs(study.get_trials(deepcopy=False)))
    folder = paths.folder / _FIGURES
    folder.mkdir(exist_ok=True)
    drawn = []
    with TemporaryDirectory() as here:
        for kind, metric in wanted.items():
            file = Path(here) / f"{kind}.png"
            try:
                save_figure(FIGURES[kind].draw(source, Options(metric=metric)), file)
            except AnalysisError:  # there is nothing to see: no param varies, for example
                continue
            (folder / file.name).write_bytes(file.read_bytes())
            drawn.append(f"{_FIGURES}/{file.name}")
    return drawn
