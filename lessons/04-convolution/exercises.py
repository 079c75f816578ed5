r"""Exercises of lesson 04, convolution.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 04``.
Everywhere, tap (a, b) of window (i, j) lies on element (s i + a - p, s j + b - p) of the image, and
there are :math:`H' = \lfloor (H + 2p - k) / s \rfloor + 1` windows along an axis.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def conv_matrix(kernel: Array, size: tuple[int, int], stride: int, padding: int) -> Array:
    r"""Return the matrix of a convolution of images with one channel.

    Image and output are written as long columns, row by row: element (h, l) is number h W + l, and
    window (i, j) is number i W' + j. Then :math:`y = A x`, where

    .. math:: y_{ij} = \sum_{a, b} w_{ab} \; x_{si+a-p,\,sj+b-p}

    and x is 0 outside the image: what falls on the padding leaves no trace in A.

    Parameters
    ----------
    kernel : array, shape (kH, kW)
        w.
    size : tuple of int
        Height H and width W of the images.
    stride, padding : int
        s and p, for both axes.

    Returns
    -------
    array, shape (H' W', H W)
        A.
    """
    raise NotImplementedError("for each window and tap, put the weight at the element it lies on")


def im2col(image: Array, kernel_size: tuple[int, int], stride: int) -> Array:
    r"""Return what each window of an image sees, as columns.

    .. math:: X_{(c,a,b),(i,j)} = x_{c,\,si+a,\,sj+b}

    Lines are in the order of (c, a, b), the last index fastest, columns in that of (i, j). With the
    weight as a matrix, ``weight.reshape(O, -1) @ X`` is then the convolution, without padding.

    Parameters
    ----------
    image : array, shape (C, H, W)
        x.
    kernel_size : tuple of int
        Height and width of a window.
    stride : int
        s, for both axes.

    Returns
    -------
    array, shape (C kH kW, H' W')
        X.
    """
    raise NotImplementedError("copy what each window sees into a column")


def col2im(
    columns: Array, shape: tuple[int, int, int], kernel_size: tuple[int, int], stride: int
) -> Array:
    r"""Return the cotangent of an image, given that of its columns: the rule of `im2col`.

    Each entry of the columns is a copy of an element of the image. By the chain rule the cotangent
    of an element is the sum over all its copies,

    .. math:: \bar x_{c,h,l} = \sum_{si+a=h,\; sj+b=l} \bar X_{(c,a,b),(i,j)} .

    Parameters
    ----------
    columns : array, shape (C kH kW, H' W')
        :math:`\bar X`, in the order of `im2col`.
    shape : tuple of int
        (C, H, W), that of the image.
    kernel_size : tuple of int
        Height and width of a window.
    stride : int
        s, for both axes.

    Returns
    -------
    array, of this shape
        :math:`\bar x`; 0 where no window sees an element.
    """
    raise NotImplementedError("add what stands in the columns to the elements it was copied from")


def max_pool_rule(g: Array, out: Array, x: Array) -> tuple[Array]:
    r"""Return the cotangent of the input of a max pooling with windows of 2 by 2, side by side.

    The op is :math:`y_{n,c,i,j} = \max_{a, b \in \{0, 1\}} x_{n,c,\,2i+a,\,2j+b}`. The cotangent of
    a window goes to its largest element. Where several are equal, it goes to the first of them, row
    by row: top left, top right, bottom left, bottom right.

    Parameters
    ----------
    g : array, shape (N, C, H / 2, W / 2)
        The cotangent of the output.
    out : array, shape (N, C, H / 2, W / 2)
        The output y.
    x : array, shape (N, C, H, W)
        The input; H and W are even.

    Returns
    -------
    tuple of one array
        The cotangent of x, of the shape of x.
    """
    raise NotImplementedError("hand the cotangent of each window to the first of its maxima")


def overlaps(count: int, kernel: int, stride: int) -> Array:
    """Return how often each element is painted by a transposed convolution, along one axis.

    There are `count` elements in the small image. Each paints a kernel of the given length onto the
    large one; their beginnings are a stride apart, that of the first is element 0. There is no
    padding. Where the result is not the same for all elements away from the ends, a decoder makes
    checkerboards.

    Parameters
    ----------
    count : int
        Elements of the small image.
    kernel, stride : int
        k and s; the stride may be larger than the kernel.

    Returns
    -------
    array of int or float
        Of length (count - 1) * stride + kernel: for each element of the large image the number of
        kernels that lie on it.
    """
    raise NotImplementedError("lay the kernels down one by one, and count")
