"""A layer of neurons over all steps, and backpropagation through time."""

from __future__ import annotations

from typing import Any

import numpy as np

from snn.kernels.cpu_loops.events import (
    Events,
    Inputs,
    add_row,
    add_rows,
    add_rows_times,
    add_to_rows,
    add_to_rows_times,
    mark,
    zero,
)
from snn.kernels.product import COLUMNS, ROWS, add_product_tile
from snn.kernels.steps import adaptive as adaptive
from snn.kernels.steps import resonant as resonant
from snn.kernels.steps import threshold as threshold
from snn.kernels.steps.parts import (
    F32,
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
                zero(by_period, period)
                add_rows(by_period, period, weight, events, b, period)
        for t in range(n_steps):
            for h in range(n_neurons):
                current[0, h] *= numbers.sigma
            if inputs.current.size:
                add_row(current, 0, inputs.current, b)
            elif divisors.size:
                for k in range(starts[t], starts[t + 1]):
                    if events.offsets[b, divisors[k]] < events.offsets[b, divisors[k] + 1]:
                        add_row(current, 0, by_period, divisors[k])
            elif inputs.values.size:
                add_rows_times(current, 0, weight, events, inputs.values, b, t)
            else:
                add_rows(current, 0, weight, events, b, t)
            if recurrent.size and t:
                add_rows(current, 0, recurrent, spikes, b, t - 1)
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

    Four images go together, because the dense products want that.

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
    shared_beta = np.float32(0)
    for first in range(0, n_images, ROWS):
        n_rows = min(ROWS, n_images - first)
        from_above[:] = 0
        grad_v[:] = 0
        slow[:] = 0
        grad_i[:] = 0
        by_period[:] = 0
        for row in range(n_rows):
            mark(fired, (n_steps - 1) % 2 * ROWS + row, spikes, first + row, n_steps - 1)
        for t in range(n_steps - 1, -1, -1):
            for row in range(n_rows):
                b = first + row
                for k in range(depth):
                    from_above[row, k] = above[b, t, k]
                zero(grad_z, row)
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
                    mark(fired, before, spikes, b, t - 1)
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
                zero(fired, now)
                if inputs.current.size:
                    add_row(grad_current, b, grad_i, row)
                elif divisors.size:
                    for k in range(starts[t], starts[t + 1]):
                        period = divisors[k]
                        if events.offsets[b, period] < events.offsets[b, period + 1]:
                            add_row(by_period, row * len(starts) + period, grad_i, row)
                elif inputs.values.size:
                    add_to_rows_times(grad_weight, events, inputs.values, b, t, grad_i, row)
                else:
                    add_to_rows(grad_weight, events, b, t, grad_i, row)
                if recurrent_t.size and t:
                    add_to_rows(grad_recurrent, spikes, b, t - 1, grad_i, row)
                if adjoint.size:
                    for h in range(n_neurons):
                        adjoint[b, t, h] = grad_i[row, h]
        if divisors.size:
            for row in range(n_rows):
                for period in range(1, n_steps):
                    source = row * len(starts) + period
                    add_to_rows(grad_weight, events, first + row, period, by_period, source)
    return float(shared_beta)
