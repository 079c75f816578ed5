"""How dtypes meet: a float array decides, integers and Python numbers follow.

NumPy widens float32 to float64 when it meets an int64 array, and turns integers into float64 where
a float is needed. Here float32 in means float32 out, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array

DEFAULT_FLOAT = np.float32
"""The dtype of floats made from integers or Python numbers."""


def promote(a: Any, b: Any) -> tuple[Any, Any]:
    """Convert integers that meet floats to the floats' dtype; leave all else to NumPy."""
    left, right = getattr(a, "dtype", type(a)), getattr(b, "dtype", type(b))
    if left is right:
        return a, b
    if _is_integer(left) and _is_float(right):
        return a.astype(_width(right)), b
    if _is_integer(right) and _is_float(left):
        return a, b.astype(_width(left))
    return a, b


def promote_all(arrays: Any) -> Any:
    """Convert integers among arrays to the floats' dtype."""
    floats = [a.dtype for a in arrays if _is_float(getattr(a, "dtype", None))]
    if not floats:
        return arrays
    width = np.result_type(*floats)
    return [a.astype(width) if _is_integer(getattr(a, "dtype", None)) else a for a in arrays]


def floating(x: Array) -> Array:
    """Return `x` as floats: itself if it holds floats, else as float32."""
    if _is_integer(getattr(x, "dtype", None)):
        return x.astype(DEFAULT_FLOAT)
    return x


def _is_integer(dtype: Any) -> bool:
    """Tell whether this is the dtype of an *array* of integers or Booleans."""
    return isinstance(dtype, np.dtype) and dtype.kind in "iub"


def _is_float(dtype: Any) -> bool:
    return dtype is float or (isinstance(dtype, np.dtype) and dtype.kind == "f")


def _width(dtype: Any) -> Any:
    return DEFAULT_FLOAT if dtype is float else dtype
