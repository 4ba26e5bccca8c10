"""Sixteen numbers at a time in compiled loops; LLVM makes of them what the processor has.

Left alone, the compiler takes half of the widest vectors and asks at every loop whether arrays
overlap. Here a part of a time step says itself what goes together: it loads sixteen neurons from
rows that are padded to a multiple of `LANES`, computes with the usual operators, and stores them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, overload, register_model

LANES = 16
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_BITS = ir.VectorType(ir.IntType(1), LANES)
_BYTES = ir.VectorType(ir.IntType(8), LANES)
_WORDS = ir.VectorType(ir.IntType(32), LANES)
_FIRST = ir.Constant(_WORDS, [0] * LANES)
_UNDEFINED = ir.Constant(_FLOATS, ir.Undefined)


class _Numbers(types.Type):
    def __init__(self) -> None:
        super().__init__(name="lanes of float32")


class _Truths(types.Type):
    def __init__(self) -> None:
        super().__init__(name="lanes of bool")


NUMBERS, TRUTHS = _Numbers(), _Truths()


def _register(kind: type, vector: Any) -> None:
    class Model(models.PrimitiveModel):
        def __init__(self, manager: Any, described: Any) -> None:
            super().__init__(manager, described, vector)

    register_model(kind)(Model)


_register(_Numbers, _FLOATS)
_register(_Truths, _BITS)


def broadcast(builder: Any, scalar: Any) -> Any:
    """All lanes of this value, in generated code."""
    vector = builder.insert_element(_UNDEFINED, scalar, ir.IntType(32)(0))
    return builder.shuffle_vector(vector, _UNDEFINED, _FIRST)


def place_in(context: Any, builder: Any, kind: Any, array: Any, index: Sequence[Any]) -> Any:
    """Where the element of a contiguous array is, in generated code."""
    made = context.make_array(kind)(context, builder, array)
    sizes = cgutils.unpack_tuple(builder, made.shape)
    at = index[0]
    for size, place in zip(sizes[1:], index[1:], strict=True):
        at = builder.add(builder.mul(at, size), place)
    return builder.gep(made.data, [at])


def _combine(does: Any, how: str, result: Any) -> None:
    """An operator of lanes with lanes, or with one number for all of them."""
    pairs = (NUMBERS, NUMBERS), (NUMBERS, types.float32), (types.float32, NUMBERS)

    class Signatures(ConcreteTemplate):
        cases = [signature(result, *pair) for pair in pairs]  # noqa: RUF012

    infer_global(does)(Signatures)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right = (
            value if kind is NUMBERS else broadcast(builder, value)
            for kind, value in zip(sig.args, args, strict=True)
        )
        if result is TRUTHS:
            return builder.fcmp_ordered(how, left, right)
        return getattr(builder, how)(left, right)

    for pair in pairs:
        lower_builtin(does, *pair)(generate)


for _does, _how in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
    (operator.iadd, "fadd"),
    (operator.isub, "fsub"),
    (operator.imul, "fmul"),
):
    _combine(_does, _how, NUMBERS)
_combine(operator.ge, ">=", TRUTHS)
_combine(operator.eq, "==", TRUTHS)


def _load(_: Any, array: Any, index: Any) -> Any:
    """The numbers from this index of a contiguous array on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = cgutils.unpack_tuple(builder, args[1])
        pointer = place_in(context, builder, sig.args[0], args[0], places)
        return builder.load(builder.bitcast(pointer, _FLOATS.as_pointer()), align=4)

    return NUMBERS(array, types.UniTuple(types.intp, array.ndim)), generate


def _store(_: Any, array: Any, index: Any, value: Any) -> Any:
    """Write numbers from this index of a contiguous array on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = cgutils.unpack_tuple(builder, args[1])
        pointer = place_in(context, builder, sig.args[0], args[0], places)
        builder.store(args[2], builder.bitcast(pointer, _FLOATS.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.UniTuple(types.intp, array.ndim), NUMBERS), generate


def _note(_: Any, bits: Any, index: Any, which: Any) -> Any:
    """Write what is true of sixteen lanes as the bits of a number, to an array of uint16."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = cgutils.unpack_tuple(builder, args[1])
        pointer = place_in(context, builder, sig.args[0], args[0], places)
        builder.store(builder.bitcast(args[2], ir.IntType(LANES)), pointer)
        return context.get_dummy_value()

    return types.void(bits, types.UniTuple(types.intp, bits.ndim), TRUTHS), generate


def _ones(_: Any, bits: Any, index: Any) -> Any:
    """What `note` wrote there, as 1 where it was true and 0 elsewhere."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = cgutils.unpack_tuple(builder, args[1])
        pointer = place_in(context, builder, sig.args[0], args[0], places)
        which = builder.bitcast(builder.load(pointer), _BITS)
        one, zero = (ir.Constant(_FLOATS, [value] * LANES) for value in (1.0, 0.0))
        return builder.select(which, one, zero)

    return NUMBERS(bits, types.UniTuple(types.intp, bits.ndim)), generate


def _noted(_: Any, bits: Any, index: Any) -> Any:
    """What `note` wrote there."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = cgutils.unpack_tuple(builder, args[1])
        pointer = place_in(context, builder, sig.args[0], args[0], places)
        return builder.bitcast(builder.load(pointer), _BITS)

    return TRUTHS(bits, types.UniTuple(types.intp, bits.ndim)), generate


def _lit(_: Any, pixels: Any, index: Any) -> Any:
    """Which of sixteen grey levels (uint8) from this index of a contiguous array on are not 0."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = cgutils.unpack_tuple(builder, args[1])
        pointer = place_in(context, builder, sig.args[0], args[0], places)
        levels = builder.load(builder.bitcast(pointer, _BYTES.as_pointer()), align=1)
        return builder.icmp_unsigned("!=", levels, ir.Constant(_BYTES, [0] * LANES))

    return TRUTHS(pixels, types.UniTuple(types.intp, pixels.ndim)), generate


def _fetch(_: Any, array: Any, index: Any) -> Any:
    """Bring the numbers at this index of a contiguous array nearer; it may be outside."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = cgutils.unpack_tuple(builder, args[1])
        place = place_in(context, builder, sig.args[0], args[0], places)
        pointer = builder.bitcast(place, ir.IntType(8).as_pointer())
        kind, word = pointer.type, ir.IntType(32)
        ask = _declare(builder, "llvm.prefetch.p0", ir.VoidType(), kind, word, word, word)
        builder.call(ask, [pointer, word(0), word(3), word(1)])  # to read, keep near, data
        return context.get_dummy_value()

    return types.void(array, types.UniTuple(types.intp, array.ndim)), generate


def _spread(_: Any, value: Any) -> Any:
    """The same number in all lanes."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return broadcast(builder, args[0])

    return NUMBERS(types.float32), generate


def _choose(_: Any, which: Any, one: Any, other: Any) -> Any:
    """The one number where it is true, else the other; each in lanes, or one for all."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values = (
            value if kind is NUMBERS else broadcast(builder, value)
            for kind, value in zip(sig.args[1:], args[1:], strict=True)
        )
        return builder.select(args[0], *values)

    return NUMBERS(TRUTHS, one, other), generate


def _beats(_: Any, now: Any, best: Any) -> Any:
    """Where a number is above the best so far, or NaN, which is a maximum to torch."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        now, best = args
        above = builder.fcmp_ordered(">", now, best)
        return builder.or_(above, builder.fcmp_unordered("!=", now, now))

    return TRUTHS(NUMBERS, NUMBERS), generate


def _size(_: Any, value: Any) -> Any:
    """The absolute value; NaN of NaN."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.call(_declare(builder, "llvm.fabs.v16f32", _FLOATS, _FLOATS), args)

    return NUMBERS(NUMBERS), generate


def _positive(_: Any, value: Any) -> Any:
    """The number, or 0 where it is below; 0 of NaN."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        zero = ir.Constant(_FLOATS, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", args[0], zero), args[0], zero)

    return NUMBERS(NUMBERS), generate


def _inverse(_: Any, value: Any) -> Any:
    """1 / x to 2⁻²³ for x from 1 on; NaN of NaN, 10⁻³⁰ of what is larger than 10³⁰.

    A processor divides a lane in a cycle, which takes longer than all else in a step of a neuron.
    Bits read as a whole number are a logarithm: its negative, and three steps of Newton's method.
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        most = ir.Constant(_FLOATS, [1e30] * LANES)
        value = builder.select(builder.fcmp_ordered(">", args[0], most), most, args[0])
        one = ir.Constant(_WORDS, [0x7EF311C7] * LANES)
        guess = builder.bitcast(builder.sub(one, builder.bitcast(value, _WORDS)), _FLOATS)
        for _ in range(3):
            product = builder.fmul(value, guess, flags=("contract",))
            two = ir.Constant(_FLOATS, [2.0] * LANES)
            guess = builder.fmul(guess, builder.fsub(two, product, flags=("contract",)))
        return guess

    return NUMBERS(NUMBERS), generate


def _total(_: Any, value: Any) -> Any:
    """The sum of all lanes."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        name = "llvm.vector.reduce.fadd.v16f32"
        add = _declare(builder, name, ir.FloatType(), ir.FloatType(), _FLOATS)
        zero = ir.Constant(ir.FloatType(), 0.0)
        return builder.call(add, [zero, args[0]], fastmath=("reassoc",))

    return types.float32(NUMBERS), generate


def _append(_: Any, rows: Any, b: Any, n: Any, which: Any, first: Any, width: Any) -> Any:
    """Write the numbers of the true lanes to rows[b, n:], and return the next n.

    Args:
        rows: (B, capacity) int32, contiguous.
        b: Row.
        n: Place in it.
        which: Lanes.
        first: The number of the first of them.
        width: Lanes of this number and above are never true.
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows, b, n, which, first, width = args
        kind = first.type
        narrow = builder.trunc(first, ir.IntType(32))
        start = builder.insert_element(ir.Constant(_WORDS, ir.Undefined), narrow, ir.IntType(32)(0))
        start = builder.shuffle_vector(start, ir.Constant(_WORDS, ir.Undefined), _FIRST)
        numbers = builder.add(start, ir.Constant(_WORDS, list(range(LANES))))
        limit = builder.trunc(width, ir.IntType(32))
        limit = builder.insert_element(ir.Constant(_WORDS, ir.Undefined), limit, ir.IntType(32)(0))
        limit = builder.shuffle_vector(limit, ir.Constant(_WORDS, ir.Undefined), _FIRST)
        which = builder.and_(which, builder.icmp_signed("<", numbers, limit))
        bits = builder.bitcast(which, ir.IntType(LANES))
        pointer = place_in(context, builder, sig.args[0], rows, (b, n))
        name = "llvm.experimental.vector.compress.v16i32"
        press = _declare(builder, name, _WORDS, _WORDS, _BITS, _WORDS)
        pressed = builder.call(press, [numbers, which, ir.Constant(_WORDS, ir.Undefined)])
        builder.store(pressed, builder.bitcast(pointer, _WORDS.as_pointer()), align=4)
        return builder.add(n, builder.zext(builder.ctpop(bits), kind))

    given = rows, types.intp, types.intp, TRUTHS, types.intp, types.intp
    return types.intp(*given), generate


def _declare(builder: Any, name: str, result: Any, *given: Any) -> Any:
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, given), name)


def _intrinsic(function: Callable[..., Any]) -> Any:
    """As compiled code sees it, without the typing context in front."""
    return intrinsic(function)


load = _intrinsic(_load)
store = _intrinsic(_store)
note = _intrinsic(_note)
noted = _intrinsic(_noted)
ones = _intrinsic(_ones)
lit = _intrinsic(_lit)
fetch = _intrinsic(_fetch)
spread = _intrinsic(_spread)
choose = _intrinsic(_choose)
beats = _intrinsic(_beats)
size = _intrinsic(_size)
positive = _intrinsic(_positive)
inverse = _intrinsic(_inverse)
total = _intrinsic(_total)
append = _intrinsic(_append)


def of(constant: Any, h: int) -> Any:
    """The constants of the neurons from h on: of each its own, or one number for all."""
    raise NotImplementedError  # only compiled code calls it


@overload(of, inline="always")
def _compiled_of(constant, h):  # type: ignore[no-untyped-def]
    if isinstance(constant, types.Array):
        return lambda constant, h: load(constant, (h,))
    return lambda constant, h: constant


def padded(width: int, multiple: int = LANES) -> int:
    """The next multiple."""
    return -(-width // multiple) * multiple
