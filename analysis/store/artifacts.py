"""The files of a run: its network, its confusion matrix, its hits by group, its predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.predictions.file import from_file
from analysis.predictions.record import Predictions
from analysis.records import CONFUSION_FILE, GROUPS_FILE, PREDICTIONS_FILE, Tag
from analysis.store.relocation import Move, move_of
from analysis.store.tracking_store import existing_store
from analysis.text.addresses import local_path

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_NETWORK = "best.pt"  # the name of the artifact, where no file was written on this machine


def checkpoint_of(run_id: str, tracking_uri: str | None = None) -> Path:
    """The network of a run: the file that it wrote, or else a copy of its artifact from MLflow.

    Raises:
        AnalysisError: neither is there any more.
    """
    return _file_of(run_id, "network", None, tracking_uri)


def confusion_of(run_id: str, tracking_uri: str | None = None) -> NDArray[np.int64]:
    """The confusion matrix of a run on the test images, (C, C): true class, predicted class.

    Raises:
        AnalysisError: it is not there any more, or is damaged.
    """
    path = _file_of(run_id, "confusion matrix", CONFUSION_FILE, tracking_uri)
    try:
        matrix = np.array(json.loads(path.read_text(encoding="utf-8")), dtype=np.int64)
    except (OSError, TypeError, ValueError):
        matrix = np.empty(0, dtype=np.int64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise AnalysisError(f"{path}: holds no confusion matrix")
    return matrix


@dataclass(frozen=True)
class GroupHits:
    """What a run reached on the groups of its test set.

    Attributes:
        kind: What a group is, such as `speaker`.
        hits: Hits and samples by the name of the group.
    """

    kind: str
    hits: Mapping[str, tuple[int, int]]


class NoGroupsError(AnalysisError):
    """A run kept all of its files, and none of groups: its test set has none."""


def hits_of(run_id: str, tracking_uri: str | None = None) -> GroupHits:
    """What a run reached on the speakers, subjects or other groups of its test set.

    Raises:
        NoGroupsError: the test set has no groups.
        AnalysisError: it is not there, or is damaged.
    """
    try:
        path = _file_of(run_id, "accuracy by group", GROUPS_FILE, tracking_uri)
    except AnalysisError:
        require_lost(run_id, _has_predictions(run_id, tracking_uri))
        raise
    return hits_in(content_of(path), str(path))


def require_lost(run_id: str, has_predictions: bool) -> None:
    """Check that hits by group which are not there can have been lost.

    A run writes them before its predictions, so one with predictions alone never had any.

    Raises:
        NoGroupsError: The run has its predictions.
    """
    if has_predictions:
        raise NoGroupsError(f"run {run_id}: its test set has no groups")


def _has_predictions(run_id: str, tracking_uri: str | None) -> bool:
    try:
        _file_of(run_id, "file of predictions", PREDICTIONS_FILE, tracking_uri)
    except AnalysisError:
        return False
    return True


def hits_in(content: bytes, where: str) -> GroupHits:
    """The hits by group in the content of a file.

    Args:
        content: Of the file.
        where: What stands before a mistake.

    Raises:
        AnalysisError: it holds none.
    """
    try:
        told = json.loads(content)
        hits = {str(name): (int(right), int(n)) for name, (right, n) in told["hits"].items()}
        found = GroupHits(str(told["kind"]), hits)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise AnalysisError(f"{where}: holds no hits by group") from None
    if not hits or not all(0 <= right <= n and n > 0 for right, n in hits.values()):
        raise AnalysisError(f"{where}: holds no hits by group")
    return found


def predictions_of(run_id: str, tracking_uri: str | None = None) -> Predictions:
    """What the network of a run answered to every test image.

    Raises:
        AnalysisError: it is not there, as the run is of an earlier version, or is damaged.
    """
    path = _file_of(run_id, "file of predictions", PREDICTIONS_FILE, tracking_uri)
    return predictions_in(content_of(path), str(path))


def predictions_in(content: bytes, where: str) -> Predictions:
    """The predictions in the content of a file.

    Args:
        content: Of the file.
        where: What stands before a mistake.

    Raises:
        AnalysisError: it holds none.
    """
    try:
        return from_file(content)
    except AnalysisError as error:
        raise AnalysisError(f"{where}: {error}") from None


def content_of(path: Path) -> bytes:
    """What is in a file.

    Raises:
        AnalysisError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise AnalysisError(f"{path}: {error.strerror or error}") from None


def _file_of(run_id: str, what: str, name: str | None, tracking_uri: str | None) -> Path:
    """The file of this name in the folder of a run's network; without a name, the network."""
    tags = _tags_of(run_id, what, tracking_uri)
    with existing_store(tracking_uri) as client:
        found = stored_file(client, run_id, tags, name)
        if found is None:
            written = _written(tags, name, move_of(client.tracking_uri))
            raise AnalysisError(f"the {what} of run {run_id} is gone: {written}")
    return found


def stored_file(
    client: MlflowClient, run_id: str, tags: Mapping[str, str], name: str | None
) -> Path | None:
    """Where a file of a run is: where it was written, or else a copy from MLflow; None: nowhere.

    Args:
        client: Of the store.
        run_id: Of the run.
        tags: Of the run.
        name: Of the file; None: the network.
    """
    move = move_of(client.tracking_uri)
    written = _written(tags, name, move)
    if Tag.CHECKPOINT in tags and written.is_file():
        return written
    # An imported run has its files itself; one that was reused has none.
    for source in dict.fromkeys((run_id, tags.get(Tag.REUSED_FROM, run_id))):
        try:
            folder = client.get_run(source).info.artifact_uri or ""
            local = local_path(move.address(folder) if move else folder)
            if local is None:
                return Path(client.download_artifacts(source, written.name))
            if (local / written.name).is_file():
                return local / written.name
        except Exception:  # every kind of artifact store has errors of its own
            continue
    return None


def _written(tags: Mapping[str, str], name: str | None, move: Move | None) -> Path:
    """Where a run has written a file, now that the store may have moved."""
    network = Path(tags.get(Tag.CHECKPOINT, _NETWORK))
    written = network.parent / name if name else network
    return move.path(written) if move else written


def _tags_of(run_id: str, what: str, tracking_uri: str | None) -> Mapping[str, str]:
    """The tags of a run in the store; one that was read from a file need not be there."""
    try:
        with existing_store(tracking_uri) as client:
            return dict(client.get_run(run_id).data.tags)
    except AnalysisError as error:
        raise AnalysisError(
            f"the {what} of run {run_id} is only in the MLflow store that it ran with: {error}"
        ) from None
