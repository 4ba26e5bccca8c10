"""A layer of neurons over all steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from snn.kernels.cpu.awake import I64, LOOPS, count_up
from snn.kernels.cpu.lanes import LANES, append, load, note, noted, of, spread, store
from snn.kernels.cpu.loops.events import (
    TOP,
    Events,
    Inputs,
    add_row,
    add_rows,
    add_rows_times,
    zero,
    zeros,
)
from snn.kernels.cpu.loops.lit import sum_lit
from snn.kernels.cpu.loops.readout import ReadOut, read_out
from snn.kernels.cpu.product import COLUMNS
from snn.kernels.cpu.steps import adaptive as adaptive
from snn.kernels.cpu.steps import resonant as resonant
from snn.kernels.cpu.steps import threshold as threshold
from snn.kernels.cpu.steps.parts import (
    F32,
    U16,
    Constant,
    advance,
    compiled,
    keep,
    n_slow,
    step_part,
)
from snn.kernels.cpu.steps.surrogate import differentiate


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
    readout: ReadOut,
    answer: F32,
    signals: I64,
) -> None:
    """Run a layer, and the readout above the last; see `snn.neurons` for the equations.

    α, β, ψ and the states have rows of H padded to a multiple of COLUMNS.

    Args:
        inputs: What drives the layer.
        weight: (N, H).
        recurrent: (H, H) or of size 0.
        alpha: α, or all coefficients of the neurons (4, H).
        beta: β.
        numbers: Of a family of neurons, in single precision.
        spikes: Out, of the layer; with one row, images use it in turn.
        counts: Out (B, H), spikes of every neuron.
        psi: Out (B, T, H), ∂z/∂v for the way back; of size 0 if it is not wanted, or follows from
            `states`.
        bits: Out (B, T + 1, H / LANES), the spikes of the step before every step, and of the last;
            of size 0 if there is no way back.
        states: Out (B, T, ·), what `keep` writes; of size 0 if it is not wanted.
        readout: Above the last layer.
        answer: Out, see `read_out`; of size 0 below another layer.
        signals: Counted up at `LOOPS`, see `awake`.
    """
    count_up(signals, LOOPS)
    n_steps, n_neurons = spikes.offsets.shape[1] - 1, counts.shape[1]
    wide = (n_neurons + COLUMNS - 1) // COLUMNS * COLUMNS
    # Taken out here: for every part of a tuple that a step takes, Numba counts references.
    steady, events, values = inputs.current, inputs.events, inputs.values
    divisors, starts = inputs.divisors, inputs.starts
    current, count = zeros(1, wide), zeros(1, wide)
    v, z = zeros(1, wide)[0], zeros(1, wide)[0]
    a = zeros(1, n_slow(numbers) * wide)[0]
    by_period = zeros(len(starts), wide)
    alone = steady.size and not recurrent.size and not numbers.sigma and not states.size
    fired = np.zeros((1, n_steps + 1, wide // LANES), np.uint16)
    for b in range(len(counts)):
        listed, of_steady = b % len(spikes.offsets), b % max(1, len(steady))
        if inputs.pixels.size:
            sum_lit(inputs, b, weight)
        if alone:
            noted_bits, row = (bits, b) if bits.size else (fired, TOP)
            noted_bits[row, 0] = 0
            _run_alone(steady, of_steady, alpha, beta, numbers, b, count, psi, noted_bits, row)
            _list(noted_bits, row, spikes, listed, n_neurons)
            for h in range(n_neurons):
                counts[b, h] = count[0, h]
            if answer.size:
                read_out(readout, spikes, listed, answer, b)
            continue
        current[:] = 0
        v[:] = 0
        a[:] = 0
        z[:] = 0
        count[:] = 0
        if bits.size:
            bits[b, 0] = 0
        n = 0
        spikes.offsets[listed, 0] = 0
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
                add_row(current, TOP, steady, of_steady)
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
                add_rows(current, TOP, recurrent, spikes, listed, t - 1)
            for h in range(0, wide, LANES):
                away = _integrate(current, v, a, z, alpha, beta, numbers, h)
                fires = away >= np.float32(0)
                if psi.size:
                    _keep_psi(psi, b, t, away, load(a, (h,)), beta, numbers, h)
                if bits.size:
                    note(bits, (b, t + 1, h // LANES), fires)
                store(count, (0, h), load(count, (0, h)) + load(z, (h,)))
                n = append(spikes.rows, listed, n, fires, h, n_neurons)
            if states.size:
                keep(states, b, t, v, a, numbers)
            spikes.offsets[listed, t + 1] = n
        for h in range(n_neurons):
            counts[b, h] = count[0, h]
        if answer.size:
            read_out(readout, spikes, listed, answer, b)


@step_part
def _integrate(
    current: F32, v: F32, a: F32, z: F32, alpha: Any, beta: Constant, numbers: Any, h: int
) -> Any:
    """`advance` sixteen neurons whose state is in arrays; their distance from the threshold."""
    first, second, more = load(a, (h,)), spread(np.float32(0)), n_slow(numbers) > 1
    if more:
        second = load(a, (v.size + h,))
    state = load(v, (h,)), first, second, load(z, (h,))
    state, away = advance(load(current, (0, h)), state, alpha, beta, numbers, h)
    store(v, (h,), state[0])
    store(a, (h,), state[1])
    if more:
        store(a, (v.size + h,), state[2])
    store(z, (h,), state[3])
    return away


@step_part
def _keep_psi(
    psi: F32, b: int, t: int, away: Any, a: Any, beta: Constant, numbers: Any, h: int
) -> None:
    level = numbers.threshold + of(beta, h) * a
    store(psi, (b, t, h), differentiate(away, level, numbers))


@step_part
def _run_alone(
    steady: F32,
    of_steady: int,
    alpha: Any,
    beta: Constant,
    numbers: Any,
    b: int,
    count: F32,
    psi: F32,
    bits: U16,
    row: int,
) -> None:
    """All steps of neurons that only a constant current drives; their state stays in registers.

    Two times sixteen of them take turns, as a step of a neuron waits for the one before.
    """
    nothing = spread(np.float32(0))
    for h in range(0, count.shape[1], 2 * LANES):
        other = h + LANES
        current, current_2 = load(steady, (of_steady, h)), load(steady, (of_steady, other))
        state = state_2 = nothing, nothing, nothing, nothing
        sum_1 = sum_2 = nothing
        for t in range(bits.shape[1] - 1):
            state, away = advance(current, state, alpha, beta, numbers, h)
            state_2, away_2 = advance(current_2, state_2, alpha, beta, numbers, other)
            if psi.size:
                _keep_psi(psi, b, t, away, state[1], beta, numbers, h)
                _keep_psi(psi, b, t, away_2, state_2[1], beta, numbers, other)
            note(bits, (row, t + 1, h // LANES), away >= np.float32(0))
            note(bits, (row, t + 1, other // LANES), away_2 >= np.float32(0))
            sum_1 += state[3]
            sum_2 += state_2[3]
        store(count, (0, h), sum_1)
        store(count, (0, other), sum_2)


@step_part
def _list(bits: U16, row: int, spikes: Events, listed: int, n_neurons: int) -> None:
    """List the spikes of an image by their step, in this row."""
    n = TOP
    spikes.offsets[listed, 0] = 0
    for t in range(bits.shape[1] - 1):
        for word in range(bits.shape[2]):
            fires = noted(bits, (row, t + 1, word))
            n = append(spikes.rows, listed, n, fires, word * LANES, n_neurons)
        spikes.offsets[listed, t + 1] = n
