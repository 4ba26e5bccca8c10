"""Trainings side by side in one process have the numbers, to the bit, that each has alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from snn.config import TrialConfig
from snn.data import Dataset
from snn.errors import ConfigError, NonFiniteLossError
from snn.training.side_by_side import SideBySide, _OneAtATime
from snn.training.stepping import Recorder, call_again
from snn.training.trainer import Trainer
from tests.snn_tests.training.test_stepping import SMALL, numbers

THREADS = 2
KINDS: list[dict[str, Any]] = [
    {"encoding": "poisson", "encoder_tau": 2.0, "recurrent": True, "seed": 3},
    {"dropout": 0.3, "augment_shift": 1.0, "augment_rotation": 10.0, "augment_mirror": True},
    {"dynamics": "mlp", "dropout": 0.2, "weight_average": 0.9},
    {"encoding": "poisson", "backend": "reference", "dynamics": "alif", "hidden": 8},
]


def whole(trainer: Trainer) -> list[Any]:
    """Train to the end; all numbers, those of the test included."""
    while not trainer.done:
        trainer.train_epoch()
    test, confusion = trainer.test_best()
    return [*numbers(trainer), test, confusion.tolist()]


def alone(config: TrialConfig, digits: Dataset) -> list[Any]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        return whole(Trainer(config, digits))
    finally:
        torch.set_num_threads(before)


def at_once(work: list[Callable[[], Any]]) -> list[Any]:
    """Do all in threads that begin together; the results, or the errors."""
    together = threading.Barrier(len(work))

    def begin(one: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return one()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(begin, work))


def test_different_networks_side_by_side_have_the_numbers_of_each_alone(digits: Dataset) -> None:
    configs = [TrialConfig.parse(SMALL | kind) for kind in KINDS]
    side = SideBySide("cpu", THREADS)

    def beside(config: TrialConfig) -> list[Any]:
        with side.lane():
            assert torch.get_num_threads() == THREADS
            return whole(side.trainer(config, digits))

    torch.manual_seed(0)
    found = at_once([lambda config=config: beside(config) for config in configs])
    assert found == [alone(config, digits) for config in configs]


def test_one_that_diverges_or_fails_does_not_touch_its_neighbour(digits: Dataset) -> None:
    good, bad = (TrialConfig.parse(SMALL | {"lr": lr}) for lr in (1e-3, 1e30))
    side = SideBySide("cpu", THREADS)

    def beside(config: TrialConfig) -> list[Any]:
        with side.lane():
            return whole(side.trainer(config, digits))

    diverged, fine = at_once([lambda: beside(bad), lambda: beside(good)])
    assert isinstance(diverged, NonFiniteLossError)
    assert fine == alone(good, digits)


def test_steps_are_recorded_one_at_a_time() -> None:
    recording, busy, seen = threading.Lock(), [0], []

    def recorder(work: Callable[[], None]) -> Callable[[], None]:
        busy[0] += 1
        threading.Event().wait(0.02)
        seen.append(busy[0])
        busy[0] -= 1
        return call_again(work)

    one: Recorder = _OneAtATime(recorder, recording)
    at_once([lambda: one(lambda: None)] * 4)
    assert seen == [1] * 4


def test_a_network_of_a_users_is_not_trained_beside_others(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrialConfig, "has_own_network", True)
    with pytest.raises(ConfigError, match="of your own"):
        SideBySide("cpu", 1).trainer(TrialConfig.parse(SMALL), digits)
