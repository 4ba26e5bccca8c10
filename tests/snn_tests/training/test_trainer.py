"""Training: it learns, it repeats itself bit for bit, and it can be cut anywhere."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from snn.config import DYNAMICS, TrialConfig
from snn.data import Dataset
from snn.errors import CheckpointError, NonFiniteLossError
from snn.training.checkpoints import checkpoint
from snn.training.trainer import Trainer

SMALL: dict[str, Any] = {
    "dataset": "digits",
    "hidden": 32,
    "n_steps": 15,
    "epochs": 4,
    "batch_size": 64,
    "encoding": "constant",
}
TIMINGS = {"epoch_seconds", "samples_per_second"}


def trained(dataset: Dataset, **changes: Any) -> Trainer:
    trainer = Trainer(TrialConfig.parse(SMALL | changes), dataset)
    while not trainer.done:
        trainer.train_epoch()
    return trainer


def cut(config: TrialConfig, dataset: Dataset, epochs: int, folder: Path) -> Trainer:
    """A training that was cut after some epochs, and went on from its file to the end."""
    first = Trainer(config, dataset)
    for _ in range(epochs):
        first.train_epoch()
    checkpoint.save(folder / "last.pt", first.state())
    second = Trainer(config, dataset)
    second.load(checkpoint.load(folder / "last.pt"))
    while not second.done:
        second.train_epoch()
    return second


def numbers(trainer: Trainer) -> list[dict[str, float]]:
    """All that a training has measured, but for the times."""
    test, confusion = trainer.test_best()
    history = [{k: v for k, v in m.items() if k not in TIMINGS} for m in trainer.history]
    return [*history, test, {"confusion": confusion.flatten().tolist()}]  # type: ignore[dict-item]


class Trainings:
    """What trainings measure; each is run once, as all come out the same when they are repeated."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._known: dict[str, list[dict[str, float]]] = {}

    def numbers(self, **changes: Any) -> list[dict[str, float]]:
        """Of an undisturbed training."""
        key = repr(sorted(changes.items()))
        if key not in self._known:
            self._known[key] = numbers(trained(self._dataset, **changes))
        return self._known[key]


@pytest.fixture(scope="module")
def trainings(digits: Dataset) -> Trainings:
    return Trainings(digits)


@pytest.mark.parametrize("dynamics", DYNAMICS)
def test_every_model_learns(digits: Dataset, dynamics: str) -> None:
    changes = {"izhikevich": {"n_steps": 40}, "mlp": {"lr": 5e-3}}.get(dynamics, {})
    trainer = trained(digits, dynamics=dynamics, epochs=8, **changes)
    metrics, confusion = trainer.test_best()
    assert metrics["test_accuracy"] > 0.85
    assert confusion.sum() == len(digits.test_labels)
    assert confusion.diagonal().sum() / confusion.sum() == pytest.approx(metrics["test_accuracy"])
    assert confusion.sum(dim=1).tolist() == torch.bincount(trainer.test.labels.int()).tolist()


@pytest.mark.parametrize(
    "changes", [{}, {"encoding": "poisson"}, {"encoding": "latency", "recurrent": True}]
)
def test_the_same_configuration_and_seed_give_the_same_numbers(
    digits: Dataset, changes: dict[str, Any]
) -> None:
    once, again = (numbers(trained(digits, **changes)) for _ in range(2))
    assert once == again
    assert once != numbers(trained(digits, **changes, seed=1))


@pytest.mark.parametrize("stop", [1, 2, 3])
@pytest.mark.parametrize("encoding", ["constant", "poisson"])
def test_a_training_cut_after_any_epoch_ends_with_the_same_numbers(
    digits: Dataset, trainings: Trainings, tmp_path: Path, stop: int, encoding: str
) -> None:
    config = TrialConfig.parse(SMALL | {"encoding": encoding, "learn_beta": True})
    second = cut(config, digits, stop, tmp_path)
    assert numbers(second) == trainings.numbers(encoding=encoding, learn_beta=True)


TECHNIQUES: list[dict[str, Any]] = [
    {"lr_schedule": "cosine"},
    {"lr_schedule": "one_cycle", "clip_norm": 1.0},
    {"weight_average": 0.9},
    {"label_smoothing": 0.1, "spike_penalty": 1e-3},
    {"dropout": 0.3, "hidden": [32, 16], "recurrent": True},
    {"augment_shift": 1.0, "augment_rotation": 10.0},
    {"augment_mirror": True},
    {"learn_beta": True, "beta_per_neuron": True},
    {"learn_tau_mem": True, "recurrent": True},
]


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_technique_changes_the_numbers_and_they_survive_a_cut(
    digits: Dataset, trainings: Trainings, tmp_path: Path, technique: dict[str, Any]
) -> None:
    config = TrialConfig.parse(SMALL | technique)
    second = cut(config, digits, 1, tmp_path)
    whole = trainings.numbers(**technique)
    assert numbers(second) == whole
    without = {key: technique[key] for key in ("hidden", "recurrent") if key in technique}
    assert whole != trainings.numbers(**without)
    assert whole[-2]["test_accuracy"] > 0.5


def test_a_checkpoint_from_before_there_were_techniques_is_still_loaded(digits: Dataset) -> None:
    trainer = Trainer(TrialConfig.parse(SMALL), digits)
    state = trainer.state()
    old = {key: value for key, value in state["config"].items() if key in SMALL or key == "seed"}
    trainer.load(state | {"config": old})


def test_a_penalty_on_spikes_makes_them_fewer(digits: Dataset) -> None:
    free, frugal = (trained(digits, spike_penalty=weight) for weight in (0.0, 0.1))
    key = "spikes_per_inference"
    assert frugal.history[-1][key] < 0.8 * free.history[-1][key]


def test_the_averaged_weights_are_what_is_validated_and_kept(digits: Dataset) -> None:
    trainer = trained(digits, weight_average=0.99)
    last, kept = trainer.network.state_dict(), trainer.best_network().state_dict()
    assert any(not torch.equal(last[name], kept[name]) for name in kept)
    assert trainer.used_network is not trainer.network


def test_a_state_of_another_configuration_is_refused(digits: Dataset) -> None:
    state = Trainer(TrialConfig.parse(SMALL), digits).state()
    with pytest.raises(CheckpointError):
        Trainer(TrialConfig.parse(SMALL | {"lr": 1e-2}), digits).load(state)


def test_early_stopping_ends_a_training_that_does_not_improve(digits: Dataset) -> None:
    trainer = trained(digits, epochs=50, early_stopping=2, lr=1e-12)
    assert trainer.epoch == trainer.best_epoch + 2 < 50


@pytest.mark.parametrize(
    "keys",
    [
        {"dynamics": "lif", "encoding": "periodic"},
        {"dynamics": "alif", "learn_beta": True, "recurrent": True, "encoding": "latency"},
    ],
)
def test_a_default_model_with_all_defects_and_constants_is_the_published_one(
    digits: Dataset, keys: dict[str, Any]
) -> None:
    published = TrialConfig.parse(
        keys | {"dataset": "digits", "preset": "published", "encoder_tau": 5.0, "n_steps": 20}
    )
    spelled = TrialConfig.parse(published.to_wire() | {"preset": "default"})
    one, other = (Trainer(config, digits) for config in (published, spelled))
    for _ in range(2):
        ours, theirs = one.train_epoch(), other.train_epoch()
        assert ours["train_loss"] == theirs["train_loss"]
        assert ours["val_loss"] == theirs["val_loss"]
    assert one.best_epoch == other.best_epoch


@pytest.mark.parametrize(
    ("preset", "key"), [("default", "val_accuracy"), ("published", "val_loss")]
)
def test_the_best_epoch_is_chosen_by_validation(digits: Dataset, preset: str, key: str) -> None:
    trainer = trained(digits, preset=preset, epochs=8, encoding="latency", encoder_tau=5.0)
    values = [metrics[key] for metrics in trainer.history]
    chosen = values[trainer.best_epoch - 1]
    assert chosen == (max(values) if key == "val_accuracy" else min(values))


def test_nothing_depends_on_the_test_images_before_the_end(digits: Dataset) -> None:
    other = dataclasses.replace(digits, test_labels=digits.test_labels[::-1].copy())
    ours, theirs = trained(digits), trained(other)
    assert numbers(ours)[:-2] == numbers(theirs)[:-2]
    assert ours.best_epoch == theirs.best_epoch
    assert numbers(ours)[-2] != numbers(theirs)[-2]


def test_a_diverging_training_says_so(digits: Dataset) -> None:
    with pytest.raises(NonFiniteLossError, match="epoch"):
        trained(digits, lr=1e30)


def test_progress_is_told_after_every_batch(digits: Dataset) -> None:
    trainer, told = Trainer(TrialConfig.parse(SMALL), digits), list[tuple[int, int]]()
    trainer.train_epoch(lambda seen, total: told.append((seen, total)))
    total = len(trainer.train.labels)
    assert [seen for seen, _ in told] == [*range(64, total, 64), total]
    assert {of for _, of in told} == {total}


def chance(digits: Dataset, **seeds: int) -> dict[str, Any]:
    """What seeds decide: initial weights, split, spikes of a random code, and the training."""
    given = SMALL | {"encoding": "poisson", "hidden": 8, "n_steps": 5, "val_fraction": 0.8}
    trainer = Trainer(TrialConfig.parse(given | {"seed": 1} | seeds), digits)
    weights = {name: weight.clone() for name, weight in trainer.network.state_dict().items()}
    same = Trainer(TrialConfig.parse(given | {"seed": 1} | seeds | {"seed_weights": 9}), digits)
    trainer.train_batches(2)
    return {
        "weights": weights["readout.weight"].tolist(),
        "split": trainer.val.labels.tolist(),
        "spikes": same.network.probabilities(torch.from_numpy(digits.train_images[:20])).tolist(),
        "training": trainer.network.state_dict()["readout.weight"].tolist(),
    }


@pytest.mark.parametrize(
    ("key", "decides"),
    [
        ("seed_weights", {"weights", "training"}),
        ("seed_split", {"split", "training"}),
        ("seed_order", {"training"}),
        ("seed_spikes", {"spikes", "training"}),
    ],
)
def test_every_kind_of_chance_has_a_seed_of_its_own(
    digits: Dataset, key: str, decides: set[str]
) -> None:
    plain, apart = chance(digits), chance(digits, **{key: 2})
    assert {name for name in plain if plain[name] != apart[name]} == decides
    assert chance(digits, **{key: 1}) == plain  # its default is the seed
    assert getattr(TrialConfig(), key) is None and key not in TrialConfig().params()
