"""What an inference costs, beside the `neurobench` package on the same network and images."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.networks.mlp import MLP
from snn.networks.spiking import SpikingNetwork
from snn.training.metrics import EventTally

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the other package
    from neurobench.hooks.layer import LayerHook
    from neurobench.metrics.workload import SynapticOperations
    from neurobench.models import TorchModel


@pytest.fixture
def pixels() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (20, 64), generator=generator, dtype=torch.uint8)
    return images * (torch.rand(64, generator=generator) < 0.6)


class StepByStep(nn.Module):
    """The connections of one of our networks, in the form in which NeuroBench sees them.

    What goes through them is what our network recorded; NeuroBench counts.
    """

    def __init__(self, network: SpikingNetwork) -> None:
        super().__init__()
        self.network = network
        layers = network.kernel_layers()
        self.forwards = nn.ModuleList(_linear(layer.weight) for layer in layers)
        own = (layer.recurrent for layer in layers)
        self.recurrents = nn.ModuleList(_linear(weight) for weight in own if weight is not None)
        self.readout = _linear(network.readout.weight)

    def forward(self, pixels: Tensor) -> Tensor:
        record = self.network.record(pixels, torch.Generator().manual_seed(0))
        for t in range(len(record.inputs)):
            below = record.inputs[t]
            for layer, spikes in zip(self.forwards, record.spikes, strict=True):
                layer(below)
                below = spikes[t]
            for layer, spikes in zip(self.recurrents, record.spikes, strict=bool(self.recurrents)):
                layer(spikes[t])
            self.readout(below)
        return record.logits


def _linear(weight: Tensor) -> nn.Linear:
    n_in, n_out = weight.shape
    layer = nn.Linear(n_in, n_out, bias=False)
    layer.weight = nn.Parameter(weight.detach().T.clone())
    return layer


def counted_by_neurobench(network: nn.Module, pixels: Tensor) -> dict[str, float]:
    model, metric = TorchModel(network), SynapticOperations()
    model.connection_hooks = [LayerHook(layer) for layer in model.connection_layers()]
    with torch.no_grad():
        logits = model(pixels)
    found: dict[str, float] = metric(model, logits, (pixels, logits))
    return found


def counted(network: SpikingNetwork | MLP, pixels: Tensor) -> EventTally:
    tally = EventTally(network.fan_out())
    tally.add(network(pixels, torch.Generator().manual_seed(0)), len(pixels))
    return tally


def counted_by_us(network: SpikingNetwork | MLP, pixels: Tensor) -> float:
    return counted(network, pixels).synops_per_inference


@pytest.mark.parametrize(
    "values",
    [
        {"encoding": "latency"},
        {"encoding": "periodic", "hidden": [16, 12]},
        {"encoding": "latency", "dynamics": "lif", "recurrent": True, "hidden": [16, 12]},
    ],
)
def test_accumulates_of_a_spiking_network_are_those_of_neurobench(
    pixels: Tensor, values: dict[str, Any]
) -> None:
    network = SpikingNetwork(TrialConfig.parse({"hidden": 24, "n_steps": 30} | values), 64)
    theirs = counted_by_neurobench(StepByStep(network), pixels)
    assert theirs["Effective_MACs"] == 0 and theirs["Effective_ACs"] > 500
    assert counted_by_us(network, pixels) == pytest.approx(theirs["Effective_ACs"], rel=1e-6)


def test_currents_are_multiplied_and_counted_at_every_step_as_neurobench_does(
    pixels: Tensor,
) -> None:
    config = TrialConfig.parse({"hidden": 24, "n_steps": 30, "encoding": "constant"})
    network = SpikingNetwork(config, 64)
    theirs = counted_by_neurobench(StepByStep(network), pixels)
    assert 0 < theirs["Effective_ACs"] < theirs["Effective_MACs"]
    both = theirs["Effective_ACs"] + theirs["Effective_MACs"]
    assert counted_by_us(network, pixels) == pytest.approx(both, rel=1e-6)


def test_the_product_with_a_constant_current_is_computed_once_and_counted_once(
    pixels: Tensor,
) -> None:
    config = TrialConfig.parse({"hidden": 24, "n_steps": 30, "encoding": "constant"})
    network = SpikingNetwork(config, 64)
    theirs, ours = counted_by_neurobench(StepByStep(network), pixels), counted(network, pixels)
    assert ours.acs_per_inference == pytest.approx(theirs["Effective_ACs"], rel=1e-6)
    assert ours.macs_per_inference == pytest.approx(theirs["Effective_MACs"] / 30, rel=1e-6)


@pytest.mark.parametrize("crossing_levels", [0, 2])
def test_a_row_of_grey_levels_is_multiplied_and_a_crossing_is_added_as_neurobench_does(
    pixels: Tensor, crossing_levels: int
) -> None:
    values = {"hidden": 24, "encoding": "rows", "crossing_levels": crossing_levels}
    network = SpikingNetwork(TrialConfig.parse(values), 64)
    theirs, ours = counted_by_neurobench(StepByStep(network), pixels), counted(network, pixels)
    assert (theirs["Effective_MACs"] == 0) == (crossing_levels > 0)
    assert ours.macs_per_inference == pytest.approx(theirs["Effective_MACs"], rel=1e-6)
    assert ours.acs_per_inference == pytest.approx(theirs["Effective_ACs"], rel=1e-6)


def test_random_spikes_are_counted_as_expected(pixels: Tensor) -> None:
    config = TrialConfig.parse({"hidden": 24, "n_steps": 200, "encoding": "poisson"})
    network = SpikingNetwork(config, 64)
    theirs = counted_by_neurobench(StepByStep(network), pixels)
    assert counted_by_us(network, pixels) == pytest.approx(theirs["Effective_ACs"], rel=0.02)


def test_multiply_accumulates_of_the_baseline_are_those_of_neurobench(pixels: Tensor) -> None:
    network = MLP(TrialConfig.parse({"dynamics": "mlp", "hidden": [16, 12]}), 64)
    theirs = counted_by_neurobench(_Logits(network), pixels)
    assert theirs["Effective_ACs"] == 0 == counted(network, pixels).acs_per_inference
    assert counted_by_us(network, pixels) == pytest.approx(theirs["Effective_MACs"], rel=1e-6)
    assert counted_by_us(network, pixels) == counted(network, pixels).macs_per_inference


def test_the_baseline_adds_black_and_white_pixels_and_multiplies_grey_ones(
    pixels: Tensor,
) -> None:
    network = MLP(TrialConfig.parse({"dynamics": "mlp", "hidden": [16, 12]}), 64)
    white = torch.where(pixels > 127, 255, 0).to(torch.uint8)
    theirs, ours = counted_by_neurobench(_Logits(network), white), counted(network, white)
    assert ours.acs_per_inference == pytest.approx(theirs["Effective_ACs"], rel=1e-6)
    assert ours.macs_per_inference == pytest.approx(theirs["Effective_MACs"], rel=1e-6)
    assert 0 < ours.acs_per_inference


class _Logits(nn.Module):
    def __init__(self, network: MLP) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.network(pixels).logits
        return logits


@pytest.mark.parametrize("silent", [False, True])
def test_the_rate_of_a_layer_is_the_spikes_of_a_neuron_per_step(
    pixels: Tensor, silent: bool
) -> None:
    values = {"hidden": [16, 12], "n_steps": 30, "encoding": "latency"}
    network = SpikingNetwork(TrialConfig.parse(values), 64)
    if silent:
        with torch.no_grad():
            for layer in network.layers:
                layer.weight.zero_()
    tally, activity = EventTally(network.fan_out()), network(pixels)
    assert tally.rates == ()
    tally.add(activity, len(pixels))
    counted = [float(layer.detach().mean()) / 30 for layer in activity.counts]
    assert tally.rates == pytest.approx(counted)
    assert (tally.rates == (0, 0)) == silent
