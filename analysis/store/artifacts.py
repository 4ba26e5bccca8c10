"""The files of a run: its network, its confusion matrix, its hits by group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.records import CONFUSION_FILE, GROUPS_FILE, LONGEST_TAG, Tag
from analysis.store.record import RunRecord
from analysis.store.relocation import move_of
from analysis.store.tracking_store import existing_store
from analysis.text.addresses import local_path


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


def hits_of(run_id: str, tracking_uri: str | None = None) -> GroupHits:
    """What a run reached on the speakers, subjects or other groups of its test set.

    Raises:
        AnalysisError: it is not there, as the test set has no groups or the run is of an earlier
            version, or is damaged.
    """
    what = "accuracy by group"
    tags = _tags_of(run_id, what, tracking_uri)
    if Tag.GROUPS in tags:
        return hits_in(tags[Tag.GROUPS], f"run {run_id}")
    path = _file_of(run_id, what, GROUPS_FILE, tracking_uri)
    try:
        return hits_in(path.read_text(encoding="utf-8"), str(path))
    except OSError:
        raise AnalysisError(f"{path}: holds no hits by group") from None


def hits_in(text: str, where: str) -> GroupHits:
    """What the text of such a file says.

    Args:
        text: JSON, from a file or a tag, which anybody may have written.
        where: Its place, for errors.

    Raises:
        AnalysisError: It says nothing of groups.
    """
    try:
        told = json.loads(text)
        hits = {str(name): (int(right), int(n)) for name, (right, n) in told["hits"].items()}
        found = GroupHits(str(told["kind"]), hits)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise AnalysisError(f"{where}: holds no hits by group") from None
    if not hits or not all(0 <= right <= n and n > 0 for right, n in hits.values()):
        raise AnalysisError(f"{where}: holds no hits by group")
    return found


def groups_text(run: RunRecord, tracking_uri: str) -> str:
    """The hits by group of a run as a text, for a file of runs; empty if it has none here.

    Earlier versions left them in a file beside the network alone.
    """
    if Tag.GROUPS in run.tags or Tag.CHECKPOINT not in run.tags:
        return run.tags.get(Tag.GROUPS, "")
    move, noted = move_of(tracking_uri), Path(run.tags[Tag.CHECKPOINT]).with_name(GROUPS_FILE)
    path = move.path(noted) if move else noted
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    return text if len(text) <= LONGEST_TAG else ""


def _file_of(run_id: str, what: str, name: str | None, tracking_uri: str | None) -> Path:
    """The file of this name in the folder of a run's network; without a name, the network."""
    tags = _tags_of(run_id, what, tracking_uri)
    network = Path(tags.get(Tag.CHECKPOINT, ""))
    written = network.parent / name if name else network
    with existing_store(tracking_uri) as client:
        move = move_of(client.tracking_uri)
        written = move.path(written) if move else written
        if written.is_file():
            return written
        try:
            source = client.get_run(tags.get(Tag.REUSED_FROM, run_id))
            folder = source.info.artifact_uri or ""
            local = local_path(move.address(folder) if move else folder)
            if local is None:
                return Path(client.download_artifacts(source.info.run_id, written.name))
            if (local / written.name).is_file():
                return local / written.name
        except Exception:  # every kind of artifact store has errors of its own
            pass
    raise AnalysisError(f"the {what} of run {run_id} is gone: {written}")


def _tags_of(run_id: str, what: str, tracking_uri: str | None) -> Mapping[str, str]:
    """The tags of a run in the store; one that was read from a file need not be there."""
    try:
        with existing_store(tracking_uri) as client:
            return dict(client.get_run(run_id).data.tags)
    except AnalysisError as error:
        raise AnalysisError(
            f"the {what} of run {run_id} is only in the MLflow store that it ran with: {error}"
        ) from None
