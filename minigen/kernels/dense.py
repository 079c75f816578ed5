r"""Dense layers between convolutions.

Flattened images that were held with the batch innermost are a matrix (N, F) held as (F, N). The
dense layer then multiplies from the left, :math:`y^\top = W x^\top`, which leaves what it makes in
the same order.

BLAS's threads would hinder those of convolutions. Where there are some, long products are shared
as `minigen.engine.parallel` shares them, those of rows as they come, too: a generator begins with
them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array, array_of, is_array
from minigen.engine.parallel import product, products_shared
from minigen.ops.linear import linear, linear_vjp


@linear.kernel
def linear_kernel(x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the op's function: in the memory order that x has."""
    if not _serves(x) or weight.ndim != 2 or x.dtype != weight.dtype:
        return NotImplemented
    if x.shape[1] != weight.shape[1]:
        return NotImplemented
    if bias is not None and (bias.shape != weight.shape[:1] or bias.dtype != x.dtype):
        return NotImplemented
    y = _product(weight, x.T).T if _is_batch_last(x) else _product(x, weight.T)
    if bias is not None:
        y += bias
    return y


@linear.kernel_vjp
def linear_kernel_vjp(g: Array, out: Array, x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the gradient of x in its memory order, and the others as the rule does.

    It is written with operators, and serves a pass that is recorded, too.
    """
    if not _serves(array_of(x)):
        return NotImplemented

    def grad_x() -> Array:
        if not _is_batch_last(array_of(x)):
            return g * weight if weight.shape[0] == 1 else _product(g, weight)
        return (weight.T * g.T).T if weight.shape[0] == 1 else _product(weight.T, g.T).T

    def grad_weight() -> Array:
        return _product(g.T, x)

    return grad_x, grad_weight, linear_vjp(g, out, x, weight, bias)[2]


def _product(a: Any, b: Any) -> Any:
    """Multiply two matrices; NumPy's are shared between threads."""
    return product(a, b) if type(a) is type(b) is np.ndarray and a.dtype == b.dtype else a @ b


def _serves(features: Any) -> bool:
    """Tell whether features are a matrix of which the kernel makes more than the op does."""
    if _is_batch_last(features):
        return True
    return products_shared() and type(features) is np.ndarray and features.ndim == 2


def _is_batch_last(features: Any) -> bool:
    """Tell whether features (N, F) are an array that is held as (F, N)."""
    return (
        is_array(features)
        and features.ndim == 2
        and features.flags.f_contiguous
        and not features.flags.c_contiguous
    )
