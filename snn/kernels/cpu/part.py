"""Some images of a batch, from their pixels to the gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from snn.kernels.base import AdaptiveDynamics, Dynamics, Numbers, ResonantDynamics, Task
from snn.kernels.cpu import loops
from snn.kernels.cpu.awake import SIGNALS
from snn.kernels.cpu.buffers import Lease
from snn.kernels.cpu.inputs import NOTHING, by_step, empty_events, inputs_of, of_dense
from snn.kernels.cpu.lanes import LANES, padded
from snn.kernels.cpu.loops import TRACE, ReadOut
from snn.kernels.cpu.product import COLUMNS
from snn.kernels.cpu.steps.parts import F32, U16, Constant
from snn.kernels.cpu.weights import Weights, widen

_KEPT = {Dynamics: 1, AdaptiveDynamics: 3, ResonantDynamics: 3}  # numbers of a neuron
_NO_STATE: F32 = np.empty((0, 0, 0), np.float32)
_NO_BITS: U16 = np.empty((0, 0, 0), np.uint16)
_NO_READOUT = ReadOut(NOTHING, np.empty(0, np.float32), np.float32(0), TRACE, NOTHING)


class Part:
    """Some images of the batch, from their pixels to the gradients, on one thread."""

    def __init__(
        self, task: Task, layers: Sequence[Weights], readout: ReadOut, images: slice
    ) -> None:
        self._task, self._layers, self._images = task, layers, images
        self._numbers = [_single(numbers) for numbers in task.numbers]
        self._lease = Lease()
        peak = self._lease.empty((images.stop - images.start, len(readout.bias)))
        self._readouts = [_NO_READOUT] * (len(layers) - 1) + [readout._replace(peak=peak)]

    def forward(self, answer: F32, counts: Sequence[F32]) -> None:
        """Write this part's rows of the answer and of the spike counts of layers."""
        task, n_steps, lease = self._task, self._task.drive.sizes.n_steps, self._lease
        first = self._layers[0].forward
        self._inputs = [inputs_of(task.drive, self._images, first, lease, task.learns)]
        self._psi, self._bits, self._states = [], [], []
        for k, (layer, numbers) in enumerate(zip(self._layers, self._numbers, strict=True)):
            count, is_last = counts[k][self._images], k == len(self._layers) - 1
            n_images, n_neurons = count.shape
            shape = n_images, n_steps, padded(n_neurons, COLUMNS)
            listed = self._images if task.learns or not is_last else slice(0, 1)
            spikes = empty_events(listed, n_steps, n_steps * n_neurons + LANES, lease)
            keeps_psi = task.learns and isinstance(numbers, Dynamics)
            self._psi.append(lease.empty(shape) if keeps_psi else _NO_STATE)
            noted = n_images, n_steps + 1, shape[2] // LANES
            self._bits.append(lease.empty(noted, np.uint16) if task.learns else _NO_BITS)
            self._states.append(self._kept(layer.alpha, numbers, shape))
            loops.forward(
                self._inputs[-1],
                layer.forward,
                layer.recurrent,
                layer.alpha,
                layer.beta,
                numbers,
                spikes,
                count,
                self._psi[-1],
                self._bits[-1],
                self._states[-1],
                self._readouts[k],
                answer[self._images] if is_last else _NO_STATE,
                SIGNALS,
            )
            self._inputs.append(by_step(spikes))

    def backward(self, grad_answer: F32, *grad_counts: F32) -> list[F32]:
        """Gradients of this part's images, in the order of the tensors."""
        n_steps, lease = self._task.drive.sizes.n_steps, self._lease
        above = lease.empty((loops.IN_TURN, n_steps, grad_answer.shape[2]))
        of_answer = grad_answer[self._images]
        grads: list[F32] = []
        for k in reversed(range(len(self._layers))):
            layer, inputs, readout = self._layers[k], self._inputs[k], self._readouts[k]
            forward = lease.empty(layer.forward.shape)
            recurrent = lease.empty(layer.recurrent.shape)
            n_images, steps, lanes = self._bits[k].shape
            below = lease.empty((n_images, steps - 1, lanes * LANES)) if k else _NO_STATE
            alpha, beta = (
                np.zeros_like(constant) if constant.ndim else None
                for constant in (layer.alpha, layer.beta)
            )
            shape = (n_images, inputs.current.shape[1]) if inputs.current.size else (0, 0)
            current = lease.empty(shape)
            weight, bias = lease.empty(readout.weight.shape), lease.empty(readout.bias.shape)
            shared_beta = loops.backward(
                inputs,
                layer.recurrent_t,
                layer.alpha,
                layer.beta,
                self._numbers[k],
                self._inputs[k + 1].events,
                self._psi[k],
                self._bits[k],
                self._states[k],
                above,
                layer.above_t,
                widen(grad_counts[k][self._images], COLUMNS),
                forward,
                recurrent,
                current,
                alpha,
                beta,
                below,
                readout,
                of_answer,
                weight,
                bias,
                SIGNALS,
            )
            of_dense(inputs, current, forward)
            n_neurons = forward.shape[1]
            of_alpha = NOTHING if alpha is None else alpha[..., :n_neurons]
            of_beta = np.array(shared_beta, np.float32) if beta is None else beta[:n_neurons]
            if not grads:
                n_classes = self._task.readout.weight.shape[1]
                grads = [weight[:, :n_classes], bias[:n_classes]]
            grads = [forward, recurrent, of_alpha, of_beta, *grads]
            above, of_answer = below, _NO_STATE
        return grads

    def _kept(self, alpha: Constant, numbers: Numbers, shape: tuple[int, int, int]) -> F32:
        """Where the states go that the way back needs; LIF and ALIF need none for a constant α."""
        if not self._task.learns or not alpha.ndim:
            return _NO_STATE
        n_images, n_steps, n_neurons = shape
        return self._lease.empty((n_images, n_steps, _KEPT[type(numbers)] * n_neurons))


class Again(NamedTuple):
    """A part of a long step, of which nothing was kept: it is computed once more on its way back.

    Attributes:
        run: Computes it.
    """

    run: Callable[[], Part]

    def backward(self, *grads: F32) -> list[F32]:
        """As `Part.backward`, in arrays that outlive the part."""
        part = self.run()
        return [grad.copy() for grad in part.backward(*grads)]


@lru_cache
def _single(numbers: Numbers) -> Numbers:
    """In single precision, as the loops compute."""
    single: Any = {k: np.float32(v) for k, v in numbers._asdict().items() if k != "surrogate"}
    return type(numbers)(surrogate=numbers.surrogate, **single)
