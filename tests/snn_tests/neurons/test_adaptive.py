"""Neurons whose parameters are of each neuron, within bounds: adLIF, SE-adLIF, BRF."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.errors import ConfigError
from snn.kernels import reference
from snn.neurons import BRF, Adaptive, Neuron, neuron
from snn.neurons.bounded import Bounded

N = 6


def make(dynamics: str, n_neurons: int = N, seed: int = 0, **keys: Any) -> Any:
    config = TrialConfig.parse({"dynamics": dynamics} | keys)
    return neuron(config, n_neurons, torch.Generator().manual_seed(seed)).double()  # type: ignore[attr-defined]


def noise(model: Neuron, n_steps: int = 60) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    drawn = torch.randn(n_steps, 1, N, generator=generator, dtype=torch.float64)
    return model.rheobase * drawn.abs()


def numbers(model: Adaptive) -> list[np.ndarray[Any, Any]]:
    parts = model.tau_mem, model.tau_adapt, model.a, model.b
    return [part().detach().numpy() for part in parts]


def spikes_of(model: Any) -> np.ndarray[Any, Any]:
    spikes: np.ndarray[Any, Any] = reference.fire(model, noise(model)).detach().numpy()[:, 0]
    return spikes


def test_an_adlif_is_the_published_recursion_up_to_the_scale_of_the_weights() -> None:
    model = make("adlif")
    tau_mem, tau_adapt, a, b = numbers(model)
    alpha, rho = np.exp(-1 / tau_mem), np.exp(-1 / tau_adapt)
    u, w, s, expected = np.zeros(N), np.zeros(N), np.zeros(N), []
    for current in noise(model).numpy()[:, 0] / (1 - math.exp(-1 / 15)):
        u, w = alpha * u + (1 - alpha) * (current - w) - s, rho * w + a * u + b * s
        s = (u >= 1).astype(float)
        expected.append(s)
    assert np.array_equal(spikes_of(model), expected)
    assert 0.02 < np.mean(expected) < 0.9


def test_an_se_adlif_is_the_published_recursion_up_to_the_scale_of_the_weights() -> None:
    model = make("se_adlif")
    tau_mem, tau_adapt, a, b = numbers(model)
    alpha, rho = np.exp(-1 / tau_mem), np.exp(-1 / tau_adapt)
    u, w, expected = np.zeros(N), np.zeros(N), []
    for current in noise(model).numpy()[:, 0] / (1 - math.exp(-1 / 15)):
        u = alpha * u + (1 - alpha) * (current - w)
        s = (u >= 1).astype(float)
        u = u * (1 - s)
        w = rho * w + (1 - rho) * 120 * (a * u + b * s)
        expected.append(s)
    assert np.array_equal(spikes_of(model), expected)
    assert 0.02 < np.mean(expected) < 0.9


def test_a_brf_is_the_published_recursion_in_its_own_unit_of_time() -> None:
    model = make("brf")
    delta, omega = 0.01, model.omega().detach().numpy()
    offset = 100 / model.tau_mem().detach().numpy()
    boundary = (-1 + np.sqrt(1 - (delta * omega) ** 2)) / delta
    u, v, q, expected = np.zeros(N), np.zeros(N), np.zeros(N), []
    for current in noise(model).numpy()[:, 0] / delta:
        b = boundary - offset - q
        u, v = u + delta * (b * u - omega * v + current), v + delta * (omega * u + b * v)
        z = (u - 1 - q >= 0).astype(float)
        q = 0.9 * q + z
        expected.append(z)
    assert np.array_equal(spikes_of(model), expected)
    assert 0.02 < np.mean(expected) < 0.9


@pytest.mark.parametrize("dynamics", ["adlif", "se_adlif"])
@pytest.mark.parametrize("tau", [0.01, 0.5, 15.0, 1e4])
def test_the_adaptation_is_stable_whatever_the_time_constants(dynamics: str, tau: float) -> None:
    keys = {"tau_mem": tau, "tau_adapt": tau * 3, "adapt_a": 1.0}
    its = make(dynamics, 200, **keys).coefficients()
    alpha, rho, a, _ = (each.detach().numpy() for each in its)
    one, share = np.ones_like(a), 1 - alpha
    steps = {
        "adlif": [[alpha, -share], [a, rho]],
        "se_adlif": [[alpha - share * a, -share * rho], [a, rho]],
    }
    matrices = np.moveaxis(np.array(steps[dynamics]) * one, -1, 0)
    assert (np.abs(np.linalg.eigvals(matrices)) < 1 + 1e-9).all()


@pytest.mark.parametrize("dynamics", ["adlif", "se_adlif", "brf"])
def test_the_parameters_differ_between_neurons_and_no_step_of_learning_leaves_the_bounds(
    dynamics: str,
) -> None:
    model = make(dynamics)
    parts = [part for part in model.children() if isinstance(part, Bounded)]
    learned = [part.change for part in parts]
    assert parts and all(change is not None and (change == 0).all() for change in learned)
    before = [part().detach() for part in parts]
    assert all(len(values.unique()) == N for values in before)
    reference.fire(model, noise(model)).sum().backward()
    for change in learned:
        assert change.grad is not None and (change.grad != 0).any()
    for far in (-1e3, 1e3):
        with torch.no_grad():
            for change in learned:
                change.fill_(far)
        for part in parts:
            low, high = part.span
            assert torch.allclose(part(), torch.full((N,), low if far < 0 else high).double())
        assert reference.fire(model, noise(model)).isfinite().all()


@pytest.mark.parametrize("dynamics", ["adlif", "se_adlif", "brf"])
def test_what_is_not_learned_is_as_it_was_drawn(dynamics: str) -> None:
    off = {"learn_tau_mem": False, "learn_adapt": False, "learn_resonance": False}
    fixed, learned = make(dynamics, **off), make(dynamics)
    assert list(fixed.parameters()) == []
    assert np.array_equal(spikes_of(fixed), spikes_of(learned))
    assert not np.array_equal(spikes_of(fixed), spikes_of(make(dynamics, seed=1, **off)))


@pytest.mark.parametrize("dynamics", ["adlif", "se_adlif"])
def test_without_adaptation_nothing_slow_is_left(dynamics: str) -> None:
    model = make(dynamics, adapt_a=0.0, adapt_b=0.0)
    states = list(reference.states_of(model, noise(model), None))
    assert all((state.w == 0).all() for state in states)
    for keys in ({}, {"adapt_a": 0.0}, {"adapt_b": 0.0}):
        assert spikes_of(model).sum() > spikes_of(make(dynamics, **keys)).sum()


@pytest.mark.parametrize("dynamics", ["adlif", "se_adlif", "brf"])
def test_the_response_is_that_of_a_neuron_in_the_middle(dynamics: str) -> None:
    model = make(dynamics, 1)
    with torch.no_grad():
        for part in model.children():
            if isinstance(part, Bounded):
                part.change.copy_(-part.start)  # type: ignore[union-attr]
    current = torch.zeros(30, 1, 1, dtype=torch.float64)
    current[0] = 0.1  # too little to fire
    seen = torch.stack([state.v[0, 0] for state in reference.states_of(model, current, None)])
    torch.testing.assert_close(model.response(30), 10 * seen.float())


def test_a_brf_comes_to_rest_and_answers_most_to_its_own_frequency() -> None:
    model = make("brf", 1, learn_tau_mem=False, tau_mem=400.0)
    own = float(model.omega().detach()) / 100 / (2 * math.pi) * 1000  # Hz
    time = torch.arange(1000, dtype=torch.float64) * 1e-3

    def peak(hertz: float) -> float:
        wave = 0.02 * torch.sin(2 * math.pi * hertz * time)[:, None, None]
        states = reference.states_of(model, wave, None)
        return max(abs(float(state.v.detach())) for state in states)

    assert peak(own) > 2 * max(peak(own / 2), peak(2 * own))
    kick = torch.zeros(3000, 1, 1, dtype=torch.float64)
    kick[0] = 0.9
    *_, last = reference.states_of(model, kick, None)
    assert abs(float(last.v.detach())) < 0.01


def test_a_frequency_that_the_steps_cannot_follow_is_refused_with_the_fastest() -> None:
    make("brf", resonance=85.0)
    with pytest.raises(ConfigError, match=r"resonance: 100 is too high .* 1 ms .*at most 85.9"):
        make("brf", resonance=100.0)
    make("brf", resonance=100.0, dt=0.5)
    assert isinstance(make("brf"), BRF)


def test_the_default_frequency_is_lower_where_the_steps_could_not_follow_it() -> None:
    def default(**keys: Any) -> Any:
        config: Any = TrialConfig.parse({"dynamics": "brf"} | keys)
        return config.resonance

    of_events = {"dataset": "shd", "encoding": "events"}
    assert default() == default(dt=1.5) == default(time_bin=20.0) == 50.0
    assert default(**of_events) == 5.0
    assert default(**of_events, time_bin=20.0) == 2.5
