"""The compiled time loops of `cpu`: a few images at a time, all their state in the nearest cache.

Shapes: B images, T steps, N inputs, H neurons, C classes.

Whatever is sparse is a sum over events: the input of a latency or Poisson code, the spikes of the
layer below and of the layer itself, on the way forward and, for the weights, on the way back. Only
what comes down from the layer above and through recurrent weights on the way back is dense.
Arrays of size 0 stand for what a network does not have, None for what is rare: then the loops are
compiled without it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snn.kernels.product import COLUMNS, ROWS, add_product_tile
from snn.kernels.row_sums import (
    NARROW,
    TILE,
    WIDE,
    add_rows_narrow,
    add_rows_wide,
    add_to_rows,
)
from snn.kernels.steps import adaptive as adaptive
from snn.kernels.steps import resonant as resonant
from snn.kernels.steps import threshold as threshold
from snn.kernels.steps.parts import (
    F32,
    I32,
    Constant,
    at,
    compiled,
    integrate,
    keep,
    learn,
    n_slow,
    step_back,
    step_part,
)

_RECENT = 16  # steps whose gradients are added to the weights at a time


class Events(NamedTuple):
    """Who fires when: `rows[b, offsets[b, t] : offsets[b, t + 1]]` at step t of image b.

    Attributes:
        rows: (B, capacity) int32.
        offsets: (B, T + 1) int32.
    """

    rows: I32
    offsets: I32


class Inputs(NamedTuple):
    """What drives a layer: events or a constant current.

    Attributes:
        events: By step; of a periodic code, by period.
        current: (B, H) the same at all steps, or of size 0.
        divisors: Periods that divide step t stand from `starts[t]` to `starts[t + 1]`; of size 0
            where events are by step.
        starts: (T + 1,).
        values: (B, capacity) factor of every event; of size 0 where all are 1.
    """

    events: Events
    current: F32
    divisors: I32
    starts: I32
    values: F32


@compiled
def sort_events(pixels: NDArray[np.uint8], table: I32, events: Events) -> None:
    """List the pixels of every image by their step or period; those beyond the last are silent."""
    n_slots = events.offsets.shape[1] - 1
    place = np.empty(n_slots, np.int32)
    for b in range(len(pixels)):
        count = events.offsets[b]
        count[:] = 0
        for grey in pixels[b]:
            slot = table[grey]
            if slot < n_slots:
                count[slot + 1] += 1
        for slot in range(n_slots):
            place[slot] = count[slot]
            count[slot + 1] += count[slot]
        for pixel in range(pixels.shape[1]):
            slot = table[pixels[b, pixel]]
            if slot < n_slots:
                events.rows[b, place[slot]] = pixel
                place[slot] += 1


@compiled
def spread_events(units: NDArray[Any], offsets: NDArray[np.int64], events: Events) -> None:
    """Give every sample a row of its own, of events that lie one sample after the other.

    Args:
        units: (E,) who fires, by sample and step.
        offsets: (B · T + 1,) where every step begins.
        events: Out.
    """
    n_steps = events.offsets.shape[1] - 1
    for b in range(len(events.rows)):
        start = offsets[b * n_steps]
        for t in range(n_steps + 1):
            events.offsets[b, t] = offsets[b * n_steps + t] - start
        for k in range(events.offsets[b, n_steps]):
            events.rows[b, k] = units[start + k]


@compiled
def list_values(pieces: NDArray[np.uint8], events: Events, values: F32) -> None:
    """List the grey levels (B, S, N) that are not 0 by their step, with their values from 0 to 1.

    Of the T steps that the events have, those from S on have none.
    """
    n_images, n_pieces, n_inputs = pieces.shape
    for b in range(n_images):
        n = 0
        events.offsets[b, 0] = 0
        for t in range(events.offsets.shape[1] - 1):
            if t < n_pieces:
                for k in range(n_inputs):
                    if pieces[b, t, k]:
                        events.rows[b, n] = k
                        values[b, n] = np.float32(pieces[b, t, k]) / np.float32(255)
                        n += 1
            events.offsets[b, t + 1] = n


@compiled
def list_crossings(reached: I32, n_levels: int, events: Events) -> None:
    """List the thresholds that are crossed by their step, as `snn.encoding.sequences` defines them.

    Args:
        reached: (B, S, M) how many thresholds each number reaches; none from step S on.
        n_levels: K.
        events: Out, of inputs 0 to 2 · K · M − 1.
    """
    n_images, n_pieces, n_numbers = reached.shape
    for b in range(n_images):
        n = 0
        events.offsets[b, 0] = 0
        for t in range(events.offsets.shape[1] - 1):
            if t <= n_pieces:
                for k in range(n_numbers):
                    before = reached[b, t - 1, k] if t else 0
                    after = reached[b, t, k] if t < n_pieces else 0
                    first = 2 * n_levels * k + (n_levels if after < before else 0)
                    for level in range(min(before, after), max(before, after)):
                        events.rows[b, n] = first + level
                        n += 1
            events.offsets[b, t + 1] = n


@compiled
def draw_events(
    pixels: NDArray[np.uint8],
    table: NDArray[np.uint64],
    key: tuple[np.uint32, np.uint32],
    first_image: int,
    events: Events,
) -> None:
    """Draw Poisson spikes as `snn.encoding.poisson` defines them."""
    n_steps, n_pixels = events.offsets.shape[1] - 1, pixels.shape[1]
    lit = np.empty(n_pixels, np.int32)
    bound = np.empty(n_pixels, np.uint64)
    words = np.empty((4, n_pixels), np.uint32)
    for b in range(len(pixels)):
        n_lit = 0
        for pixel in range(n_pixels):
            if pixels[b, pixel]:
                lit[n_lit] = pixel
                bound[n_lit] = table[pixels[b, pixel]]
                n_lit += 1
        n = 0
        events.offsets[b, 0] = 0
        for step in range(n_steps):
            if step % 4 == 0:
                _philox(key, np.uint32(step // 4), lit, n_lit, np.uint32(first_image + b), words)
            word = words[step % 4]
            for k in range(n_lit):
                events.rows[b, n] = lit[k]
                n += np.uint64(word[k]) < bound[k]
            events.offsets[b, step + 1] = n


@compiled
def _philox(key: Any, place: Any, pixels: I32, count: int, image: Any, words: Any) -> None:
    for k in range(count):
        k0, k1 = key
        c0, c1, c2, c3 = place, np.uint32(pixels[k]), image, np.uint32(0)
        for _ in range(10):
            p0 = np.uint64(c0) * np.uint64(0xD2511F53)
            p1 = np.uint64(c2) * np.uint64(0xCD9E8D57)
            c0 = np.uint32(p1 >> np.uint64(32)) ^ c1 ^ k0
            c1 = np.uint32(p1)
            c2 = np.uint32(p0 >> np.uint64(32)) ^ c3 ^ k1
            c3 = np.uint32(p0)
            k0 = np.uint32(k0 + np.uint32(0x9E3779B9))
            k1 = np.uint32(k1 + np.uint32(0xBB67AE85))
        words[0, k], words[1, k], words[2, k], words[3, k] = c0, c1, c2, c3


@compiled
def forward(
    inputs: Inputs,
    weight: F32,
    recurrent: F32,
    alpha: Any,
    beta: Constant,
    numbers: Any,
    spikes: Events,
    counts: F32,
    psi: F32,
    states: F32 | None,
) -> None:
    """Run a layer; see `snn.neurons` for the equations.

    Args:
        inputs: What drives the layer.
        weight: (N, H).
        recurrent: (H, H) or of size 0.
        alpha: α, or all coefficients of the neurons (4, H).
        beta: β.
        numbers: Of a family of neurons, in single precision.
        spikes: Out, of the layer.
        counts: Out (B, H), spikes of every neuron.
        psi: Out (B, T, H), ∂z/∂v for the way back; of size 0 if it is not wanted.
        states: Out (B, T, ·), what `keep` writes; None if it is not wanted.
    """
    n_steps, n_neurons = spikes.offsets.shape[1] - 1, counts.shape[1]
    events, divisors, starts = inputs.events, inputs.divisors, inputs.starts
    current = np.empty((1, n_neurons), np.float32)
    v = np.empty(n_neurons, np.float32)
    a = np.empty(n_slow(numbers) * n_neurons, np.float32)
    z = np.empty(n_neurons, np.float32)
    distance = np.empty(n_neurons, np.float32)
    fired = np.zeros((n_neurons + 7) // 8 * 8, np.uint8)
    eights = fired.view(np.uint64)
    by_period = np.empty((len(starts), n_neurons), np.float32)
    for b in range(len(counts)):
        current[:] = 0
        v[:] = 0
        a[:] = 0
        z[:] = 0
        counts[b] = 0
        n = 0
        spikes.offsets[b, 0] = 0
        if divisors.size:
            for period in range(1, n_steps):
                _zero(by_period, period)
                _add_rows(by_period, period, weight, events, b, period)
        for t in range(n_steps):
            for h in range(n_neurons):
                current[0, h] *= numbers.sigma
            if inputs.current.size:
                _add_row(current, 0, inputs.current, b)
            elif divisors.size:
                for k in range(starts[t], starts[t + 1]):
                    if events.offsets[b, divisors[k]] < events.offsets[b, divisors[k] + 1]:
                        _add_row(current, 0, by_period, divisors[k])
            elif inputs.values.size:
                _add_rows_times(current, 0, weight, events, inputs.values, b, t)
            else:
                _add_rows(current, 0, weight, events, b, t)
            if recurrent.size and t:
                _add_rows(current, 0, recurrent, spikes, b, t - 1)
            integrate(current, v, a, z, alpha, beta, numbers, distance, fired)
            for h in range(n_neurons):
                counts[b, h] += z[h]
            if psi.size:
                _differentiate(distance, a, beta, numbers, psi, b, t)
            if states is not None:
                keep(states, b, t, v, a, numbers)
            for eight in range(eights.size):
                if eights[eight]:  # else eight silent neurons are passed over at once
                    for h in range(8 * eight, min(8 * eight + 8, n_neurons)):
                        spikes.rows[b, n] = h  # stays if it fired, else the next is written over
                        n += fired[h]
            spikes.offsets[b, t + 1] = n


@step_part
def _zero(matrix: F32, row: int) -> None:
    for h in range(matrix.shape[1]):
        matrix[row, h] = 0


@step_part
def _add_row(target: F32, to: int, source: F32, row: int) -> None:
    for h in range(target.shape[1]):
        target[to, h] += source[row, h]


@step_part
def _add_rows(target: F32, to: int, source: F32, events: Events, b: int, slot: int) -> None:
    """Sum up the rows of all who fire, in tiles of columns; see `row_sums`."""
    begin, end, width = events.offsets[b, slot], events.offsets[b, slot + 1], target.shape[1]
    if begin == end:
        return
    column = 0
    while column + WIDE <= width:
        add_rows_wide(target, to, source, events.rows, b, begin, end, column)
        column += WIDE
    while column + NARROW <= width:
        add_rows_narrow(target, to, source, events.rows, b, begin, end, column)
        column += NARROW
    if column < width:
        _add_rest_of_rows(target, to, source, events, b, slot, column)


@step_part
def _add_rest_of_rows(
    target: F32, to: int, source: F32, events: Events, b: int, slot: int, column: int
) -> None:
    """The same from a column on, in the same order: four rows at a time."""
    k, end = events.offsets[b, slot], events.offsets[b, slot + 1]
    while k + 4 <= end:
        one, two = events.rows[b, k], events.rows[b, k + 1]
        three, four = events.rows[b, k + 2], events.rows[b, k + 3]
        for h in range(column, target.shape[1]):
            first = source[one, h] + source[two, h]
            target[to, h] += first + (source[three, h] + source[four, h])
        k += 4
    while k < end:
        for h in range(column, target.shape[1]):
            target[to, h] += source[events.rows[b, k], h]
        k += 1


@step_part
def _add_rows_times(
    target: F32, to: int, source: F32, events: Events, values: F32, b: int, slot: int
) -> None:
    """Sum up the rows of all events, each times its value."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        row, value = events.rows[b, k], values[b, k]
        for h in range(target.shape[1]):
            target[to, h] += value * source[row, h]


@step_part
def _differentiate(
    distance: F32, a: F32, beta: Constant, numbers: Any, psi: F32, b: int, t: int
) -> None:
    """ψ of `snn.surrogates`, in the order of SURROGATE_CODES."""
    one, slope = np.float32(1), numbers.slope
    if numbers.surrogate == 0:
        for h in range(distance.size):
            root = slope * abs(distance[h]) + one
            psi[b, t, h] = one / (root * root)
    elif numbers.surrogate == 1:
        for h in range(distance.size):
            scale = numbers.threshold + at(beta, h) * a[h] + np.float32(1e-5)
            psi[b, t, h] = slope / scale * max(np.float32(0), one - abs(distance[h] / scale))
    else:
        steepness = np.float32(np.pi / 2) * slope
        for h in range(distance.size):
            root = steepness * distance[h]
            psi[b, t, h] = one / (one + root * root)


@compiled
def read_out(
    spikes: Events, weight: F32, bias: F32, kappa: np.float32, mode: int, logits: F32, peak: I32
) -> None:
    """Logits of the leaky readout; `peak` (B, C) is the step of a maximum."""
    n_steps, n_classes = spikes.offsets.shape[1] - 1, logits.shape[1]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(logits)):
        value[:] = 0
        for c in range(n_classes):
            logits[b, c] = 0
        for t in range(n_steps):
            for c in range(n_classes):
                value[0, c] = kappa * value[0, c] + bias[c]
            _add_rows(value, 0, weight, spikes, b, t)
            if mode == 0:
                for c in range(n_classes):
                    # a NaN is a maximum, as it is to torch
                    now = value[0, c]
                    if t == 0 or now > logits[b, c] or now != now:
                        logits[b, c] = now
                        peak[b, c] = t
            elif mode == 1:
                for c in range(n_classes):
                    logits[b, c] += value[0, c] / np.float32(n_steps)
            elif t == n_steps - 1:
                for c in range(n_classes):
                    logits[b, c] = value[0, c]


@compiled
def read_out_backward(
    spikes: Events,
    grad: F32,
    kappa: np.float32,
    mode: int,
    peak: I32,
    adjoint: F32,
    grad_weight: F32,
    grad_bias: F32,
) -> None:
    """From the gradient of the logits (B, C) to that of the readout's current, `adjoint` (B, T, C).

    The gradients of weights and bias are added to what is there.
    """
    n_steps, n_classes = adjoint.shape[1], grad.shape[1]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(grad)):
        value[:] = 0
        for t in range(n_steps - 1, -1, -1):
            for c in range(n_classes):
                value[0, c] *= kappa
                if mode == 1:
                    value[0, c] += grad[b, c] / np.float32(n_steps)
                elif t == (peak[b, c] if mode == 0 else n_steps - 1):
                    value[0, c] += grad[b, c]
                grad_bias[c] += value[0, c]
                adjoint[b, t, c] = value[0, c]
            _add_to_rows(grad_weight, spikes, b, t, value, 0)


@compiled
def trace_out(spikes: Events, weight: F32, bias: F32, kappa: np.float32, trace: F32) -> None:
    """The leaky readout at every step, `trace` (B, T, C)."""
    n_steps, n_classes = trace.shape[1], trace.shape[2]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(trace)):
        value[:] = 0
        for t in range(n_steps):
            for c in range(n_classes):
                value[0, c] = kappa * value[0, c] + bias[c]
            _add_rows(value, 0, weight, spikes, b, t)
            for c in range(n_classes):
                trace[b, t, c] = value[0, c]


@compiled
def trace_out_backward(
    spikes: Events, grad: F32, kappa: np.float32, adjoint: F32, grad_weight: F32, grad_bias: F32
) -> None:
    """As `read_out_backward`, from the gradient of the trace (B, T, C)."""
    n_steps, n_classes = grad.shape[1], grad.shape[2]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(grad)):
        value[:] = 0
        for t in range(n_steps - 1, -1, -1):
            for c in range(n_classes):
                value[0, c] = kappa * value[0, c] + grad[b, t, c]
                grad_bias[c] += value[0, c]
                adjoint[b, t, c] = value[0, c]
            _add_to_rows(grad_weight, spikes, b, t, value, 0)


@compiled
def backward(
    inputs: Inputs,
    recurrent_t: F32,
    alpha: Any,
    beta: Constant,
    numbers: Any,
    spikes: Events,
    psi: F32,
    states: F32 | None,
    above: F32,
    above_t: F32,
    grad_counts: F32,
    grad_weight: F32,
    grad_recurrent: F32,
    grad_current: F32,
    grad_alpha: F32 | None,
    grad_beta: F32 | None,
    adjoint: F32,
) -> float:
    """Backpropagation through time of a layer; returns the gradient of a β that all share.

    With the gradients g of the loss, W↑ the weights to the layer above, i the current, x = v − A,
    and λ = g of a / β, all from the last step to the first:

        g_z[t] = g_count + above[t] · W↑ᵀ + g_i[t+1] · Rᵀ + β · λ[t+1]
        g_x[t] = g_z[t] · ψ[t]
        g_v[t] = g_x[t] + α · (1 − z[t]) · g_v[t+1]
        λ[t]   = ρ · λ[t+1] − g_x[t]
        g_i[t] = σ · g_i[t+1] + g_v[t] · (1 − z[t−1] if the reset takes the current else 1)
        g_W += input[t] ⊗ g_i[t],   g_R += z[t−1] ⊗ g_i[t],   g_β += z[t] · λ[t+1]
        g_α += (1 − z[t−1]) · v[t−1] · g_v[t]

    A few images go together, because the dense products want that.

    Args:
        inputs: As in `forward`, like `spikes` and `psi`.
        recurrent_t: (H, width) transposed, width a multiple of COLUMNS; or of size 0.
        alpha: α, or all coefficients of the neurons (4, H).
        beta: β.
        numbers: Of a family of neurons, in single precision.
        spikes: Of the layer.
        psi: (B, T, H).
        states: (B, T, ·), as `keep` wrote them; None where α is not learned.
        above: (B, T, K or more) gradient of the current of the layer above, of K neurons.
        above_t: (K, width) the weights to that layer, transposed.
        grad_counts: (B, H) or of size 0.
        grad_weight: (N, H), added to.
        grad_recurrent: (H, H), added to.
        grad_current: (B, H), added to; of size 0 where the input is of events.
        grad_alpha: Of the shape of α, added to; None where states are.
        grad_beta: (H,), added to; None where β is shared.
        adjoint: Out (B, T, H), g_i for the layer below; or of size 0.
    """
    n_images, n_steps, n_neurons = psi.shape
    depth, width = above_t.shape
    events, divisors, starts = inputs.events, inputs.divisors, inputs.starts
    from_above = np.empty((ROWS, depth), np.float32)
    grad_z = np.empty((ROWS, width), np.float32)
    grad_v = np.empty((ROWS, n_neurons), np.float32)
    slow = np.empty((ROWS, n_slow(numbers) * n_neurons), np.float32)  # λ
    grad_i = np.empty((ROWS, n_neurons), np.float32)
    fired = np.zeros((2 * ROWS, n_neurons), np.float32)  # z[t] and z[t − 1], in turns
    by_period = np.empty((ROWS * len(starts), n_neurons), np.float32)
    of_steps = not (inputs.current.size or divisors.size or inputs.values.size)
    n_tiles = (n_neurons + TILE - 1) // TILE
    recent = np.zeros((n_tiles * _RECENT * ROWS, TILE), np.float32)  # g_i
    tiles = np.zeros((n_tiles * len(grad_weight) * of_steps, TILE), np.float32)
    own_tiles = np.zeros((n_tiles * len(grad_recurrent), TILE), np.float32)
    shared_beta = np.float32(0)
    for first in range(0, n_images, ROWS):
        n_rows = min(ROWS, n_images - first)
        from_above[:] = 0
        grad_v[:] = 0
        slow[:] = 0
        grad_i[:] = 0
        by_period[:] = 0
        for row in range(n_rows):
            _mark(fired, (n_steps - 1) % 2 * ROWS + row, spikes, first + row, n_steps - 1)
        for t in range(n_steps - 1, -1, -1):
            for row in range(n_rows):
                b = first + row
                for k in range(depth):
                    from_above[row, k] = above[b, t, k]
                _zero(grad_z, row)
                if grad_counts.size:
                    for h in range(n_neurons):
                        grad_z[row, h] = grad_counts[b, h]
            for column in range(0, width, COLUMNS):
                add_product_tile(grad_z, from_above, above_t, column)
                if recurrent_t.size:
                    add_product_tile(grad_z, grad_i, recurrent_t, column)
            for row in range(n_rows):
                b, now, before = first + row, t % 2 * ROWS + row, (t + 1) % 2 * ROWS + row
                if t:
                    _mark(fired, before, spikes, b, t - 1)
                if grad_beta is not None:
                    for h in range(n_neurons):
                        grad_beta[h] += fired[now, h] * slow[row, h]
                shared_beta += step_back(
                    grad_z,
                    psi,
                    states,
                    b,
                    t,
                    fired,
                    now,
                    before,
                    grad_v,
                    slow,
                    grad_i,
                    row,
                    alpha,
                    beta,
                    numbers,
                )
                if states is not None and grad_alpha is not None:
                    learn(
                        grad_alpha,
                        states,
                        b,
                        t,
                        fired,
                        before,
                        grad_v,
                        slow,
                        row,
                        alpha,
                        numbers,
                    )
                _zero(fired, now)
                if inputs.current.size:
                    _add_row(grad_current, b, grad_i, row)
                elif divisors.size:
                    for k in range(starts[t], starts[t + 1]):
                        period = divisors[k]
                        if events.offsets[b, period] < events.offsets[b, period + 1]:
                            _add_row(by_period, row * len(starts) + period, grad_i, row)
                elif inputs.values.size:
                    _add_to_rows_times(grad_weight, events, inputs.values, b, t, grad_i, row)
                for h in range(n_neurons):
                    at_row = (h // TILE * _RECENT + t % _RECENT) * ROWS + row
                    recent[at_row, h % TILE] = grad_i[row, h]
                if adjoint.size:
                    for h in range(n_neurons):
                        adjoint[b, t, h] = grad_i[row, h]
            if t % _RECENT == 0:
                end = min(t + _RECENT, n_steps)
                if of_steps:
                    _add_recent(tiles, events, first, n_rows, t, end, 0, recent)
                if recurrent_t.size:
                    _add_recent(own_tiles, spikes, first, n_rows, t, end, 1, recent)
        if divisors.size:
            for row in range(n_rows):
                for period in range(1, n_steps):
                    source = row * len(starts) + period
                    _add_to_rows(grad_weight, events, first + row, period, by_period, source)
    if of_steps:
        _add_tiles(grad_weight, tiles)
    _add_tiles(grad_recurrent, own_tiles)
    return float(shared_beta)


@step_part
def _mark(fired: F32, row: int, spikes: Events, b: int, t: int) -> None:
    """Write the spikes of a step as ones."""
    for k in range(spikes.offsets[b, t], spikes.offsets[b, t + 1]):
        fired[row, spikes.rows[b, k]] = 1


@step_part
def _add_to_rows(target: F32, events: Events, b: int, slot: int, source: F32, row: int) -> None:
    """Add a row to the rows of all who fired."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        _add_row(target, events.rows[b, k], source, row)


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
) -> None:
    """Add the gradients of the current of some steps to the weights from all who fired.

    A few columns of the weights go together, and lie together, to stay in the nearest cache.

    Args:
        tiles: (tiles · N, TILE) gradient of the weights.
        events: Who fired.
        first: Image.
        n_rows: Images.
        begin: First step.
        end: The step after the last.
        late: Steps from an event to the current that it makes.
        recent: (tiles · RECENT · ROWS, TILE) gradient of the current, by tile, step and image.
    """
    n_tiles = len(recent) // (_RECENT * ROWS)
    height = len(tiles) // n_tiles
    for tile in range(n_tiles):
        for t in range(end - 1, max(begin, late) - 1, -1):
            for row in range(n_rows):
                b, source = first + row, (tile * _RECENT + t % _RECENT) * ROWS + row
                fired = events.offsets[b, t - late], events.offsets[b, t - late + 1]
                add_to_rows(tiles, tile * height, events.rows, b, *fired, recent, source)


@step_part
def _add_tiles(target: F32, tiles: F32) -> None:
    """Add what stands in tiles, as in `_add_recent`, to a matrix."""
    for row in range(target.shape[0]):
        for h in range(target.shape[1]):
            target[row, h] += tiles[h // TILE * target.shape[0] + row, h % TILE]


@step_part
def _add_to_rows_times(
    target: F32, events: Events, values: F32, b: int, slot: int, source: F32, row: int
) -> None:
    """Add a row to the rows of all events, each time times the value."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        to, value = events.rows[b, k], values[b, k]
        for h in range(target.shape[1]):
            target[to, h] += value * source[row, h]
