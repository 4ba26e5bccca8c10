"""The network on the CPU: compiled loops over events, in parallel over parts of the batch.

State kept for the backward pass: 4 bytes per neuron, step and sample for ψ = ∂z/∂v, a bit for
whether it fires, and 4 bytes per spike, so 4.3 at a firing rate of 5 % and never more than 8.2; and
4 bytes per step and sample.
A learned α takes 4 bytes more, for v. Adaptive neurons take 12 in place of ψ, for v, w and the
drive, and so does BRF. All else is rebuilt on the way back. Of a batch that would keep more than
about 2 GiB (long sequences), nothing is kept: each part of it is computed once more on its way
back, for half the time again.

How the batch is cut into parts depends on its size and the network's alone, and the gradients of
the parts are added in their order: results are the same, bit for bit, for any number of threads.
Weights are in single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from snn.encoding import Drive
from snn.kernels import cpu_loops as loops
from snn.kernels.base import (
    READOUT_CODES,
    AdaptiveDynamics,
    Dynamics,
    Layer,
    Numbers,
    Outcome,
    ResonantDynamics,
    Task,
    gather,
)
from snn.kernels.buffers import Lease
from snn.kernels.cpu_inputs import NOTHING, by_step, empty_events, inputs_of, of_constant
from snn.kernels.lanes import LANES, padded
from snn.kernels.product import COLUMNS, ROWS, in_tiles
from snn.kernels.steps.parts import F32, I32, U16, Constant
from snn.kernels.threads import in_parallel
from snn.neurons import Readout

_PARTS = 4  # so that four threads have work; each costs a sum of gradients
_PART_IMAGES = 128  # at most, and
_PART_STATE = 2**18  # at least, in neurons × steps: less is done before another thread wakes up
_MOST_STATE = 2**28  # of a whole batch, else nothing is kept for the way back: 2 GiB, 4 if adaptive
_KEPT = {Dynamics: 1, AdaptiveDynamics: 3, ResonantDynamics: 3}  # numbers of a neuron
_NO_STATE: F32 = np.empty((0, 0, 0), np.float32)
_NO_BITS: U16 = np.empty((0, 0, 0), np.uint16)


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`.

    Raises:
        ArrayError: An array does not fit the others, or the weights are not float32.
        TypeError: No loop is compiled for the neurons.
    """
    # A constant current is computed by each part of the batch.
    answer, *counts = _Network.apply(*gather(drive, layers, readout, lambda _, weight: weight))
    if not _gives_trace(readout):
        return Outcome(answer, tuple(counts))
    trace = answer.transpose(0, 1)
    return Outcome(readout.logits(trace), tuple(counts), trace if readout.traced else None)


def _gives_trace(readout: Readout) -> bool:
    """Whether the loops give the trace (B, T, C) in place of the logits (B, C)."""
    return readout.traced or readout.mode not in READOUT_CODES


class _Weights(NamedTuple):
    """Of a layer, made once for all parts of a batch.

    Rows of α and β are padded with zeros to a multiple of COLUMNS, as are the states of neurons in
    the loops.

    Attributes:
        forward: (N, H).
        recurrent: (H, H) or of size 0.
        recurrent_t: The same, transposed, `in_tiles`; this and the next for the way back.
        above_t: The weights to the layer above or the readout, transposed, `in_tiles`.
        alpha: α; (·, H) of other neurons than LIF and ALIF: all their coefficients.
        beta: β.
    """

    forward: F32
    recurrent: F32
    recurrent_t: F32
    above_t: F32
    alpha: Constant
    beta: Constant


class _ReadOut(NamedTuple):
    """Of the readout: weights (H, C) and bias (C,) in whole lanes; the C that is meant."""

    weight: F32
    bias: F32
    n_classes: int


class _Network(torch.autograd.Function):
    """Tensors in: weights or current, recurrent weights, α, β of every layer; the readout's."""

    @staticmethod
    def forward(ctx: Any, task: Task, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        arrays = [NOTHING if t is None else t.detach().numpy() for t in tensors]
        layers = [
            _weights(numbers, task.learns, *arrays[k : k + 5])
            for k, numbers in zip(range(0, len(arrays) - 2, 4), task.numbers, strict=True)
        ]
        weight, bias = arrays[-2:]
        readout = _ReadOut(_widen(weight, LANES), _widen(bias[None], LANES)[0], len(bias))
        n_images, n_classes = task.drive.sizes.n_samples, len(readout.bias)
        steps = (task.drive.sizes.n_steps,) if _gives_trace(task.readout) else ()
        answer = torch.empty(n_images, *steps, n_classes)
        counts = [torch.empty(n_images, layer.forward.shape[1]) for layer in layers]

        written = [answer.numpy(), *(count.numpy() for count in counts)]
        state = task.drive.sizes.n_steps * sum(layer.forward.shape[1] for layer in layers)
        keeps = task.learns and n_images * state <= _MOST_STATE

        def run(task: Task, images: slice, answer: F32, *counts: F32) -> _Part:
            part = _Part(task, layers, readout, images)
            part.forward(answer, counts)
            return part

        def compute(images: slice) -> _Part | _Again | None:
            if keeps:
                return run(task, images, *written)
            run(task._replace(learns=False), images, *written)
            return _Again(lambda: run(task, images, *map(np.empty_like, written)))

        ctx.parts = in_parallel(compute, _cut(n_images, state))
        ctx.shapes = [None if t is None else t.shape for t in tensors]
        return answer[..., : readout.n_classes], *counts

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        arrays = [NOTHING if grad is None else grad.contiguous().numpy() for grad in grads]
        first, *others = in_parallel(lambda part: part.backward(*arrays), ctx.parts)
        sums = [_total([grads[k] for grads in (first, *others)]) for k in range(len(first))]
        return None, *(
            None if shape is None else torch.from_numpy(grad).view(shape)
            for shape, grad in zip(ctx.shapes, sums, strict=True)
        )


class _Part:
    """Some images of the batch, from their pixels to the gradients, on one thread."""

    def __init__(
        self, task: Task, layers: Sequence[_Weights], readout: _ReadOut, images: slice
    ) -> None:
        self._task, self._layers, self._readout, self._images = task, layers, readout, images
        self._numbers = [_single(numbers) for numbers in task.numbers]
        self._kappa = np.float32(task.readout.kappa)
        self._lease = Lease()

    def forward(self, answer: F32, counts: Sequence[F32]) -> None:
        """Write this part's rows of the logits, or the trace, and the spike counts of layers."""
        drive, n_steps = self._task.drive, self._task.drive.sizes.n_steps
        self._inputs = [inputs_of(drive, self._images, self._layers[0].forward, self._lease)]
        self._psi, self._bits, self._states = [], [], []
        for layer, numbers, count in zip(self._layers, self._numbers, counts, strict=True):
            n_neurons = count.shape[1]
            shape = len(count[self._images]), n_steps, padded(n_neurons, COLUMNS)
            spikes = empty_events(self._images, n_steps, n_steps * n_neurons + LANES, self._lease)
            keeps_psi = self._task.learns and isinstance(numbers, Dynamics)
            self._psi.append(self._lease.empty(shape) if keeps_psi else _NO_STATE)
            steps = shape[1] + 1, shape[2] // LANES
            self._bits.append(
                self._lease.empty((shape[0], *steps), np.uint16) if self._task.learns else _NO_BITS
            )
            self._states.append(self._kept(layer.alpha, numbers, shape))
            loops.forward(
                self._inputs[-1],
                layer.forward,
                layer.recurrent,
                layer.alpha,
                layer.beta,
                numbers,
                spikes,
                count[self._images],
                self._psi[-1],
                self._bits[-1],
                self._states[-1],
            )
            self._inputs.append(by_step(spikes))
        answer = answer[self._images]
        of_readout = self._inputs[-1].events, *self._readout[:2], self._kappa
        self._peak: I32 = self._lease.empty((len(answer), answer.shape[-1]), np.int32)
        if _gives_trace(self._task.readout):
            loops.trace_out(*of_readout, answer)
        else:
            mode = READOUT_CODES[self._task.readout.mode]
            loops.read_out(*of_readout, mode, answer, self._peak)

    def backward(self, grad_answer: F32, *grad_counts: F32) -> list[F32]:
        """Gradients of this part's images, in the order of the tensors."""
        above, *grads = self._read_out_backward(grad_answer)
        for k in reversed(range(len(self._layers))):
            layer, inputs, psi = self._layers[k], self._inputs[k], self._psi[k]
            forward = self._lease.zeros(layer.forward.shape)
            recurrent = self._lease.zeros(layer.recurrent.shape)
            n_images, steps, lanes = self._bits[k].shape
            shape = n_images, steps - 1, lanes * LANES
            below = self._lease.empty(shape) if k else _NO_STATE
            alpha, beta = (
                np.zeros_like(constant) if constant.ndim else None
                for constant in (layer.alpha, layer.beta)
            )
            current = self._lease.zeros(inputs.current.shape)
            shared_beta = loops.backward(
                inputs,
                layer.recurrent_t,
                layer.alpha,
                layer.beta,
                self._numbers[k],
                self._inputs[k + 1].events,
                psi,
                self._bits[k],
                self._states[k],
                above,
                layer.above_t,
                _widen(grad_counts[k][self._images], COLUMNS),
                forward,
                recurrent,
                current,
                alpha,
                beta,
                below,
            )
            if current.size:
                of_constant(inputs, current, forward)
            n_neurons = forward.shape[1]
            of_alpha = NOTHING if alpha is None else alpha[..., :n_neurons]
            of_beta = np.array(shared_beta, np.float32) if beta is None else beta[:n_neurons]
            grads = [forward, recurrent, of_alpha, of_beta, *grads]
            above = below
        return grads

    def _read_out_backward(self, grad_answer: F32) -> tuple[F32, F32, F32]:
        """Gradients of the readout's current (B, T, ·), weights and bias."""
        spikes = self._inputs[-1].events
        n_images, n_classes = self._peak.shape
        traces = _gives_trace(self._task.readout)
        n_steps = self._task.drive.sizes.n_steps
        steps = (n_steps,) if traces else ()
        grad = np.zeros((n_images, *steps, n_classes), np.float32)
        if grad_answer.size:
            grad[..., : grad_answer.shape[-1]] = grad_answer[self._images]
        current = self._lease.empty((n_images, n_steps, n_classes))
        weight = self._lease.zeros(self._readout.weight.shape)
        bias = np.zeros(n_classes, np.float32)
        sums = current, weight, bias
        if traces:
            loops.trace_out_backward(spikes, grad, self._kappa, *sums)
        else:
            mode = READOUT_CODES[self._task.readout.mode]
            loops.read_out_backward(spikes, grad, self._kappa, mode, self._peak, *sums)
        narrow = self._readout.n_classes
        return current, weight[:, :narrow], bias[:narrow]

    def _kept(self, alpha: Constant, numbers: Numbers, shape: tuple[int, int, int]) -> F32:
        """Where the states go that the way back needs; LIF and ALIF need none for a constant α."""
        if not self._task.learns or not alpha.ndim:
            return _NO_STATE
        n_images, n_steps, n_neurons = shape
        return self._lease.empty((n_images, n_steps, _KEPT[type(numbers)] * n_neurons))


class _Again(NamedTuple):
    """A part of a long step, of which nothing was kept: it is computed once more on its way back.

    Attributes:
        run: Computes it.
    """

    run: Callable[[], _Part]

    def backward(self, *grads: F32) -> list[F32]:
        """As `_Part.backward`, in arrays that outlive the part."""
        part = self.run()
        return [grad.copy() for grad in part.backward(*grads)]


def _weights(
    numbers: Numbers,
    learns: bool,
    forward: F32,
    recurrent: F32,
    alpha: F32,
    beta: F32,
    above: F32,
) -> _Weights:
    return _Weights(
        forward,
        recurrent,
        in_tiles(recurrent.T) if learns else NOTHING,
        in_tiles(above.T) if learns else NOTHING,
        _padded(alpha) if alpha.size else np.float32(getattr(numbers, "alpha", 0.0)),
        _padded(beta) if beta.ndim == 1 else np.float32(beta if beta.ndim == 0 else 0),
    )


def _cut(n_images: int, state: int) -> list[slice]:
    """Parts of the batch, of whole groups of images, as few as balance the threads.

    Args:
        n_images: B.
        state: Neurons × steps of an image.
    """
    worth = max(1, n_images * state // _PART_STATE)
    even = 2 ** (worth.bit_length() - 1)  # three would leave one of two threads idle for a while
    n_parts = max(min(_PARTS, even), -(-n_images // _PART_IMAGES))
    n_parts = max(n_parts, -(-_PARTS * n_images * state // _MOST_STATE))
    size = padded(-(-n_images // n_parts), ROWS)
    return [slice(at, min(at + size, n_images)) for at in range(0, n_images, size)]


@lru_cache
def _single(numbers: Numbers) -> Numbers:
    """In single precision, as the loops compute."""
    single: Any = {k: np.float32(v) for k, v in numbers._asdict().items() if k != "surrogate"}
    return type(numbers)(surrogate=numbers.surrogate, **single)


def _padded(constants: F32) -> F32:
    """Coefficients (·, H) or (H,) as the loops take them."""
    return _widen(np.atleast_2d(constants), COLUMNS).reshape(*constants.shape[:-1], -1)


def _widen(matrix: F32, columns: int) -> F32:
    """A contiguous copy with columns of zeros up to a multiple of `columns`; nothing stays so."""
    wide = np.zeros((len(matrix), padded(matrix.shape[1], columns)), np.float32)
    wide[:, : matrix.shape[1]] = matrix
    return wide


def _total(parts: Sequence[F32]) -> F32:
    """The sum in the order of the parts, in an array of its own."""
    if len(parts) == 1:
        return parts[0].copy()
    total: F32 = np.add(parts[0], parts[1], out=np.empty_like(parts[0]))
    for part in parts[2:]:
        total += part
    return total
