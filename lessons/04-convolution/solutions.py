"""Solutions to the exercises of lesson 04, convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    """Count in elements of the input: the inputs of a layer are the steps of those before apart."""
    field, step = 1, 1
    for kernel, stride, dilation in layers:
        field += dilation * (kernel - 1) * step
        step *= stride
    return field, step


def dilated_matrix(kernel: Array, length: int, dilation: int, padding: int) -> Array:
    """Put each weight where its tap lies, unless that is on the padding."""
    outputs = length + 2 * padding - dilation * (len(kernel) - 1)
    matrix = np.zeros((outputs, length))
    for i, a in np.ndindex(outputs, len(kernel)):
        place = i + dilation * a - padding
        if 0 <= place < length:
            matrix[i, place] = kernel[a]
    return matrix


def max_pool_rule(g: Array, out: Array, x: Array) -> tuple[Array]:
    """Go through the four taps in their order; a window that was served gets nothing more."""
    grad_x, left = np.zeros_like(x), g.copy()
    for a, b in np.ndindex(2, 2):
        wins = x[:, :, a::2, b::2] == out
        grad_x[:, :, a::2, b::2] = np.where(wins, left, 0)
        left = np.where(wins, 0, left)
    return (grad_x,)


def dilated_rule(
    g: Array, out: Array, x: Array, weight: Array, *, dilation: int
) -> tuple[Array, Array]:
    """Go tap by tap: each sees a slice of the signal, and gives its cotangent back to it."""
    grad_x, grad_weight = np.zeros_like(x), np.zeros_like(weight)
    for a in range(weight.shape[2]):
        seen = slice(dilation * a, dilation * a + g.shape[1])
        grad_x[:, seen] += weight[:, :, a].T @ g
        grad_weight[:, :, a] = g @ x[:, seen].T
    return grad_x, grad_weight
