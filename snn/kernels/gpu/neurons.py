"""The time step of every family of neurons on a GPU, forward and back, for the loops around it.

A neuron has a potential v and two more numbers: a, by which its threshold rises or its current is
weakened, and w. Their coefficients are the rows of `alpha`; see `snn.kernels.cpu.steps` for the
equations, which are those of a CPU.

    family       a                       w                            coefficients
    threshold    adaptation              not used                     α
    adaptive     adaptation              the drive of the step        α, ρ, a, b
    symplectic   the same                the same                     the same
    resonant     refractory period q     imaginary part               1 + δ · (p(ω) − b'), δω

To add a family, give it a number here and a branch in each function below, and its numbers to
`layers`. The branch is chosen when a loop is compiled, so it costs nothing later.
"""

from __future__ import annotations

import triton
import triton.language as tl

IMAGES = tl.constexpr(16)  # the fewest rows that a tensor core multiplies

THRESHOLD = tl.constexpr(0)
ADAPTIVE = tl.constexpr(1)
SYMPLECTIC = tl.constexpr(2)
RESONANT = tl.constexpr(3)


@triton.jit
def coefficients(alpha, h, n_neurons, family: tl.constexpr):
    """The rows of alpha at neurons h, each (1, h); what a family has not is the first of them."""
    inside = h < n_neurons
    c_0 = tl.load(alpha + h, inside, 0.0)[None, :]
    c_1, c_2, c_3 = c_0, c_0, c_0
    if family != THRESHOLD:
        c_1 = tl.load(alpha + n_neurons + h, inside, 0.0)[None, :]
    if family == ADAPTIVE or family == SYMPLECTIC:
        c_2 = tl.load(alpha + 2 * n_neurons + h, inside, 0.0)[None, :]
        c_3 = tl.load(alpha + 3 * n_neurons + h, inside, 0.0)[None, :]
    return c_0, c_1, c_2, c_3


@triton.jit
def integrate(
    i,
    v,
    a,
    w,
    z,
    c_0,
    c_1,
    c_2,
    c_3,
    strength,
    rho,
    threshold,
    takes_current,
    gain,
    delta,
    family: tl.constexpr,
):
    """One step: v, a and w after it, and where v makes a spike.

    Args:
        i: Current, behind the synapse.
        v: Of the step before, like a, w and the spikes z.
        a: ...
        w: ...
        z: ...
        c_0: Coefficient, like the three that follow.
        c_1: ...
        c_2: ...
        c_3: ...
        strength: β.
        rho: As in the family's numbers (γ of resonant ones), like the four that follow.
        threshold: ...
        takes_current: ...
        gain: ...
        delta: ...
        family: One of the numbers above.
    """
    if family == THRESHOLD:
        v = c_0 * v * (1 - z) + i * (1 - takes_current * z)
        a = rho * a + z
        limit = threshold + strength * a
    elif family == ADAPTIVE:
        w = gain * i - a
        a = c_1 * a + c_2 * v + c_3 * z
        v = c_0 * v + (1 - c_0) * w - threshold * z
        limit = tl.zeros_like(v) + threshold
    elif family == SYMPLECTIC:
        u = v * (1 - z)
        a = c_1 * a + c_2 * u + c_3 * z
        w = gain * i - a
        v = c_0 * u + (1 - c_0) * w
        limit = tl.zeros_like(v) + threshold
    else:
        a = rho * a + z
        keep = c_0 - delta * a
        real = keep * v - c_1 * w + i
        w = keep * w + c_1 * v
        v = real
        limit = threshold + a
    return v, a, w, limit


@triton.jit
def derivative(distance, limit, slope, surrogate: tl.constexpr):
    """ψ of `snn.surrogates`, in the order of SURROGATE_CODES."""
    if surrogate == 0:
        root = slope * tl.abs(distance) + 1
        psi = 1 / (root * root)
    elif surrogate == 1:
        scale = limit + 1e-5
        psi = slope / scale * tl.maximum(1 - tl.abs(distance / scale), 0)
    else:
        root = 1.5707963267948966 * slope * distance
        psi = 1 / (1 + root * root)
    return psi


@triton.jit
def load_kept(kept, size, now, before, inside, inside_before, family: tl.constexpr):
    """What the way back needs of a step: a or w after it, and two numbers of the step before.

    Args:
        kept: (1 or 3, B, T, H), v, a and w after every step.
        size: B · T · H.
        now: Places of this step in (B, T, H).
        before: Of the step before.
        inside: Which places there are.
        inside_before: Which of them had a step before; it is 0 for the others.
        family: One of the numbers above.

    Returns:
        a of a resonant neuron or the drive of an adaptive one; v before; w before of a resonant
        neuron, else a before. What a family has not is v.
    """
    last_v = tl.load(kept + before, inside_before, 0.0)
    present, last = last_v, last_v
    if family == RESONANT:
        present = tl.load(kept + size + now, inside, 0.0)
        last = tl.load(kept + 2 * size + before, inside_before, 0.0)
    elif family != THRESHOLD:
        present = tl.load(kept + 2 * size + now, inside, 0.0)
        last = tl.load(kept + size + before, inside_before, 0.0)
    return present, last_v, last


@triton.jit
def step_back(
    grad_z,
    psi,
    z,
    last_z,
    present,
    last_v,
    last,
    grad_v,
    grad_a,
    grad_w,
    c_0,
    c_1,
    c_2,
    c_3,
    strength,
    rho,
    takes_current,
    adapts,
    gain,
    delta,
    family: tl.constexpr,
):
    """Gradients of v, a and w of a step from those of the next one, and its part of the current's.

    Args:
        grad_z: Gradient of the spikes but for what they do to a.
        psi: ∂z/∂v.
        z: Spikes of the step.
        last_z: Of the step before.
        present: As `load_kept` gives it, like the next two.
        last_v: ...
        last: ...
        grad_v: Of the next step, like the next two.
        grad_a: ...
        grad_w: ...
        c_0: Coefficient, like the three that follow.
        c_1: ...
        c_2: ...
        c_3: ...
        strength: β.
        rho: As in `integrate`, like the four that follow.
        takes_current: ...
        adapts: ...
        gain: ...
        delta: ...
        family: One of the numbers above.
    """
    if family == THRESHOLD:
        grad_x = (grad_z + strength * adapts * grad_a) * psi
        grad_v = grad_x + c_0 * (1 - z) * grad_v
        grad_a = rho * grad_a - adapts * grad_x
        grad_i = grad_v * (1 - takes_current * last_z)
    elif family == RESONANT:
        keep = c_0 - delta * (rho * present + z)  # of the next step
        grad_x = (grad_z + grad_a) * psi
        later_v = grad_v
        grad_v = grad_x + keep * later_v + c_1 * grad_w
        grad_w = keep * grad_w - c_1 * later_v
        grad_a = rho * grad_a - grad_x - delta * (last_v * grad_v + last * grad_w)
        grad_i = grad_v
    else:
        from_u = c_0 * grad_v + c_2 * grad_a
        now_v = (grad_z + c_3 * grad_a) * psi
        if family == SYMPLECTIC:
            now_v += (1 - z) * from_u
            grad_a = c_1 * grad_a - (1 - c_0) * now_v
        else:
            now_v += from_u
            grad_a = c_1 * grad_a - (1 - c_0) * grad_v
        grad_v = now_v
        grad_i = (1 - c_0) * gain * grad_v
    return grad_v, grad_a, grad_w, grad_i


@triton.jit
def learn(present, last_v, last, last_z, grad_v, grad_a, grad_w, family: tl.constexpr):
    """The shares of a step in the gradients of the coefficients, after `step_back`."""
    if family == THRESHOLD:
        s_0 = (1 - last_z) * last_v * grad_v
        s_1, s_2, s_3 = s_0, s_0, s_0
    elif family == RESONANT:
        s_0 = last_v * grad_v + last * grad_w
        s_1 = last_v * grad_w - last * grad_v
        s_2, s_3 = s_0, s_0
    else:
        u = last_v
        if family == SYMPLECTIC:
            u = last_v * (1 - last_z)
        s_0 = grad_v * (u - present)
        s_1 = grad_a * last
        s_2 = grad_a * u
        s_3 = grad_a * last_z
    return s_0, s_1, s_2, s_3
