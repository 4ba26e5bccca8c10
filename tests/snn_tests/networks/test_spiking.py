"""The network as a whole: connections, initial rates, events."""

from __future__ import annotations

import itertools

import pytest
import torch

from snn.config import SPIKING, TrialConfig
from snn.data import Dataset
from snn.errors import ConfigError
from snn.networks.mlp import MLP
from snn.networks.spiking import Activity, SpikingNetwork
from snn.registry import OURS
from snn.training.metrics import EventTally

IMAGE_CODES = sorted(each.name for each in OURS.of("encoding") if each.takes == "images")
# Few inputs that last for some steps: as other neurons, these begin with what white noise needs.
HIGHEST = {("adlif", "rows"): 0.3, ("brf", "rows"): 0.3}


def pixels(dataset: Dataset, count: int = 200) -> torch.Tensor:
    return torch.from_numpy(dataset.train_images[:count])


@pytest.mark.parametrize(
    ("dynamics", "encoding", "recurrent"),
    list(itertools.product(SPIKING, IMAGE_CODES, [False, True])),
)
def test_every_layer_fires_at_a_sensible_rate_from_the_start(
    digits: Dataset, dynamics: str, encoding: str, recurrent: bool
) -> None:
    config = TrialConfig.parse(
        {"dynamics": dynamics, "encoding": encoding, "recurrent": recurrent}
        | {"dataset": "digits", "hidden": [100, 50], "n_steps": 60}
    )
    network = SpikingNetwork(config, digits.n_pixels)
    with torch.no_grad():
        record = network.record(pixels(digits, 100), torch.Generator().manual_seed(0))
    for spikes in record.spikes:
        assert 0.001 < spikes.mean().item() < HIGHEST.get((dynamics, encoding), 0.2)
        assert (spikes.sum(dim=(0, 1)) > 0).float().mean() > 0.3  # hardly a neuron is dead
    assert 0.02 < record.logits.std().item() < 3


def test_the_seed_determines_the_weights() -> None:
    one, same, other = (SpikingNetwork(TrialConfig(seed=s, recurrent=True), 16) for s in (1, 1, 2))
    for a, b, c in zip(one.parameters(), same.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c) or not a.any()


def test_no_neuron_is_connected_to_itself(digits: Dataset) -> None:
    network = SpikingNetwork(TrialConfig(recurrent=True, encoding="constant"), digits.n_pixels)
    before = network(pixels(digits)).logits
    with torch.no_grad():
        network.layers[0].recurrent.fill_diagonal_(100.0)
    assert torch.equal(network(pixels(digits)).logits, before)
    with torch.no_grad():
        network.layers[0].recurrent[0, 1:] = 100.0
    assert not torch.equal(network(pixels(digits)).logits, before)


@pytest.mark.parametrize(("dynamics", "std"), [("lif", 1.0), ("alif", 0.03), ("izhikevich", 1.0)])
def test_weights_as_published_have_the_threshold_as_their_deviation(
    dynamics: str, std: float
) -> None:
    config = TrialConfig(preset="published", dynamics=dynamics, recurrent=True)
    network = SpikingNetwork(config)
    assert network.layers[0].weight.std().item() == pytest.approx(std, rel=0.02)
    assert network.layers[0].recurrent.std().item() == pytest.approx(std, rel=0.05)
    assert network.readout.weight.std().item() == pytest.approx(1.0, rel=0.1)
    assert not network.readout.bias.any()
    assert {group["lr_factor"] for group in network.parameter_groups()} == {1.0}


def test_learning_rates_are_in_proportion_to_the_weights() -> None:
    network = SpikingNetwork(TrialConfig(recurrent=True, hidden=[200, 100]))
    for group in network.parameter_groups():
        (parameter,) = group["params"]
        if parameter.ndim == 2:
            ratio = group["lr_factor"] / parameter.std().item()
            assert ratio == pytest.approx(100, rel=0.1)


def test_synaptic_operations_are_events_times_the_synapses_they_reach() -> None:
    config = TrialConfig(hidden=[3, 2], recurrent=True, n_steps=10, encoding="constant")
    network = SpikingNetwork(config, n_pixels=4, n_classes=5)
    # input reaches 3; a neuron of the first layer 2 others and 2 above; of the second 1 and 5
    assert network.fan_out().tolist() == [3, 4, 6]
    tally = EventTally(network.fan_out())
    spikes = (torch.tensor([[1.0, 0, 0], [1, 0, 0]]), torch.tensor([[2.0, 0], [2, 0]]))
    for pixel in (9, 0):
        image = torch.tensor([[9, pixel, 0, 0]] * 2, dtype=torch.uint8)
        tally.add(Activity(torch.zeros(2, 5), spikes, network.encoder(image)), batch=2)
    assert tally.spikes_per_inference == 3
    assert tally.synops_per_inference == 15 * 3 + 1 * 4 + 2 * 6
    assert tally.macs_per_inference == 1.5 * 3
    assert tally.acs_per_inference == 1 * 4 + 2 * 6


def test_events_are_counted_in_every_population(digits: Dataset) -> None:
    network = SpikingNetwork(TrialConfig(hidden=[20, 10], n_steps=30), digits.n_pixels)
    images = pixels(digits, 50)
    activity, record = network(images), network.record(images)
    expected = [
        activity.drive.dense().sum() / 50,
        *(s.detach().sum() / 50 for s in record.spikes),
    ]
    assert activity.events().tolist() == pytest.approx([x.item() for x in expected])


def test_a_record_is_that_of_the_run_with_potentials_that_reach_thresholds(
    digits: Dataset,
) -> None:
    config = TrialConfig(hidden=[20, 10], recurrent=True, n_steps=30, backend="reference")
    network = SpikingNetwork(config, digits.n_pixels)
    activity, record = network(pixels(digits, 5)), network.record(pixels(digits, 5))
    assert torch.equal(activity.logits, record.logits)
    assert torch.equal(network.readout.logits(record.trace), record.logits)
    for spikes, potentials, thresholds, size in zip(
        record.spikes, record.potentials, record.thresholds, config.hidden, strict=True
    ):
        assert spikes.shape == potentials.shape == thresholds.shape == (30, 5, size)
        assert torch.equal(spikes, (potentials >= thresholds).float())
        assert thresholds.min() == config.threshold and thresholds.max() > config.threshold


def test_an_mlp_counts_its_non_zero_multiply_accumulates() -> None:
    network = MLP(TrialConfig(dynamics="mlp", hidden=[3]), n_pixels=4, n_classes=2)
    image = torch.tensor([[0, 9, 9, 0]], dtype=torch.uint8)
    events = network(image).events()
    assert events[0] == 2
    assert network.fan_out().tolist() == [3, 2]


def test_an_mlp_of_black_and_white_pixels_adds_in_its_first_layer() -> None:
    config = TrialConfig.parse({"dynamics": "mlp", "hidden": [3], "pixel_threshold": 0.5})
    network = MLP(config, n_pixels=4, n_classes=2)
    image = torch.tensor([[0, 127, 128, 255]], dtype=torch.uint8)
    activity = network(image)
    assert activity.inputs[0].tolist() == [[0, 0, 1, 1]]
    assert activity.work()[:, 0].tolist() == [0, 2]  # multiplied, added
    assert torch.equal(activity.logits, network(image // 128 * 255).logits)


def test_the_baseline_is_no_spiking_network() -> None:
    with pytest.raises(ConfigError, match=r"snn\.MLP"):
        SpikingNetwork(TrialConfig(dynamics="mlp"))


@pytest.mark.parametrize("encoding", ["latency", "periodic"])
def test_a_code_that_is_too_slow_for_its_steps_is_refused(encoding: str) -> None:
    with pytest.raises(ConfigError, match=r"n_steps: 4, encoder_tau: 20: .* raise"):
        SpikingNetwork(TrialConfig(encoding=encoding, n_steps=4))
    SpikingNetwork(TrialConfig(encoding=encoding, n_steps=5))


def test_probabilities_are_a_distribution_and_repeatable(digits: Dataset) -> None:
    for config in (TrialConfig(encoding="poisson", n_steps=20), TrialConfig(dynamics="mlp")):
        kind = MLP if config.dynamics == "mlp" else SpikingNetwork
        network = kind(config, digits.n_pixels)
        once = network.probabilities(pixels(digits, 5))
        assert torch.allclose(once.sum(dim=1), torch.ones(5))
        assert torch.equal(once, network.probabilities(pixels(digits, 5)))


@pytest.mark.parametrize("tau_syn", [None, 5.0])
@pytest.mark.parametrize("dynamics", SPIKING)
def test_a_late_input_changes_no_earlier_spike(
    digits: Dataset, dynamics: str, tau_syn: float | None
) -> None:
    config = TrialConfig.parse(
        {"dynamics": dynamics, "tau_syn": tau_syn, "recurrent": True, "hidden": [60, 40]}
    )
    network = SpikingNetwork(config, digits.n_pixels)
    images = pixels(digits, 60)
    dimmed = torch.where(images < 120, 0, images)  # 119 fires first at step 11, all darker later
    with torch.no_grad():
        before, after = network.record(images).spikes, network.record(dimmed).spikes
    for one, other in zip(before, after, strict=True):
        assert torch.equal(one[:11], other[:11])
        assert not torch.equal(one[11:], other[11:])


@pytest.mark.parametrize("preset", ["default", "published"])
@pytest.mark.parametrize("encoding", sorted(OURS.names("encoding")))
def test_the_baseline_takes_every_configuration_of_a_spiking_network(
    digits: Dataset, preset: str, encoding: str
) -> None:
    given = {"dynamics": "mlp", "preset": preset, "encoding": encoding, "tau_syn": 3.0}
    config = TrialConfig.parse(given | {"recurrent": True, "learn_beta": True, "hidden": [9, 7]})
    logits = MLP(config, digits.n_pixels)(pixels(digits, 5)).logits
    plain = MLP(TrialConfig(dynamics="mlp", hidden=[9, 7]), digits.n_pixels)
    assert torch.equal(logits, plain(pixels(digits, 5)).logits)
