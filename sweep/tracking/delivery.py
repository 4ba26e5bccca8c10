"""Delivers events from the outbox to MLflow: in order, in batches, once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analysis.records import EXPERIMENT_TAGS, MLFLOW_STATUS, State, Tag
from analysis.text.addresses import artifacts_of
from snn.training.place import Place
from sweep.errors import SweepError, first_line
from sweep.host.paths import LaunchPaths, TrialPaths
from sweep.tracking.outbox import Entry, Event, Outbox
from sweep.tracking.same_store import experiment_of, gone
from sweep.tracking.store import address, open_store

if TYPE_CHECKING:
    from mlflow.entities import Experiment, Metric, Run
    from mlflow.tracking import MlflowClient

_PARENT = "sweep"

_PER_REQUEST = 800  # metrics; MLflow takes 1,000 items a request, params and tags among them
# Errors of an event, not of the network: a name too long, a run that was deleted.
_REFUSALS = frozenset(
    {"BAD_REQUEST", "INVALID_PARAMETER_VALUE", "INVALID_STATE", "RESOURCE_DOES_NOT_EXIST"}
)


class _RefusedError(Exception):
    """MLflow refuses an event."""


class Delivery:
    """Delivers the events of one launch.

    Attributes:
        trouble: Why the last attempt failed, in one line; empty when it did not.
    """

    def __init__(self, paths: LaunchPaths, outbox: Outbox) -> None:
        self._paths, self._outbox = paths, outbox
        self._client: MlflowClient | None = None
        self._experiment = ""
        self._runs = dict(outbox.run_ids)
        self._to_retry = outbox.refused_runs
        # Events before this place may have arrived without being marked. Without notes, this is a
        # new launch, or its notes were lost; MLflow will show which.
        self._uncertain_until = outbox.inherited or sys.maxsize
        self._logged: dict[tuple[str, str], set[int]] = {}
        self._created: set[str] = set()  # since the last failure: these have nothing unknown to us
        self.trouble = ""

    @property
    def waiting(self) -> bool:
        """Whether there is anything to deliver, or to try again."""
        return bool(self._to_retry) or self._outbox.waiting

    def deliver_some(self) -> bool:
        """Deliver the next batch; returns whether it succeeded."""
        entries = self._outbox.undelivered()
        try:
            self._connect()
            self._retry()
            for entry, reason in self._deliver_all(entries):
                self._outbox.set_aside(entry, reason)
        except Exception as error:  # MLflow, databases and networks raise errors of many kinds
            self._mark_uncertain(entries)
            self.trouble = first_line(error)
            return False
        self.trouble = ""
        return True

    def _connect(self) -> None:
        if self._client is not None:
            return
        client = open_store()
        known = experiment_of(client, self._outbox, self._paths)
        found = (
            client.get_experiment(known)
            if known
            else client.get_experiment_by_name(self._paths.name)
        )
        tags = {**EXPERIMENT_TAGS, Tag.SWEEP: self._paths.name}
        if found is None:
            folder = artifacts_of(client.tracking_uri, self._paths.name)
            self._experiment = client.create_experiment(self._paths.name, folder, tags=tags)
        else:
            _refuse_deleted(found)
            self._experiment = found.experiment_id
            if Tag.SWEEP not in found.tags:
                client.set_experiment_tag(self._experiment, Tag.SWEEP, self._paths.name)
        self._client = client
        self._outbox.belongs_to(address())
        if not self._outbox.inherited and not self._search(self._paths.key):
            self._uncertain_until = 0

    def _retry(self) -> None:
        """Deliver again, in order, all events of the runs with refused events.

        What MLflow has already is left out, so the runs end as if nothing had happened.
        """
        while self._to_retry:
            run = self._to_retry[0]
            entries = self._outbox.passed(run)
            self._mark_uncertain(entries)
            refused = {entry.start: reason for entry, reason in self._deliver_all(entries)}
            self._outbox.settle(run, refused)
            del self._to_retry[0]

    @property
    def client(self) -> MlflowClient:
        """MLflow, once connected."""
        assert self._client is not None
        return self._client

    def _mark_uncertain(self, entries: Sequence[Entry]) -> None:
        """Mark events as uncertain after a failure: ask MLflow before they are delivered again."""
        if entries:
            self._uncertain_until = max(self._uncertain_until, entries[-1].end)
        self._logged.clear()
        self._created.clear()

    def _deliver_all(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, str]]:
        """Deliver events together, or one by one if MLflow refuses some; yields those refused."""
        try:
            self._deliver(entries)
        except _RefusedError:
            self._mark_uncertain(entries)
            for entry in entries:
                try:
                    self._deliver([entry])
                except _RefusedError as error:
                    self._mark_uncertain([entry])
                    yield entry, str(error)

    def _deliver(self, entries: Sequence[Entry]) -> None:
        """Deliver events in their order, and mark them.

        Raises:
            _RefusedError: MLflow refuses one of them.
            SweepError: Their experiment is deleted.
        """
        from mlflow.exceptions import MlflowException

        known = set(self._outbox.run_ids)
        try:
            batches: dict[str, _Batch] = {}
            for entry in entries:
                event = entry.event
                if event["do"] == "begin":
                    self._begin_run(entry)
                if event["run"] not in self._runs:
                    raise _RefusedError("its run was refused")
                batch = batches.setdefault(event["run"], _Batch())
                batch.add(event, [m for m in _metrics(event) if not self._has(entry, m)])
            for key, batch in batches.items():
                batch.log(self.client, self._runs[key], self._paths.trial(key))
        except MlflowException as error:
            if error.error_code not in _REFUSALS:
                raise
            self._check_experiment()
            raise _RefusedError(first_line(error)) from None
        fresh = {key: run for key, run in self._runs.items() if key not in known}
        if entries:
            self._outbox.mark(entries[-1].end, fresh)

    def _check_experiment(self) -> None:
        """Check that the experiment is not deleted; a deletion can be undone.

        Raises:
            SweepError: It is deleted; the text says how to restore it.
        """
        from mlflow.exceptions import MlflowException

        try:
            _refuse_deleted(self.client.get_experiment(self._experiment))
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            raise gone(self._paths) from None

    def _begin_run(self, entry: Entry) -> None:
        """Create a run, or find it, or reopen it."""
        key, event = entry.event["run"], entry.event
        if key not in self._runs and entry.start < self._uncertain_until:
            self._find(event)
        if key in self._runs:
            self.client.update_run(self._runs[key], status="RUNNING")
            return
        if key != _PARENT and _PARENT not in self._runs:
            raise _RefusedError("its parent run was refused")
        parent = {Tag.PARENT: self._runs[_PARENT]} if key != _PARENT else {}
        run = self.client.create_run(
            self._experiment,
            start_time=event["time"],
            run_name=event["name"],
            tags=event["tags"] | parent,
        )
        self._runs[key] = run.info.run_id
        self._created.add(run.info.run_id)

    def _find(self, event: Event) -> None:
        """The run of an event that may have been created before a crash, by its unique tag."""
        found = self._search(event["tags"][Tag.TRIAL])
        ours = next((run.info.run_id for run in found if _may_be(run, event)), None)
        if ours:
            self._runs[event["run"]] = ours

    def _search(self, name: str) -> list[Run]:
        from mlflow.entities import ViewType

        named = f"tags.`{Tag.TRIAL}` = '{name}'"
        return list(self.client.search_runs([self._experiment], named, ViewType.ALL))

    def _has(self, entry: Entry, metric: Metric) -> bool:
        """Whether MLflow has the metric of a step already; asked only for uncertain events."""
        if entry.start >= self._uncertain_until:
            return False
        run_id = self._runs[entry.event["run"]]
        if run_id in self._created:
            return False
        if (run_id, metric.key) not in self._logged:
            history = self.client.get_metric_history(run_id, metric.key)
            self._logged[run_id, metric.key] = {logged.step for logged in history}
        return metric.step in self._logged[run_id, metric.key]


class _Batch:
    """The part of a batch that belongs to one run."""

    def __init__(self) -> None:
        self._params: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._metrics: list[Metric] = []
        self._end: Event | None = None
        self._artifacts: list[str] = []

    def add(self, event: Event, metrics: Sequence[Metric]) -> None:
        """Add an event with those of its metrics that MLflow does not have."""
        self._metrics += metrics
        if event["do"] == "begin":
            self._params |= {key: str(value) for key, value in event["params"].items()}
            self._tags[Tag.STATE] = State.RUNNING
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

        artifacts = [_place(file, files) for file in self._artifacts]
        if files.best in artifacts:
            self._tags[Tag.CHECKPOINT] = str(files.best)
        params = [Param(key, value) for key, value in self._params.items()]
        tags = [RunTag(key, value) for key, value in self._tags.items()]
        first, rest = self._metrics[:_PER_REQUEST], self._metrics[_PER_REQUEST:]
        client.log_batch(run_id, metrics=first, params=params, tags=tags)
        for start in range(0, len(rest), _PER_REQUEST):
            client.log_batch(run_id, metrics=rest[start : start + _PER_REQUEST])
        if self._end is not None:
            for place in artifacts:
                with _on_this_disk(place) as path:
                    if path is not None:
                        client.log_artifact(run_id, str(path))
            status = MLFLOW_STATUS[self._end["state"]]
            client.set_terminated(run_id, status, end_time=self._end["time"])


def _place(noted: str, files: TrialPaths) -> Place:
    """The place of a noted file: noted by its name, in earlier versions by its whole path."""
    path, folder = PurePath(noted), files.folder
    is_of_trial = path.parent.parts[-4:] == folder.parts[-4:]  # NAME/LAUNCH/trials/CONFIG_ID
    return folder / (path.name if is_of_trial else noted)


def _may_be(run: Run, event: Event) -> bool:
    """Whether a run agrees with the event that begins it.

    Launches of the first version, in several folders, share names in a common store.
    """
    params, tags = run.data.params, run.data.tags
    same = {key: str(value) for key, value in event["params"].items()}
    told = {key: event["tags"][key] for key in (Tag.SPEC, Tag.DATA_SHA256) if key in event["tags"]}
    return all(params.get(key, value) == value for key, value in same.items()) and all(
        tags.get(key, value) == value for key, value in told.items()
    )


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


def _refuse_deleted(experiment: Experiment) -> None:
    if experiment.lifecycle_stage != "active":
        raise SweepError(
            f"its experiment {experiment.name!r} is deleted; "
            f"mlflow experiments restore --experiment-id {experiment.experiment_id}"
        )


def _metrics(event: Event) -> list[Metric]:
    from mlflow.entities import Metric

    values = event.get("metrics", {})
    return [Metric(name, value, event["time"], event["epoch"]) for name, value in values.items()]
