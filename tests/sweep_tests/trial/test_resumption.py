"""A training goes on from its newest state that is whole, and says when that is not the last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from upath import UPath

from analysis.predictions.file import from_file
from snn.config import TrialConfig
from snn.data import load
from snn.training.checkpoints import checkpoint
from snn.training.trainer import Trainer
from sweep.host.paths import LaunchPaths, TrialPaths
from sweep.trial import finish, resumption
from sweep.trial.outcome import NOTICE
from sweep.trial.trainable import SnnTrainable
from tests.sweep_tests.workplace import Workplace

CONFIG = TrialConfig(dataset="digits", hidden=8, n_steps=10, encoding="constant", epochs=4)


def begun(files: TrialPaths, epochs: int) -> Trainer:
    """A training of some epochs, with its files."""
    trainer = Trainer(CONFIG, load("digits"))
    for _ in range(epochs):
        trainer.train_epoch()
        resumption.save(trainer, files)
    return trainer


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


def measured(trainer: Trainer) -> list[float]:
    return [epoch["val_loss"] for epoch in trainer.history]


@pytest.mark.parametrize(
    ("damaged", "epoch", "told"),
    [
        ([], 3, ""),
        (["last.pt"], 2, "last.pt: is no checkpoint, or a damaged one; going on after epoch 2"),
        (
            ["last.pt", "previous.pt"],
            0,
            "previous.pt: is no checkpoint, or a damaged one; starting anew",
        ),
        (["previous.pt"], 3, ""),
    ],
)
def test_a_damaged_state_is_said_and_the_one_before_is_taken(
    tmp_path: Path, damaged: list[str], epoch: int, told: str
) -> None:
    files = TrialPaths(tmp_path)
    whole = begun(files, 3)
    for name in damaged:
        damage(tmp_path / name)
    again = Trainer(CONFIG, load("digits"))
    said = resumption.go_on(again, files)
    assert again.epoch == epoch
    assert said.endswith(told) and bool(said) == bool(told) and "\n" not in said
    assert len(resumption.history(files, CONFIG)) == epoch
    while again.epoch < 3:
        again.train_epoch()
    assert measured(again) == measured(whole)


def test_an_object_store_keeps_the_state_before_too() -> None:
    files = TrialPaths(UPath("memory://lab/trial"))
    begun(files, 2)
    content = bytearray(files.last.read_bytes())
    content[len(content) // 2] ^= 16
    files.last.write_bytes(bytes(content))
    again = Trainer(CONFIG, load("digits"))
    assert resumption.go_on(again, files).endswith("a damaged one; going on after epoch 1")
    assert again.epoch == 1
    finish.finish(begun(files, 4), files)
    assert not files.previous.exists() and files.last.exists() and files.best.exists()
    assert len(from_file(files.predictions.read_bytes())) == len(load("digits").test_labels)


def test_the_answers_to_single_images_are_kept_and_the_same_after_a_resume(tmp_path: Path) -> None:
    digits = load("digits")
    whole, cut = TrialPaths(tmp_path / "whole"), TrialPaths(tmp_path / "cut")
    metrics = finish.finish(begun(whole, 4), whole)
    begun(cut, 2)
    again = Trainer(CONFIG, digits)
    resumption.go_on(again, cut)
    while not again.done:
        again.train_epoch()
    finish.finish(again, cut)
    assert whole.predictions.read_bytes() == cut.predictions.read_bytes()
    kept = from_file(whole.predictions.read_bytes())
    assert kept.data == digits.sha256 and np.array_equal(kept.labels, digits.test_labels)
    assert kept.hits.mean() == metrics["test_accuracy"]
    network, _ = checkpoint.load_network(whole.best)
    sure, chosen = network.probabilities(again.test.images).max(dim=1)
    assert np.array_equal(kept.predicted, chosen.numpy())
    assert kept.probability == pytest.approx(sure.numpy(), abs=1e-3)
    wrong = ~kept.hits  # what the true class got is less there
    assert wrong.any() and (kept.true_probability[wrong] <= kept.probability[wrong]).all()
    confused = np.array(json.loads(whole.confusion.read_text()))
    counted = np.zeros_like(confused)
    np.add.at(counted, (kept.labels, kept.predicted), 1)
    assert np.array_equal(counted, confused)


def test_a_process_that_died_between_two_files_loses_one_epoch(tmp_path: Path) -> None:
    files = TrialPaths(tmp_path)
    begun(files, 2)
    files.last.unlink()
    again = Trainer(CONFIG, load("digits"))
    assert (files.begun, resumption.go_on(again, files), again.epoch) == (True, "", 1)


def test_a_trial_of_a_sweep_tells_its_driver(tmp_path: Path) -> None:
    paths = LaunchPaths(tmp_path, "small", 1)
    begun(paths.trial(CONFIG.config_id), 2)
    damage(tmp_path / "small" / "1" / "trials" / CONFIG.config_id / "last.pt")
    trial: Any = SnnTrainable.__new__(SnnTrainable)
    trial.paths, trial.device, trial.datasets = paths, "cpu", {"digits": load("digits")}
    trial.reset_config({"trial": CONFIG.params()})
    first, second = trial.step(), trial.step()
    assert first[NOTICE].endswith("a damaged one; going on after epoch 1") and first["epoch"] == 1
    assert NOTICE not in second and second["epoch"] == 2  # the first was told again


def test_train_says_that_its_last_state_is_damaged(in_folder: Path) -> None:
    keys = {"dataset": "digits", "n_steps": 10, "encoding": "constant", "hidden": 8, "epochs": 4}
    paths = LaunchPaths(in_folder / "ray_results", "train", 1)
    files = paths.trial(CONFIG.config_id)
    begun(files, 2)
    damage(files.last)
    done = Workplace(in_folder).run("train", *(f"--set={key}={keys[key]}" for key in keys))
    assert done.returncode == 0, done.stderr
    told = f"{files.last}: is no checkpoint, or a damaged one; going on after epoch 1"
    assert told in done.stderr.splitlines()
