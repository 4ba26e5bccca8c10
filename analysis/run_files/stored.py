"""The small files of runs between a store and a file of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analysis.records import GROUPS_FILE, PREDICTIONS_FILE, State
from analysis.run_files.kept import Files
from analysis.store.artifacts import content_of, hits_in, predictions_in, stored_file
from analysis.store.origin import origin
from analysis.store.record import RunRecord

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_READERS: Mapping[str, Callable[[bytes, str], object]] = {
    GROUPS_FILE: hits_in,
    PREDICTIONS_FILE: predictions_in,
}


def places(
    client: MlflowClient, runs: Sequence[RunRecord], names: Sequence[str]
) -> dict[str, dict[str, Path]]:
    """Where the files of finished runs are, by the id of the run and the name of the file.

    Args:
        client: Of the store.
        runs: As they stand in the store.
        names: Of the files that are wanted; what a run does not have is left out.
    """
    found: dict[str, dict[str, Path]] = {}
    for run in runs:
        if run.is_trial and run.state == State.DONE:
            there = {name: stored_file(client, run.run_id, run.tags, name) for name in names}
            if any(there.values()):
                found[run.run_id] = {name: path for name, path in there.items() if path}
    return found


def contents(
    runs: Sequence[RunRecord], places: Mapping[str, Mapping[str, Path]]
) -> dict[str, Files]:
    """The contents of these files, by the id that a run got where it was trained.

    Raises:
        AnalysisError: One of them cannot be read, or is damaged.
    """
    found: dict[str, Files] = {}
    for run in runs:
        files = {name: content_of(path) for name, path in places.get(run.run_id, {}).items()}
        require_contents([(run.run_id, files)], "")
        found[origin(run)] = files
    return found


def require_contents(files: Iterable[tuple[str, Files]], where: str) -> None:
    """Check that files hold what their names say.

    Args:
        files: With the ids of their runs.
        where: What stands before a mistake; may be empty.

    Raises:
        AnalysisError: One does not.
    """
    before = f"{where}: " if where else ""
    for run_id, of_run in files:
        for name, content in of_run.items():
            _READERS[name](content, f"{before}run {run_id}: {name}")


def log_files(client: MlflowClient, run_id: str, files: Files) -> None:
    """Put files among the artifacts of a run."""
    for name, content in files.items():
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            client.log_artifact(run_id, str(path))
