"""Training on events: learned, resumed, saved and classified like images."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from snn.config import TrialConfig
from snn.contracts.case import tiny_events
from snn.data import load
from snn.data.events.samples import EventSamples
from snn.errors import ArrayError, DataError
from snn.networks import SpikingNetwork, build, pictures
from snn.training.checkpoints import checkpoint
from snn.training.computation import computed_by, limits
from snn.training.stepping import Recorder, call_again
from snn.training.trainer import Trainer
from sweep.commands.parts.activity import activities

RANDMAN = "randman@units=12,classes=3,samples=60,duration=40"


def config(**keys: Any) -> TrialConfig:
    small = {"hidden": 16, "n_steps": 20, "epochs": 2, "time_bin": 2.0, "batch_size": 16}
    return TrialConfig.parse({"dataset": RANDMAN, "encoding": "events", **small, **keys})


def trained(given: TrialConfig, recorder: Recorder | None = None) -> Trainer:
    trainer = Trainer(given, load(given.dataset), recorder=recorder)
    while not trainer.done:
        trainer.train_epoch()
    return trainer


def test_the_times_of_randman_are_learned() -> None:
    trainer = trained(config(epochs=25, lr=4e-3, tau_mem=10.0, hidden=64))
    assert trainer.backend == "cpu"
    assert trainer.test_best()[0]["test_accuracy"] > 0.75  # a third by chance


def test_the_hits_of_each_speaker_are_counted_and_add_up() -> None:
    events = tiny_events("tiny")
    n = len(events.test_labels)
    speakers = np.arange(n) * 2 % 5
    known = replace(events, groups=speakers, test_groups=speakers, group_kind="speaker")
    trainer = Trainer(config(dataset="./tiny.h5"), known)
    trainer.train_epoch()
    tested = trainer.tested()
    assert {name: n for name, (_, n) in tested.by_group.items()} == {
        str(speaker): int((speakers == speaker).sum()) for speaker in range(5)
    }
    activity = trainer.best_network()(trainer.test.images)
    right = (activity.logits.argmax(dim=1) == trainer.test.labels).numpy()
    for name, (hits, _) in tested.by_group.items():
        assert hits == right[speakers == int(name)].sum()
    assert np.array_equal(tested.answered.labels == tested.answered.predicted, right)
    assert Trainer(config(dataset="./tiny.h5"), known).group_kind == "speaker"


@pytest.mark.parametrize("keys", [{}, {"counts": True, "pool": 2, "recurrent": True}])
def test_the_compiled_backend_learns_the_same_as_the_reference(keys: dict[str, Any]) -> None:
    ours, reference = trained(config(**keys)), trained(config(**keys, backend="reference"))
    assert (ours.backend, reference.backend) == ("cpu", "reference")
    for name in ("train_loss", "val_loss", "spikes_per_inference"):
        assert ours.history[-1][name] == pytest.approx(reference.history[-1][name], rel=1e-3)


@pytest.mark.parametrize("keys", [{}, {"event_drop": 0.2}, {"backend": "reference"}])
def test_recorded_steps_on_events_give_the_numbers_of_steps_done_one_by_one(
    keys: dict[str, Any],
) -> None:
    given = config(**keys)
    one_by_one, recorded = trained(given), trained(given, call_again)
    for name, weight in one_by_one.network.state_dict().items():
        assert torch.equal(weight, recorded.network.state_dict()[name])
    assert recorded.history[-1]["train_loss"] == one_by_one.history[-1]["train_loss"]


def test_on_a_gpu_steps_on_events_are_recorded_unless_they_are_augmented() -> None:
    assert computed_by(config(), "cuda") == "cuda"
    told = computed_by(config(event_drop=0.2), "cuda")
    assert told == "cuda, steps not recorded: events are augmented"
    assert limits("cpu") == ()
    reference, recorded = limits("cuda")  # as `doctor` tells them
    assert "the readout softmax_sum, the loss cross_entropy_every_step" in reference
    assert "augmented events" in recorded


def test_a_training_on_events_goes_on_bit_for_bit() -> None:
    given = config(epochs=3)
    whole, begun = trained(given), Trainer(given, load(RANDMAN))
    begun.train_epoch()
    resumed = Trainer(given, load(RANDMAN))
    resumed.load(copy.deepcopy(begun.state()))
    while not resumed.done:
        resumed.train_epoch()
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, resumed.network.state_dict()[name])


@pytest.mark.parametrize("per_ms", [0.01, 0.05])  # as in SHD, and in spoken digits
@pytest.mark.parametrize("keys", [{"time_bin": 2.0}, {"time_bin": 10.0}, {"counts": True}])
def test_every_layer_fires_at_a_sensible_rate_from_the_start(
    per_ms: float, keys: dict[str, Any]
) -> None:
    given = config(hidden=[100, 50], n_steps=60, recurrent=True, **keys)
    own = given.component("encoding").values(given)
    rate = torch.full((20, 60, 140), per_ms * own["time_bin"])
    spikes = torch.poisson(rate, torch.Generator().manual_seed(0))
    samples = EventSamples.from_dense(spikes if own["counts"] else spikes.clamp(max=1))
    network = SpikingNetwork(given, 140, 2)
    with torch.no_grad():
        record = network.record(samples)
    for fired in record.spikes:
        assert 0.001 < fired.mean().item() < 0.2
        assert (fired.sum(dim=(0, 1)) > 0).float().mean() > 0.3


def test_a_network_of_events_is_saved_and_classifies_test_samples_only(tmp_path: Path) -> None:
    trainer = trained(config(epochs=1, pool=2))
    checkpoint.save_network(tmp_path / "n.pt", trainer.best_network(), {})
    network, _ = checkpoint.load_network(tmp_path / "n.pt")
    assert network.n_pixels == 6
    samples = pictures.read(["test:0", "test:5"], network)
    found = network.probabilities(samples)
    wanted = trainer.best_network().probabilities(trainer.test.images)[[0, 5]]
    assert torch.allclose(found, wanted, atol=1e-6)
    with pytest.raises(DataError, match=r"a\.png: the network learned events; give test:0"):
        pictures.read(["test:0", "a.png"], network)
    with pytest.raises(DataError, match="there are test:0 to test:35"):
        pictures.read(["test:36"], network)
    one, other = activities(network, ["test:0", "test:5"], samples, found)
    assert (one.name, other.name) == ("test sample 0", "test sample 5")
    assert one.image.shape == (6, 20)  # inputs over steps
    assert one.inputs.shape == (20, 6) and (one.inputs.T > 0).sum() == (one.image > 0).sum()


def test_the_baseline_gets_the_counts_of_every_unit() -> None:
    data = tiny_events("a")
    trainer = Trainer(TrialConfig.parse({"dataset": "mnist", "dynamics": "mlp", "epochs": 9}), data)
    assert trainer.network.n_pixels == 12 and trainer.train.images.n_steps == 1
    assert int(trainer.train.images.counts().sum()) == 60 * len(trainer.train.labels)
    for _ in range(3):
        trainer.train_epoch()
    assert trainer.history[-1]["train_loss"] < trainer.history[0]["train_loss"]


def test_a_network_takes_only_what_it_was_made_for() -> None:
    given = config()
    seen = load(RANDMAN).seen_by(given)
    network = build(given, seen.n_pixels, 3, seen.shape)
    for samples, told in (
        (torch.zeros(2, 12, dtype=torch.uint8), "must be EventSamples, not Tensor"),
        (load(RANDMAN).seen_by(config(n_steps=10)).test(), "of 10 steps and 12 inputs"),
        (load(RANDMAN).seen_by(config(pool=2)).test(), "of 20 steps and 6 inputs"),
    ):
        with pytest.raises(ArrayError, match=told):
            network(samples)
    images = build(TrialConfig(), 12, 3)
    with pytest.raises(ArrayError, match="pixels: must be a torch tensor, not EventSamples"):
        images(seen.test())
