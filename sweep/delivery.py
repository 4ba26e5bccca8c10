"""From the outbox to MLflow: in order, in batches, once."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from sweep.outbox import Event, Outbox
from sweep.paths import LaunchPaths
from sweep.records import MLFLOW_STATUS, State, Tag

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_PARENT = "sweep"
# Without it, MLflow's UI opens an experiment as one of language models' traces.
_TRAINING_RUNS = {"mlflow.experimentKind": "custom_model_development"}


def quiet_mlflow() -> None:
    """Keep MLflow's own news (schema migrations, retries) from the user's terminal.

    Called before MLflow is imported: it reads these variables then.
    """
    for name, value in {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # the outbox retries, for as long as it takes
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "GIT_PYTHON_REFRESH": "quiet",
    }.items():
        os.environ.setdefault(name, value)
    for logger in ("mlflow", "alembic", "urllib3", "sqlalchemy"):
        logging.getLogger(logger).setLevel(logging.ERROR)


class Delivery:
    """Delivers the events of one launch.

    Attributes:
        trouble: Why the last attempt failed, in one line; empty when it did not.
    """

    def __init__(self, paths: LaunchPaths, outbox: Outbox) -> None:
        self._paths, self._outbox = paths, outbox
        self._client: MlflowClient | None = None
        self._experiment = ""
        self._logged: dict[tuple[str, str], set[int]] = {}
        self.trouble = ""

    def deliver_some(self) -> bool:
        """Deliver the next batch; whether that went well."""
        try:
            events, mark = self._outbox.undelivered()
            self._connect()
            runs = self._begin_runs(events)
            self._log_metrics(events, runs)
            self._end_runs(events, runs)
        except Exception as error:  # whatever MLflow, its database or the network may throw
            self.trouble = str(error).splitlines()[0][:200] if str(error) else repr(error)
            return False
        self._outbox.mark(mark, {k: v for k, v in runs.items() if k not in self._outbox.run_ids})
        self.trouble = ""
        return True

    def _connect(self) -> None:
        if self._client is None:
            quiet_mlflow()
            from mlflow.tracking import MlflowClient

            client = MlflowClient()
            found = client.get_experiment_by_name(self._paths.name)
            self._experiment = (
                found.experiment_id
                if found
                else client.create_experiment(self._paths.name, tags=_TRAINING_RUNS)
            )
            self._client = client

    @property
    def client(self) -> MlflowClient:
        """MLflow, once connected."""
        assert self._client is not None
        return self._client

    def _begin_runs(self, events: list[tuple[int, Event]]) -> dict[str, str]:
        runs = dict(self._outbox.run_ids)
        for offset, event in events:
            key = event["run"]
            if event["do"] != "begin":
                continue
            if key not in runs and offset < self._outbox.inherited:
                runs |= self._find(event)
            if key in runs:
                self.client.update_run(runs[key], status="RUNNING")
                self.client.set_tag(runs[key], Tag.STATE, State.RUNNING)
                continue
            parent = {Tag.PARENT: runs[_PARENT]} if key != _PARENT else {}
            run = self.client.create_run(
                self._experiment,
                start_time=event["time"],
                run_name=event["name"],
                tags=event["tags"] | parent,
            )
            runs[key] = run.info.run_id
            self._log_params(runs[key], event["params"])
        return runs

    def _find(self, event: Event) -> dict[str, str]:
        """The run of an event that may have been created before a crash, by its unique tag."""
        name = event["tags"][Tag.TRIAL]
        found = self.client.search_runs([self._experiment], f"tags.`{Tag.TRIAL}` = '{name}'")
        if found:
            self._log_params(found[0].info.run_id, event["params"])
        return {event["run"]: found[0].info.run_id} if found else {}

    def _log_params(self, run_id: str, params: dict[str, Any]) -> None:
        from mlflow.entities import Param

        self.client.log_batch(run_id, params=[Param(k, str(v)) for k, v in params.items()])

    def _log_metrics(self, events: list[tuple[int, Event]], runs: dict[str, str]) -> None:
        from mlflow.entities import Metric

        batches: dict[str, list[Metric]] = {}
        for offset, event in events:
            for name, value in event.get("metrics", {}).items():
                step = event["epoch"]
                if offset < self._outbox.inherited and self._has(runs[event["run"]], name, step):
                    continue
                metric = Metric(name, value, event["time"], step)
                batches.setdefault(event["run"], []).append(metric)
        for key, metrics in batches.items():
            for start in range(0, len(metrics), 1000):
                self.client.log_batch(runs[key], metrics=metrics[start : start + 1000])

    def _has(self, run_id: str, name: str, step: int) -> bool:
        """Whether MLflow has a metric of a step: asked only about what a crash left unmarked."""
        if (run_id, name) not in self._logged:
            history = self.client.get_metric_history(run_id, name)
            self._logged[run_id, name] = {metric.step for metric in history}
        return step in self._logged[run_id, name]

    def _end_runs(self, events: list[tuple[int, Event]], runs: dict[str, str]) -> None:
        from mlflow.entities import RunTag

        for _, event in events:
            if event["do"] != "end":
                continue
            run_id, state = runs[event["run"]], event["state"]
            tags = event["tags"] | {Tag.STATE: state}
            self.client.log_batch(run_id, tags=[RunTag(k, v) for k, v in tags.items()])
            for path in filter(os.path.exists, event["artifacts"]):
                self.client.log_artifact(run_id, path)
            self.client.set_terminated(run_id, MLFLOW_STATUS[state], end_time=event["time"])
