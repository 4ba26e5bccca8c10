"""What every neuron must do."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils import _pytree as tree

from snn.contracts.case import N_STEPS, config_of, require, require_shape, seeded
from snn.kernels.reference import fire, states_of
from snn.neurons import Neuron, neuron
from snn.registry import Component

_IMAGES, _NEURONS = 2, 3


def _make(component: Component) -> Neuron:
    return neuron(config_of(component), _NEURONS, seeded())


def _strong(made: Neuron, n_steps: int = 5 * N_STEPS) -> Tensor:
    return torch.full((n_steps, _IMAGES, _NEURONS), 2 * float(made.rheobase))


def _noisy(made: Neuron) -> Tensor:
    current = _strong(made, N_STEPS)
    return 3 * current * torch.rand(current.shape, generator=seeded(1))


def has_the_parts(component: Component) -> None:
    """It has a rheobase above 0 and a response of one number for every step."""
    made = _make(component)
    require(float(made.rheobase) > 0, f"rheobase is {made.rheobase}")
    require_shape("response(n_steps)", made.response(N_STEPS), (N_STEPS,))


def keeps_shapes(component: Component) -> None:
    """Potentials, spikes and thresholds have the shape of the current."""
    made = _make(component)
    for state in states_of(made, _noisy(made), None):
        for name, values in (("v", state.v), ("z", state.z)):
            require_shape(f"state.{name}", values, (_IMAGES, _NEURONS))
        require_shape("firing_threshold(state)", made.firing_threshold(state), state.v.shape)


def fires(component: Component) -> None:
    """It is silent without input, and fires under twice the rheobase."""
    made = _make(component)
    silent = fire(made, torch.zeros_like(_strong(made))).detach()
    require(float(silent.sum()) == 0, "it fires without input")
    spikes = fire(made, _strong(made)).detach()
    values = set(torch.unique(spikes).tolist())
    require(
        values <= {0.0, 1.0}, f"its spikes have values other than 0 and 1: {sorted(values)[:4]}"
    )
    require(float(spikes.sum()) > 0, "it never fires")


def fires_at_threshold(component: Component) -> None:
    """It fires exactly where its potential reaches its threshold."""
    made = _make(component)
    for state in states_of(made, _noisy(made), None):
        reached = (state.v >= made.firing_threshold(state)).to(state.z.dtype)
        require(torch.equal(state.z, reached), "spikes and thresholds do not agree")


def is_pure(component: Component) -> None:
    """A step from the same state and current gives the same state."""
    made = _make(component)
    current = _strong(made, 1)[0]
    state = made.initial_state(current)
    for _ in range(4):
        once, twice = made.step(current, state), made.step(current, state)
        pairs = zip(tree.tree_leaves(once), tree.tree_leaves(twice), strict=True)
        require(all(torch.equal(a, b) for a, b in pairs), "two equal steps differ")
        state = once


def has_gradients(component: Component) -> None:
    """A finite gradient reaches the current."""
    made = _make(component)
    current = _noisy(made).requires_grad_()
    spikes = fire(made, current).sum()
    require(spikes.requires_grad, "no gradient comes through its spikes")
    (gradient,) = torch.autograd.grad(spikes, current, allow_unused=True)
    require(gradient is not None, "no gradient reaches the current")
    require(bool(gradient.isfinite().all()), "the gradient is not finite")
    require(bool((gradient != 0).any()), "the gradient is 0 everywhere")


def is_causal(component: Component) -> None:
    """Nothing fires before its cause."""
    made = _make(component)
    current = _noisy(made)
    changed = current.clone()
    changed[N_STEPS // 2 :] = 0
    before, after = fire(made, current), fire(made, changed)
    same = torch.equal(before[: N_STEPS // 2], after[: N_STEPS // 2])
    require(same, "a later current changes earlier spikes")


def comes_back(component: Component) -> None:
    """Its `state_dict`, loaded into another one, gives the same spikes."""
    made, other = _make(component), neuron(config_of(component), _NEURONS, seeded(1))
    if isinstance(made, nn.Module) and isinstance(other, nn.Module):
        other.load_state_dict(made.state_dict())
    current = _noisy(made)
    require(torch.equal(fire(made, current), fire(other, current)), "the spikes differ")


def takes_synapses(component: Component) -> None:
    """It fires behind synapses (`tau_syn`), too."""
    made = neuron(config_of(component, tau_syn=5.0), _NEURONS, seeded())
    require(float(fire(made, _strong(made)).detach().sum()) > 0, "it never fires")


CHECKS = {
    "neuron": (
        has_the_parts,
        keeps_shapes,
        fires,
        fires_at_threshold,
        is_pure,
        has_gradients,
        is_causal,
        comes_back,
        takes_synapses,
    )
}
