"""Ray Tune's callback of a sweep: passes what happens on to the tracker and to the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray import tune

from snn.config import TrialConfig
from snn.data import Dataset
from sweep.board import Board
from sweep.finish import trial_name
from sweep.ledger import Ledger
from sweep.outcome import BACKEND, EARLIER, EPOCH, Outcome, outcome_of
from sweep.paths import LaunchPaths
from sweep.provenance import provenance_tags
from sweep.records import EPOCH_METRICS, State, Tag
from sweep.tracking import MlflowTracker, trial_tags


class Observer(tune.Callback):
    """One per launch; knows the runs by their config_id."""

    def __init__(
        self,
        paths: LaunchPaths,
        tracker: MlflowTracker,
        board: Board,
        ledger: Ledger,
        datasets: Mapping[str, Dataset],
    ) -> None:
        self._paths, self._tracker, self._board = paths, tracker, board
        self._ledger, self._datasets = ledger, datasets
        self._open: dict[str, TrialConfig] = {}
        self.failures: dict[str, str] = {}

    # From Ray Tune

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Begin the run of a trial, or go on with it."""
        config = TrialConfig.parse(trial.config["trial"])
        if config.config_id not in self._open:
            self._begin(config, {})
        self._board.begin(config.config_id, trial_name(config), config.epochs)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Note an epoch, and those before it that a driver that is gone may not have noted."""
        key = trial.config["config_id"]
        for epoch, metrics in enumerate(result.get(EARLIER, ()), start=1):
            self._tracker.epoch(key, epoch, metrics)
        if EPOCH in result:
            metrics = {name: result[name] for name in EPOCH_METRICS if name in result}
            self._tracker.epoch(key, int(result[EPOCH]), metrics)
            self._board.epoch(key, metrics, int(result[EPOCH]))
        self._board.tell(
            self._tracker.trouble and "MLflow is away; the sweep goes on and logs later"
        )

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """End the run of a trial that was done, pruned, diverged or interrupted."""
        config = self._open[trial.config["config_id"]]
        result = trial.last_result
        where = {Tag.NODE: str(result.get("hostname", "")), Tag.BACKEND: result.get(BACKEND, "")}
        self._end(config, outcome_of(result), where)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """End the run of a trial whose process failed."""
        error = trial.get_error()
        lines = str(error).strip().splitlines() or ["its process died"]
        outcome = Outcome(State.FAILED, reason=lines[-1][:500])
        self._end(self._open[trial.config["config_id"]], outcome, {})

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its callbacks for a restore that we do not use: the outbox has it all."""
        return {}

    # From the searcher and the runner

    def reuse(self, config: TrialConfig, outcome: Outcome) -> None:
        """Record an earlier result as one of this launch, unless it is one already."""
        record = self._ledger.find(config) if outcome.reused_from else None
        if record is None or record.trial == trial_tags(self._paths, config)[Tag.TRIAL]:
            self.count(config, outcome)
        else:
            self._begin(config, {Tag.REUSED_FROM: record.run_id})
            for epoch, metrics in self._ledger.history(record).items():
                self._tracker.epoch(config.config_id, epoch, metrics)
            self._end(config, outcome, {Tag.CHECKPOINT: record.checkpoint}, reused=True)

    def count(self, config: TrialConfig, outcome: Outcome) -> None:
        """Count a trial that an earlier driver of this launch has settled."""
        value = outcome.value(self._board.progress.metric)
        self._board.end(config.config_id, trial_name(config), outcome.state, value, reused=True)

    def interrupt(self) -> None:
        """Close the runs of the trials that are still open."""
        for config in list(self._open.values()):
            self._end(config, Outcome(State.INTERRUPTED), {})

    def _begin(self, config: TrialConfig, tags: Mapping[str, str]) -> None:
        self._open[config.config_id] = config
        dataset = self._datasets[config.dataset]
        all_tags = {**trial_tags(self._paths, config), **provenance_tags(dataset), **tags}
        self._tracker.begin(config.config_id, trial_name(config), config.canonical(), all_tags)

    def _end(
        self, config: TrialConfig, outcome: Outcome, tags: dict[str, str], *, reused: bool = False
    ) -> None:
        key = config.config_id
        files = self._paths.trial(key)
        artifacts: list[str] = []
        if outcome.state == State.DONE and not reused:
            tags |= {Tag.CHECKPOINT: str(files.best)}
            artifacts = [str(files.best), str(files.confusion)]
        self._tracker.end(key, outcome, tags, artifacts)
        del self._open[key]
        if outcome.state == State.FAILED:
            self.failures[trial_name(config)] = outcome.reason
        value = outcome.value(self._board.progress.metric)
        self._board.end(key, trial_name(config), outcome.state, value, reused=reused)
