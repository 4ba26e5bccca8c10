"""A scheduler over configurations: their seeds are judged together, by a rule.

A seed that reaches a rung before the others is paused there, and its place goes to another trial.
It goes on when the configuration has been judged and survives. It is not paused while all that are
missing train the epoch before the rung: they will be there before another trial could start.

Nobody waits for ever: a seed that failed is not waited for, and if the searcher hands out no more
trials and nothing else can run, those that wait go on alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from analysis.records import State
from snn.config import TrialConfig
from sweep.methods.schedulers.base import Comparison, Past
from sweep.methods.schedulers.configuration import Configuration, Metrics
from sweep.methods.schedulers.contest import Contest, Epochs


class Rule(Protocol):
    """Judges the configurations of one kind."""

    rungs: list[int]

    def waits_at(self, mine: Configuration) -> int:
        """The rung at which a configuration must wait for a seed; 0 if it goes on or has ended."""

    def in_play(self, mine: Configuration) -> tuple[int, ...]:
        """The seeds of a configuration that may begin."""

    def promoted(self) -> Iterable[Configuration]:
        """Those that waited, for others than their own seeds, and go on now."""

    def held(self) -> Iterable[tuple[Configuration, str]]:
        """Those that wait so, with why they have ended if they never go on."""

    def last(self) -> Iterable[Configuration]:
        """Those that go on all the same, since no others will come."""


class Replicates(Contest):
    """Judges configurations by a rule, those of each kind among themselves.

    Args:
        trials: How they are compared, and the trials that have ended before.
        make: The rule of one kind.
    """

    def __init__(self, trials: Comparison, make: Callable[[], Rule]) -> None:
        super().__init__(trials)
        self._make = make
        self._rules: dict[str, Rule] = {}
        self._rule_of: dict[str, Rule] = {}  # by the name of a configuration
        self._waiting: dict[str, Configuration] = {}  # by the ids of the trials
        self._unseen: dict[str, Configuration] = {}  # a seed has ended since they were judged
        for past in trials.past:
            self._remember(past)
        self._look_at_all()

    # For the searcher

    @property
    def paused(self) -> int:
        """How many trials wait for others of their configuration, and use no resources.

        One that is still being saved has its process: if its place were given away now, another
        process would be asked for, to be given up a moment later.
        """
        waiting = (trial for trial, _, _ in self._live.values() if trial.trial_id in self._waiting)
        return sum(trial.status == Trial.PAUSED for trial in waiting)

    def holds(self, trial_id: str) -> bool:
        """Whether the configuration of a trial was judged, and waits for others to be promoted."""
        waiting = self._waiting.get(trial_id)
        return waiting is not None and waiting.held

    def begins(self, config: TrialConfig) -> bool:
        """Whether a seed of a configuration may begin now."""
        mine = self._configuration(config)
        return config.seed in self._rule_of[mine.name].in_play(mine)

    def reason(self, config: TrialConfig) -> str:
        """Why a configuration was ended early; empty if it was not."""
        self._look_at_all()
        return super().reason(config)

    def recall(self, config: TrialConfig, epochs: Epochs) -> None:
        """A seed had begun under an earlier driver: others are compared with it from now on."""
        mine = self._configuration(config)
        mine.note(config.seed, epochs)
        last = mine.latest(config.seed)
        mine.passed |= {rung for rung in self._rule_of[mine.name].rungs if rung < last}
        self._unseen[mine.name] = mine

    def settle(self, config: TrialConfig, state: str, metrics: Metrics, epochs: Epochs) -> None:
        """A seed has ended, here or in another sweep: the others may have waited for it."""
        super().settle(config, state, metrics, epochs)
        mine = self._configuration(config)
        self._unseen[mine.name] = mine

    # From Ray Tune

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """A trial came to its end, or was stopped."""
        found = self._live.get(trial.trial_id)
        if found:
            self._note(found[1], found[2], result)
            self._unseen[found[1].name] = found[1]
        super().on_trial_complete(tune_controller, trial, result)
        self._waiting.pop(trial.trial_id, None)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """A trial failed."""
        super().on_trial_error(tune_controller, trial)
        self._waiting.pop(trial.trial_id, None)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """A trial was stopped while it was paused."""
        super().on_trial_remove(tune_controller, trial)
        self._waiting.pop(trial.trial_id, None)

    def _decide(
        self,
        controller: Any,
        trial: Trial,
        mine: Configuration,
        seed: int,
        result: dict[str, Any],
    ) -> str:
        self._look_at_all()
        self._note(mine, seed, result)
        rung = self._look(mine)
        if mine.out or not rung or mine.latest(seed) < rung or self._near(mine, rung):
            return TrialScheduler.CONTINUE
        self._waiting[trial.trial_id] = mine
        return TrialScheduler.PAUSE

    def _choose(self, controller: Any) -> Trial | None:
        """What has survived goes on before anything new; what waits goes on if nothing else can."""
        self.stuck = False
        self._look_at_all()
        for rule in self._rules.values():
            for mine in rule.promoted():
                self._look(mine)
        live = [trial for trial, _, _ in self._live.values()]
        going_on = self._next_paused()
        if going_on:
            return going_on if self._taken() < self.slots() else None
        new = next((trial for trial in live if trial.status == Trial.PENDING), None)
        if new or not self._waiting or self.more():
            return new
        if not all(trial.status == Trial.PAUSED for trial in live):
            return None
        if self._held():
            return self._next_paused()
        oldest = next(trial for trial in live if trial.trial_id in self._waiting)
        self._waiting[oldest.trial_id].alone = True
        self._look(self._waiting[oldest.trial_id])
        return oldest

    def _taken(self) -> int:
        """How many trials run, or go on and are being started."""
        live = self._live.values()
        running = sum(trial.status == Trial.RUNNING for trial, _, _ in live)
        return running + sum(t.status == Trial.PENDING and m.latest(s) > 0 for t, m, s in live)

    def _next_paused(self) -> Trial | None:
        """The next of the paused trials that wait no longer."""
        live = (trial for trial, _, _ in self._live.values())
        paused = (trial for trial in live if trial.status == Trial.PAUSED)
        return next((trial for trial in paused if trial.trial_id not in self._waiting), None)

    def _held(self) -> bool:
        """Whether some wait for their promotion; when the search is over, they end."""
        held = [each for rule in self._rules.values() for each in rule.held()]
        self.stuck = bool(held) and not self.over()
        if self.stuck or not held:
            return bool(held)
        last = [mine for rule in self._rules.values() for mine in rule.last()]
        for mine in last:
            self._look(mine)
        for mine, reason in () if last else held:
            self._end(mine, reason)
        return True

    # The rule

    def _meet(self, mine: Configuration, config: TrialConfig) -> None:
        kind = ""
        if self._trials.each:
            params = config.params()
            kind = json.dumps([params.get(key) for key in self._trials.each])
        if kind not in self._rules:
            self._rules[kind] = self._make()
        self._rule_of[mine.name] = self._rules[kind]

    def _look(self, mine: Configuration) -> int:
        """Judge what can be judged; the rung at which a configuration waits, 0 for none."""
        rung = self._rule_of[mine.name].waits_at(mine)
        if mine.out:
            self._ending.add(mine.name)
        else:
            for trial, _, seed in self._members(mine.name):
                if not rung or mine.latest(seed) < rung:
                    self._waiting.pop(trial.trial_id, None)
        return rung

    def _near(self, mine: Configuration, rung: int) -> bool:
        """Whether all seeds that are missing at a rung train the epoch before it."""
        training = {
            seed
            for trial, _, seed in self._members(mine.name)
            if trial.status == Trial.RUNNING and trial.trial_id not in self._waiting
        }
        in_play = self._rule_of[mine.name].in_play(mine)
        missing = [s for s in mine.awaited(in_play) if mine.at(s, rung) is None]
        near = all(s in training and mine.latest(s) >= rung - 1 for s in missing)
        return bool(missing) and near

    def _note(self, mine: Configuration, seed: int, result: Mapping[str, Any]) -> None:
        """Keep an epoch, and those before it that an earlier driver has judged."""
        if self._trials.time not in result:
            return
        epoch = int(result[self._trials.time])
        before = dict(enumerate(result.get(self._trials.earlier, ()), start=1))
        new = mine.note(seed, {**before, epoch: result})
        mine.passed |= {
            rung for rung in self._rule_of[mine.name].rungs if rung in new and rung < epoch
        }

    def _remember(self, past: Past) -> None:
        """A trial of an earlier driver: others are compared with it, and it is not judged again."""
        config = TrialConfig.parse(past.config)
        mine = self._configuration(config)
        mine.note(config.seed, past.epochs)
        mine.passed |= {rung for rung in self._rule_of[mine.name].rungs if rung in past.epochs}
        if past.state in (State.DONE, State.FAILED):
            mine.end(config.seed, past.metrics if past.state == State.DONE else None)
        if past.state == State.PRUNED or past.reason:
            self._end(mine, past.reason or "ended early")
        self._unseen[mine.name] = mine

    def _look_at_all(self) -> None:
        """Judge what has changed by the end of a seed."""
        while self._unseen:
            self._look(self._unseen.pop(next(iter(self._unseen))))
