"""Finished runs in the MLflow store, by configuration, to be reused.

Anybody can write to a store, by hand or from a file, so tags alone prove nothing. A run is reused
only if its params are those of the wanted configuration, key by key, if it has as many epochs as
that configuration trains, and if its epochs have the metrics with which it ended.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.records import EPOCH_METRICS, FINAL_METRICS, SEARCHABLE, State, Tag
from snn.config import TrialConfig
from sweep.errors import first_line
from sweep.tracking.store import open_store, store_exists
from sweep.trial.outcome import Outcome
from sweep.trial.params import differences, param_values

if TYPE_CHECKING:
    from mlflow.entities import Run

_PAGE = 1000
Epochs = Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class EarlierRun:
    """A finished run.

    Attributes:
        run_id: In MLflow.
        trial: The unique name of its trial.
        checkpoint: Where its network is.
        params: Its configuration, as texts.
        metrics: Of its end.
        epochs: The metrics of every epoch; known once the run is found.
    """

    run_id: str
    trial: str
    checkpoint: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    epochs: Epochs


class Ledger:
    """Finished runs on the data of given digests.

    Args:
        digests: Of the data sets.
        tell: Called with a line for a run that is not what its tags say.

    Attributes:
        trouble: Why the store could not be read, in one line; then the ledger is empty.
    """

    def __init__(
        self, digests: Iterable[str], tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self.trouble = ""
        self._tell = tell
        self._records: dict[str, list[EarlierRun]] = {}
        self._found: dict[str, EarlierRun | None] = {}
        try:
            if not store_exists():
                return
            self._client = open_store()
            for digest in digests:
                self._read(digest)
        except Exception as error:  # MLflow, databases and networks raise errors of many kinds
            self._give_up(error)

    def __len__(self) -> int:
        return len(self._records)

    def runs(self) -> Iterator[EarlierRun]:
        """The latest run of every configuration and seed; their epochs are not read."""
        return (records[-1] for records in self._records.values())

    def has(self, config: TrialConfig) -> bool:
        """Whether a finished run has the params of this configuration; its epochs are not read."""
        records = self._records.get(config.config_id, ())
        return any(not differences(param_values(record.params), config) for record in records)

    def find(self, config: TrialConfig) -> EarlierRun | None:
        """The latest finished run of this configuration and seed, if it passes the checks."""
        key = config.config_id
        if key not in self._found:
            self._found[key] = self._latest(config)
        return self._found[key]

    def lookup(self, config: TrialConfig) -> Outcome | None:
        """The run as an outcome of a trial."""
        record = self.find(config)
        return Outcome(State.DONE, record.metrics, reused_from=record.run_id) if record else None

    def _latest(self, config: TrialConfig) -> EarlierRun | None:
        for record in reversed(self._records.get(config.config_id, ())):
            wrong = differences(param_values(record.params), config)
            if not wrong:
                try:
                    record = replace(record, epochs=self._history(record.run_id))
                # MLflow, databases and networks raise errors of many kinds
                except Exception as error:
                    self._give_up(error)
                    self._tell(f"MLflow cannot be read ({self.trouble}); no more runs are reused")
                    return None
                wrong = _broken(record, config)
            if not wrong:
                return record
            self._tell(f"MLflow run {record.run_id} is not used for {config.config_id}: {wrong}")
        return None

    def _history(self, run_id: str) -> Epochs:
        epochs = dict[int, dict[str, float]]()
        for name in EPOCH_METRICS:
            for metric in self._client.get_metric_history(run_id, name):
                epochs.setdefault(metric.step, {})[name] = metric.value
        return dict(sorted(epochs.items()))

    def _give_up(self, error: Exception) -> None:
        self.trouble = first_line(error)
        self._records.clear()

    def _read(self, digest: str) -> None:
        experiments = [found.experiment_id for found in self._client.search_experiments()]
        wanted = f"tags.`{Tag.STATE}` = '{State.DONE}' AND tags.`{Tag.DATA_SHA256}` = '{digest}'"
        token = None
        while True:
            page = self._client.search_runs(
                experiments,
                wanted,
                max_results=_PAGE,
                order_by=["start_time ASC"],
                page_token=token,
            )
            for run in page:
                self._add(run)
            token = page.token
            if not token:
                return

    def _add(self, run: Run) -> None:
        tags, metrics = run.data.tags, run.data.metrics
        if Tag.CONFIG_ID in tags:
            record = EarlierRun(
                run_id=run.info.run_id,
                trial=tags.get(Tag.TRIAL, ""),
                checkpoint=tags.get(Tag.CHECKPOINT, ""),
                params=run.data.params,
                metrics={name: metrics[name] for name in FINAL_METRICS if name in metrics},
                epochs={},
            )
            self._records.setdefault(tags[Tag.CONFIG_ID], []).append(record)


def _broken(record: EarlierRun, config: TrialConfig) -> str:
    """Why a run does not fit its configuration, in words; empty if it does."""
    count, best = len(record.epochs), record.metrics.get("best_epoch", math.nan)
    stalled = config.early_stopping and best + config.early_stopping <= count < config.epochs
    if list(record.epochs) != list(range(1, count + 1)) or not (count == config.epochs or stalled):
        return f"it has {count} of {config.epochs} epochs"
    if best not in record.epochs:
        return f"its best epoch is {best:g} of {count}"
    at_best = record.epochs[int(best)]
    for name in SEARCHABLE:
        ended = record.metrics.get(f"best_{name}")
        if ended is not None and name in at_best and not math.isclose(ended, at_best[name]):
            return f"its best_{name} is {ended:g}, and {at_best[name]:g} in its best epoch"
    return ""
