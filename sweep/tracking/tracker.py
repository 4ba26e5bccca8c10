"""Logging of a sweep, and the retry while MLflow cannot be reached.

The tracker never waits for MLflow. It writes events to the outbox on disk, and a thread delivers
them in the background.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, final

from analysis.records import KIND_SWEEP, KIND_TRIAL, State, Tag
from analysis.text.redaction import redacted
from snn.config import TrialConfig
from sweep.host.paths import LaunchPaths
from sweep.tracking.delivery import Delivery
from sweep.tracking.outbox import Event, Outbox, events_in
from sweep.tracking.spending import Spending, Spent
from sweep.trial.outcome import Outcome

_EVERY_S = 2.0  # so that a batch has the events of many trials
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0  # between attempts
# how long to wait at the end for a store that is away: a server can restart in this time
_PATIENCE_S = 30.0

SWEEP_RUN = "sweep"
"""Key of the parent run in the outbox; trials are keyed by their configuration."""


@final
class MlflowTracker:
    """Writes to the outbox of a launch, and delivers from it in the background.

    Runs are named by keys: `SWEEP_RUN`, and the `config_id` of each trial.

    Attributes:
        spending: What the launch has taken so far.
        ended: Which rule has ended the search, by the notes of the launch; empty if none has.

    Raises:
        OSError: The outbox cannot be written.
    """

    def __init__(self, paths: LaunchPaths) -> None:
        self._paths = paths
        self._outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
        self._epochs: dict[str, int] = {}
        self._states: dict[str, str] = {}
        self._tags: dict[str, dict[str, str]] = {}  # added after the begin
        self.spending, self.ended = Spending(SWEEP_RUN), ""
        for event in self._outbox.all_events():
            self._remember(event)
        self._wake, self._closing = threading.Event(), threading.Event()
        self._patience_s = _PATIENCE_S
        self._delivery = Delivery(paths, self._outbox)
        self._thread = threading.Thread(target=self._deliver, name="mlflow", daemon=True)
        self._thread.start()

    def begin(
        self,
        key: str,
        name: str,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        *,
        data: Mapping[str, Any] | None = None,
        experiment: Mapping[str, str] | None = None,
    ) -> None:
        """Note the begin of a run.

        Args:
            key: Of the run.
            name: For people.
            params: Its configuration.
            tags: Of the run, when it is made.
            data: A note of its data set.
            experiment: Tags of the experiment.
        """
        more = {"data": data, "experiment": experiment}
        event = {"do": "begin", "run": key, "name": name, "params": params, "tags": tags}
        self._note(event | {name: values for name, values in more.items() if values})

    def epoch(self, key: str, epoch: int, metrics: Mapping[str, float]) -> None:
        """Note the metrics of an epoch."""
        if epoch > self._epochs.get(key, 0):
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
                "tags": {**tags} | _reason(outcome),
                "artifacts": artifacts,
            }
        )

    def tag(self, key: str, tags: Mapping[str, str]) -> None:
        """Note tags of a run that has begun, unless they are noted already."""
        if not tags.items() <= self._tags.get(key, {}).items():
            self._note({"do": "tag", "run": key, "tags": {**tags}})

    def state(self, key: str) -> str:
        """The state of a run by the notes, also of earlier drivers; empty if it never began."""
        return self._states.get(key, "")

    @property
    def open_runs(self) -> list[str]:
        """Runs that have begun and not ended, the last begun first: the parent ends last."""
        return [key for key, state in reversed(self._states.items()) if state == State.RUNNING]

    def close(self, patience_s: float | None = None) -> str:
        """Deliver the rest. If the store is away, wait for it, but not for ever.

        Args:
            patience_s: How long that is; enough to restart a server if not given.

        Returns:
            What was not delivered, in one line; it stays in the outbox.
        """
        self._patience_s = _PATIENCE_S if patience_s is None else patience_s
        self._closing.set()
        self._wake.set()
        self._thread.join()
        waiting, refusals = self._delivery.waiting, len(self._outbox.refused)
        self._outbox.close()
        lines = []
        if waiting:
            lines.append(
                f"MLflow did not take everything ({self._delivery.trouble}); the rest waits in "
                f"{self._paths.outbox}, deliver it with `spikesweep sync`"
            )
        if refusals:
            lines.append(
                f"MLflow refused {refusals} notes; they are in {self._paths.refused}, and "
                "`spikesweep sync` tries them again"
            )
        return "; ".join(lines)

    @property
    def trouble(self) -> str:
        """Why nothing can be delivered just now, or an empty string."""
        return self._delivery.trouble

    def _note(self, event: Event) -> None:
        noted = {**event, "time": int(time.time() * 1000)}
        self._outbox.append(noted)
        self._remember(noted)
        self._wake.set()

    def _remember(self, event: Event) -> None:
        """Keep the last epoch of every run, so that none is noted twice, and how it stands."""
        key = event["run"]
        self.spending.take(event)
        if event["do"] == "epoch":
            self._epochs[key] = event["epoch"]
        elif event["do"] == "tag":
            self._tags[key] = self._tags.get(key, {}) | event["tags"]
        else:
            self._states[key] = event.get("state", State.RUNNING)
            if key == SWEEP_RUN:
                self.ended = event["tags"].get(Tag.ENDED, "")

    def _deliver(self) -> None:
        """Hand over what is noted, in a thread. After a failure, try again after 1, 2, 4 … 30 s."""
        pause = 0.0
        away_since: float | None = None
        while True:
            self._wake.wait()
            self._wake.clear()
            last = self._closing.is_set()  # read before the drain: nothing is noted after it
            while self._delivery.waiting:
                if self._delivery.deliver_some():
                    pause, away_since = 0.0, None
                    continue
                away_since = away_since or time.monotonic()
                if self._closing.is_set() and time.monotonic() - away_since >= self._patience_s:
                    return
                pause = min(max(_FIRST_PAUSE_S, 2 * pause), _LONGEST_PAUSE_S)
                if self._closing.wait(pause):
                    time.sleep(_FIRST_PAUSE_S)
            if last:
                return
            self._closing.wait(_EVERY_S)


def _reason(outcome: Outcome) -> dict[str, str]:
    """The tag that says why a trial failed, or why its configuration was ended early."""
    if not outcome.reason:
        return {}
    ended_early = outcome.state in (State.PRUNED, State.DONE)
    return {Tag.PRUNED if ended_early else Tag.ERROR: redacted(outcome.reason)}


def spent_by(paths: LaunchPaths) -> Spent:
    """What the drivers of a launch have taken, while none runs."""
    spending = Spending(SWEEP_RUN)
    for event in events_in(paths.outbox):
        spending.take(event)
    return spending.of_earlier()


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
