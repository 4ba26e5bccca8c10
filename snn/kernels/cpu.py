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
from snn.kernels.cpu_inputs import (
    NOTHING,
    by_step,
    empty_events,
    inputs_of,
    of_dense,
)
from snn.kernels.cpu_loops import TRACE, ReadOut
from snn.kernels.lanes import LANES, padded
from snn.kernels.product import COLUMNS, ROWS, in_tiles
from snn.kernels.steps.parts import F32, U16, Constant
from snn.kernels.threads import in_parallel
from snn.neurons import Readout

_PARTS = 4  # so that four threads have work; each costs a sum of gradients
_PART_IMAGES = 128  # at most, and
_PART_STATE = 2**18  # at least, in neurons × steps: less is done before another thread wakes up
_MOST_STATE = 2**28  # of a whole batch, else nothing is kept for the way back: 2 GiB, 4 if adaptive
_KEPT = {Dynamics: 1, AdaptiveDynamics: 3, ResonantDynamics: 3}  # numbers of a neuron
_NO_STATE: F32 = np.empty((0, 0, 0), np.float32)
_NO_BITS: U16 = np.empty((0, 0, 0), np.uint16)
_NO_READOUT = ReadOut(NOTHING, np.empty(0, np.float32), np.float32(0), TRACE, NOTHING)


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`.

    Raises:
        ArrayError: An array does not fit the others, or the weights are not float32.
        TypeError: No loop is compiled for the neurons.
    """
    # A constant current is computed by each part of the batch.
    task, *tensors = gather(drive, layers, readout, lambda _, weight: weight)
    if task.learns:
        answer, *counts = _Network.apply(task, *tensors)
    else:
        answer, *counts = _compute(task, tensors).outputs(readout)
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


class _Done(NamedTuple):
    """What a batch gives.

    Attributes:
        answer: (B, 1, C) logits or (B, T, C) trace, in whole lanes of classes.
        counts: Per layer (B, H).
        parts: Of the batch, for the way back.
    """

    answer: F32
    counts: list[F32]
    parts: Sequence[_Part | _Again]

    def outputs(self, readout: Readout) -> tuple[Tensor, ...]:
        """The logits (B, C) or the trace (B, T, C), and the counts."""
        narrow = self.answer[..., : readout.weight.shape[1]]
        answer = narrow if _gives_trace(readout) else narrow[:, 0]
        return torch.from_numpy(answer), *map(torch.from_numpy, self.counts)


def _compute(task: Task, tensors: Sequence[Tensor | None]) -> _Done:
    arrays = [NOTHING if t is None else t.detach().numpy() for t in tensors]
    layers = [
        _weights(numbers, task.learns, *arrays[k : k + 5])
        for k, numbers in zip(range(0, len(arrays) - 2, 4), task.numbers, strict=True)
    ]
    readout = _readout(task.readout, *arrays[-2:])
    n_steps, n_images, _ = task.drive.sizes
    n_answers = n_steps if _gives_trace(task.readout) else 1
    answer: F32 = np.empty((n_images, n_answers, len(readout.bias)), np.float32)
    counts: list[F32] = [np.empty((n_images, w.forward.shape[1]), np.float32) for w in layers]
    state = n_steps * sum(layer.forward.shape[1] for layer in layers)
    keeps = task.learns and n_images * state <= _MOST_STATE

    def run(task: Task, images: slice, answer: F32, *counts: F32) -> _Part:
        part = _Part(task, layers, readout, images)
        part.forward(answer, counts)
        return part

    def compute(images: slice) -> _Part | _Again:
        if keeps:
            return run(task, images, answer, *counts)
        run(task._replace(learns=False), images, answer, *counts)
        return _Again(lambda: run(task, images, *map(np.empty_like, (answer, *counts))))

    return _Done(answer, counts, in_parallel(compute, _cut(n_images, state)))


class _Network(torch.autograd.Function):
    """Tensors in: weights or current, recurrent weights, α, β of every layer; the readout's."""

    @staticmethod
    def forward(ctx: Any, task: Task, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        done = _compute(task, tensors)
        ctx.parts, ctx.answer_shape = done.parts, done.answer.shape
        ctx.shapes = [None if t is None else t.shape for t in tensors]
        return done.outputs(task.readout)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        of_answer, *of_counts = (NOTHING if g is None else g.contiguous().numpy() for g in grads)
        answer = np.zeros(ctx.answer_shape, np.float32)
        if of_answer.size:
            answer[..., : of_answer.shape[-1]] = of_answer.reshape(*answer.shape[:2], -1)
        first, *others = in_parallel(lambda part: part.backward(answer, *of_counts), ctx.parts)
        sums = [_total([grads[k] for grads in (first, *others)]) for k in range(len(first))]
        return None, *(
            None if shape is None else torch.from_numpy(grad).view(shape)
            for shape, grad in zip(ctx.shapes, sums, strict=True)
        )


class _Part:
    """Some images of the batch, from their pixels to the gradients, on one thread."""

    def __init__(
        self, task: Task, layers: Sequence[_Weights], readout: ReadOut, images: slice
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
                _widen(grad_counts[k][self._images], COLUMNS),
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


def _readout(readout: Readout, weight: F32, bias: F32) -> ReadOut:
    """With whole lanes of classes, and without room for the peaks."""
    mode = TRACE if _gives_trace(readout) else READOUT_CODES[readout.mode]
    wide, row = _widen(weight, LANES), _widen(bias[None], LANES)[0]
    return ReadOut(wide, row, np.float32(readout.kappa), mode, NOTHING)


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
