"""Ray Tune's callback of a sweep: reports events to the tracker and to the board."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ray import tune

from analysis.records import EPOCH_METRICS, State, Tag
from analysis.text.redaction import redacted
from snn.config import TrialConfig
from snn.data.base import Data
from sweep.cluster.sharing.slots import Slots
from sweep.host.paths import LaunchPaths
from sweep.run.display.board import Board
from sweep.run.lives.deaths import Deaths
from sweep.run.lives.life import Event, Lives, Phase
from sweep.tracking.earlier_runs import Epochs, Ledger
from sweep.tracking.launch_log import LaunchLog
from sweep.tracking.shown.names import Naming
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, trial_tags
from sweep.trial.epochs import epochs_of
from sweep.trial.failures import UNKNOWN, Cause, cause_of
from sweep.trial.names import trial_name
from sweep.trial.outcome import BACKEND, EARLIER, EPOCH, MEMORY, NOTICE, Outcome, outcome_of

_RAY_IS_GONE = Cause("", environment=True)  # else it would be printed twice: by `fit`, too


class Observer(tune.Callback):
    """One per launch; knows the runs by their config_id."""

    def __init__(
        self,
        paths: LaunchPaths,
        tracker: MlflowTracker,
        board: Board,
        ledger: Ledger,
        datasets: Mapping[str, Data],
        slots: Slots,
        name: Naming = trial_name,
        seeds: int = 1,
    ) -> None:
        self._paths, self._tracker, self._board = paths, tracker, board
        self._log = LaunchLog(paths, tracker, name, seeds)
        self._ledger, self._datasets, self._slots = ledger, datasets, slots
        self._lives, self._lock = Lives(), threading.RLock()
        self._trials: list[Any] = []
        self._away = self._stranded = False
        self._shortage = ""
        self._deaths = Deaths()
        self._counted: set[str] = set()  # by config_id
        self.failures: dict[str, str] = {}

    # From Ray Tune

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Watch the nodes: trials may wait for one when the searcher has no more trials to give.

        If Ray has died, or the driver no longer waits for Tune, this thread stops here for good,
        because its next call of Ray could hang or crash.
        """
        if self._lives.closed or self._slots.servers.lost():
            threading.Event().wait()
        self._trials = trials
        self.slots()

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Begin the run of a trial, or continue it, on this node or another."""
        with self._taken(trial, Event.START):
            # Ray counts some deaths twice, and none of a trial that was handed out again
            trial.run_metadata.num_failures = self._deaths.count(trial.config["config_id"])

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Note an epoch, and earlier ones that a killed driver may not have noted."""
        with self._taken(trial, Event.RESULT) as config:
            if config is None:
                return
            if result.get(NOTICE):
                self._board.tell(f"{trial_name(config)}: {result[NOTICE]}")
            self._log.epochs(config, dict(enumerate(result.get(EARLIER, ()), start=1)))
            if MEMORY in result:
                self._slots.memory.report(float(result[MEMORY]))
            if EPOCH in result:
                metrics = {name: result[name] for name in EPOCH_METRICS if name in result}
                self._tracker.epoch(config.config_id, int(result[EPOCH]), metrics)
                self._board.epoch(config.config_id, metrics, int(result[EPOCH]))
        self._tell_of_mlflow()

    def on_trial_save(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial is paused, and waits for others; Tune is asked to save for no other reason."""
        with self._taken(trial, Event.PAUSE):
            pass

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Say that a trial goes on from its last epoch after its process or node has died."""
        cause = self._judge(trial)
        with self._taken(trial, Event.RECOVER) as config:
            if config is None:
                return
            if cause.memory:
                self._make_room(config)
                # lack of memory is not the trial's own failure
                trial.run_metadata.num_failures -= 1
                trial.update_resources(self._slots.whole_node())
                return
            self._board.tell(f"{trial_name(config)} lost its process, and goes on in another")
            if cause.starting or cause.final:
                trial.max_failures = 0  # after the second time it is clear that it always fails

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """End the run of a trial that was done, pruned, diverged or interrupted."""
        with self._taken(trial, Event.COMPLETE) as config:
            if config is None:
                return
            result = trial.last_result
            where = {
                Tag.NODE: str(result.get("hostname", "")),
                Tag.BACKEND: result.get(BACKEND, ""),
            }
            outcome = outcome_of(result)
            self._log.end(config, outcome, where)
            self._count(config, outcome)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """End the run of a trial whose process failed, unless the trial will be run again."""
        cause = self._judge(trial)
        with self._taken(trial, Event.RECOVER if cause.again else Event.ERROR) as config:
            if config is None:
                return
            if cause.memory:
                self._make_room(config)
                return
            if cause.early:
                return
            self._log.end(config, cause.outcome)
            self._count(config, cause.outcome)

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its callbacks for a restore that we do not use: the outbox has it all."""
        return {}

    # From the searcher and the runner

    def slots(self) -> int:
        """How many trials there is room for; prints when there is none, and when there is again."""
        count = self._slots()
        if self._slots.shortage != self._shortage:
            self._shortage = self._slots.shortage
            self._board.tell(self._shortage)
        if self._stranded != (count == 0):
            self._stranded = count == 0
            news = "has room for trials again; the sweep goes on"
            if self._stranded:
                news = f"has no node with room for a trial ({self._slots.needs}); waiting for one"
            self._board.tell(f"the cluster {news}")
        waits = "" if self._board.progress.running else self._slots.taken()
        if waits:
            self._board.tell(waits)
        return count

    def reuse(self, config: TrialConfig, outcome: Outcome) -> None:
        """Record an earlier result in this launch, unless it is recorded already."""
        record = self._ledger.find(config) if outcome.reused_from else None
        if record is None or record.trial == trial_tags(self._paths, config)[Tag.TRIAL]:
            self.count(config, outcome)
        else:
            self._log.reuse(config, self._datasets[config.dataset], outcome, record)
            self._count(config, outcome, elsewhere=True, reused=True)

    def history(self, config: TrialConfig) -> Epochs:
        """The metrics by epoch of a trial that has ended, in this launch or another."""
        found = epochs_of(self._paths.trial(config.config_id), config)
        record = None if found else self._ledger.find(config)
        return record.epochs if record else found

    def count(self, config: TrialConfig, outcome: Outcome) -> None:
        """Count a trial that an earlier driver of this launch has finished.

        It may have been killed between telling the study and noting the end, or its notes may be
        lost with its disk: then the trial's own checkpoint has the epochs.
        """
        noted = self._tracker.state(config.config_id) == outcome.state
        if not noted and not self._lives.open(config.config_id):  # else its end will be reported
            self._log.begin(config, self._datasets[config.dataset])
            self._log.epochs(config, epochs_of(self._paths.trial(config.config_id), config))
            self._log.end(config, outcome)
        repeated = config.config_id in self._counted  # suggested twice, and run once
        self._count(config, outcome, elsewhere=True, reused=repeated)

    def drop(self, config: TrialConfig, reason: str) -> None:
        """The configuration of a trial was ended early, and the trial was done, or never begins."""
        if self._tracker.state(config.config_id):
            self._tracker.tag(config.config_id, {Tag.PRUNED: redacted(reason)})
        else:
            self._board.progress.planned -= 1

    def interrupt(self) -> None:
        """Close the runs of the trials that are still open, also those of a killed driver.

        Reports of Ray Tune after this are ignored.
        """
        with self._lock:
            self._lives.close()
            for key in self._tracker.open_runs:
                if key != SWEEP_RUN:
                    self._tracker.end(key, Outcome(State.INTERRUPTED), {})

    def cause(self, trial_id: str) -> Cause:
        """The reason why a trial has just failed, by its id in Ray Tune."""
        found = (trial for trial in self._trials if trial.trial_id == trial_id)
        return next(map(self._judge, found), UNKNOWN)

    def _judge(self, trial: Any) -> Cause:
        """The cause of a failure; final if memory ran out while the trial ran alone.

        A trial that has not failed as often as it may is handed out again if Ray gives it up.
        """
        if self._slots.servers.lost():
            return _RAY_IS_GONE
        cause, key = cause_of(trial), trial.config["config_id"]
        if self._deaths.is_repeated(trial, cause):
            return replace(cause, early=True, memory=False)
        if cause.memory and not self._slots.memory.fits(key):
            text = "this trial alone takes more memory than there is"
            return Cause(f"{text}: {cause.text}", final=True)
        failed = self._deaths.count(key)
        return replace(cause, early=not cause.environment and failed <= trial.max_failures)

    def _make_room(self, config: TrialConfig) -> None:
        running = len(self._board.progress.running) + 1
        self._slots.memory.kill(config.config_id, running)
        self._board.tell(
            f"{trial_name(config)} was killed because memory ran out; it comes back alone"
        )

    @contextmanager
    def _taken(self, trial: Any, event: Event) -> Iterator[TrialConfig | None]:
        """Begin the run if the event asks for it; returns its configuration, None to ignore it."""
        config = TrialConfig.parse(trial.config["trial"])
        with self._lock:
            step = self._lives.take(config.config_id, event)
            if step.begins:
                self._log.begin(config, self._datasets[config.dataset])
            if step.phase is Phase.RUNNING:
                name = trial_name(config)
                self._board.begin(config.config_id, name, config.epochs, config.group_id)
            if step.phase is Phase.WAITING:
                self._board.lose(config.config_id)
            yield config if step.counts else None

    def _tell_of_mlflow(self) -> None:
        away = bool(self._tracker.trouble)
        if away != self._away:
            news = "away; the sweep goes on and logs later" if away else "back"
            self._board.tell(f"MLflow is {news}")
        self._away = away

    def _count(
        self,
        config: TrialConfig,
        outcome: Outcome,
        *,
        elsewhere: bool = False,
        reused: bool = False,
    ) -> None:
        name, key, progress = trial_name(config), config.config_id, self._board.progress
        self._slots.memory.end(key)
        self._counted.add(key)
        if outcome.state == State.FAILED:
            self.failures[name] = outcome.reason
        if outcome.state == State.DONE:
            progress.best.add(config.group_id, key, name, outcome.metrics)
        self._board.end(key, outcome.state, elsewhere=elsewhere, reused=reused)
        self._log.standing(progress.ended, progress.metrics())
