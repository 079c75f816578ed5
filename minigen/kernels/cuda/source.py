"""Kernels in CUDA C++: their text, and how they are launched.

A kernel is a string of CUDA C++. CuPy hands it to NVRTC when it is first launched; the tests hand
the same string to NVRTC without a card, and to a C++ compiler that runs it on the host.

In the text `Number` is the arrays' dtype, float or double, and `Index` an integer of 64 bits. A
loop goes over the elements in strides of the whole grid, so any number of blocks and threads
computes the same; where threads of a block add together, `block_sum` adds in a fixed order.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, is_array, namespace
from minigen.engine.recording import Varying

THREADS: Final = 256
"""Threads a block."""

MOST_BLOCKS: Final = 4096
"""Blocks of a loop over elements, at most: each then goes round more often."""

TYPES: Final = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}
"""The dtypes that kernels are compiled for, with their names in C++."""

_COMMON: Final = """
typedef long long Index;
#define EACH(i, n) Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x; i < (n); \\
    i += (Index)blockDim.x * gridDim.x
"""

BLOCK_SUM: Final = """
// The sum of a number of each thread, for all threads of the block, as a tree of halves.
__device__ double block_sum(double value) {
    __shared__ double sums[256];
    __syncthreads();
    sums[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
        __syncthreads();
    }
    return sums[0];
}
"""
"""A sum over a block, whose number of threads is a power of two."""

PLACE: Final = """
// Element j of channel c, of arrays (outer, channels, inner).
__device__ Index place(Index c, Index j, Index channels, Index inner) {
    return (j / inner * channels + c) * inner + j % inner;
}
"""
"""Where the elements of a channel lie: see `held_by_channel`."""


@dataclass(frozen=True)
class Kernel:
    """A kernel that the library has written by hand.

    Attributes
    ----------
    name : str
        What it is called.
    parameters : str
        Its parameters in C++, such as ``"const Number* x, Number* out, Index n"``.
    body : str
        What each thread does.
    helpers : str
        Functions that it calls.
    """

    name: str
    parameters: str
    body: str
    helpers: str = ""

    def source(self, dtype: Any, varying: int = 0) -> str:
        """Return the text for a dtype, one of `TYPES`.

        The last `varying` parameters, numbers, are read from the card's memory: a step that is
        captured can't be handed others each time.

        Examples
        --------
        >>> kernel = Kernel("twice", "Number* x, Index n", "for (EACH(i, n)) x[i] += x[i];")
        >>> "typedef float Number;" in kernel.source("float32")
        True
        """
        number, parameters, read = TYPES[np.dtype(dtype)], self.parameters, ""
        if varying:
            given = parameters.split(",")
            parameters = ",".join([*given[:-varying], " const double* told"])
            read = "".join(map(_reading, range(varying), given[-varying:]))
        return (
            f"typedef {number} Number;\n{_COMMON}{self.helpers}\n"
            f'extern "C" __global__ void {self.name}({parameters}) {{\n{read}{self.body}\n}}\n'
        )

    def launch(self, xp: Any, dtype: Any, size: int, *arguments: Any) -> None:
        """Run it on the current card, with a thread for each of `size` elements."""
        blocks = min(MOST_BLOCKS, -(-size // THREADS))
        self.launch_blocks(xp, dtype, blocks, *arguments)

    def launch_blocks(self, xp: Any, dtype: Any, blocks: int, *arguments: Any) -> None:
        """Run it with so many blocks.

        Integers become `Index` and numbers `Number`; None is a pointer to nothing. An array of
        NumPy's is handed over by value, as a struct. The last ones may be `Varying`.
        """
        if blocks:
            last = arguments[-1]
            varying = last.array.size if isinstance(last, Varying) else 0
            given = tuple(_argument(value, np.dtype(dtype)) for value in arguments)
            _compiled(xp, self, np.dtype(dtype), varying)((blocks,), (THREADS,), given)


@functools.lru_cache(maxsize=256)
def _compiled(xp: Any, kernel: Kernel, dtype: np.dtype[Any], varying: int) -> Any:
    """Return CuPy's kernel, which is compiled when it is launched on a card for the first time."""
    return xp.RawKernel(kernel.source(dtype, varying), kernel.name)


def _reading(number: int, parameter: str) -> str:
    """Return the line that reads a parameter, such as ``"Number rate"``, from memory."""
    kind, name = parameter.split()
    return f"const {kind} {name} = ({kind})told[{number}];\n"


def _argument(value: Any, dtype: np.dtype[Any]) -> Any:
    if value is None:
        return np.intp(0)
    if isinstance(value, Varying):
        return value.array
    if isinstance(value, bool | int):
        return np.int64(value)
    return dtype.type(value) if isinstance(value, float) else value


# --------------------------------------------------------------------------------- memory order


def serves(*arrays: Any) -> bool:
    """Tell whether all are arrays of a card, of one dtype that kernels are compiled for."""
    first = arrays[0]
    return all(
        is_array(array) and not isinstance(array, np.ndarray) and array.dtype == first.dtype
        for array in arrays
    ) and (first.dtype in TYPES)


def is_dense(array: Array) -> bool:
    """Tell whether its elements fill a piece of memory, in whatever order of axes.

    Examples
    --------
    >>> x = np.zeros((2, 3, 4))
    >>> is_dense(x), is_dense(x.transpose(2, 0, 1)), is_dense(x[:, ::2]), is_dense(x[::-1])
    (True, True, False, False)
    """
    step = array.itemsize
    axes = sorted((s, n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1)
    for stride, length in axes:
        if stride != step:
            return False
        step *= length
    return True


def dense(array: Array) -> Array:
    """Return the array, or a copy that fills a piece of memory."""
    return array if is_dense(array) else namespace(array).ascontiguousarray(array)


def held_as(reference: Array, array: Array) -> Array:
    """Return an array of the shape of `reference` in its memory order: itself, or a copy."""
    if array.shape == reference.shape and _steps(array) == _steps(reference):
        return array
    copy = namespace(reference).empty_like(reference)
    copy[...] = array
    return copy


def held_by_channel(x: Array) -> Array:
    """Return x (N, C, ...) held row by row or with the batch innermost: itself, or a copy."""
    last = x.transpose(*range(1, x.ndim), 0)
    if x.flags.c_contiguous or last.flags.c_contiguous:
        return x
    return namespace(x).ascontiguousarray(x)


def side_by_side(x: Array) -> int:
    """Return how many elements of a channel lie side by side."""
    each = int(x.size // x.shape[1])
    return each // len(x) if x.flags.c_contiguous else each


def _steps(array: Array) -> list[int]:
    """Return the strides of the axes along which there is anything to stride."""
    return [s for s, n in zip(array.strides, array.shape, strict=True) if n > 1]


def spread(reference: Array, cotangent: Array) -> tuple[Array, int]:
    """Return a cotangent as a kernel reads it, and how far apart its elements are: 1, or 0.

    The cotangent of a sum is one number, broadcast: it is read as that.
    """
    if not any(cotangent.strides) and cotangent.size:
        return cotangent, 0
    return held_as(reference, cotangent), 1


def of_each(kernel: Kernel, *arrays: Array, numbers: Sequence[float] = ()) -> Any:
    """Return a new array, like the first, of what a kernel makes of each element.

    The kernel takes the arrays, the one to write into, how many elements there are, and the
    numbers. NotImplemented is returned for what is not served.
    """
    if not serves(*arrays) or any(array.shape != arrays[0].shape for array in arrays):
        return NotImplemented
    first = dense(arrays[0])
    xp, out = namespace(first), namespace(first).empty_like(first)
    held = [held_as(out, array) for array in (first, *arrays[1:])]
    kernel.launch(xp, first.dtype, first.size, *held, out, first.size, *numbers)
    return out


def slope_of_each(kernel: Kernel, g: Any, *arrays: Array, numbers: Sequence[float] = ()) -> Any:
    """Return a new array, like the first after `g`, of a cotangent and what belongs to it.

    The kernel takes g, how far apart its elements are, the arrays, the one to write into, how many
    elements there are, and the numbers.
    """
    if not serves(g, *arrays) or any(array.shape != g.shape for array in arrays):
        return NotImplemented
    first = dense(arrays[0])
    xp, out = namespace(first), namespace(first).empty_like(first)
    held = [held_as(out, array) for array in (first, *arrays[1:])]
    cotangent, step = spread(out, g)
    kernel.launch(xp, first.dtype, first.size, cotangent, step, *held, out, first.size, *numbers)
    return out
