"""A layer of neurons on a GPU: which loops run it, forward and back.

    neurons of the layer      loops                        launches
    not recurrent             `loops`, blocks of neurons   1
    up to 128                 `loops`, one block           1
    up to 512                 `loops`, wide                1
    others                    `loops`, step by step        2 a step, one of them a product

Step by step, the spikes of a step are multiplied with the recurrent weights by a library, in single
precision throughout. Nothing waits for the host, so all of it can be recorded as one graph.

Shapes: B images, T steps, H neurons.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from snn.kernels.base import Task, shared_memory
from snn.kernels.gpu import loops as loops
from snn.kernels.gpu import neurons as neurons
from snn.kernels.gpu.blocks import Blocks
from snn.kernels.gpu.families import Step, step_of

# Three products of 8 bits give 16, an error of 1e-5; Triton's interpreter knows only exact ones.
_PRECISION = "ieee" if triton.knobs.runtime.interpret else "bf16x3"
_COMPANY = 64, 32, 16  # neurons of a wide recurrent layer in a program, as many as fit
_RESIDENT = 128  # neurons of a recurrent layer whose weights, 64 KB, fit on one processor
_MOST_IN_COMPANY = 512  # whose spikes, and some of the weights, fit on one
_OF_SOME = {"own", "high", "low", "scale", "recurrent_t", "state"}  # arrays of some loops
_STATES = 9  # of a neuron between two launches, at most; see the loops

Shape = tuple[int, int, int]
"""B, T, H."""


class Ran(NamedTuple):
    """What a layer leaves for the way back.

    Attributes:
        step: Its numbers.
        weight: From the layer below, or what stands for it.
        recurrent: (H, H), or None.
        alpha: (·, H) α or the coefficients.
        beta: β, a number or (H,).
        spikes: (B, T, H) uint8.
        psi: (B, T, H) ∂z/∂v.
        kept: (·, B, T, H) its state, or None where alpha is not learned.
    """

    step: Step
    weight: Tensor
    recurrent: Tensor | None
    alpha: Tensor
    beta: Tensor
    spikes: Tensor
    psi: Tensor
    kept: Tensor | None


def forward(
    task: Task,
    k: int,
    current: Tensor,
    weight: Tensor,
    recurrent: Tensor | None,
    alpha: Tensor | None,
    beta: Tensor | None,
) -> tuple[Ran, Tensor]:
    """Layer k as it ran under a current (B, T or 1, H), and its spike counts (B, H)."""
    step = step_of(task.numbers[k])
    n_images, n_current, n_neurons = current.shape
    shape = n_images, task.drive.sizes.n_steps, n_neurons
    constant = n_current == 1
    learned = alpha is not None and task.learns
    kept = current.new_empty(step.n_kept, *shape) if learned else None
    alpha = current.new_full((n_neurons,), step.alpha) if alpha is None else alpha.contiguous()
    beta = current.new_zeros(()) if beta is None else beta
    spikes = current.new_empty(shape, dtype=torch.uint8)
    psi = current.new_empty(shape) if constant and task.learns else current
    counts = current.new_empty(n_images, n_neurons)
    given = {
        "current": current,
        "alpha": alpha,
        "beta": beta.expand(n_neurons).contiguous(),
        "spikes": spikes,
        "psi": psi,
        "kept": kept,
        "counts": counts,
        "image_stride": current.stride(0),
        "step_stride": 0 if constant else current.stride(1),
        **step.forward(),
        "learns": task.learns,
        "learns_alpha": learned,
    }
    _forward(shape, recurrent, given)
    return Ran(step, weight, recurrent, alpha, beta, spikes, psi, kept), counts


def _forward(shape: Shape, recurrent: Tensor | None, given: dict[str, Any]) -> None:
    """Run all steps, in the loops that fit."""
    if recurrent is None:
        _run_at_once(loops.forward, shape, loops.ALONE, given)
    elif shape[2] <= _RESIDENT:
        _run_at_once(loops.forward, shape, loops.INSIDE, given | _halves(recurrent))
    elif shape[2] <= _MOST_IN_COMPANY:
        _run_in_company(loops.wide_forward, shape, given | _halves(recurrent))
    else:
        state = recurrent.new_empty(_STATES, shape[0], shape[2])

        def multiply(t: int, own: Tensor) -> None:
            torch.mm(state[0], recurrent, out=own)

        _run_by_step(loops.forward, shape, given | {"state": state}, multiply)


def backward(layer: Ran, adjoint: Tensor, counts: Tensor | None) -> tuple[Tensor | None, Tensor]:
    """Turn the gradient of the spikes into that of the current; returns those of alpha and beta."""
    step = layer.step
    n_images, n_steps, n_neurons = adjoint.shape
    n_blocks = triton.cdiv(n_images, neurons.IMAGES.value)
    grad_beta = adjoint.new_empty(n_blocks, n_neurons)
    grad_alpha = None
    if layer.kept is not None:
        grad_alpha = adjoint.new_empty(step.n_coefficients, n_blocks, n_neurons)
    given = {
        "adjoint": adjoint,
        "alpha": layer.alpha,
        "beta": layer.beta.expand(n_neurons).contiguous(),
        "spikes": layer.spikes,
        "psi": layer.psi,
        "kept": layer.kept,
        "grad_counts": None if counts is None else counts.contiguous(),
        "grad_alpha": grad_alpha,
        "grad_beta": grad_beta,
        **step.backward(),
        "with_counts": counts is not None,
        "learns_alpha": grad_alpha is not None,
        "precision": _PRECISION,
    }
    _backward((n_images, n_steps, n_neurons), layer.recurrent, given)
    grad = grad_beta.sum(0) if layer.beta.dim() else grad_beta.sum()
    return None if grad_alpha is None else grad_alpha.sum(1), grad


def _backward(shape: Shape, recurrent: Tensor | None, given: dict[str, Any]) -> None:
    """Go back through all steps, in the loops that fit."""
    if recurrent is None:
        _run_at_once(loops.backward, shape, loops.ALONE, given)
    elif shape[2] <= _RESIDENT:
        turned = {"recurrent_t": recurrent.T.contiguous()}
        _run_at_once(loops.backward, shape, loops.INSIDE, given | turned)
    elif shape[2] <= _MOST_IN_COMPANY:
        turned = {"recurrent_t": recurrent.T.contiguous()}
        _run_in_company(loops.wide_backward, shape, given | turned)
    else:
        adjoint, n_steps = given["adjoint"], shape[1]
        state = recurrent.new_empty(_STATES, shape[0], shape[2])

        def multiply(back: int, own: Tensor) -> None:
            torch.mm(adjoint[:, n_steps - back], recurrent.T, out=own)

        _run_by_step(loops.backward, shape, given | {"state": state}, multiply)


def _halves(recurrent: Tensor) -> dict[str, Tensor]:
    """Weights as scale · (high + low), both float16: together they have 22 of the 24 bits."""
    high, low = (torch.empty_like(recurrent, dtype=torch.float16) for _ in range(2))
    scale = recurrent.new_empty(())
    loops.halves[(1,)](recurrent, high, low, scale, recurrent.numel(), block=4096, num_warps=16)
    return {"high": high, "low": low, "scale": scale}


def _run_at_once(kernel: Any, shape: Shape, recurrence: Any, given: dict[str, Any]) -> None:
    blocks = Blocks(shape[2], recurrence is loops.INSIDE)
    _launch(kernel, blocks, shape, recurrence, (0, shape[1]), given)


def _run_by_step(
    kernel: Any, shape: Shape, given: dict[str, Any], multiply: Callable[[int, Tensor], None]
) -> None:
    """Run steps one by one; before all but the first, multiply what the last one left."""
    own = given["state"].new_empty(shape[0], shape[2])
    blocks = Blocks(shape[2], recurrent=False)
    for step in range(shape[1]):
        if step:
            multiply(step, own)
        _launch(kernel, blocks, shape, loops.OUTSIDE, (step, step + 1), given | {"own": own})


def _launch(
    kernel: Any,
    blocks: Blocks,
    shape: Shape,
    recurrence: Any,
    steps: tuple[int, int],
    given: dict[str, Any],
) -> None:
    n_images, n_steps, n_neurons = shape
    absent = dict.fromkeys(set(kernel.arg_names) & _OF_SOME)
    kernel[blocks.grid(n_images)](
        **absent | given,
        first_step=steps[0],
        last_step=steps[1],
        n_images=n_images,
        n_steps=n_steps,
        n_neurons=n_neurons,
        recurrence=recurrence.value,
        block=blocks.neurons,
        num_warps=blocks.warps,
    )


def _run_in_company(kernel: Any, shape: Shape, given: dict[str, Any]) -> None:
    """Run a wide loop: all steps in one launch, or one by one in the interpreter."""
    n_images, n_steps, n_neurons = shape
    width = max(neurons.IMAGES.value, triton.next_power_of_2(n_neurons))
    like = given["alpha"]
    block = _company(width, like.device)
    grid = triton.cdiv(n_neurons, block), triton.cdiv(n_images, neurons.IMAGES.value)
    arrived = torch.zeros(grid[1], dtype=torch.int32, device=like.device)
    single = _PRECISION == "ieee"
    state = like.new_empty(_STATES if single else 0, n_images, n_neurons)
    for first in range(n_steps if single else 1):
        kernel[grid](
            **given,
            state=state,
            arrived=arrived,
            first_step=first,
            last_step=first + 1 if single else n_steps,
            n_images=n_images,
            n_steps=n_steps,
            n_neurons=n_neurons,
            single=single,
            width=width,
            block=block,
            num_warps=8,
        )


def _company(width: int, device: torch.device) -> int:
    """Neurons of a wide layer in a program: their weights and the spikes of all must fit."""
    room = shared_memory(device)
    return next((n for n in _COMPANY if width * (4 * n + 64) <= room), _COMPANY[-1])
