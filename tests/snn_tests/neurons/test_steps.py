"""The neurons by hand, step by step."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from snn.config import TrialConfig
from snn.kernels import reference
from snn.neurons import ALIF, LIF, Izhikevich, Readout, Synapse
from snn.neurons.izhikevich import IzhikevichState
from snn.surrogates import derivative, spike

SEED = torch.Generator().manual_seed(0)


def trace(model: LIF | ALIF, currents: list[float]) -> list[tuple[float, float]]:
    """Potential and spike after each step."""
    state, seen = model.initial_state(torch.zeros(1, 1)), []
    for current in currents:
        state = model.step(torch.tensor([[current]]), state)
        seen.append((state.v.item(), state.z.item()))
    return seen


def test_a_lif_leaks_fires_and_is_reset_without_losing_current() -> None:
    alpha = math.exp(-1 / 20)
    model = LIF(TrialConfig(dynamics="lif"), 1)
    v1 = 0.6
    v2 = alpha * v1 + 0.6
    assert trace(model, [0.6, 0.6, 0.6, 0.0]) == [
        (pytest.approx(v1), 0.0),
        (pytest.approx(v2), 1.0),
        (pytest.approx(0.6), 0.0),
        (pytest.approx(alpha * 0.6), 0.0),
    ]


def test_a_lif_as_published_loses_the_current_after_a_spike() -> None:
    model = LIF(TrialConfig(preset="published", dynamics="lif"), 1)
    assert [v for v, _ in trace(model, [1.0, 0.7, 0.7])] == pytest.approx([1.0, 0.0, 0.7])


def test_a_spike_raises_the_threshold_of_an_alif() -> None:
    model = ALIF(TrialConfig(beta=0.5), 1, SEED)
    # threshold 1, then 1.5 and decaying: the same current fires once, a stronger one again
    assert [z for _, z in trace(model, [1.2, 1.2, 0.0, 0.0])] == [1.0, 0.0, 0.0, 0.0]
    assert [z for _, z in trace(model, [1.2, 1.6, 1.6])] == [1.0, 1.0, 0.0]


def test_an_alif_without_adaptation_is_a_lif() -> None:
    alif, lif = ALIF(TrialConfig(beta=0.0), 1, SEED), LIF(TrialConfig(dynamics="lif"), 1)
    assert alif.raw_beta.isfinite() and ALIF(TrialConfig(beta=0.0), 1, SEED).double().beta == 0
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        # Next to ϑ, where a threshold that is higher by a millionth takes a spike away.
        near = 1 + 1e-6 * torch.rand(100, 16, 64, generator=generator)
        assert torch.equal(reference.fire(alif, near), reference.fire(lif, near))
        current = torch.rand(100, 16, 64, generator=generator)
        assert torch.equal(reference.fire(alif, current), reference.fire(lif, current))


@given(beta=st.floats(0.0, 1e6))
def test_a_fixed_beta_is_that_of_the_configuration(beta: float) -> None:
    assert ALIF(TrialConfig(beta=beta), 1, SEED).beta.item() == pytest.approx(
        beta, rel=1e-5, abs=1e-30
    )


def beta_after(config: TrialConfig, towards: float, steps: int) -> float:
    """Beta after training it to raise (+1) or lower (−1) the number of spikes."""
    model = ALIF(config, 8, torch.Generator().manual_seed(0))
    current = config.threshold * torch.rand(30, 4, 8, generator=torch.Generator().manual_seed(1))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(steps):
        loss = -towards * reference.fire(model, current.requires_grad_(), None).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return model.beta.item()


def test_a_learned_beta_learns_and_stays_positive() -> None:
    start = TrialConfig(learn_beta=True)
    assert beta_after(start, towards=-1, steps=5) > start.beta
    assert 0 <= beta_after(start, towards=+1, steps=200) < start.beta


def test_a_learned_beta_as_published_starts_near_0_and_never_moves() -> None:
    start = TrialConfig(preset="published", learn_beta=True)
    drawn = [ALIF(start, 8, torch.Generator().manual_seed(n)).beta.item() for n in range(200)]
    assert abs(sum(drawn) / 200) < 0.01 and 0.025 < torch.tensor(drawn).std().item() < 0.035
    assert beta_after(start, +1, steps=5) == beta_after(start, +1, steps=0)
    fixed = TrialConfig(preset="published", learn_beta=False)
    assert ALIF(fixed, 8, SEED).beta.item() == pytest.approx(1.6)


def test_a_beta_of_each_neuron_starts_as_that_of_the_layer_and_raises_its_own_threshold() -> None:
    model = ALIF(TrialConfig(learn_beta=True, beta_per_neuron=True, beta=0.5), 3, SEED)
    assert model.beta.tolist() == pytest.approx([0.5] * 3)
    with torch.no_grad():
        model.raw_beta[0] = 5.0
    spikes = reference.fire(model, torch.full((50, 1, 3), 0.5)).sum(dim=0)[0]
    assert spikes[0] < spikes[1] == spikes[2]


@pytest.mark.parametrize("preset", ["default", "published"])
def test_a_learned_time_constant_is_one_of_each_neuron_and_grows_where_spikes_are_wanted(
    preset: str,
) -> None:
    config = TrialConfig.parse({"dynamics": "lif", "learn_tau_mem": True, "preset": preset})
    model = LIF(config, 2)
    plain = LIF(config.model_copy(update={"learn_tau_mem": False}), 2)
    current = 0.2 * torch.rand(40, 3, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(reference.fire(model, current), reference.fire(plain, current))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(5):
        spikes = reference.fire(model, current).sum(dim=(0, 1))
        optimiser.zero_grad()
        (spikes[1] - spikes[0]).backward()
        optimiser.step()
    more, fewer = torch.as_tensor(model.tau).tolist()
    assert fewer < config.tau_mem < more


def test_an_izhikevich_rests_at_rest_and_fires_regularly_under_current() -> None:
    model = Izhikevich(TrialConfig(dynamics="izhikevich"))
    state = model.initial_state(torch.zeros(1, 1))
    for _ in range(50):
        state = model.step(torch.zeros(1, 1), state)
    assert state.v.item() == pytest.approx(-70, abs=0.1)
    spikes = reference.fire(model, torch.full((1000, 1, 1), 10.0), None)
    assert 5 <= spikes.sum() <= 50  # the regular-spiking cell: some 20 Hz in a second


def test_a_synapse_filters_the_current() -> None:
    sigma = math.exp(-1 / 5)
    config = TrialConfig(dynamics="lif", tau_syn=5.0)
    model = Synapse(config, LIF(config, 1))
    state, seen = model.initial_state(torch.zeros(1, 1)), []
    for current in (1.0, 0.0, 0.5):
        state = model.step(torch.tensor([[current]]), state)
        seen.append(state.i.item())
    assert seen == pytest.approx([1.0, sigma, sigma**2 + 0.5])


@given(n_steps=st.integers(1, 40), tau=st.floats(1, 50), seed=st.integers(0, 99))
def test_the_readout_is_the_recursion_of_its_equation(n_steps: int, tau: float, seed: int) -> None:
    readout = Readout(TrialConfig(tau_out=tau), 6, 3)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        readout.weight.normal_(generator=generator)
        readout.bias.normal_(generator=generator)
    spikes = (torch.rand(n_steps, 2, 6, generator=generator) < 0.3).float()
    y, expected = torch.zeros(2, 3), []
    for z in spikes:
        y = math.exp(-1 / tau) * y + z @ readout.weight + readout.bias
        expected.append(y)
    torch.testing.assert_close(readout(spikes), torch.stack(expected), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "value"), [("max", 3.0), ("mean", 1.0), ("last", -1.0)])
def test_the_logits_are_taken_over_time(name: str, value: float) -> None:
    readout = Readout(TrialConfig(readout=name), 1, 1)
    over_time = torch.tensor([1.0, 3.0, -1.0])[:, None, None]
    assert readout.logits(over_time).item() == value


def test_every_step_has_one_vote_in_the_sum_of_the_softmax() -> None:
    readout = Readout(TrialConfig(readout="softmax_sum"), 1, 2)
    trace = torch.tensor([[5.0, 0.0], [0.0, 1.0], [0.0, 1.0]])[:, None]
    votes = 1 / (1 + math.exp(-5)) + 2 / (1 + math.exp(1))
    assert readout.logits(trace)[0].tolist() == pytest.approx([votes, 3 - votes])


@pytest.mark.parametrize(
    ("name", "at", "slope", "value"),
    [
        ("fast_sigmoid", 1.5, 2.0, 0.25),
        ("fast_sigmoid", 1.0, 9.0, 1.0),
        ("phi", 1.0, 0.3, 0.3),
        ("phi", 1.5, 0.3, 0.15),
        ("phi", 2.5, 0.3, 0.0),
        ("atan", 1.0, 3.0, 1.0),
        ("atan", 2.0, 2 / math.pi, 0.5),
    ],
)
def test_a_spike_passes_its_surrogate_to_membrane_and_threshold(
    name: str, at: float, slope: float, value: float
) -> None:
    v = torch.tensor(at, requires_grad=True)
    threshold = torch.tensor(1.0, requires_grad=True)
    z: Tensor = spike(v, threshold, derivative(TrialConfig(surrogate=name)), slope)
    z.backward()
    assert v.grad is not None and threshold.grad is not None
    assert v.grad.item() == pytest.approx(value, abs=1e-4)
    assert threshold.grad.item() == -v.grad.item()


def test_a_neuron_fires_at_its_threshold_and_not_below() -> None:
    v = torch.tensor([0.999, 1.0, 1.001])
    assert spike(v, 1.0, derivative(TrialConfig(surrogate="phi")), 1.0).tolist() == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("currents", "fires"),
    [
        ([1.2, 1.499], False),  # the threshold is 1 + β = 1.5
        ([1.2, 1.501], True),
        ([1.2, 0.0, 1.497], False),  # and 1 + β · exp(−1 / 200) = 1.4975 one step later
        ([1.2, 0.0, 1.498], True),
    ],
)
def test_the_threshold_of_an_alif_decays_from_one_plus_beta(
    currents: list[float], fires: bool
) -> None:
    model = ALIF(TrialConfig(beta=0.5), 1, SEED)
    assert trace(model, currents)[-1][1] == float(fires)


def izhikevich_step(preset: str, current: float, state: list[float]) -> list[float]:
    """Potential, recovery and spike of one neuron after one step."""
    model = Izhikevich(TrialConfig.parse({"preset": preset, "dynamics": "izhikevich"}))
    before = IzhikevichState(*(torch.tensor([[value]]) for value in state))
    after = model.step(torch.tensor([[current]]), before)
    return [value.item() for value in after]


def test_an_izhikevich_follows_its_equation_in_two_half_steps() -> None:
    # 0.04 · 70² − 5 · 70 + 140 + 14 = 0 at rest, so the current alone moves it: −70, −65, −61
    first = izhikevich_step("default", 10.0, [-70.0, -14.0, 0.0])
    assert first == pytest.approx([-61.0, -13.964, 0.0], abs=1e-4)
    second = izhikevich_step("default", 10.0, first)
    assert second == pytest.approx([-52.65737, -13.89535, 0.0], abs=1e-4)


def test_an_izhikevich_fires_at_its_peak_and_is_reset_in_the_step_after() -> None:
    assert izhikevich_step("default", 0.0, [29.0, -14.0, 0.0])[::2] == [30.0, 1.0]
    # from −65 with u = −10 + 8: −72, −77.32
    after = izhikevich_step("default", 0.0, [30.0, -10.0, 1.0])
    assert after == pytest.approx([-77.32, -2.26928, 0.0], abs=1e-4)


def test_an_izhikevich_as_published_moves_a_thousandth_as_far() -> None:
    first = izhikevich_step("published", 100.0, [-60.0, 0.0, 0.0])
    assert first == pytest.approx([-59.999, 0.0, 0.0], abs=1e-5)
    _, u, _ = izhikevich_step("published", 100.0, first)
    assert u == pytest.approx(-6e-8, rel=0.01)
