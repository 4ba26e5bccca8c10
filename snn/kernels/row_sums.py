"""Sums of matrix rows that events name, and a row that is added to all of them; for compiled loops.

Written as a plain loop, a sum goes to memory and back for every few rows. Here a tile of columns
stays in registers. LLVM makes of the 16 wide vectors what the processor has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

WIDE = 64
NARROW = 16
TILE = 32
_LANES = 16
_VECTOR = ir.VectorType(ir.FloatType(), _LANES)
_AT_ONCE = 4  # rows, which are added to each other first: the order of a sum is part of a result
_PLACE = types.intp


class _Tile(NamedTuple):
    """Some columns of matrices, in generated code."""

    context: Any
    builder: Any
    columns: int
    first: Any

    def array(self, kind: Any, value: Any) -> Any:
        return self.context.make_array(kind)(self.context, self.builder, value)

    def number(self, value: int) -> Any:
        return ir.Constant(self.first.type, value)

    def element(self, array: Any, row: Any, place: Any) -> Any:
        width = cgutils.unpack_tuple(self.builder, array.shape)[1]
        at = self.builder.add(self.builder.mul(row, width), place)
        return self.builder.gep(array.data, [at])

    def pointers(self, array: Any, row: Any) -> list[Any]:
        """Where the vectors of a row are."""
        places = (
            self.builder.add(self.first, self.number(lane))
            for lane in range(0, self.columns, _LANES)
        )
        elements = (self.element(array, row, place) for place in places)
        return [self.builder.bitcast(each, _VECTOR.as_pointer()) for each in elements]

    def load(self, pointers: list[Any]) -> list[Any]:
        return [self.builder.load(each, align=4) for each in pointers]

    def store(self, vectors: list[Any], pointers: list[Any]) -> None:
        for vector, pointer in zip(vectors, pointers, strict=True):
            self.builder.store(vector, pointer, align=4)

    def add(self, left: list[Any], right: list[Any]) -> list[Any]:
        return [self.builder.fadd(a, b) for a, b in zip(left, right, strict=True)]


def _adder(columns: int) -> Callable[..., Any]:
    def add_rows(
        _: Any,
        out: Any,
        to: Any,
        matrix: Any,
        rows: Any,
        of: Any,
        begin: Any,
        end: Any,
        column: Any,
    ) -> Any:
        """out[to, tile] += the sum of matrix[row, tile] for row in rows[of, begin:end].

        Args:
            out: (A, width) float32, contiguous like all three.
            to: Row of the sum.
            matrix: (N, width).
            rows: (B, capacity) int32, of the matrix.
            of: Row of these.
            begin: First place in it.
            end: The place after the last.
            column: First column of the tile; the tile must lie within `width`.
        """

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            to, of, begin, end, column = (args[k] for k in (1, 4, 5, 6, 7))
            kind = begin.type
            tile = _Tile(context, builder, columns, column)
            target, source, names = (tile.array(signature.args[k], args[k]) for k in (0, 2, 3))
            initial = tile.load(tile.pointers(target, to))
            sums = [cgutils.alloca_once_value(builder, each) for each in initial]

            def row(place: Any, more: int = 0) -> list[Any]:
                at = tile.element(names, of, builder.add(place, tile.number(more)))
                return tile.load(tile.pointers(source, builder.sext(builder.load(at), kind)))

            rest = builder.and_(builder.sub(end, begin), tile.number(_AT_ONCE - 1))
            whole = builder.sub(end, rest)
            with cgutils.for_range_slice(builder, begin, whole, tile.number(_AT_ONCE), kind) as (
                place,
                _,
            ):
                one, two, three, four = (row(place, k) for k in range(_AT_ONCE))
                added = tile.add(tile.add(one, two), tile.add(three, four))
                tile.store(tile.add(tile.load(sums), added), sums)
            with cgutils.for_range_slice(builder, whole, end, tile.number(1), kind) as (place, _):
                tile.store(tile.add(tile.load(sums), row(place)), sums)
            tile.store(tile.load(sums), tile.pointers(target, to))
            return context.get_dummy_value()

        given = (out, _PLACE, matrix, rows, _PLACE, _PLACE, _PLACE, _PLACE)
        return types.void(*given), generate

    return add_rows


def _add_to_rows(
    _: Any, out: Any, above: Any, rows: Any, of: Any, begin: Any, end: Any, matrix: Any, row: Any
) -> Any:
    """out[above + to] += matrix[row] for to in rows[of, begin:end], one after the other.

    Args:
        out: (N or more, TILE) float32, contiguous like all three.
        above: Rows of `out` that come before those that are meant.
        rows: (B, capacity) int32, of `out`.
        of: Row of these.
        begin: First place in it.
        end: The place after the last.
        matrix: (A, TILE).
        row: What is added.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        above, of, begin, end, row = (args[k] for k in (1, 3, 4, 5, 7))
        tile = _Tile(context, builder, TILE, ir.Constant(begin.type, 0))
        target, names, source = (tile.array(signature.args[k], args[k]) for k in (0, 2, 6))
        added, kind = tile.load(tile.pointers(source, row)), begin.type
        with cgutils.for_range_slice(builder, begin, end, tile.number(1), kind) as (place, _):
            name = builder.sext(builder.load(tile.element(names, of, place)), kind)
            pointers = tile.pointers(target, builder.add(above, name))
            tile.store(tile.add(tile.load(pointers), added), pointers)
        return context.get_dummy_value()

    return types.void(out, _PLACE, rows, _PLACE, _PLACE, _PLACE, matrix, _PLACE), generate


# As compiled code sees them, without the typing context in front.
add_rows_wide: Any = intrinsic(_adder(WIDE))
add_rows_narrow: Any = intrinsic(_adder(NARROW))
add_to_rows: Any = intrinsic(_add_to_rows)
