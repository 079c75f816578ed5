"""What a card does to the smallest numbers: CuPy compiles its kernels to flush them to zero.

CuPy hands ``-ftz=true`` to the compiler (``cupy/cuda/compiler.py``). Then a float32 whose magnitude
is below the smallest normal number, 1.17549435e-38, counts as 0 where arithmetic reads it, and
becomes 0 where arithmetic makes it. Copies of memory, a choice between two numbers, and cuBLAS are
no such arithmetic; float64 and float16 keep their subnormal numbers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

SMALLEST: Final = np.finfo(np.float32).tiny
"""The smallest normal float32."""

MOVING: Final = frozenset(
    {
        *("array_split", "ascontiguousarray", "broadcast_to", "concatenate", "copy", "copyto"),
        *("copysign", "diag", "diagonal", "empty_like", "expand_dims", "eye", "fill", "flip"),
        *("full", "full_like", "moveaxis", "ones", "ones_like", "pad", "partition", "ravel"),
        *("repeat", "reshape", "roll", "sort", "split", "squeeze", "stack", "swapaxes", "take"),
        *("take_along_axis", "tile", "transpose", "tril", "triu", "view", "where", "zeros"),
        *("zeros_like", "argsort", "isfinite", "isinf", "isnan", "signbit"),
        *("matmul", "dot", "vdot", "tensordot", "einsum"),
    }
)
"""Functions that move numbers or choose among them, or are cuBLAS's: they flush nothing."""


def flushed(value: Any, *, in_place: bool = False) -> Any:
    """Return results with their subnormal float32 numbers set to zeros of their sign."""
    if isinstance(value, tuple | list):
        return type(value)([flushed(part, in_place=in_place) for part in value])
    if getattr(value, "dtype", None) != np.float32:
        return value
    below = _subnormal(value)
    if not below.any():
        return value
    zeros: npt.NDArray[np.float32] = np.where(below, np.copysign(np.float32(0), value), value)
    if not in_place:
        return zeros.astype(np.float32, copy=False)
    value[...] = zeros
    return value


def _subnormal(array: Any) -> Any:
    with np.errstate(all="ignore"):
        return (np.abs(array) < SMALLEST) & (array != 0)
