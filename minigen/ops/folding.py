r"""Windows of images as columns of a matrix, and back: a pair of ops, each the other's adjoint.

A convolution is a product of matrices with what `unfold` gives: the weight, a row an output
channel, times a column a window. `minigen.ops.convolution` does so piece by piece, and needs less
memory.
"""

from __future__ import annotations

import math
from typing import Any

from minigen.engine.backend import Array, add_to, floating, namespace
from minigen.engine.op import Cotangents, op
from minigen.ops.windows import Pair, Windows, pair

__all__ = ["fold", "unfold"]


@op
def unfold(
    x: Array, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Array:
    r"""Write each window of an image as a column, channel by channel, row by row.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W) or (C, H, W)
        Images, or one image.
    kernel_size : int or pair of int
        Height and width of the windows.
    dilation, padding, stride : int or pair of int
        How far apart the elements of a window are; how many zeros are put on each side of the
        image; the step from one window to the next.

    Returns
    -------
    Tensor or array, shape (N, C k_H k_W, L) or (C k_H k_W, L)
        For the L windows, row by row.

    Raises
    ------
    ValueError
        If no window fits, or there are not three or four axes.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.unfold(minigen.arange(8.0).reshape(1, 2, 4), 2, stride=2).tolist()
    [[0.0, 2.0], [1.0, 3.0], [4.0, 6.0], [5.0, 7.0]]

    Derivation: unfold
    """
    if x.ndim not in {3, 4}:
        raise ValueError("images (N, C, H, W) or one image (C, H, W) are expected")
    x = floating(x)
    windows = Windows.of(kernel_size, stride, padding, dilation)
    *lead, height, width = x.shape
    count = windows.fitting((height, width))
    columns = namespace(x).zeros((*lead, *windows.kernel, *count), x.dtype)
    for row, column in windows.taps():
        on_image, among = windows.meeting((row, column), (height, width), count)
        columns[..., row, column, :, :][among] = x[on_image]
    taps = math.prod(windows.kernel)
    return columns.reshape(*lead[:-1], lead[-1] * taps, math.prod(count))


@unfold.vjp
def unfold_vjp(
    g: Array,
    _out: Array,
    shape_of_x: Any,
    *,
    kernel_size: Pair,
    dilation: Pair,
    padding: Pair,
    stride: Pair,
) -> Cotangents:
    r""":math:`\bar x` is g, folded: each element of a window goes back to where it was taken."""
    return (fold(g, tuple(shape_of_x[-2:]), kernel_size, dilation, padding, stride),)


@op
def fold(
    x: Array,
    output_size: Pair,
    kernel_size: Pair,
    dilation: Pair = 1,
    padding: Pair = 0,
    stride: Pair = 1,
) -> Array:
    r"""Add columns to zeros, each on its window of an image: the adjoint of `unfold`.

    Where windows overlap, their elements are added; so it undoes `unfold` only without overlap.

    Parameters
    ----------
    x : Tensor or array, shape (N, C k_H k_W, L) or (C k_H k_W, L)
        Columns, one a window.
    output_size : int or pair of int
        Height and width of the images.
    kernel_size, dilation, padding, stride : int or pair of int
        As for `unfold`.

    Returns
    -------
    Tensor or array, shape (N, C, H, W) or (C, H, W)

    Raises
    ------
    ValueError
        If the columns are not as many, or not as long, as the windows on such an image.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.fold(minigen.ones(1, 4, 2), (2, 3), 2).tolist()
    [[[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]]]

    Derivation: fold
    """
    if x.ndim not in {2, 3}:
        raise ValueError("columns (N, C k k, L), or (C k k, L) of one image, are expected")
    x = floating(x)
    windows = Windows.of(kernel_size, stride, padding, dilation)
    size = pair("output_size", output_size, 1)
    count, taps = windows.fitting(size), math.prod(windows.kernel)
    *lead, length, number = x.shape
    if number != math.prod(count) or length % taps:
        raise ValueError(
            f"for {count[0]} by {count[1]} windows of {taps} elements, columns of a multiple of "
            f"{taps}, {math.prod(count)} of them, are expected"
        )
    columns = x.reshape(*lead, length // taps, *windows.kernel, *count)
    images = namespace(x).zeros((*lead, length // taps, *size), x.dtype)
    for row, column in windows.taps():
        on_image, among = windows.meeting((row, column), size, count)
        add_to(images[on_image], columns[..., row, column, :, :][among])
    return images


@fold.vjp
def fold_vjp(
    g: Array,
    _out: Array,
    _x: Array,
    *,
    output_size: Pair,
    kernel_size: Pair,
    dilation: Pair,
    padding: Pair,
    stride: Pair,
) -> Cotangents:
    r""":math:`\bar x` is g, unfolded: each element of a column gets what stands at its place."""
    return (unfold(g, kernel_size, dilation, padding, stride),)
