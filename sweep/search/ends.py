"""Rules that end a search before its plan is done.

A rule is asked before one more configuration is asked for. It knows what the launch has spent and
the configurations that are complete, and answers with a reason or with nothing. Trials that run are
ended only by the budget: they count as interrupted, and go on when the launch is resumed with a
larger one. After the other rules, configurations that have begun are finished with all seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, final

import numpy as np

from analysis.records import MAX
from sweep.spec.sections.budget import Budget
from sweep.spec.sections.stop import ENOUGH
from sweep.spec.specification import Specification
from sweep.tracking.spending import Spent

Found = Sequence[tuple[float, ...]]
"""The values of the metric of every complete configuration, by seed, in the order of their ends."""


class Rule(Protocol):
    """What can end a search.

    Attributes:
        key: Of the specification: it has the limit.
        at_once: Whether trials that run end, too.
    """

    @property
    def key(self) -> str:
        """See above."""

    @property
    def at_once(self) -> bool:
        """See above."""

    def reason(self, found: Found, spent: Spent) -> str:
        """Why the search ends now, in words; empty if it goes on."""


@dataclass(frozen=True)
class Confirmation:
    """What the confirmation of a sweep will take: the trials, and the epochs of all of them."""

    trials: int = 0
    epochs: int = 0

    def trial_s(self, spent: Spent) -> float:
        """Seconds of training, at the speed of the search so far."""
        return self.epochs * spent.trial_s / spent.epochs if spent.epochs else 0.0

    def wall_s(self, spent: Spent) -> float:
        """Seconds by the clock, with as many trials at a time as the search had on average."""
        if not spent.trial_s or not spent.wall_s or not self.trials:
            return 0.0
        at_once = min(spent.trial_s / spent.wall_s, self.trials)
        return self.trial_s(spent) / at_once


@dataclass(frozen=True)
class BudgetRule:
    """Ends a search when what is left of the budget is needed for the confirmation."""

    budget: Budget
    kept: Confirmation = Confirmation()
    key: str = "budget"
    at_once: bool = True

    def reason(self, found: Found, spent: Spent) -> str:
        """See `Rule`."""
        used, kept = self._used(spent)
        if used < 1:
            return ""
        text = f"the budget of {self.budget} is used up"
        return f"{text}, with {kept} kept for the confirmation" if self.kept.trials else text

    def _used(self, spent: Spent) -> tuple[float, str]:
        """The share that is used or kept, and how much is kept, in words."""
        if self.budget.epochs is not None:
            taken = spent.epochs + self.kept.epochs
            return taken / self.budget.epochs, f"{self.kept.epochs} epochs"
        if self.budget.trial_hours is not None:
            hours = self.kept.trial_s(spent) / 3600
            return (spent.trial_s / 3600 + hours) / self.budget.trial_hours, _hours(hours)
        assert self.budget.wall_hours is not None
        hours = self.kept.wall_s(spent) / 3600
        return (spent.wall_s / 3600 + hours) / self.budget.wall_hours, _hours(hours)


@dataclass(frozen=True)
class TargetRule:
    """Ends a search when the mean of a configuration over its seeds is good enough."""

    metric: str
    mode: str
    target: float
    key: str = "stop.target"
    at_once: bool = False

    def reason(self, found: Found, spent: Spent) -> str:
        """See `Rule`."""
        sign = 1 if self.mode == MAX else -1
        best = max((sign * math.fsum(values) / len(values) for values in found), default=-math.inf)
        if best < sign * self.target:
            return ""
        return f"a configuration has {self.metric} {sign * best:.4f}; the target is {self.target:g}"


@dataclass(frozen=True)
class NoiseRule:
    """Ends a search when more of it is expected to gain less than the noise between seeds.

    Of n complete configurations with k seeds each:

    - The noise is the standard error of a configuration's mean, s / √k. s² is the variance within
      configurations, pooled over the better half of them, because bad ones vary more.
    - The expected gain of m = n / 2 more configurations is at most E[M(n)] - E[M(n - m)], where
      M(i) is the best mean of i configurations: the expected best of i draws is concave in i. The
      unbiased estimate of E[M(i)] from n draws is the mean of the best over all subsets of i.
      That is for draws in any order. A sampler that learns finds better ones later, so what the
      best has gained in fact since the first n - m is taken if it is more.

    The best mean grows with n by luck alone, too: that growth is part of the estimate, so that the
    rule rather goes on for too long.

    Sources: Makarova et al. 2022, Automatic termination for hyperparameter optimization, AutoML
    (to stop when the regret that is left is below the noise of the estimate); Dodge et al. 2019,
    Show your work, EMNLP (the expected best of i draws); Tang et al. 2020, Showing your work
    doesn't always work, ACL (its unbiased estimate).
    """

    metric: str
    mode: str
    key: str = "stop.noise"
    at_once: bool = False

    def reason(self, found: Found, spent: Spent) -> str:
        """See `Rule`."""
        if len(found) < ENOUGH:
            return ""
        values = np.array(found) * (1 if self.mode == MAX else -1)
        more = len(found) // 2
        gain, noise = expected_gain(values.mean(axis=1), more), noise_of_mean(values)
        if not gain < noise:
            return ""
        return (
            f"{more} more configurations are expected to gain at most {gain:.2g} of {self.metric}, "
            f"less than the noise between seeds, {noise:.2g}"
        )


def noise_of_mean(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """The standard error of a mean over seeds, from the better half of the configurations.

    Args:
        values: Of shape (configurations, seeds); more is better.
    """
    better = np.argsort(values.mean(axis=1))[len(values) // 2 :]
    return float(np.sqrt(values[better].var(axis=1, ddof=1).mean() / values.shape[1]))


def expected_gain(means: np.ndarray[tuple[int], np.dtype[np.float64]], more: int) -> float:
    """What `more` configurations are expected to add to the best mean, at most; see `NoiseRule`.

    Args:
        means: Of the configurations, in the order of their ends; more is better.
        more: Fewer than there are.
    """
    before = len(means) - more
    ranked = np.sort(means)
    # The i-th lowest is the best of a subset if the other members are among the i - 1 below it:
    # of all subsets of a size, the share C(i - 1, size - 1) / C(n, size), by recursion from the top
    share, expected = before / len(means), 0.0
    for i in range(len(means), before - 1, -1):
        expected += share * float(ranked[i - 1])
        share *= (i - before) / (i - 1) if i > 1 else 0.0
    best = float(ranked[-1])
    return max(best - expected, best - float(means[:before].max()))


@final
class Ends:
    """The rules of a search, with what it has found; a search that has ended stays so.

    Args:
        rules: Asked in this order.
        spent: What the launch has taken up to now.

    Attributes:
        reason: Why the search has ended, in words; empty before.
        key: Of the rule that ended it; empty if none did.
        at_once: Whether trials that run have to end.
    """

    def __init__(
        self, rules: Sequence[Rule] = (), spent: Callable[[], Spent] = lambda: Spent()
    ) -> None:
        self._rules, self._spent = rules, spent
        self._found: list[tuple[float, ...]] = []
        self.reason, self.key, self.at_once = "", "", False

    def add(self, values: Sequence[float]) -> None:
        """Take a complete configuration: the values of the metric by seed."""
        self._found.append(tuple(values))

    def end(self, reason: str) -> None:
        """End the search for another reason than a rule."""
        self.reason = self.reason or reason

    def over(self) -> str:
        """Why no more configurations are to be asked for; empty if some are."""
        self._ask([] if self.reason else self._rules)
        return self.reason

    def over_at_once(self) -> bool:
        """Whether also the trials that run have to end."""
        self._ask([] if self.at_once else [rule for rule in self._rules if rule.at_once])
        return self.at_once

    def _ask(self, rules: Sequence[Rule]) -> None:
        for rule in rules:
            reason = rule.reason(self._found, self._spent())
            if reason:
                self.reason, self.key, self.at_once = reason, rule.key, rule.at_once
                return


def make_ends(sweep: Specification, spent: Callable[[], Spent]) -> Ends:
    """The rules of a specification.

    Args:
        sweep: The plan.
        spent: What the launch has taken up to now.
    """
    rules = list[Rule]()
    metric, mode = next(iter(sweep.directions.items()))
    if sweep.budget is not None:
        rules.append(BudgetRule(sweep.budget, Confirmation(*sweep.confirmation_planned())))
    if sweep.stop.target is not None:
        rules.append(TargetRule(metric, mode, sweep.stop.target))
    if sweep.stop.noise:
        rules.append(NoiseRule(metric, mode))
    return Ends(rules, spent)


def _hours(hours: float) -> str:
    return f"{hours:.2g} h" if hours >= 1 else f"{60 * hours:.2g} min"
