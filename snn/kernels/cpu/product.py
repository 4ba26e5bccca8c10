"""A few rows times a matrix, for compiled loops that cannot leave for a BLAS at every time step.

The backward pass of a recurrent layer needs (B, H) · (H, H) at each of T steps, one after the
other. Written as a plain loop the compiler gets a third of the machine's rate, as it writes every
sum back to memory. Here the sums of a tile, 4 or 8 rows by 32 columns, stay in registers while the
loop runs over the depth; LLVM makes of the 16 wide vectors what the processor has. The columns of
a tile lie together, row by row: those of a wide matrix would each be on a page of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from snn.kernels.cpu.lanes import LANES, broadcast, padded, place_in

# A tile of 8 rows takes 16 of the 32 wide registers of AVX-512. Others have too few for it.
ROWS = 8 if binding.get_host_cpu_features().get("avx512f") else 4
COLUMNS = 32
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


def in_tiles(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """A matrix (depth, width) cut into tiles (tiles · depth, COLUMNS), the last filled with 0."""
    depth, width = matrix.shape
    n_tiles = padded(width, COLUMNS) // COLUMNS
    tiles = np.zeros((n_tiles, depth, COLUMNS), np.float32)
    for tile in range(n_tiles):
        part = matrix[:, tile * COLUMNS : (tile + 1) * COLUMNS]
        tiles[tile, :, : part.shape[1]] = part
    return tiles.reshape(n_tiles * depth, COLUMNS)


def _add_product_tile(
    _: Any, out: Any, rows: Any, first: Any, tiles: Any, tile: Any, depth: Any
) -> Any:
    """out[first : first + ROWS, of the tile] += rows[first : first + ROWS, :depth] @ the tile.

    Args:
        out: (A, width) float32, contiguous like all three; the tile lies within `width`.
        rows: (A, depth or more).
        first: Row.
        tiles: As `in_tiles` makes them.
        tile: Which.
        depth: Rows of the matrix.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first, tile, depth = args[2], args[4], args[5]

        def constant(value: int) -> Any:
            return ir.Constant(depth.type, value)

        def element(k: int, row: Any, place: Any) -> Any:
            return place_in(context, builder, signature.args[k], args[k], (row, place))

        def vectors(k: int, row: Any, column: Any) -> list[Any]:
            starts = (builder.add(column, constant(lane)) for lane in range(0, COLUMNS, LANES))
            pointers = (element(k, row, start) for start in starts)
            return [builder.bitcast(each, _VECTOR.as_pointer()) for each in pointers]

        names = [builder.add(first, constant(row)) for row in range(ROWS)]
        column = builder.mul(tile, constant(COLUMNS))
        targets = [vectors(0, name, column) for name in names]
        sums = [
            [cgutils.alloca_once_value(builder, builder.load(v, align=4)) for v in row]
            for row in targets
        ]
        begin = builder.mul(tile, depth)
        with cgutils.for_range(builder, depth, intp=depth.type) as loop:
            at = builder.add(begin, loop.index)
            weights = [builder.load(v, align=4) for v in vectors(3, at, constant(0))]
            for name, row in zip(names, sums, strict=True):
                factor = broadcast(builder, builder.load(element(1, name, loop.index)))
                for total, weight in zip(row, weights, strict=True):
                    product = builder.fmul(factor, weight, flags=("contract",))
                    added = builder.fadd(builder.load(total), product, flags=("contract",))
                    builder.store(added, total)
        for row, pointers in zip(sums, targets, strict=True):
            for total, pointer in zip(row, pointers, strict=True):
                builder.store(builder.load(total), pointer, align=4)
        return context.get_dummy_value()

    given = out, rows, types.intp, tiles, types.intp, types.intp
    return types.void(*given), generate


# As compiled code sees it, without the typing context in front; mypy does not know that.
add_product_tile: Any = intrinsic(_add_product_tile)
