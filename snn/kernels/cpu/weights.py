"""The weights of a network as the loops take them, made once for all parts of a batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from snn.kernels.base import READOUT_CODES, Numbers
from snn.kernels.cpu.inputs import NOTHING
from snn.kernels.cpu.lanes import LANES, padded
from snn.kernels.cpu.loops import TRACE, ReadOut
from snn.kernels.cpu.product import COLUMNS, in_tiles
from snn.kernels.cpu.steps.parts import F32, Constant
from snn.neurons import Readout


class Weights(NamedTuple):
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


def weights_of(
    numbers: Numbers,
    learns: bool,
    forward: F32,
    recurrent: F32,
    alpha: F32,
    beta: F32,
    above: F32,
) -> Weights:
    """Of a layer, from its arrays and those of `above`; what is missing there has size 0.

    Args:
        numbers: Of the neurons.
        learns: Whether the way back may follow.
        forward: (N, H).
        recurrent: (H, H).
        alpha: (H,) α, or all coefficients (4, H).
        beta: β, a number or (H,).
        above: (H, K) weights to the layer above or the readout.
    """
    return Weights(
        forward,
        recurrent,
        in_tiles(recurrent.T) if learns else NOTHING,
        in_tiles(above.T) if learns else NOTHING,
        _padded(alpha) if alpha.size else np.float32(getattr(numbers, "alpha", 0.0)),
        _padded(beta) if beta.ndim == 1 else np.float32(beta if beta.ndim == 0 else 0),
    )


def readout_of(readout: Readout, weight: F32, bias: F32) -> ReadOut:
    """With whole lanes of classes, and without room for the peaks."""
    mode = TRACE if gives_trace(readout) else READOUT_CODES[readout.mode]
    wide, row = widen(weight, LANES), widen(bias[None], LANES)[0]
    return ReadOut(wide, row, np.float32(readout.kappa), mode, NOTHING)


def gives_trace(readout: Readout) -> bool:
    """Whether the loops give the trace (B, T, C) in place of the logits (B, C)."""
    return readout.traced or readout.mode not in READOUT_CODES


def widen(matrix: F32, columns: int) -> F32:
    """A contiguous copy with columns of zeros up to a multiple of `columns`; nothing stays so."""
    wide = np.zeros((len(matrix), padded(matrix.shape[1], columns)), np.float32)
    wide[:, : matrix.shape[1]] = matrix
    return wide


def _padded(constants: F32) -> F32:
    """Coefficients (·, H) or (H,) as the loops take them."""
    return widen(np.atleast_2d(constants), COLUMNS).reshape(*constants.shape[:-1], -1)
