"""What runs of sweeps and of files of runs have in small files: predictions, hits by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from analysis.errors import AnalysisError, WithoutPredictionsError
from analysis.predictions.record import Predictions
from analysis.records import GROUPS_FILE, PREDICTIONS_FILE
from analysis.run_files.format import RunFile, is_run_file
from analysis.store.artifacts import (
    GroupHits,
    hits_in,
    hits_of,
    predictions_in,
    predictions_of,
    require_lost,
)

_What = TypeVar("_What")
Reader = Callable[[str], _What]
"""Gives it by the id of the run; raises AnalysisError where there is none, or it is damaged."""


@dataclass(frozen=True)
class _Kept:
    """What files of runs have of one run, and whether one of them has predictions of any run."""

    content: bytes | None = None
    predictions: bool = False
    of_others: bool = False


def predictions_reader(names: Sequence[str]) -> Reader[Predictions]:
    """What the networks of the runs of these sweeps and files answered to every test image."""

    def require_exported(_: str, kept: _Kept, where: str) -> None:
        if not kept.of_others:
            raise WithoutPredictionsError(
                f"{where}: was exported without predictions; export the runs again without "
                "--no-predictions (runs of earlier versions have none: train those again)"
            )

    return _reader(names, PREDICTIONS_FILE, predictions_in, predictions_of, require_exported)


def hits_reader(names: Sequence[str]) -> Reader[GroupHits]:
    """What these runs reached on the speakers, or other groups, of their test sets."""

    def require_groups(run_id: str, kept: _Kept, _: str) -> None:
        require_lost(run_id, kept.predictions)

    return _reader(names, GROUPS_FILE, hits_in, hits_of, require_groups)


def _reader(
    names: Sequence[str],
    file: str,
    read: Callable[[bytes, str], _What],
    stored: Callable[[str], _What],
    explain: Callable[[str, _Kept, str], None],
) -> Reader[_What]:
    """Reads one of the files of a run.

    Args:
        names: Of sweeps and files of runs.
        file: Its name.
        read: Makes it of its content, which is of a run of a file.
        stored: Makes it of a run of the store.
        explain: May raise a better error where a file of runs lacks it: of the run's id, what is
            kept of it, and the files.
    """
    paths = [name for name in names if is_run_file(name)]

    @cache
    def in_files() -> dict[str, _Kept]:
        found: dict[str, _Kept] = {}
        for path in paths:
            of_path = [
                (run_id, files.get(file), PREDICTIONS_FILE in files)
                for run_id, files in RunFile(path).files()
            ]
            any_of_it = any(predictions for *_, predictions in of_path)
            for run_id, content, predictions in of_path:
                if content is not None or run_id not in found:
                    found[run_id] = _Kept(content, predictions, any_of_it)
        return found

    def of_run(run_id: str) -> _What:
        kept = in_files().get(run_id, _Kept())
        if kept.content is not None:
            return read(kept.content, f"run {run_id}: {file}")
        if len(paths) == len(names):
            explain(run_id, kept, ", ".join(paths))
            raise AnalysisError(f"run {run_id} has no {file} in {', '.join(paths)}")
        return stored(run_id)

    return of_run
