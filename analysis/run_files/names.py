"""Names and texts that a store takes; MLflow would refuse others in the middle of an import."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from analysis.errors import AnalysisError
from analysis.records import LONGEST_PARAM, LONGEST_TAG, RUN_FILE, SWEEP_NAME, Tag
from analysis.store.record import RunRecord
from analysis.text.plain import brief, visible

_LONGEST_KEY = 250
_LONGEST_TRIAL = 1000  # an import adds to it
_SWEEP = re.compile(SWEEP_NAME)
_KEY = re.compile(rf"[/\w.\- :]{{1,{_LONGEST_KEY}}}")


def require_names(runs: Iterable[RunRecord], where: str) -> None:
    """Check that every run can be written to a store, and named in commands and paths.

    Args:
        runs: All that are to be written.
        where: What stands before a mistake.

    Raises:
        AnalysisError: a sweep, a run, a param, a tag or a metric has a name or a text that cannot
            be theirs.
    """
    for run in runs:
        try:
            _check(run)
        except AnalysisError as error:
            raise AnalysisError(f"{where}: run {run.run_id}: {error}") from None


def _check(run: RunRecord) -> None:
    if not _SWEEP.fullmatch(run.sweep) or run.sweep.endswith(RUN_FILE):
        raise AnalysisError(
            f"{brief(run.sweep)} is no name of a sweep; allowed are letters, digits, '-', '_' and "
            f"'.', without {RUN_FILE} at the end"
        )
    if len(run.name) > _LONGEST_KEY or visible(run.name) != run.name:
        raise AnalysisError(f"its name {brief(run.name)} is too long or has control characters")
    for key in run.metrics:
        _check_key("metric", key)
    for what, texts, longest in (
        ("param", run.params, LONGEST_PARAM),
        ("tag", run.tags, LONGEST_TAG),
    ):
        for key, value in texts.items():
            _check_key(what, key)
            allowed = _LONGEST_TRIAL if key == Tag.TRIAL else longest
            if "\0" in value or len(value) > allowed:
                raise AnalysisError(f"its {what} {key} is no text of up to {allowed} characters")


def _check_key(what: str, key: str) -> None:
    """MLflow's rule: it makes paths of keys."""
    known = posixpath.normpath(key)
    if not _KEY.fullmatch(key) or known != key or known == "." or known.startswith(("/", "..")):
        raise AnalysisError(f"{brief(key)} is no name of a {what}")
