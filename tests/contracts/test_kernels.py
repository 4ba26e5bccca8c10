"""What every backend must fulfil: the spikes and the gradients of the reference."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from snn.config import TrialConfig
from snn.data.events.samples import EventSamples
from snn.encoding import Drive, draw_key
from snn.kernels import Backend, Outcome, reference
from snn.kernels.cpu import network as cpu
from snn.kernels.gpu import inputs
from snn.kernels.gpu import network as cuda
from snn.networks.spiking import SpikingNetwork
from snn.registry import OURS

BACKENDS: dict[str, Backend] = {"cpu": cpu.run, "cuda": cuda.run}
# Without a GPU, its code computes on the CPU in Triton's interpreter.
DEVICES = {"cpu": "cpu", "cuda": "cuda" if torch.cuda.is_available() else "cpu"}
INTERPRETED = {"cpu": False, "cuda": not torch.cuda.is_available()}  # then it is slow
EXAMPLES = {"cpu": 40, "cuda": 8 if INTERPRETED["cuda"] else 12}
NEURONS = {
    name: [each.name for each in OURS.of("neuron") if name in each.compiled] for name in BACKENDS
}
READOUTS = {
    "cpu": ["max", "mean", "last", "softmax_sum"],
    "cuda": ["max", "mean", "last"],
}
LOSSES = {"cpu": ["cross_entropy", "cross_entropy_every_step"], "cuda": ["cross_entropy"]}
RELATIVE = 1e-4  # of the largest entry of a gradient
ROUNDING = (
    2e-6  # of the largest potential: a membrane that is nearer to its threshold may fire or not
)


class Case(NamedTuple):
    """A network with a batch of images to run it on and directions to differentiate in."""

    network: SpikingNetwork
    drive: Drive
    towards: Outcome

    def __repr__(self) -> str:
        return f"{self.drive.sizes}, {self.network.config!r}"


@st.composite
def cases(draw: st.DrawFn, encoding: str, backend: str) -> Case:
    """Networks of all shapes and equations that fire, with images of which some are dark."""
    slow = INTERPRETED[backend]
    keys = {
        "dynamics": st.sampled_from(NEURONS[backend]),
        "adapt_a": st.floats(0.0, 1.0),
        "adapt_b": st.floats(0.0, 2.0),
        "learn_adapt": st.booleans(),
        "resonance": st.just(5.0 if encoding == "events" else 50.0),  # Hz; steps of 10 ms, or 1
        "preset": st.sampled_from(["default", "published"]),
        "reset_takes_current": st.booleans(),
        "threshold_gradient": st.booleans(),
        "beta_form": st.sampled_from(["softplus", "raw"]),
        "dark_pixels_fire": st.booleans(),
        "encoding": st.just(encoding),
        "recurrent": st.booleans(),
        "learn_beta": st.booleans(),
        "beta_per_neuron": st.booleans(),
        "learn_tau_mem": st.booleans(),
        "tau_syn": st.sampled_from([None, 1.0, 8.0]),
        "tau_mem": st.floats(2.0, 60.0),
        "tau_out": st.floats(2.0, 60.0),
        "tau_adapt": st.floats(5.0, 400.0),
        "beta": st.floats(0.0, 2.0),
        "encoder_tau": st.floats(1.0, 8.0),
        "surrogate": st.sampled_from(["fast_sigmoid", "phi", "atan"]),
        "surrogate_slope": st.floats(0.3, 10.0),
        "readout": st.sampled_from(READOUTS[backend]),
        "loss": st.sampled_from(LOSSES[backend]),
        "hidden": st.lists(st.integers(1, 40), min_size=1, max_size=2 if slow else 3),
        "n_steps": st.integers(2, 9 if slow else 24),  # at encoder_tau 8, white fires at step 1
        "crossing_levels": st.sampled_from([0, 3]),
        "answer_steps": st.integers(0, 3),
        "seed": st.integers(0, 999),
    }
    most_pixels = 20 if encoding == "permuted" else 40  # each is a step there
    images = st.sampled_from([1, 4, 16, 17]) if slow else st.integers(1, 20)  # 16 are in a program
    sizes = draw(images), draw(st.integers(1, most_pixels))
    return case(draw(st.fixed_dictionaries(keys)), *sizes, device=DEVICES[backend])


def case(
    values: dict[str, Any], n_images: int, n_pixels: int, n_classes: int = 10, device: str = "cpu"
) -> Case:
    config = TrialConfig.parse(values)
    generator = torch.Generator().manual_seed(config.seed)
    network = SpikingNetwork(config, n_pixels, n_classes)
    with torch.no_grad():  # the bias starts at 0, where nothing would be seen of it
        network.readout.bias.normal_(generator=generator)
        for name, parameter in network.named_parameters():
            if (
                name.endswith(("log_tau", "raw_beta", "change")) and parameter.dim()
            ):  # alike at the start
                parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    pixels = torch.randint(0, 256, (n_images, n_pixels), generator=generator, dtype=torch.uint8)
    pixels[:, torch.rand(n_pixels, generator=generator) < 0.3] = 0
    shown: Any = pixels
    if config.encoding == "events":  # some of them twice in a step
        spikes = torch.rand(n_images, config.n_steps, n_pixels, generator=generator) < 0.3
        shown = EventSamples.from_dense(spikes * (1 + pixels[:, None] // 200))
    drive = network.encoder(shown.to(device), key=draw_key(generator))
    shapes = [(n_images, n_classes), *((n_images, size) for size in config.hidden)]
    logits, *counts = (torch.randn(shape, generator=generator).to(device) for shape in shapes)
    trace = torch.randn(drive.sizes.n_steps, *shapes[0], generator=generator).to(device)
    return Case(network.to(device), drive, Outcome(logits, tuple(counts), trace))


def run(backend: Backend, at: Case) -> Outcome:
    return backend(at.drive, at.network.kernel_layers(), at.network.readout)


def gradients(outcome: Outcome, at: Case) -> dict[str, Tensor | None]:
    """Of every parameter, by name; None where no gradient comes."""
    loss = (outcome.logits * at.towards.logits).sum()
    for counts, towards in zip(outcome.counts, at.towards.counts, strict=True):
        loss = loss + (counts * towards).sum()
    assert (outcome.trace is not None) == at.network.readout.traced
    if outcome.trace is not None and at.towards.trace is not None:
        loss = loss + (outcome.trace * at.towards.trace).sum()
    names, parameters = zip(*at.network.named_parameters(), strict=True)
    grads = torch.autograd.grad(loss, parameters, allow_unused=True)
    return dict(zip(names, grads, strict=True))


def assert_same(name: str, at: Case, shifted: Sequence[tuple[Outcome, Case]]) -> Outcome:
    """Equal spikes; values and gradients as near to the exact ones as single precision allows.

    Exact is the reference in double precision. A steep surrogate many steps deep makes much of a
    rounding: what the reference itself is off by in single precision, a backend may be, too, and
    what a rounding of all thresholds changes: `shifted`, of `around`.
    """
    exact_at = in_double(at)
    ours, single, exact = (
        run(BACKENDS[name], at),
        run(reference.run, at),
        run(reference.run, exact_at),
    )
    for counts, *others in zip(ours.counts, single.counts, exact.counts, strict=True):
        assert all(torch.equal(counts.double(), other.double()) for other in others)
    true = compared(exact, exact_at)
    near = [
        compared(single, at),
        *(compared(outcome, each) for outcome, each in shifted),
    ]
    for key, mine in compared(ours, at).items():
        of_key = true[key], *(each[key] for each in near)
        if mine is None or any(each is None for each in of_key):
            assert mine is None and all(each is None for each in of_key), key
        else:
            _assert_near(key, mine, *of_key)
    return ours


def compared(outcome: Outcome, at: Case) -> dict[str, Tensor | None]:
    """What is compared: the outcome, and the gradients of all parameters."""
    return {"logits": outcome.logits, "trace": outcome.trace, **gradients(outcome, at)}


def _assert_near(key: str, ours: Tensor, exact: Tensor, *near: Tensor) -> None:
    assert ours.shape == exact.shape
    off, *noise = ((each - exact).abs().max().item() for each in (ours, *near))
    size = exact.abs().max().item()
    allowed = RELATIVE * size + 2 * max(noise) + 1e-12
    assert off <= allowed, f"{key}: off by {off:.1e} at size {size:.1e}"


def in_double(at: Case) -> Case:
    return at._replace(network=copy.deepcopy(at.network).double())


def rounding(at: Case) -> float:
    """What a potential may be off by in single precision: large currents cancel in a small one."""
    with torch.no_grad():
        record = reference.record(at.drive, at.network.kernel_layers(), at.network.readout)
    largest = max(potentials.abs().max().item() for potentials in record.potentials)
    return ROUNDING * max(5.0, largest)


def around(at: Case) -> Iterator[tuple[Outcome, Case]]:
    """The exact network with all thresholds a rounding lower, and with all a rounding higher."""
    by = rounding(at)
    for shift in (-by, by):
        shifted = in_double(at)
        for layer in shifted.network.kernel_layers():
            neuron_of(layer.neuron).threshold += shift
        yield run(reference.run, shifted), shifted


def are_clear(shifted: Sequence[tuple[Outcome, Case]]) -> bool:
    """Whether the spikes are the same with thresholds a rounding lower and a rounding higher."""
    (low, _), (high, _) = shifted
    return all(torch.equal(less, more) for less, more in zip(low.counts, high.counts, strict=True))


def neuron_of(module: Any) -> Any:
    """The neuron itself, where it stands behind a synaptic filter."""
    return getattr(module, "neuron", module)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        *itertools.product(sorted(BACKENDS), ["latency", "periodic", "poisson", "constant"]),
        *itertools.product(sorted(BACKENDS), ["events"]),
        ("cpu", "rows"),  # a GPU computes the current in plain torch, which has a test of its own
        ("cpu", "permuted"),
    ],
)
def test_spikes_and_gradients_are_those_of_the_reference(name: str, encoding: str) -> None:
    fired = []

    @given(at=cases(encoding, name))
    @settings(max_examples=EXAMPLES[name], suppress_health_check=[HealthCheck.too_slow])
    def check(at: Case) -> None:
        assume(at.drive.sizes.n_steps > 1)  # at the first step, nothing has adapted yet
        shifted = [*around(at)]
        assume(are_clear(shifted))
        outcome = assert_same(name, at, shifted)
        fired.append(sum(float(counts.detach().mean()) for counts in outcome.counts))

    check()
    assert sum(rate > 0.5 for rate in fired) > len(fired) / 4  # else nothing was compared


@pytest.mark.parametrize("levels", [0, 3])
def test_the_current_of_a_sequence_on_a_gpu_is_that_of_its_drive(levels: int) -> None:
    values = {"encoding": "rows", "crossing_levels": levels, "answer_steps": 2, "hidden": 7}
    at = case(values, n_images=5, n_pixels=36)
    weight = at.network.kernel_layers()[0].weight
    wanted = at.drive.current(weight).transpose(0, 1)
    ours = inputs.current(at.drive, weight)
    torch.testing.assert_close(ours, wanted)
    towards = torch.randn(ours.shape)
    (gradient,) = torch.autograd.grad((wanted * towards).sum(), weight)
    torch.testing.assert_close(inputs.current_backward(at.drive, weight, towards), gradient)
