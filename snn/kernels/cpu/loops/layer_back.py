"""Backpropagation through time, of a layer of neurons."""

from __future__ import annotations

from typing import Any

import numpy as np

from snn.kernels.cpu.awake import I64, LOOPS, count_up
from snn.kernels.cpu.lanes import LANES, fetch, load, ones, spread, store, total
from snn.kernels.cpu.loops.events import (
    TOP,
    Events,
    Inputs,
    add_row,
    add_to_rows,
    add_to_rows_times,
    copy_row,
    zero,
    zeros,
)
from snn.kernels.cpu.loops.lit import sum_lit_backward
from snn.kernels.cpu.loops.readout import ReadOut, read_out_backward
from snn.kernels.cpu.product import COLUMNS, ROWS, add_product_tile
from snn.kernels.cpu.steps import adaptive as adaptive
from snn.kernels.cpu.steps import resonant as resonant
from snn.kernels.cpu.steps import threshold as threshold
from snn.kernels.cpu.steps.parts import (
    F32,
    U16,
    Constant,
    compiled,
    learn,
    n_slow,
    step_back,
    step_part,
)

IN_TURN = 32
"""Images at most that go together, of which each needs a row of what the readout sends down."""
_RECENT = 128  # steps × images whose gradients are added to the weights at a time
_SPAN = 2 * COLUMNS  # columns of the weights that go together meanwhile
_NEAR = 2**18  # numbers that leave room beside them in a cache of a processor's own
_MANY = 4  # events of an image in a step
_AHEAD = 2  # steps: what is not in a cache comes in so long
_AT_ONCE, _LATE = np.intp(0), np.intp(1)  # steps from an event to the current that it makes


@compiled
def backward(
    inputs: Inputs,
    recurrent_t: F32,
    alpha: Any,
    beta: Constant,
    numbers: Any,
    spikes: Events,
    psi: F32,
    bits: U16,
    states: F32,
    above: F32,
    above_t: F32,
    grad_counts: F32,
    grad_weight: F32,
    grad_recurrent: F32,
    grad_current: F32,
    grad_alpha: F32 | None,
    grad_beta: F32 | None,
    adjoint: F32,
    readout: ReadOut,
    grad_answer: F32,
    grad_readout: F32,
    grad_bias: F32,
    signals: I64,
) -> float:
    """Backpropagation through time of a layer; returns the gradient of a β that all share.

    The way back begins in the readout above the last layer, and ends in the weights of lit pixels.

    With the gradients g of the loss, W↑ the weights to the layer above, i the current, x = v − A,
    and λ = g of a / β, all from the last step to the first:

        g_z[t] = g_count + above[t] · W↑ᵀ + g_i[t+1] · Rᵀ + β · λ[t+1]
        g_x[t] = g_z[t] · ψ[t]
        g_v[t] = g_x[t] + α · (1 − z[t]) · g_v[t+1]
        λ[t]   = ρ · λ[t+1] − g_x[t]
        g_i[t] = σ · g_i[t+1] + g_v[t] · (1 − z[t−1] if the reset takes the current else 1)
        g_W += input[t] ⊗ g_i[t],   g_R += z[t−1] ⊗ g_i[t],   g_β += z[t] · λ[t+1]
        g_α += (1 − z[t−1]) · v[t−1] · g_v[t]

    A few images go together, because the dense products want that. Rows of H are padded to a
    multiple of COLUMNS where nothing else is said.

    Args:
        inputs: As in `forward`, like `spikes` and `psi`.
        recurrent_t: (H, H) transposed, `in_tiles`; or of size 0.
        alpha: α, or all coefficients of the neurons (4, H).
        beta: β.
        numbers: Of a family of neurons, in single precision.
        spikes: Of the layer.
        psi: (B, T, H), or of size 0; see `step_back`.
        bits: As `forward` wrote them.
        states: (B, T, ·), as `keep` wrote them; of size 0 where α is not learned.
        above: (B, T, ·) gradient of the current of the layer above, in whole lanes; out where that
            is the readout, and then images use its rows in turn, of which there are `IN_TURN`.
        above_t: (K, H) the weights to that layer, transposed, `in_tiles`.
        grad_counts: (B, H) or of size 0.
        grad_weight: Out (N, H), not padded; 0 where the current is of a dense product.
        grad_recurrent: Out (H, H), not padded.
        grad_current: Out (B, H); of size 0 where the input is of events. Of lit pixels, that of the
            weights is found from it.
        grad_alpha: Of the shape of α, added to; None where α is not learned.
        grad_beta: (H,), added to; None where β is shared.
        adjoint: Out (B, T, H), g_i for the layer below; or of size 0.
        readout: Above the last layer.
        grad_answer: (B, 1 or T, C) gradient of its answer; of size 0 below another layer.
        grad_readout: Out (H, C), of its weights.
        grad_bias: Out (C,), of its bias.
        signals: Counted up at `LOOPS`, see `awake`.
    """
    count_up(signals, LOOPS)
    n_images, n_steps, wide = len(bits), bits.shape[1] - 1, bits.shape[2] * LANES
    n_neurons = grad_weight.shape[1]
    depth, group = above_t.shape[0] // (wide // COLUMNS), _images_at_once(recurrent_t)
    constant, events, values = inputs.current.size, inputs.events, inputs.values
    divisors, starts = inputs.divisors, inputs.starts
    from_above = zeros(group, above.shape[2])
    grad_z, grad_v, grad_i = zeros(group, wide), zeros(group, wide), zeros(group, wide)
    slow = zeros(group, n_slow(numbers) * wide)  # λ
    by_period = zeros(group * len(starts), wide)
    n_tiles, chunk = wide // COLUMNS, max(1, _RECENT // group)
    n_spans = (wide + _SPAN - 1) // _SPAN
    recent = zeros(n_spans * chunk * group, _SPAN)  # g_i
    tiled = _are_many(inputs)
    tiles = zeros(n_spans * len(grad_weight) * tiled, _SPAN)
    own_tiles = zeros(n_spans * len(grad_recurrent), _SPAN)
    shared_beta = spread(np.float32(0))
    for sums in (grad_weight, grad_recurrent, grad_current, grad_readout):
        sums[:] = 0
    grad_bias[:] = 0
    for first in range(0, n_images, group):
        n_rows = min(group, n_images - first)
        grad_v[:] = 0
        slow[:] = 0
        grad_i[:] = 0
        by_period[:] = 0
        if grad_answer.size:
            for row in range(n_rows):
                b = first + row
                to = b % len(above)
                read_out_backward(
                    readout, spikes, b, grad_answer, above, to, grad_readout, grad_bias
                )
        for t in range(n_steps - 1, -1, -1):
            place = t % chunk
            for row in range(n_rows):
                copy_row(from_above, row, above, (first + row) % len(above), t)
                zero(grad_z, row)
                if grad_counts.size:
                    add_row(grad_z, row, grad_counts, first + row)
            for tile in range(n_tiles):
                for row in range(0, n_rows, ROWS):
                    add_product_tile(grad_z, from_above, row, above_t, tile, depth)
                    if recurrent_t.size and t < n_steps - 1:
                        add_product_tile(grad_z, grad_i, row, recurrent_t, tile, n_neurons)
            for row in range(n_rows):
                b = first + row
                for h in range(0, states.shape[2], LANES):
                    fetch(states, (b, t - _AHEAD, h))
                for h in range(0, wide, LANES):
                    if psi.size:
                        fetch(psi, (b, t - _AHEAD, h))
                    z = ones(bits, (b, t + 1, h // LANES))
                    before = ones(bits, (b, t, h // LANES))
                    if grad_beta is not None:
                        of_step = z * load(slow, (row, h))
                        store(grad_beta, (h,), load(grad_beta, (h,)) + of_step)
                    shared_beta += step_back(
                        grad_z,
                        psi,
                        states,
                        b,
                        t,
                        z,
                        before,
                        grad_v,
                        slow,
                        grad_i,
                        row,
                        alpha,
                        beta,
                        numbers,
                        h,
                    )
                    if grad_alpha is not None:
                        learn(
                            grad_alpha,
                            states,
                            b,
                            t,
                            before,
                            grad_v,
                            slow,
                            row,
                            alpha,
                            numbers,
                            h,
                        )
                    now = load(grad_i, (row, h))
                    if constant:
                        store(grad_current, (b, h), load(grad_current, (b, h)) + now)
                    if tiled or recurrent_t.size:
                        to = (h // _SPAN * chunk + place) * group + row
                        store(recent, (to, h % _SPAN), now)
                    if adjoint.size:
                        store(adjoint, (b, t, h), now)
                if constant or tiled:
                    pass
                elif divisors.size:
                    for k in range(starts[t], starts[t + 1]):
                        period = divisors[k]
                        if events.offsets[b, period] < events.offsets[b, period + 1]:
                            add_row(by_period, row * len(starts) + period, grad_i, row)
                elif values.size:
                    add_to_rows_times(grad_weight, events, values, b, t, grad_i, row)
                else:
                    add_to_rows(grad_weight, TOP, events, b, t, grad_i, row)
            if place == 0:
                end = min(t + chunk, n_steps)
                if tiled:
                    _add_recent(
                        tiles, events, first, n_rows, t, end, _AT_ONCE, recent, chunk, group
                    )
                if recurrent_t.size:
                    _add_recent(
                        own_tiles, spikes, first, n_rows, t, end, _LATE, recent, chunk, group
                    )
        if divisors.size:
            for row in range(n_rows):
                for period in range(1, n_steps):
                    source = row * len(starts) + period
                    add_to_rows(grad_weight, TOP, events, first + row, period, by_period, source)
    if tiled:
        _add_tiles(grad_weight, tiles)
    _add_tiles(grad_recurrent, own_tiles)
    if inputs.pixels.size:
        sum_lit_backward(inputs, grad_current, grad_weight)
    return float(total(shared_beta))


@step_part
def _images_at_once(recurrent_t: F32) -> int:
    """More where the recurrent weights are too many for a cache of the processor's own."""
    return ROWS if recurrent_t.size <= _NEAR else IN_TURN


@step_part
def _are_many(inputs: Inputs) -> Any:
    """Whether it pays to add the gradients of events a few columns at a time."""
    if inputs.current.size or inputs.divisors.size or inputs.values.size:
        return False
    n_images, n_steps = len(inputs.events.offsets), inputs.events.offsets.shape[1] - 1
    n = 0
    for b in range(n_images):
        n += inputs.events.offsets[b, n_steps]
    return n > _MANY * n_images * n_steps


@step_part
def _add_recent(
    tiles: F32,
    events: Events,
    first: int,
    n_rows: int,
    begin: int,
    end: int,
    late: int,
    recent: F32,
    chunk: int,
    group: int,
) -> None:
    """Add the gradients of the current of some steps to the weights from all who fired.

    A few columns of the weights go together, and lie together, to stay in the nearest cache.

    Args:
        tiles: (spans · N, _SPAN) gradient of the weights.
        events: Who fired.
        first: Image.
        n_rows: Images.
        begin: First step, a multiple of `chunk`.
        end: The step after the last.
        late: Steps from an event to the current that it makes.
        recent: (spans · chunk · group, _SPAN) gradient of the current, by span, step and image.
        chunk: Steps in it.
        group: Images in it.
    """
    n_spans = len(recent) // (chunk * group)
    height = len(tiles) // n_spans
    for span in range(n_spans):
        for t in range(end - 1, max(begin, late) - 1, -1):
            for row in range(n_rows):
                source = (span * chunk + t - begin) * group + row
                add_to_rows(tiles, span * height, events, first + row, t - late, recent, source)


@step_part
def _add_tiles(target: F32, tiles: F32) -> None:
    """Add what stands in tiles, as in `_add_recent`, to a matrix."""
    for row in range(target.shape[0]):
        for h in range(target.shape[1]):
            target[row, h] += tiles[h // _SPAN * target.shape[0] + row, h % _SPAN]
