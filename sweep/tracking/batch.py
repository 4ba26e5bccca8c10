"""What a run gets at once: params, tags, data sets, metrics, its end, in few requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from analysis.records import MLFLOW_STATUS, State, Tag
from snn.training.checkpoints.place import Place
from sweep.host.paths import TrialPaths
from sweep.tracking.outbox import Event
from sweep.tracking.shown.data_sets import inputs_of

if TYPE_CHECKING:
    from mlflow.entities import Metric
    from mlflow.tracking import MlflowClient

_PER_REQUEST = 800  # metrics; MLflow takes 1,000 items a request, params and tags among them


class Batch:
    """The part of a batch that belongs to one run."""

    def __init__(self) -> None:
        self._params: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._metrics: list[Metric] = []
        self._end: Event | None = None
        self._artifacts: list[str] = []
        self._data: Mapping[str, Any] = {}

    def add(self, event: Event, metrics: Sequence[Metric]) -> None:
        """Add an event with those of its metrics that MLflow does not have."""
        self._metrics += metrics
        if event["do"] == "begin":
            self._params |= {key: str(value) for key, value in event["params"].items()}
            self._tags[Tag.STATE] = State.RUNNING
            self._data = event.get("data", {})  # earlier versions noted none
            self._end, self._artifacts = None, []
        elif event["do"] == "end":
            self._tags |= event["tags"] | {Tag.STATE: event["state"]}
            self._end, self._artifacts = event, event["artifacts"]
        elif event["do"] == "tag":
            self._tags |= event["tags"]

    def log(self, client: MlflowClient, run_id: str, files: TrialPaths) -> None:
        """Log everything, in as few requests as MLflow's limits allow; the end comes last.

        The folder of the launch may have been moved since its files were noted.
        """
        from mlflow.entities import Param, RunTag

        artifacts = {_place(file, files): _folder(file) for file in self._artifacts}
        if files.best in artifacts:
            self._tags[Tag.CHECKPOINT] = str(files.best)
        params = [Param(key, value) for key, value in self._params.items()]
        tags = [RunTag(key, value) for key, value in self._tags.items()]
        first, rest = self._metrics[:_PER_REQUEST], self._metrics[_PER_REQUEST:]
        client.log_batch(run_id, metrics=first, params=params, tags=tags)
        for start in range(0, len(rest), _PER_REQUEST):
            client.log_batch(run_id, metrics=rest[start : start + _PER_REQUEST])
        if self._data:
            client.log_inputs(run_id, inputs_of(self._data))
        if self._end is not None:
            for place, folder in artifacts.items():
                with _on_this_disk(place) as path:
                    if path is not None:
                        client.log_artifact(run_id, str(path), folder)
            status = MLFLOW_STATUS[self._end["state"]]
            client.set_terminated(run_id, status, end_time=self._end["time"])


def _place(noted: str, files: TrialPaths) -> Place:
    """The place of a noted file: noted by its name, in earlier versions by its whole path."""
    path, folder = PurePath(noted), files.folder
    is_of_trial = path.parent.parts[-4:] == folder.parts[-4:]  # NAME/LAUNCH/trials/CONFIG_ID
    return folder / (path.name if is_of_trial else noted)


def _folder(noted: str) -> str | None:
    """The folder of a noted file among the artifacts, if it was noted with one."""
    folder = PurePath(noted).parent
    return None if folder.is_absolute() or not folder.name else folder.as_posix()


@contextmanager
def _on_this_disk(found: Place) -> Iterator[Path | None]:
    """A file on this disk, fetched if it is in an object store; None if it does not exist."""
    if not found.exists():
        yield None
    elif isinstance(found, Path):
        yield found
    else:
        with TemporaryDirectory() as folder:
            copy = Path(folder) / found.name
            copy.write_bytes(found.read_bytes())
            yield copy


def metrics_of(event: Event) -> list[Metric]:
    """The metrics of an event."""
    from mlflow.entities import Metric

    values = event.get("metrics", {})
    return [Metric(name, value, event["time"], event["epoch"]) for name, value in values.items()]
