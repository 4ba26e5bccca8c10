"""Who is ended early, and by comparison with whom: Ray's own ASHA, fed by hand."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.experiment import Trial
from ray.tune.schedulers import ASHAScheduler, TrialScheduler

from sweep.search.schedulers import make_scheduler
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from sweep.trial.outcome import EPOCH

GRACE, EPOCHS = 2, 12
CONTROLLER: Any = None  # ASHA does not ask it for anything


def sweep(**changes: Any) -> Specification:
    plan: dict[str, Any] = {
        "name": "kinds",
        "base": {"epochs": EPOCHS},
        "search": {"hidden": [8, [4, 4], 64], "lr": {"loguniform": [1e-4, 1e-2]}},
        "scheduler": {"name": "asha", "grace": GRACE},
        "each": ["hidden"],
    }
    return parse_sweep(plan | changes)


def trials(kinds: list[Any]) -> list[Trial]:
    configs = [{"trial": {"hidden": kind, "lr": 1e-3}} for kind in kinds]
    return [Trial("any", trial_id=f"t{n}", config=c, stub=True) for n, c in enumerate(configs)]


def ended(scheduler: TrialScheduler, some: list[Trial], accuracies: list[float]) -> list[str]:
    """The trials that the scheduler ends, of all that run side by side, one epoch after another."""
    for trial in some:
        scheduler.on_trial_add(CONTROLLER, trial)
    gone = list[str]()
    for epoch in range(1, EPOCHS + 1):
        for trial, accuracy in zip(some, accuracies, strict=True):
            result = {EPOCH: epoch, "val_accuracy": accuracy}
            if trial.trial_id in gone:
                continue
            if epoch == EPOCHS:
                scheduler.on_trial_complete(CONTROLLER, trial, result)
            elif scheduler.on_trial_result(CONTROLLER, trial, result) == TrialScheduler.STOP:
                scheduler.on_trial_remove(CONTROLLER, trial)
                gone.append(trial.trial_id)
    return gone


outcomes = st.lists(
    st.tuples(st.sampled_from([8, [4, 4], 64]), st.floats(0, 1)), min_size=1, max_size=24
)


@given(outcomes)
@settings(max_examples=50, deadline=None)
def test_each_kind_is_ended_as_if_it_ran_alone(runs: list[tuple[Any, float]]) -> None:
    together = trials([kind for kind, _ in runs])
    gone = ended(make_scheduler(sweep()), together, [accuracy for _, accuracy in runs])
    for kind in (8, [4, 4], 64):
        mine = [n for n, (its_kind, _) in enumerate(runs) if its_kind == kind]
        alone = ASHAScheduler(
            time_attr=EPOCH,
            metric="val_accuracy",
            mode="max",
            max_t=EPOCHS + 1,
            grace_period=GRACE,
            reduction_factor=3,
        )
        expected = ended(alone, [together[n] for n in mine], [runs[n][1] for n in mine])
        assert [name for name in gone if name in {f"t{n}" for n in mine}] == expected


def test_without_it_the_slow_kind_is_ended_by_the_fast() -> None:
    kinds, accuracies = [64, 64, 8, 8], [0.97, 0.98, 0.95, 0.96]
    assert ended(make_scheduler(sweep(each=[])), trials(kinds), accuracies) == ["t2", "t3"]
    assert ended(make_scheduler(sweep()), trials(kinds), accuracies) == []
