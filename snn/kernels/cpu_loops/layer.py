"""A layer of neurons over all steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from snn.kernels.cpu_loops.events import (
    TOP,
    Events,
    Inputs,
    add_row,
    add_rows,
    add_rows_times,
    zero,
)
from snn.kernels.lanes import LANES, append, load, note, of, store
from snn.kernels.product import COLUMNS
from snn.kernels.steps import adaptive as adaptive
from snn.kernels.steps import resonant as resonant
from snn.kernels.steps import threshold as threshold
from snn.kernels.steps.parts import (
    F32,
    U16,
    Constant,
    compiled,
    integrate,
    keep,
    n_slow,
)
from snn.kernels.steps.surrogate import differentiate


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
    bits: U16,
    states: F32,
) -> None:
    """Run a layer; see `snn.neurons` for the equations.

    α, β, ψ and the states have rows of H padded to a multiple of COLUMNS.

    Args:
        inputs: What drives the layer.
        weight: (N, H).
        recurrent: (H, H) or of size 0.
        alpha: α, or all coefficients of the neurons (4, H).
        beta: β.
        numbers: Of a family of neurons, in single precision.
        spikes: Out, of the layer.
        counts: Out (B, H), spikes of every neuron.
        psi: Out (B, T, H), ∂z/∂v for the way back; of size 0 if it is not wanted, or follows from
            `states`.
        bits: Out (B, T + 1, H / LANES), the spikes of the step before every step, and of the last;
            of size 0 if there is no way back.
        states: Out (B, T, ·), what `keep` writes; of size 0 if it is not wanted.
    """
    n_steps, n_neurons = spikes.offsets.shape[1] - 1, counts.shape[1]
    wide = (n_neurons + COLUMNS - 1) // COLUMNS * COLUMNS
    # Taken out here: for every part of a tuple that a step takes, Numba counts references.
    steady, events, values = inputs.current, inputs.events, inputs.values
    divisors, starts = inputs.divisors, inputs.starts
    current = np.empty((1, wide), np.float32)
    v = np.empty(wide, np.float32)
    a = np.empty(n_slow(numbers) * wide, np.float32)
    z = np.empty(wide, np.float32)
    count = np.empty((1, wide), np.float32)
    by_period = np.empty((len(starts), wide), np.float32)
    for b in range(len(counts)):
        current[:] = 0
        v[:] = 0
        a[:] = 0
        z[:] = 0
        count[:] = 0
        if bits.size:
            bits[b, 0] = 0
        n = 0
        spikes.offsets[b, 0] = 0
        if divisors.size:
            for period in range(1, n_steps):
                zero(by_period, period)
                add_rows(by_period, period, weight, events, b, period)
        for t in range(n_steps):
            same = t and steady.size and not recurrent.size and not numbers.sigma
            if same:
                pass
            elif numbers.sigma:
                for h in range(0, wide, LANES):
                    store(current, (0, h), load(current, (0, h)) * numbers.sigma)
            else:
                zero(current, TOP)
            if same:
                pass
            elif steady.size:
                add_row(current, TOP, steady, b)
            elif divisors.size:
                for k in range(starts[t], starts[t + 1]):
                    divisor = np.intp(divisors[k])
                    if events.offsets[b, divisor] < events.offsets[b, divisor + 1]:
                        add_row(current, TOP, by_period, divisor)
            elif values.size:
                add_rows_times(current, TOP, weight, events, values, b, t)
            else:
                add_rows(current, TOP, weight, events, b, t)
            if recurrent.size and t:
                add_rows(current, TOP, recurrent, spikes, b, t - 1)
            for h in range(0, wide, LANES):
                away = integrate(current, v, a, z, alpha, beta, numbers, h)
                fires = away >= np.float32(0)
                if psi.size:
                    level = numbers.threshold + of(beta, h) * load(a, (h,))
                    store(psi, (b, t, h), differentiate(away, level, numbers))
                if bits.size:
                    note(bits, (b, t + 1, h // LANES), fires)
                store(count, (0, h), load(count, (0, h)) + load(z, (h,)))
                n = append(spikes.rows, b, n, fires, h, n_neurons)
            if states.size:
                keep(states, b, t, v, a, numbers)
            spikes.offsets[b, t + 1] = n
        for h in range(n_neurons):
            counts[b, h] = count[0, h]
