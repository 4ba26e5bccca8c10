"""What was run before: finished runs in the MLflow store, by configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snn.config import TrialConfig
from sweep.errors import first_line
from sweep.outcome import Outcome
from sweep.records import EPOCH_METRICS, FINAL_METRICS, State, Tag
from sweep.store import open_store, store_exists

if TYPE_CHECKING:
    from mlflow.entities import Run

_PAGE = 1000


@dataclass(frozen=True)
class Record:
    """A finished run: its MLflow id, the unique name of its trial, its final metrics, its files."""

    run_id: str
    trial: str
    checkpoint: str
    metrics: dict[str, float]


class Ledger:
    """Finished runs on the data of given digests.

    Attributes:
        trouble: Why the store could not be read, in one line; then the ledger is empty.
    """

    def __init__(self, digests: Iterable[str]) -> None:
        self.trouble = ""
        self._records: dict[str, Record] = {}
        try:
            for digest in digests if store_exists() else ():
                self._read(digest)
        except Exception as error:  # whatever MLflow, its database or the network may throw
            self.trouble = first_line(error)

    def __len__(self) -> int:
        return len(self._records)

    def find(self, config: TrialConfig) -> Record | None:
        """The latest finished run of this configuration and seed."""
        return self._records.get(config.config_id)

    def lookup(self, config: TrialConfig) -> Outcome | None:
        """The same as an outcome."""
        record = self.find(config)
        return Outcome(State.DONE, record.metrics, reused_from=record.run_id) if record else None

    def history(self, record: Record) -> dict[int, dict[str, float]]:
        """Metrics of every epoch of a run."""
        client, epochs = open_store(), dict[int, dict[str, float]]()
        for name in EPOCH_METRICS:
            for metric in client.get_metric_history(record.run_id, name):
                epochs.setdefault(metric.step, {})[name] = metric.value
        return dict(sorted(epochs.items()))

    def _read(self, digest: str) -> None:
        client = open_store()
        experiments = [found.experiment_id for found in client.search_experiments()]
        wanted = f"tags.`{Tag.STATE}` = '{State.DONE}' AND tags.`{Tag.DATA_SHA256}` = '{digest}'"
        token = None
        while True:
            page = client.search_runs(
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
            self._records[tags[Tag.CONFIG_ID]] = Record(
                run_id=run.info.run_id,
                trial=tags.get(Tag.TRIAL, ""),
                checkpoint=tags.get(Tag.CHECKPOINT, ""),
                metrics={name: metrics[name] for name in FINAL_METRICS if name in metrics},
            )
