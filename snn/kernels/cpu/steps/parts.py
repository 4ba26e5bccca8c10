"""What a family of neurons implements, and how its functions are compiled.

Shapes: B images, T steps, H neurons. All arrays are in single precision.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numba.extending import overload
from numpy.typing import NDArray

from snn.kernels.cpu.numba_internals import compile_in_turn, stand_for

Function = TypeVar("Function", bound=Callable[..., Any])
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
Constant = np.float32 | F32
"""Of a layer, or (H,) of each neuron."""

# Fused multiply-adds and other orders of a sum are allowed, but NaN stays NaN: a diverged training
# must be seen as one.
_FAST = {"contract", "reassoc", "nsz"}
# Nobody calls the loops from C: that entrance would be compiled along with each.
_HOW: Any = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": _FAST,
    "no_cfunc_wrapper": True,
}
_HERE = Path(__file__).parent
_SOURCES = (
    *_HERE.glob("*.py"),
    *(_HERE.parent / "loops").glob("*.py"),
    _HERE.parent / "awake.py",
    _HERE.parent / "lanes.py",
    _HERE.parent / "product.py",
)


def compiled(function: Function) -> Function:
    """Compile at the first call and keep it on disk; the GIL is free meanwhile."""
    made = njit(cache=True, **_HOW)(function)
    stand_for(made, _SOURCES)
    compile_in_turn(made)
    return cast(Function, made)


# Parts of a time step are compiled into the loop around them, and take whole arrays with an index
# rather than slices: Numba counts references for every slice, which took longer than the sums.
# Nor does Python call them.
_AS_PART: Any = _HOW | {"forceinline": True, "no_cpython_wrapper": True}


def step_part(function: Callable[..., Any]) -> Any:
    """Compile a function into the loops that call it; they may give it NumPy's integers, too."""
    return njit(**_AS_PART)(function)


def implements(part: Callable[..., Any], family: type) -> Callable[..., Any]:
    """Compile a function as this part of the step, where the numbers are of this class."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def choose(*given: Any) -> Callable[..., Any] | None:
            of_family = any(getattr(each, "instance_class", None) is family for each in given)
            return function if of_family else None

        overload(part, jit_options=_AS_PART, strict=False)(choose)
        return function

    return register


def n_slow(numbers: Any) -> int:
    """How many numbers a neuron has beside its potential: the adaptation is (n_slow · H,)."""
    raise NotImplementedError


def advance(current: Any, state: Any, alpha: Any, beta: Constant, numbers: Any, h: int) -> Any:
    """One step of sixteen neurons: their state after it, and their distance from the threshold.

    Those that are not below 0 fire. Rows of neurons are padded to whole lanes, here and in all
    functions below.

    Args:
        current: Of the step, sixteen numbers, like all of the state.
        state: v, the potential, before the reset; the adaptation, two numbers of a neuron, of which
            the threshold rises with the first (0 where a family has fewer); z, the spikes, 0 or 1.
        alpha: Decay of the potential, or all the coefficients of the neurons.
        beta: Rise of the threshold with the adaptation; 0 where it does not rise.
        numbers: Of the family.
        h: The first of the neurons.
    """
    raise NotImplementedError


def keep(states: F32, b: int, t: int, v: F32, a: F32, numbers: Any) -> None:
    """Write what the way back needs of the state after step t to `states` (B, T, ·).

    Args:
        states: Out.
        b: The image.
        t: The step.
        v: (H,) the potential.
        a: (n_slow · H,) the adaptation.
        numbers: Of the family.
    """
    raise NotImplementedError


def step_back(
    grad_z: F32,
    psi: F32,
    states: F32,
    b: int,
    t: int,
    z: Any,
    before: Any,
    grad_v: F32,
    slow: F32,
    grad_i: F32,
    row: int,
    alpha: Any,
    beta: Constant,
    numbers: Any,
    h: int,
) -> Any:
    """A step back of sixteen neurons of one image; their shares in the gradient of a shared β.

    Args:
        grad_z: (rows, H) gradient of the spikes but for what they do to the adaptation.
        psi: (B, T, H) ∂z/∂v; of size 0 of families that keep their states, and find it from them.
        states: As `keep` wrote them.
        b: The image.
        t: The step.
        z: Spikes of this step.
        before: Spikes of the step before.
        grad_v: (rows, H) gradient of v, of step t + 1 and then t; so are the next two.
        slow: (rows, n_slow · H) of the adaptation.
        grad_i: Of the current.
        row: Of the image in these.
        alpha: As in `advance`.
        beta: As in `advance`.
        numbers: Of the family.
        h: The first of the neurons.
    """
    raise NotImplementedError


def learn(
    grad_alpha: F32,
    states: F32,
    b: int,
    t: int,
    before: Any,
    grad_v: F32,
    slow: F32,
    row: int,
    alpha: Any,
    numbers: Any,
    h: int,
) -> None:
    """Add the share of step t to the gradient of α, or of all coefficients; after `step_back`."""
    raise NotImplementedError
