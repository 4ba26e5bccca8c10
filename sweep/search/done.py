"""Whether a launch has anything left to run, as its study and its notes tell it, without Ray."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from sweep.search.configurations.candidate import outcomes_of
from sweep.search.ends import make_ends
from sweep.search.identity import ASSIGNMENT, BREAKS
from sweep.spec.specification import Specification
from sweep.tracking.spending import Spent


def is_done(sweep: Specification, trials: Sequence[FrozenTrial], spent: Spent) -> bool:
    """Whether a launch has nothing left to run: all of its plan has ended, or a rule ended it.

    The budget leaves trials that have begun as they are. After another rule, they are finished.

    Args:
        sweep: The plan, whose rules may have changed since.
        trials: Of its study in the database, in their order.
        spent: What its drivers have taken.
    """
    asked = [trial for trial in trials if ASSIGNMENT in trial.user_attrs]
    ends, metric = make_ends(sweep, lambda: spent), next(iter(sweep.directions))
    for trial in asked:
        if trial.state == TrialState.COMPLETE and BREAKS not in trial.user_attrs:
            outcomes = outcomes_of(trial, sweep.seeds).values()
            ends.add([outcome.value(metric) for outcome in outcomes])
    if ends.over_at_once():
        return True
    all_ended = all(trial.state.is_finished() for trial in asked)
    return all_ended and (len(asked) >= sweep.configurations_planned() or bool(ends.over()))
