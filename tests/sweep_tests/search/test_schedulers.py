"""Who is ended early, and by comparison with whom: Ray's own ASHA, fed by hand."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.experiment import Trial
from ray.tune.schedulers import ASHAScheduler, TrialScheduler

from sweep.methods.schedulers.base import Past
from sweep.search.schedulers import make_scheduler
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from sweep.trial.outcome import EARLIER, EPOCH

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
    configs = [{"trial": {"hidden": kind, "lr": 1e-3 * (1 + n)}} for n, kind in enumerate(kinds)]
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


def one_after_another(
    plan: Specification, curves: list[list[float]], kill: tuple[int, int] | None = None
) -> list[int]:
    """How many epochs each trial does, if they run one at a time.

    Args:
        plan: Of the sweep.
        curves: The accuracy of every trial by epoch.
        kill: The driver is killed in this trial, after this epoch is kept and before the scheduler
            is asked; then the sweep is resumed.
    """
    some, done = trials([8] * len(curves)), list[int]()
    scheduler = make_scheduler(plan)
    for number, (trial, curve) in enumerate(zip(some, curves, strict=True)):
        scheduler.on_trial_add(CONTROLLER, trial)
        history = [{"val_accuracy": accuracy} for accuracy in curve]
        for epoch in range(1, EPOCHS + 1):
            result: dict[str, Any] = {**history[epoch - 1], EPOCH: epoch}
            if (number, epoch) == kill:
                ended = zip(some, done, curves, strict=False)
                scheduler = make_scheduler(plan, [past(*each) for each in ended])
                scheduler.on_trial_add(CONTROLLER, trial)
                result[EARLIER] = history[: epoch - 1]
            if epoch == EPOCHS:
                scheduler.on_trial_complete(CONTROLLER, trial, result)
            elif scheduler.on_trial_result(CONTROLLER, trial, result) == TrialScheduler.STOP:
                scheduler.on_trial_remove(CONTROLLER, trial)
                break
        done.append(epoch)
    return done


def past(trial: Trial, epochs: int, curve: list[float]) -> Past:
    kept = {epoch: {"val_accuracy": curve[epoch - 1]} for epoch in range(1, epochs + 1)}
    return Past(trial.config["trial"], kept)


curves = st.lists(
    st.lists(st.floats(0, 1), min_size=EPOCHS, max_size=EPOCHS), min_size=2, max_size=8
)


@given(curves, st.data(), st.sampled_from([[], ["hidden"]]))
@settings(max_examples=50, deadline=None)
def test_trials_one_at_a_time_end_at_the_same_epochs_though_the_sweep_was_killed_and_resumed(
    accuracies: list[list[float]], data: st.DataObject, each: list[str]
) -> None:
    plan = sweep(each=each)
    undisturbed = one_after_another(plan, accuracies)
    number = data.draw(st.integers(0, len(accuracies) - 1))
    epoch = data.draw(st.integers(1, undisturbed[number]))
    assert one_after_another(plan, accuracies, (number, epoch)) == undisturbed
