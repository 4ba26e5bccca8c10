"""Recorded steps: the numbers of steps done one by one, whatever happens in a step.

There are no graphs on a CPU; a recorder that does the work again on the same arrays stands in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from snn.config import TrialConfig
from snn.data import Dataset
from snn.errors import NonFiniteLossError
from snn.training.checkpoints import checkpoint
from snn.training.stepping import call_again
from snn.training.trainer import Trainer

SMALL: dict[str, Any] = {
    "dataset": "digits",
    "hidden": [24, 16],
    "n_steps": 12,
    "epochs": 3,
    "batch_size": 100,  # the last batch of an epoch is smaller
    "encoding": "constant",
}
STEPS: list[dict[str, Any]] = [
    {"recurrent": True, "learn_beta": True},
    {"encoding": "latency", "encoder_tau": 5.0, "lr_schedule": "one_cycle", "clip_norm": 1.0},
    {"encoding": "poisson", "encoder_tau": 2.0, "weight_average": 0.9},
    {"encoding": "periodic", "encoder_tau": 3.0, "label_smoothing": 0.1, "spike_penalty": 1e-3},
    {"dropout": 0.3, "augment_shift": 1.0, "augment_rotation": 10.0, "augment_mirror": True},
    {"dynamics": "mlp", "lr_schedule": "cosine", "dropout": 0.2},
    {"encoding": "rows", "crossing_levels": 3, "answer_steps": 2, "learn_tau_mem": True},
    {"encoding": "permuted", "recurrent": True, "learn_beta": True, "beta_per_neuron": True},
    {"loss": "mean_squared_error"},
    {"loss": "multi_class_margin", "dynamics": "mlp"},
]
TIMINGS = {"epoch_seconds", "samples_per_second"}


def trainer_of(dataset: Dataset, recorded: bool, **changes: Any) -> Trainer:
    recorder = call_again if recorded else None
    return Trainer(TrialConfig.parse(SMALL | changes), dataset, recorder=recorder)


def numbers(trainer: Trainer) -> list[Any]:
    """All measures of a training, and its weights."""
    history = [{k: v for k, v in m.items() if k not in TIMINGS} for m in trainer.history]
    return [history, {k: v.tolist() for k, v in trainer.used_network.state_dict().items()}]


@pytest.mark.parametrize("step", STEPS)
def test_recorded_steps_give_the_numbers_of_steps_done_one_by_one(
    digits: Dataset, step: dict[str, Any]
) -> None:
    one_by_one, recorded = (trainer_of(digits, how, **step) for how in (False, True))
    for trainer in (one_by_one, recorded):
        while not trainer.done:
            trainer.train_epoch()
    assert numbers(recorded) == numbers(one_by_one)


def test_a_step_is_recorded_once_for_every_size_of_batch(digits: Dataset) -> None:
    recorded: list[int] = []

    def counting(work: Any) -> Any:
        def replay() -> None:
            recorded[place] += 1
            work()

        place = len(recorded)
        recorded.append(0)
        return replay

    trainer = Trainer(TrialConfig.parse(SMALL), digits, recorder=counting)
    full, rest = divmod(len(trainer.train.labels), 100)
    assert rest
    for _ in range(3):
        trainer.train_epoch()
    assert recorded == [3 * full - 1, 3 - 1]  # the first step of a size is not a replay


def test_a_recorded_training_goes_on_from_a_checkpoint_of_any_other(
    digits: Dataset, tmp_path: Path
) -> None:
    step = {"lr_schedule": "cosine", "weight_average": 0.9}
    whole = trainer_of(digits, False, **step)
    while not whole.done:
        whole.train_epoch()
    for before, after in ((False, True), (True, False)):
        first, second = (trainer_of(digits, how, **step) for how in (before, after))
        first.train_epoch()
        checkpoint.save(tmp_path / "last.pt", first.state())
        second.load(checkpoint.load(tmp_path / "last.pt"))
        while not second.done:
            second.train_epoch()
        assert numbers(second) == numbers(whole)


def test_a_load_in_the_middle_of_a_training_records_anew(digits: Dataset) -> None:
    recorded: list[object] = []

    def counting(work: Any) -> Any:
        recorded.append(work)
        return work

    trainer = Trainer(TrialConfig.parse(SMALL), digits, recorder=counting)
    trainer.train_batches(3)
    state = trainer.state()
    trainer.train_batches(3)
    assert len(recorded) == 1
    trainer.load(state)
    trainer.train_batches(3)
    assert len(recorded) == 2


def test_more_batches_than_at_the_first_time_are_trained_on(digits: Dataset) -> None:
    trainer, other = (trainer_of(digits, how) for how in (True, False))
    for each in (trainer, other):
        assert each.train_batches(2) == 200
        each.train_epoch()
    assert numbers(trainer) == numbers(other)


def test_a_loss_that_is_no_number_ends_a_recorded_epoch(digits: Dataset) -> None:
    trainer = trainer_of(digits, True, lr=1e30)
    with pytest.raises(NonFiniteLossError, match="epoch 1"):
        trainer.train_epoch()


def test_progress_is_told_after_every_recorded_step(digits: Dataset) -> None:
    trainer, told = trainer_of(digits, True), list[int]()
    trainer.train_epoch(lambda seen, _: told.append(seen))
    total = len(trainer.train.labels)
    assert told == [*range(100, total, 100), total]


def test_the_state_of_a_recorded_training_is_plain(digits: Dataset) -> None:
    trainer = trainer_of(digits, True)
    trainer.train_epoch()
    groups = trainer.state()["optimiser"]["param_groups"]
    assert all(type(group["lr"]) is float and not group["capturable"] for group in groups)
    assert not any(torch.isnan(w).any() for w in trainer.state()["network"].values())
