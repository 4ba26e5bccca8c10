"""Ray Tune's callback of a sweep: passes what happens on to the tracker and to the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray import tune

from snn.config import TrialConfig
from snn.data import Dataset
from sweep.board import Board
from sweep.cluster import Slots
from sweep.finish import epochs_of, trial_name
from sweep.ledger import Ledger
from sweep.outcome import BACKEND, EARLIER, EPOCH, NOTICE, Outcome, outcome_of
from sweep.paths import LaunchPaths
from sweep.provenance import provenance_tags
from sweep.records import EPOCH_METRICS, State, Tag
from sweep.tracking import SWEEP_RUN, MlflowTracker, trial_tags


class Observer(tune.Callback):
    """One per launch; knows the runs by their config_id."""

    def __init__(
        self,
        paths: LaunchPaths,
        tracker: MlflowTracker,
        board: Board,
        ledger: Ledger,
        datasets: Mapping[str, Dataset],
        slots: Slots,
    ) -> None:
        self._paths, self._tracker, self._board = paths, tracker, board
        self._ledger, self._datasets, self._slots = ledger, datasets, slots
        self._running: dict[str, TrialConfig] = {}
        self._away = self._stranded = False
        self.failures: dict[str, str] = {}

    # From Ray Tune

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Look after the nodes: trials wait for one also when the searcher has no more."""
        self.slots()

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Begin the run of a trial, or go on with it, here or on another node."""
        config = TrialConfig.parse(trial.config["trial"])
        if config.config_id not in self._running:  # else it was moved from a node that died
            self._begin(config, {})
        self._running[config.config_id] = config
        self._board.begin(config.config_id, trial_name(config), config.epochs)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Note an epoch, and those before it that a driver that is gone may not have noted."""
        config = self._running[trial.config["config_id"]]
        key = config.config_id
        if result.get(NOTICE):
            self._board.tell(f"{trial_name(config)}: {result[NOTICE]}")
        self._note_epochs(config, dict(enumerate(result.get(EARLIER, ()), start=1)))
        if EPOCH in result:
            metrics = {name: result[name] for name in EPOCH_METRICS if name in result}
            self._tracker.epoch(key, int(result[EPOCH]), metrics)
            self._board.epoch(key, metrics, int(result[EPOCH]))
        self._tell_of_mlflow()

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Say that a trial whose process or node has died goes on, from its last epoch."""
        config = self._running[trial.config["config_id"]]
        self._board.tell(f"{trial_name(config)} lost its process, and goes on in another")

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """End the run of a trial that was done, pruned, diverged or interrupted."""
        config = self._running.pop(trial.config["config_id"], None)
        if config is None:  # stopped while it waited for a node
            return
        result = trial.last_result
        where = {Tag.NODE: str(result.get("hostname", "")), Tag.BACKEND: result.get(BACKEND, "")}
        outcome = outcome_of(result)
        self._note_end(config, outcome, where)
        self._count(config, outcome)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """End the run of a trial whose process failed."""
        config = TrialConfig.parse(trial.config["trial"])
        if self._running.pop(config.config_id, None) is None:  # its process could not be started
            self._begin(config, {})
        lines = str(trial.get_error()).strip().splitlines() or ["its process died"]
        outcome = Outcome(State.FAILED, reason=lines[-1][:500])
        self._note_end(config, outcome, {})
        self._count(config, outcome)

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its callbacks for a restore that we do not use: the outbox has it all."""
        return {}

    # From the searcher and the runner

    def slots(self) -> int:
        """How many trials there is room for; says when there is none, and when there is again."""
        count = self._slots()
        if self._stranded != (count == 0):
            self._stranded = count == 0
            news = "has room for trials again; the sweep goes on"
            if self._stranded:
                news = f"has no node with room for a trial ({self._slots.needs}); waiting for one"
            self._board.tell(f"the cluster {news}")
        return count

    def reuse(self, config: TrialConfig, outcome: Outcome) -> None:
        """Record an earlier result as one of this launch, unless it is one already."""
        record = self._ledger.find(config) if outcome.reused_from else None
        if record is None or record.trial == trial_tags(self._paths, config)[Tag.TRIAL]:
            self.count(config, outcome)
        else:
            self._begin(config, {Tag.REUSED_FROM: record.run_id})
            self._note_epochs(config, self._ledger.history(record))
            self._tracker.end(config.config_id, outcome, {Tag.CHECKPOINT: record.checkpoint})
            self._count(config, outcome, reused=True)

    def count(self, config: TrialConfig, outcome: Outcome) -> None:
        """Count a trial that an earlier driver of this launch has settled.

        It may have been killed between telling the study and noting the end, or its notes may be
        lost with its disk: then the trial's own checkpoint has the epochs.
        """
        if self._tracker.state(config.config_id) != outcome.state:
            self._begin(config, {})
            self._note_epochs(config, epochs_of(self._paths.trial(config.config_id)))
            self._note_end(config, outcome, {})
        self._count(config, outcome, reused=True)

    def interrupt(self) -> None:
        """Close the runs of the trials that are still open, also those of a killed driver."""
        for key in self._tracker.open_runs:
            if key != SWEEP_RUN:
                self._tracker.end(key, Outcome(State.INTERRUPTED), {})

    def _tell_of_mlflow(self) -> None:
        away = bool(self._tracker.trouble)
        if away != self._away:
            news = "away; the sweep goes on and logs later" if away else "back"
            self._board.tell(f"MLflow is {news}")
        self._away = away

    def _begin(self, config: TrialConfig, tags: Mapping[str, str]) -> None:
        dataset = self._datasets[config.dataset]
        all_tags = {**trial_tags(self._paths, config), **provenance_tags(dataset), **tags}
        self._tracker.begin(config.config_id, trial_name(config), config.canonical(), all_tags)

    def _note_epochs(self, config: TrialConfig, epochs: Mapping[int, Mapping[str, float]]) -> None:
        for epoch, metrics in epochs.items():
            self._tracker.epoch(config.config_id, epoch, metrics)

    def _note_end(self, config: TrialConfig, outcome: Outcome, tags: dict[str, str]) -> None:
        """Note the end of a trial of this launch, with its files if it is done."""
        files = self._paths.trial(config.config_id)
        artifacts: list[str] = []
        if outcome.state == State.DONE:
            tags |= {Tag.CHECKPOINT: str(files.best)}
            artifacts = [str(files.best), str(files.confusion)]
        self._tracker.end(config.config_id, outcome, tags, artifacts)

    def _count(self, config: TrialConfig, outcome: Outcome, *, reused: bool = False) -> None:
        name = trial_name(config)
        if outcome.state == State.FAILED:
            self.failures[name] = outcome.reason
        value = outcome.value(self._board.progress.metric)
        self._board.end(config.config_id, name, outcome.state, value, reused=reused)
