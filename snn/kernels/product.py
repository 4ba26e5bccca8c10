"""A few rows times a matrix, for compiled loops that cannot leave for a BLAS at every time step.

The backward pass of a recurrent layer needs (B, H) · (H, H) at each of T steps, one after the
other. Written as a plain loop the compiler gets a third of the machine's rate, as it writes every
sum back to memory. Here the sums of a tile, 4 or 8 rows by 32 columns, stay in registers while the
loop runs over the depth; LLVM makes of the 16 wide vectors what the processor has.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# A tile of 8 rows takes 16 of the 32 wide registers of AVX-512. Others have too few for it.
ROWS = 8 if binding.get_host_cpu_features().get("avx512f") else 4
COLUMNS = 32
_LANES = 16
_VECTOR = ir.VectorType(ir.FloatType(), _LANES)
_BROADCAST = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)
_UNDEFINED = ir.Constant(_VECTOR, ir.Undefined)


def _add_product_tile(_: Any, out: Any, rows: Any, matrix: Any, column: Any) -> Any:
    """out[:, column : column + 32] += rows @ matrix[:, column : column + 32].

    Args:
        out: (ROWS, width) float32, contiguous like all three.
        rows: (ROWS, depth or more).
        matrix: (depth, width).
        column: First column of the tile; the tile must lie within `width`.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target, left, right = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[:3], args[:3], strict=True)
        )
        column = args[3]

        def constant(value: int) -> Any:
            return ir.Constant(column.type, value)

        def element(array: Any, row: Any, place: Any) -> Any:
            width = cgutils.unpack_tuple(builder, array.shape)[1]
            return builder.gep(array.data, [builder.add(builder.mul(row, width), place)])

        def vectors(array: Any, row: Any) -> list[Any]:
            starts = (builder.add(column, constant(lane)) for lane in range(0, COLUMNS, _LANES))
            return [
                builder.bitcast(element(array, row, start), _VECTOR.as_pointer())
                for start in starts
            ]

        targets = [vectors(target, constant(row)) for row in range(ROWS)]
        sums = [
            [cgutils.alloca_once_value(builder, builder.load(v, align=4)) for v in row]
            for row in targets
        ]
        depth = cgutils.unpack_tuple(builder, right.shape)[0]
        with cgutils.for_range(builder, depth, intp=column.type) as loop:
            weights = [builder.load(v, align=4) for v in vectors(right, loop.index)]
            for row in range(ROWS):
                scalar = builder.load(element(left, constant(row), loop.index))
                vector = builder.insert_element(_UNDEFINED, scalar, ir.IntType(32)(0))
                factor = builder.shuffle_vector(vector, _UNDEFINED, _BROADCAST)
                for total, weight in zip(sums[row], weights, strict=True):
                    product = builder.fmul(factor, weight, flags=("contract",))
                    added = builder.fadd(builder.load(total), product, flags=("contract",))
                    builder.store(added, total)
        for row in range(ROWS):
            for total, pointer in zip(sums[row], targets[row], strict=True):
                builder.store(builder.load(total), pointer, align=4)
        return context.get_dummy_value()

    return types.void(out, rows, matrix, column), generate


# As compiled code sees it, without the typing context in front; mypy does not know that.
add_product_tile: Any = intrinsic(_add_product_tile)
