"""What runs of sweeps and of files of runs have in small files: predictions, hits by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from analysis.errors import AnalysisError
from analysis.predictions.record import Predictions
from analysis.records import GROUPS_FILE, PREDICTIONS_FILE
from analysis.run_files.format import RunFile, is_run_file
from analysis.store.artifacts import GroupHits, hits_in, hits_of, predictions_in, predictions_of

_What = TypeVar("_What")
Reader = Callable[[str], _What]
"""Gives it by the id of the run; raises AnalysisError where there is none, or it is damaged."""


def predictions_reader(names: Sequence[str]) -> Reader[Predictions]:
    """What the networks of the runs of these sweeps and files answered to every test image."""
    return _reader(names, PREDICTIONS_FILE, predictions_in, predictions_of)


def hits_reader(names: Sequence[str]) -> Reader[GroupHits]:
    """What these runs reached on the speakers, or other groups, of their test sets."""
    return _reader(names, GROUPS_FILE, hits_in, hits_of)


def _reader(
    names: Sequence[str],
    file: str,
    read: Callable[[bytes, str], _What],
    stored: Callable[[str], _What],
) -> Reader[_What]:
    paths = [name for name in names if is_run_file(name)]

    @cache
    def in_files() -> dict[str, bytes]:
        found = (pair for path in paths for pair in RunFile(path).files())
        return {run_id: files[file] for run_id, files in found if file in files}

    def of_run(run_id: str) -> _What:
        if run_id in in_files():
            return read(in_files()[run_id], f"run {run_id}: {file}")
        if len(paths) == len(names):
            raise AnalysisError(f"run {run_id} has no {file} in {', '.join(paths)}")
        return stored(run_id)

    return of_run
