"""Logging of a sweep: what is to be recorded, and who records it.

The tracker takes notes and never waits for MLflow: it writes them to the outbox, from which a
thread delivers them in its own time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, final

from snn.config import TrialConfig
from sweep.delivery import Delivery
from sweep.outbox import Outbox
from sweep.outcome import Outcome
from sweep.paths import LaunchPaths
from sweep.records import KIND_SWEEP, KIND_TRIAL, State, Tag

SWEEP_RUN = "sweep"
"""Key of the parent run in the outbox; trials are keyed by their configuration."""


@final
class MlflowTracker:
    """Writes to the outbox of a launch, and delivers from it in the background.

    Runs are named by keys: `SWEEP_RUN`, and the `config_id` of each trial.

    Raises:
        OSError: The outbox cannot be written.
    """

    def __init__(self, paths: LaunchPaths) -> None:
        self._paths = paths
        self._outbox = Outbox(paths.outbox, paths.delivered)
        self._epochs = _last_epochs(self._outbox)
        self._wake, self._closing = threading.Event(), threading.Event()
        self._delivery = Delivery(paths, self._outbox)
        self._thread = threading.Thread(target=self._deliver, name="mlflow", daemon=True)
        self._thread.start()

    def begin(
        self, key: str, name: str, params: Mapping[str, Any], tags: Mapping[str, str]
    ) -> None:
        """Note the begin of a run."""
        self._note({"do": "begin", "run": key, "name": name, "params": params, "tags": tags})

    def epoch(self, key: str, epoch: int, metrics: Mapping[str, float]) -> None:
        """Note the metrics of an epoch."""
        if epoch > self._epochs.get(key, 0):
            self._epochs[key] = epoch
            self._note({"do": "epoch", "run": key, "epoch": epoch, "metrics": metrics})

    def end(
        self, key: str, outcome: Outcome, tags: Mapping[str, str], artifacts: Sequence[str] = ()
    ) -> None:
        """Note the end of a run."""
        self._note(
            {
                "do": "end",
                "run": key,
                "epoch": self._epochs.get(key, 0),
                "metrics": outcome.metrics,
                "state": outcome.state,
                "tags": {**tags, Tag.ERROR: outcome.reason} if outcome.reason else tags,
                "artifacts": artifacts,
            }
        )

    def close(self) -> str:
        """Wait while deliveries succeed; what MLflow does not take stays in the outbox."""
        self._closing.set()
        self._wake.set()
        self._thread.join()
        waiting = self._outbox.waiting
        self._outbox.close()
        if not waiting:
            return ""
        return (
            f"MLflow did not take everything ({self._delivery.trouble}); the rest waits in "
            f"{self._paths.outbox}, deliver it with `spikesweep sync`"
        )

    @property
    def trouble(self) -> str:
        """Why nothing can be delivered just now, or an empty string."""
        return self._delivery.trouble

    def _note(self, event: Mapping[str, Any]) -> None:
        self._outbox.append({**event, "time": int(time.time() * 1000)})
        self._wake.set()

    def _deliver(self) -> None:
        pause = 0.0
        while True:
            self._wake.wait()
            self._wake.clear()
            last = self._closing.is_set()  # read before the drain: nothing is noted after it
            while self._outbox.waiting:
                if self._delivery.deliver_some():
                    pause = 0.0
                    continue
                if self._closing.is_set():
                    return
                pause = min(max(1.0, 2 * pause), 30.0)
                self._closing.wait(pause)
            if last:
                return


def _last_epochs(outbox: Outbox) -> dict[str, int]:
    """Last noted epoch of every run, so that a resumed trial's reports are not noted twice."""
    return {event["run"]: event["epoch"] for event in outbox.all_events() if event["do"] == "epoch"}


def sweep_tags(paths: LaunchPaths) -> dict[str, str]:
    """Tags of the parent run of a launch."""
    return {
        Tag.KIND: KIND_SWEEP,
        Tag.SWEEP: paths.name,
        Tag.TRIAL: paths.key,
        Tag.STATE: State.RUNNING,
    }


def trial_tags(paths: LaunchPaths, config: TrialConfig) -> dict[str, str]:
    """Tags of the run of a trial."""
    return {
        Tag.KIND: KIND_TRIAL,
        Tag.SWEEP: paths.name,
        Tag.TRIAL: f"{paths.key}/{config.config_id}",
        Tag.CONFIG_ID: config.config_id,
        Tag.GROUP_ID: config.group_id,
        Tag.STATE: State.RUNNING,
    }
