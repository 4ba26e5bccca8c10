"""What every neuron model must fulfil."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.kernels import reference
from snn.neurons import Neuron, neuron
from snn.registry import OURS

NEURONS = [each.name for each in OURS.of("neuron") if each.spiking]

every_neuron = pytest.mark.parametrize(
    ("dynamics", "tau_syn"), [(name, tau) for name in sorted(NEURONS) for tau in (None, 5.0)]
)


def make(dynamics: str, tau_syn: float | None, preset: str = "default") -> Neuron:
    config = TrialConfig.parse({"dynamics": dynamics, "tau_syn": tau_syn, "preset": preset})
    return neuron(config, 3, torch.Generator().manual_seed(0))


def strong(model: Neuron, *size: int) -> Tensor:
    """A current that drives every model well over its threshold."""
    return torch.full(size, 2 * model.rheobase)


@every_neuron
def test_it_is_silent_without_input_and_fires_under_a_strong_current(
    dynamics: str, tau_syn: float | None
) -> None:
    model = make(dynamics, tau_syn)
    assert reference.fire(model, torch.zeros(200, 2, 3), None).sum() == 0
    spikes = reference.fire(model, strong(model, 200, 2, 3), None)
    assert spikes.shape == (200, 2, 3)
    assert set(spikes.unique().tolist()) <= {0.0, 1.0}
    assert (spikes.sum(dim=0) >= 2).all()


@pytest.mark.parametrize("preset", ["default", "published"])
@every_neuron
def test_it_fires_exactly_where_its_potential_reaches_its_threshold(
    dynamics: str, tau_syn: float | None, preset: str
) -> None:
    model = make(dynamics, tau_syn, preset)
    generator = torch.Generator().manual_seed(1)
    current = 3 * strong(model, 100, 2, 3) * torch.rand(100, 2, 3, generator=generator)
    for state in reference.states_of(model, current, None):
        assert torch.equal(state.z, (state.v >= model.firing_threshold(state)).float())


@every_neuron
def test_a_step_is_pure(dynamics: str, tau_syn: float | None) -> None:
    model = make(dynamics, tau_syn)
    current = strong(model, 2, 3)
    state = model.initial_state(current)
    for _ in range(4):
        once, twice = model.step(current, state), model.step(current, state)
        for a, b in zip(torch.utils._pytree.tree_leaves(once), _leaves(twice), strict=True):
            assert torch.equal(a, b)
        state = once


def _leaves(state: object) -> list[Tensor]:
    leaves: list[Tensor] = torch.utils._pytree.tree_leaves(state)
    return leaves


@every_neuron
def test_a_gradient_reaches_the_current_and_is_finite(dynamics: str, tau_syn: float | None) -> None:
    model = make(dynamics, tau_syn)
    current = (strong(model, 40, 2, 3) * torch.rand(40, 2, 3)).requires_grad_()
    reference.fire(model, current, None).sum().backward()
    assert current.grad is not None
    assert current.grad.isfinite().all() and (current.grad != 0).any()


@every_neuron
def test_nothing_fires_before_its_cause(dynamics: str, tau_syn: float | None) -> None:
    model = make(dynamics, tau_syn)
    current = strong(model, 60, 1, 3) * torch.rand(60, 1, 3)
    changed = current.clone()
    changed[30:] = 0
    before, after = (reference.fire(model, c, None) for c in (current, changed))
    assert torch.equal(before[:30], after[:30])
    assert not torch.equal(before[30:], after[30:])


def test_an_izhikevich_neuron_as_published_never_fires() -> None:
    model = make("izhikevich", None, preset="published")
    assert reference.fire(model, torch.full((100, 1, 5), 1000.0), None).sum() == 0
