"""What a backend gets and what it gives back.

Shapes: B images, T steps, N inputs, H neurons, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor

from snn.data.pixels import check_fit
from snn.encoding import ConstantCurrent, Drive
from snn.errors import ArrayError
from snn.neurons import ALIF, BRF, LIF, Adaptive, AdLIF, Neuron, Readout, SEAdLIF, Synapse
from snn.neurons.brf import GAMMA


class Layer(NamedTuple):
    """Spiking neurons with the weights that drive them.

    Attributes:
        neuron: The equations.
        weight: (N, H) from the layer below.
        recurrent: (H, H) from the layer's own spikes of the step before; None for no such weights.
    """

    neuron: Neuron
    weight: Tensor
    recurrent: Tensor | None


class Outcome(NamedTuple):
    """What is needed to train: all of it is differentiable.

    Attributes:
        logits: (B, C).
        counts: Per layer (B, H), spikes of every neuron.
        trace: (T, B, C) readout over time; None where the loss does not read it.
    """

    logits: Tensor
    counts: tuple[Tensor, ...]
    trace: Tensor | None = None


class Backend(Protocol):
    """Computes a network: the time loops of its layers and its readout, and their gradients."""

    def __call__(self, drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
        """Run all T steps.

        Raises:
            ArrayError: An array does not fit the others; see `check`.
        """


_SMALLEST = 99 * 1024  # of the GPUs that we support


def shared_memory(device: torch.device) -> int:
    """Bytes that a program may have on a processor of a GPU; the fewest where there is none."""
    if device.type != "cuda" or not torch.cuda.is_available():
        return _SMALLEST
    return int(torch.cuda.get_device_properties(device).shared_memory_per_block_optin)


SURROGATE_CODES = {"fast_sigmoid": 0, "phi": 1, "atan": 2}
"""Of the derivatives in compiled loops; what is not here, they cannot compute."""

READOUT_CODES = {"max": 0, "mean": 1, "last": 2}
"""Of the readouts in compiled loops. What others make of the trace, torch computes."""


class Dynamics(NamedTuple):
    """The numbers of a LIF or an ALIF layer, which is a LIF one with β = 0, as compiled code wants.

    Attributes:
        alpha: Decay of the membrane per step, where it is not learned.
        rho: Decay of the adaptation.
        sigma: Decay of the synaptic current; 0 without one.
        threshold: ϑ.
        slope: Of the surrogate.
        surrogate: One of `SURROGATE_CODES`.
        takes_current: 1 if the reset after a spike takes the next current with it.
        adapts: 1 if the gradient flows through the adaptive threshold.
    """

    alpha: float
    rho: float
    sigma: float
    threshold: float
    slope: float
    surrogate: int
    takes_current: float
    adapts: float


class AdaptiveDynamics(NamedTuple):
    """The numbers of an adLIF or SE-adLIF layer; see `Dynamics`.

    Attributes:
        gain: g, of the current.
        sigma: Decay of the synaptic current; 0 without one.
        threshold: ϑ.
        slope: Of the surrogate.
        surrogate: One of `SURROGATE_CODES`.
        symplectic: 1 for SE-adLIF, 0 for adLIF.
    """

    gain: float
    sigma: float
    threshold: float
    slope: float
    surrogate: int
    symplectic: float


class ResonantDynamics(NamedTuple):
    """The numbers of a BRF layer; see `Dynamics`.

    Attributes:
        delta: δ.
        gamma: γ.
        sigma: Decay of the synaptic current; 0 without one.
        threshold: ϑ.
        slope: Of the surrogate.
        surrogate: One of `SURROGATE_CODES`.
    """

    delta: float
    gamma: float
    sigma: float
    threshold: float
    slope: float
    surrogate: int


Numbers: TypeAlias = Dynamics | AdaptiveDynamics | ResonantDynamics
"""Of the families of neurons that loops are compiled for."""


class Task(NamedTuple):
    """What compiled code needs beside the tensors.

    Attributes:
        drive: The encoded images.
        numbers: Of every layer.
        readout: Its κ and mode.
        learns: Whether a backward pass may follow.
    """

    drive: Drive
    numbers: tuple[Numbers, ...]
    readout: Readout
    learns: bool


def check(drive: Drive, layers: Sequence[Layer], readout: Readout) -> None:
    """Refuse weights that do not fit each other or the input.

    Raises:
        ArrayError: A shape, a type or a device is another than that of the network around it.
    """
    if not layers:
        raise ArrayError("layers: there must be at least one")
    like = readout.weight
    below = drive.sizes.n_inputs
    check_fit(below, drive.device, len(layers[0].weight), like)
    for number, layer in enumerate(layers, start=1):
        wide = layer.weight.shape[-1]
        _check_weights(f"weights of layer {number}", layer.weight, (below, wide), like)
        if layer.recurrent is not None:
            name = f"recurrent weights of layer {number}"
            _check_weights(name, layer.recurrent, (wide, wide), like)
        below = wide
    n_classes = like.shape[-1]
    _check_weights("weights of the readout", like, (below, n_classes), like)
    _check_weights("biases of the readout", readout.bias, (n_classes,), like)


def _check_weights(name: str, weights: Tensor, shape: tuple[int, ...], like: Tensor) -> None:
    if weights.shape != shape:
        raise ArrayError(f"{name}: must be of shape {shape}, not {tuple(weights.shape)}")
    if weights.dtype != like.dtype or not weights.dtype.is_floating_point:
        raise ArrayError(f"{name}: {weights.dtype}; all must be of one floating-point type")
    if weights.device != like.device:
        raise ArrayError(f"{name}: on {weights.device}, but the readout is on {like.device}")


def gather(
    drive: Drive,
    layers: Sequence[Layer],
    readout: Readout,
    step_current: Callable[[ConstantCurrent, Tensor], Tensor] = ConstantCurrent.step_current,
) -> tuple[Task, *tuple[Tensor | None, ...]]:
    """The task and its tensors, as an autograd function wants them.

    Per layer the weights, the recurrent ones, α (H,) where it is learned or the coefficients
    (·, H) of others, and β, a number or (H,); None for what there is not. Then the weights and
    the bias of the readout. Under a constant drive, what `step_current` gives stands for
    the first weights: their current, or they themselves.

    Raises:
        ArrayError: See `check`; or the weights are not float32.
        TypeError: No compiled loop has these neurons, or their surrogate.
    """
    check(drive, layers, readout)
    if readout.weight.dtype != torch.float32:
        raise ArrayError(f"weights are {readout.weight.dtype}; the compiled loops take float32")
    tensors: list[Tensor | None] = []
    numbers = []
    for number, (neuron, weight, recurrent) in enumerate(layers, start=1):
        constants, alpha, beta = dynamics(neuron)
        each = (weight.shape[1],)
        if alpha is not None:
            shape = *alpha.shape[:-1], *each
            _check_weights(f"alpha of layer {number}", alpha, shape, readout.weight)
        if beta is not None:
            _check_weights(
                f"beta of layer {number}", beta, each if beta.dim() else (), readout.weight
            )
        numbers.append(constants)
        tensors += [weight, recurrent, alpha, beta]
    if isinstance(drive, ConstantCurrent):
        tensors[0] = step_current(drive, layers[0].weight)
    tensors += [readout.weight, readout.bias]
    learns = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)
    contiguous = (None if t is None else t.contiguous() for t in tensors)
    return Task(drive, tuple(numbers), readout, learns), *contiguous


def dynamics(neuron: Neuron) -> tuple[Numbers, Tensor | None, Tensor | None]:
    """The numbers of a layer, its α if it is learned (or its coefficients), and its β.

    β is None where the threshold does not rise, and without gradient where none flows.

    Raises:
        TypeError: No loop is compiled for the neuron or its surrogate.
    """
    plain: Any = neuron
    inner, sigma = (plain.neuron, plain.sigma) if isinstance(neuron, Synapse) else (plain, 0.0)
    if type(inner) not in _FAMILIES:
        known = ", ".join(each.__name__ for each in _FAMILIES)
        raise TypeError(f"{type(inner).__name__}: only {known} neurons have compiled loops")
    if inner.surrogate not in SURROGATE_CODES:
        raise TypeError(f"{inner.surrogate}: no compiled loop has this surrogate")
    return _FAMILIES[type(inner)](inner, sigma)


def _of_threshold(inner: LIF | ALIF, sigma: float) -> tuple[Numbers, Tensor | None, Tensor | None]:
    numbers = Dynamics(
        alpha=0.0 if isinstance(inner.alpha, Tensor) else inner.alpha,
        rho=inner.rho if isinstance(inner, ALIF) else 0.0,
        sigma=sigma,
        threshold=inner.threshold,
        slope=inner.slope,
        surrogate=SURROGATE_CODES[inner.surrogate],
        takes_current=float(inner.takes_current),
        adapts=float(isinstance(inner, ALIF) and inner.threshold_gradient),
    )
    beta = inner.beta if isinstance(inner, ALIF) else None
    if beta is not None and not numbers.adapts:
        beta = beta.detach()
    return numbers, inner.alpha if isinstance(inner.alpha, Tensor) else None, beta


def _of_adaptive(inner: Adaptive, sigma: float) -> tuple[Numbers, Tensor | None, Tensor | None]:
    numbers = AdaptiveDynamics(
        gain=inner.gain,
        sigma=sigma,
        threshold=inner.threshold,
        slope=inner.slope,
        surrogate=SURROGATE_CODES[inner.surrogate],
        symplectic=float(inner.symplectic),
    )
    return numbers, torch.stack(inner.coefficients()), None


def _of_resonant(inner: BRF, sigma: float) -> tuple[Numbers, Tensor | None, Tensor | None]:
    numbers = ResonantDynamics(
        delta=inner.delta,
        gamma=GAMMA,
        sigma=sigma,
        threshold=inner.threshold,
        slope=inner.slope,
        surrogate=SURROGATE_CODES[inner.surrogate],
    )
    coefficients = torch.stack(inner.coefficients())
    return numbers, coefficients, coefficients.new_ones(())  # the threshold rises by q itself


_FAMILIES: Mapping[type, Callable[..., tuple[Numbers, Tensor | None, Tensor | None]]] = {
    LIF: _of_threshold,
    ALIF: _of_threshold,
    AdLIF: _of_adaptive,
    SEAdLIF: _of_adaptive,
    BRF: _of_resonant,
}
