"""Dropout, smoothing, averaging."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from snn.config import TrialConfig
from snn.data import Dataset
from snn.networks.mlp import MLP
from snn.networks.spiking import SpikingNetwork
from snn.training.regularisation import averaged, draw_masks, follow, objective, silenced
from snn.training.trainer import Trainer

SMALL: dict[str, Any] = {"hidden": [40, 30], "n_steps": 10, "encoding": "constant", "dropout": 0.5}


@pytest.mark.parametrize("dynamics", ["lif", "mlp"])
def test_a_silenced_neuron_has_no_outgoing_weights_and_the_others_stronger_ones(
    dynamics: str,
) -> None:
    config = TrialConfig.parse(SMALL | {"dynamics": dynamics, "recurrent": dynamics == "lif"})
    network = SpikingNetwork(config) if dynamics == "lif" else MLP(config)
    masks = draw_masks(config, torch.Generator().manual_seed(0))
    changed = silenced(network, config, masks)
    weights = dict(network.named_parameters())
    assert {layer for _, layer, _ in network.outgoing()} == {0, 1}
    gone: dict[int, set[int]] = {}
    for name, layer, axis in network.outgoing():
        rows = changed[name] if axis == 0 else changed[name].T
        before = weights[name] if axis == 0 else weights[name].T
        silent = (rows == 0).all(dim=1)
        assert torch.allclose(rows[~silent], 2 * before[~silent])
        assert 0.2 < silent.float().mean() < 0.8
        lost = set(silent.nonzero().flatten().tolist())
        assert gone.setdefault(layer, lost) == lost  # the same neurons wherever they lead


def test_without_dropout_nothing_is_silenced() -> None:
    config = TrialConfig.parse(SMALL | {"dropout": 0.0})
    masks = draw_masks(config, torch.Generator())
    assert silenced(SpikingNetwork(config), config, masks) == {}


def test_the_penalty_is_the_mean_of_spikes_per_neuron_and_image() -> None:
    config = TrialConfig.parse(SMALL | {"dropout": 0.0})
    network = SpikingNetwork(config)
    pixels = torch.randint(0, 256, (5, 784), dtype=torch.uint8)
    labels = torch.arange(5)
    activity = network(pixels)
    plain = objective(activity, labels, config).detach()
    costly = config.model_copy(update={"spike_penalty": 2.0})
    dear = objective(activity, labels, costly).detach()
    spikes = sum(float(counts.detach().sum()) for counts in activity.counts)
    assert float(dear - plain) == pytest.approx(2 * spikes / (5 * 70), rel=1e-4)


def test_neurons_are_held_to_a_rate_over_the_batch() -> None:
    config = TrialConfig.parse(SMALL | {"dropout": 0.0})
    network = SpikingNetwork(config)
    pixels = torch.randint(0, 256, (5, 784), dtype=torch.uint8)
    labels = torch.arange(5)
    activity = network(pixels)
    off = config.model_copy(update={"rate_penalty": 2.0, "rate_target": 1.5})
    added = objective(activity, labels, off) - objective(activity, labels, config)
    rates = torch.cat([counts.detach().mean(dim=0) for counts in activity.counts])
    wanted = 2 * float((rates - 1.5).square().mean())
    assert float(added.detach()) == pytest.approx(wanted, rel=1e-4)


def test_training_draws_the_rate_of_the_neurons_to_the_target(digits: Dataset) -> None:
    keys = {"dataset": "digits", "hidden": 24, "n_steps": 20, "epochs": 6, "lr": 5e-3}
    rates = []
    for target in (0.5, 4.0):
        config = TrialConfig.parse(keys | {"rate_penalty": 1.0, "rate_target": target})
        trainer = Trainer(config, digits)
        while not trainer.done:
            trainer.train_epoch()
        rates.append(trainer.history[-1]["spikes_per_inference"] / 24)
    assert rates == pytest.approx([0.5, 4.0], rel=0.4)


def test_the_average_follows_the_weights_at_its_decay() -> None:
    config = TrialConfig.parse(SMALL)
    network = MLP(config.model_copy(update={"dynamics": "mlp"}))
    average = averaged(network, 0.9)
    assert average is not None
    follow(average, network, 0.9)  # the first takes them as they are
    first = network.layers[0].weight.detach().clone()  # type: ignore[union-attr,operator]
    with torch.no_grad():
        network.layers[0].weight += 1.0  # type: ignore[operator]
    follow(average, network, 0.9)
    assert torch.allclose(average.module.layers[0].weight, first + 0.1, atol=1e-6)
    assert averaged(network, 0.0) is None
