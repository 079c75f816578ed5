"""Dense layers on sequences: the rows of all of them in one product.

NumPy's product of an array (..., n) and a matrix calls BLAS for each of the first axes, with few
rows at a time, which its threads cannot share.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import product, products_shared
from minigen.ops.linear import linear, linear_vjp


@linear.kernel
def linear_kernel(x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the op's function for three axes or more."""
    if not _serves(x, weight) or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        return NotImplemented
    if bias is not None and (bias.shape != weight.shape[:1] or bias.dtype != x.dtype):
        return NotImplemented
    y = np.empty((*x.shape[:-1], len(weight)), x.dtype)
    multiply(_rows(x), weight.T, out=_rows(y))
    if bias is not None:
        y += bias
    return y


@linear.kernel_vjp
def linear_kernel_vjp(g: Array, out: Array, x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the op's rule for three axes or more."""
    if not _serves(g, weight, x):
        return NotImplemented

    def grad_x() -> Array:
        of_x = np.empty(x.shape, x.dtype)
        multiply(_rows(g), weight, out=_rows(of_x))
        return of_x

    return grad_x, *linear_vjp(g, out, x, weight, bias)[1:]


def multiply(a: Array, b: Array, out: Array) -> None:
    """Multiply two matrices: with BLAS's threads, unless those of convolutions share products."""
    if products_shared():
        product(a, b, out)
    else:
        np.matmul(a, b, out=out)


def _rows(x: Array) -> Array:
    """Return (..., n) as a matrix."""
    return x.reshape(-1, x.shape[-1])


def _serves(*arrays: Any) -> bool:
    """Tell whether all are NumPy's, of one dtype, and the first has three axes or more."""
    first = arrays[0]
    alike = all(type(array) is np.ndarray and array.dtype == first.dtype for array in arrays)
    return alike and first.ndim > 2 and all(array.size > 0 for array in arrays)
