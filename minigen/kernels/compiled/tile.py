r"""A tile of sums that stays in the processor's registers, the inner part of a convolution.

A core multiplies and adds whole vectors, of 16 numbers with AVX-512, and can begin two such
instructions in a cycle; but it loads no more than two vectors meanwhile, and waits for a sum before
it adds to it again. So M times V sums are kept at a time:

.. math:: \mathrm{out}_{mv} \mathrel{+}= \sum_k a_{mk}\, b_{vk}

Each k takes V vectors of b and M single numbers of a, and gives M V products: M + V loads for M V
instructions, none of which waits for another. k runs over three loops, channels and a window's rows
and columns for instance, with a step of its own in either array.

A compiler that is shown the loops does not come upon this by itself. So the tile is written in the
compiler's own language, as instructions on vectors, which LLVM fits to the processor.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import Deferred, Loop


def _has_wide_registers() -> bool:
    """Tell whether there are 32 registers of 16 numbers; others have half as many, or as long."""
    target = importlib.import_module("numba.core.registry").cpu_target.target_context
    _system, _processor, features = target.codegen().magic_tuple()
    return "+avx512f" in features


LANES: Any = Deferred(lambda: 16 if _has_wide_registers() else 8)
"""How many numbers are in a vector."""

ROWS: Any = Deferred(lambda: 8 if _has_wide_registers() else 6)
"""M: how many single numbers a tile multiplies its vectors by."""

VECTORS = 2
"""V: how many vectors a tile has."""

WIDE = 4
"""How many a tile of one row has, so that no sum waits long for another."""


def _define() -> Any:
    """Return the function that compiled loops call."""
    extending = importlib.import_module("numba.extending")
    types = importlib.import_module("numba.core.types")

    @extending.intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
    def tile(
        _: Any,
        rows: Any,
        vectors: Any,
        lanes: Any,
        counts: Any,
        a: Any,
        a_at: Any,
        a_steps: Any,
        a_row: Any,
        b: Any,
        b_at: Any,
        b_steps: Any,
        out: Any,
        out_at: Any,
        out_row: Any,
        rows_left: Any,
        numbers_left: Any,
    ) -> Any:
        """Add the sums of a tile of so many rows and vectors; a single vector may have a rest."""
        size = [literal.literal_value for literal in (rows, vectors, lanes)]
        of_a, of_b = (a, a_at, a_steps, a_row), (b, b_at, b_steps)
        of_out = out, out_at, out_row, rows_left, numbers_left
        given = rows, vectors, lanes, counts, *of_a, *of_b, *of_out

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            _Tile(builder, *size).generate(context, signature.args[3:], values[3:])
            return context.get_dummy_value()

        return types.void(*given), generate

    return tile


def _define_copy() -> Any:
    """Return the function that copies a few vectors, on which loops spend more than on copying."""
    extending = importlib.import_module("numba.extending")
    types = importlib.import_module("numba.core.types")

    @extending.intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
    def copy_vectors(
        _: Any, vectors: Any, lanes: Any, source: Any, source_at: Any, into: Any, into_at: Any
    ) -> Any:
        """Copy so many vectors from an element of a contiguous array to one of another."""
        size = 1, vectors.literal_value, lanes.literal_value
        given = vectors, lanes, source, source_at, into, into_at

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            _Tile(builder, *size).copy(context, signature.args[2:], values[2:])
            return context.get_dummy_value()

        return types.void(*given), generate

    return copy_vectors


_tile: Any = Deferred(_define)
copy_vectors: Any = Deferred(_define_copy)


@Loop
def add_products(
    counts: tuple[int, int, int],
    a: Array,
    a_at: int,
    a_steps: tuple[int, int, int],
    a_row: int,
    b: Array,
    b_at: int,
    b_steps: tuple[int, int, int],
    out: Array,
    out_at: int,
    out_row: int,
    rows_left: int,
    numbers_left: int,
) -> None:
    """Add the sums of a tile to what stands in `out`, or of a part, where fewer rows are left.

    Arrays are contiguous, of float32; `..._at` says at which of their elements the tile begins,
    `..._steps` how far the three loops go each time, `..._row` how far apart the tile's rows are.
    """
    if numbers_left >= VECTORS * LANES:
        _tile(
            ROWS, VECTORS, LANES, counts, a, a_at, a_steps, a_row,
            b, b_at, b_steps, out, out_at, out_row, rows_left, LANES,
        )  # fmt: skip
        return
    for n in range(0, numbers_left, LANES):
        _tile(
            ROWS, 1, LANES, counts, a, a_at, a_steps, a_row,
            b, b_at + n, b_steps, out, out_at + n, out_row, rows_left, numbers_left - n,
        )  # fmt: skip


@Loop
def add_products_of_one_row(
    counts: tuple[int, int, int],
    a: Array,
    a_at: int,
    a_steps: tuple[int, int, int],
    b: Array,
    b_at: int,
    b_steps: tuple[int, int, int],
    out: Array,
    out_at: int,
    numbers_left: int,
) -> None:
    """Do so for a tile of one row, which is as wide as there are numbers."""
    width = WIDE * LANES
    whole = numbers_left // width * width
    for n in range(0, whole, width):
        _tile(
            1, WIDE, LANES, counts, a, a_at, a_steps, 0,
            b, b_at + n, b_steps, out, out_at + n, 0, 1, LANES,
        )  # fmt: skip
    for n in range(whole, numbers_left, LANES):
        _tile(
            1, 1, LANES, counts, a, a_at, a_steps, 0,
            b, b_at + n, b_steps, out, out_at + n, 0, 1, numbers_left - n,
        )  # fmt: skip


def aligned(size: int) -> Array:
    """Return so many numbers that begin with a line of the cache, as each vector then does."""
    memory = np.empty(size + 16, "float32")
    ahead = -memory.ctypes.data % 64 // 4
    return memory[ahead : ahead + size]


class _Tile:
    """Writes a tile's instructions."""

    def __init__(self, builder: Any, rows: int, vectors: int, lanes: int) -> None:
        self.ir: Any = importlib.import_module("llvmlite.ir")
        self.cgutils: Any = importlib.import_module("numba.core.cgutils")
        self.builder, self.lanes = builder, lanes
        self.number, self.index = self.ir.FloatType(), self.ir.IntType(64)
        self.vector = self.ir.VectorType(self.number, lanes)
        self.places = [(m, v) for m in range(rows) for v in range(vectors)]
        self.rows, self.vectors = range(rows), range(vectors)
        self.mask: Any = None

    def generate(self, context: Any, types: Any, values: Any) -> None:
        """Write the loops around the products, and the sums' way to memory."""
        unpack, builder = self.cgutils.unpack_tuple, self.builder
        counts, a, a_at, a_steps, a_row, b, b_at, b_steps, out, out_at, out_row, *left = values
        a, b, out = (
            context.make_array(types[i])(context, builder, array).data
            for i, array in ((1, a), (5, b), (8, out))
        )
        rows_left, numbers_left = left
        if len(self.vectors) == 1:
            self.mask = self._first(numbers_left)
        last = builder.sub(rows_left, self._integer(1))
        rows = [self._smaller(self._integer(m), last) for m in self.rows]
        offsets = [builder.mul(row, a_row) for row in rows]
        sums = self._zeros()

        def walk(loops: list[tuple[Any, Any, Any]], a_at: Any, b_at: Any) -> None:
            if not loops:
                self._multiply(sums, [self._at(a, a_at, offset) for offset in offsets], b, b_at)
                return
            (count, a_step, b_step), *inner = loops
            with self.cgutils.for_range(builder, count) as loop:
                further = builder.mul(loop.index, a_step), builder.mul(loop.index, b_step)
                walk(inner, builder.add(a_at, further[0]), builder.add(b_at, further[1]))

        loops = [unpack(builder, given) for given in (counts, a_steps, b_steps)]
        walk(list(zip(*loops, strict=True)), a_at, b_at)
        self._add(sums, out, out_at, out_row, rows_left)

    def _zeros(self) -> dict[tuple[int, int], Any]:
        """Return the places of the sums, which LLVM makes registers of."""
        sums = {place: self.cgutils.alloca_once(self.builder, self.vector) for place in self.places}
        for kept in sums.values():
            self.builder.store(self.ir.Constant(self.vector, None), kept)
        return sums

    def _add(self, sums: Any, out: Any, out_at: Any, out_row: Any, rows_left: Any) -> None:
        """Add the sums to what stands in memory, in the rows that are left."""
        builder = self.builder
        for (m, v), kept in sums.items():
            within = builder.icmp_signed("<", self._integer(m), rows_left)
            with builder.if_then(within, likely=True):
                row = builder.mul(out_row, self._integer(m))
                where = self._at(out, builder.add(out_at, row), self._integer(v * self.lanes))
                self._store(builder.fadd(self._load(where), builder.load(kept)), where)

    def copy(self, context: Any, types: Any, values: Any) -> None:
        """Copy vectors."""
        source, source_at, into, into_at = values
        source, into = (
            context.make_array(types[i])(context, self.builder, array).data
            for i, array in ((0, source), (2, into))
        )
        offsets = [self._integer(v * self.lanes) for v in self.vectors]
        loaded = [self._load(self._at(source, source_at, offset)) for offset in offsets]
        for vector, offset in zip(loaded, offsets, strict=True):
            self._store(vector, self._at(into, into_at, offset))

    def _multiply(self, sums: Any, numbers: list[Any], b: Any, b_at: Any) -> None:
        """Add the products of one k to the sums."""
        builder = self.builder
        vectors = [
            self._load(self._at(b, b_at, self._integer(v * self.lanes))) for v in self.vectors
        ]
        fuse = self._function(f"llvm.fmuladd.v{self.lanes}f32", self.vector, [self.vector] * 3)
        for m, where in enumerate(numbers):
            number = self._spread(builder.load(where, align=4))
            for v, vector in enumerate(vectors):
                kept = sums[m, v]
                builder.store(builder.call(fuse, [number, vector, builder.load(kept)]), kept)

    # ------------------------------------------------------------------------- single instructions

    def _integer(self, value: int) -> Any:
        return self.ir.Constant(self.index, value)

    def _at(self, array: Any, start: Any, offset: Any) -> Any:
        return self.builder.gep(array, [self.builder.add(start, offset)])

    def _smaller(self, one: Any, other: Any) -> Any:
        return self.builder.select(self.builder.icmp_signed("<", one, other), one, other)

    def _spread(self, number: Any) -> Any:
        """Return a vector of one number over and over."""
        integer = self.ir.IntType(32)
        undefined = self.ir.Constant(self.ir.VectorType(number.type, self.lanes), self.ir.Undefined)
        first = self.builder.insert_element(undefined, number, self.ir.Constant(integer, 0))
        zeros = self.ir.Constant(self.ir.VectorType(integer, self.lanes), None)
        return self.builder.shuffle_vector(first, undefined, zeros)

    def _first(self, count: Any) -> Any:
        """Return a vector of truth values: true for the first so many numbers."""
        kind = self.ir.VectorType(self.index, self.lanes)
        numbers = self.ir.Constant(kind, list(range(self.lanes)))
        return self.builder.icmp_signed("<", numbers, self._spread(count))

    def _load(self, where: Any) -> Any:
        pointer = self.builder.bitcast(where, self.vector.as_pointer())
        if self.mask is None:
            return self.builder.load(pointer, align=4)
        zeros = self.ir.Constant(self.vector, None)
        given = [pointer, self._alignment(), self.mask, zeros]
        return self.builder.call(self._masked("load", self.vector, given), given)

    def _store(self, vector: Any, where: Any) -> None:
        pointer = self.builder.bitcast(where, self.vector.as_pointer())
        if self.mask is None:
            self.builder.store(vector, pointer, align=4)
            return
        given = [vector, pointer, self._alignment(), self.mask]
        self.builder.call(self._masked("store", self.ir.VoidType(), given), given)

    def _alignment(self) -> Any:
        return self.ir.Constant(self.ir.IntType(32), 4)

    def _masked(self, name: str, returned: Any, given: list[Any]) -> Any:
        """Return an instruction on part of a vector, by the name that all versions of LLVM read."""
        kind = f"v{self.lanes}f32"
        types = [value.type for value in given]
        return self._function(f"llvm.masked.{name}.{kind}.p0{kind}", returned, types)

    def _function(self, name: str, returned: Any, given: list[Any]) -> Any:
        kind = self.ir.FunctionType(returned, given)
        return self.cgutils.get_or_insert_function(self.builder.module, kind, name)
