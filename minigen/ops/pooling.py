r"""Pooling and its opposite: one number for each window of an image, and images from such numbers.

Two pairs of linear ops, each the other's adjoint and so the other's gradient rule, do all of it:

- `window_sum` adds up each window; `window_spread` gives each element of a window its number,
- `window_pick` takes a chosen element of each window; `window_put` puts it back there.

They map images (N, C, H, W), or one image (C, H, W), to numbers, one a window, (N, C, H', W'), and
back to a size (H, W); `kernel_size`, `stride`, `padding`, `dilation` and `surplus`, integers or
pairs, say where the windows lie: `minigen.ops.windows`.

Average pooling is a sum of windows, divided. The gradient of max pooling puts each cotangent where
the maximum came from. `minigen.ops.interpolation` enlarges images, some of them by these ops.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigen.engine.backend import Array, add_to, array_of, floating, namespace
from minigen.engine.op import Cotangents, op
from minigen.ops.reduction import mean
from minigen.ops.shaping import cat, getitem
from minigen.ops.windows import Pair, Windows, is_integer, pair

__all__ = ["adaptive_avg_pool2d", "avg_pool2d", "max_pool2d"]

AdaptiveSize = int | None | Sequence[int | None]
"""A height and a width, or one number for both; None keeps that of the image."""


@op(piecewise_linear=True)
def max_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> Array:
    r"""Take the largest element of each window.

    The gradient goes to that element; where several are equal, to the first, row by row, as in
    PyTorch.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W) or (C, H, W)
        Images, or one image.
    kernel_size : int or pair of int
        Height and width of the windows.
    stride : int or pair of int, optional
        The step from one window to the next; `kernel_size` unless given.
    padding : int or pair of int
        How far windows reach over each side, at most half their size; what lies outside is no
        candidate.
    dilation : int or pair of int
        How far apart the elements of a window are, d.
    ceil_mode : bool, default False
        Whether rows and columns that the stride leaves over get a window, too, of as much as there
        is; one that would begin behind the image, in the padding, is left out.

    Returns
    -------
    Tensor or array, shape (N, C, H', W') or (C, H', W')
        With :math:`H' = \lfloor (H + 2p - d (k_H - 1) - 1) / s \rfloor + 1`, and W' likewise; with
        `ceil_mode` rounded up.

    Raises
    ------
    ValueError
        If no window fits, or the padding is more than half the kernel.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.max_pool2d(minigen.tensor([[[[1.0, 2.0, 5.0, 4.0]]]]), (1, 2)).tolist()
    [[[[2.0, 5.0]]]]
    >>> F.max_pool2d(minigen.zeros(1, 8, 7, 7), 2, ceil_mode=True).shape
    (1, 8, 4, 4)

    Derivation: max_pool2d, max_pool2d.ceil_mode
    """
    x = floating(x)
    windows = _pooling(x, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    xp, size, count = namespace(x), x.shape[-2:], windows.fitting(x.shape[-2:])
    out = xp.full_like(x, -math.inf, shape=(*x.shape[:-2], *count))
    for tap in windows.taps():
        on_image, among = windows.meeting(tap, size, count)
        xp.maximum(out[among], x[on_image], out=out[among])
    return out


@max_pool2d.vjp
def max_pool2d_vjp(
    g: Array,
    out: Array,
    x: Array,
    *,
    kernel_size: Pair,
    stride: Pair | None,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
) -> Cotangents:
    r""":math:`\bar x` is g where each maximum came from, added up where windows share it.

    Derivation: max_pool2d.grad_input
    """
    windows = _pooling(x, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    choice = _first_maximum(array_of(x), array_of(out), windows)
    return (window_put(g, choice, tuple(x.shape[-2:]), *windows),)


def _first_maximum(x: Array, out: Array, windows: Windows) -> Array:
    """Return the number of the first tap that holds each window's maximum, or NaN."""
    choice = namespace(x).zeros_like(out, dtype=np.int32)
    missing = namespace(x).isnan(x)
    for number, tap in reversed(list(enumerate(windows.taps()))):
        on_image, among = windows.meeting(tap, x.shape[-2:], out.shape[-2:])
        here = (x[on_image] == out[among]) | missing[on_image]
        add_to(choice[among], here * (number - choice[among]))
    return choice


@op
def window_pick(
    x: Array,
    choice: Array,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    surplus: Pair = 0,
) -> Array:
    r"""Take from each window the element on the tap chosen.

    `choice`, integers of shape (N, C, H', W'), holds for each window the number of a tap, counted
    row by row. Outside the image there are zeros.

    Derivation: window_pick.adjoint
    """
    windows = Windows.of(kernel_size, stride, padding, dilation, surplus)
    choice = _choice(choice, x.shape[:-2], windows.fitting(_image_size(x)))
    chosen_of = _chooser(x)
    out = namespace(x).zeros_like(x, shape=choice.shape)
    for number, tap in enumerate(windows.taps()):
        on_image, among = windows.meeting(tap, x.shape[-2:], choice.shape[-2:])
        add_to(out[among], chosen_of(choice[among] == number, x[on_image]))
    return out


@window_pick.vjp
def window_pick_vjp(
    g: Array,
    _out: Array,
    shape_of_x: Any,
    *,
    choice: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    surplus: Pair,
) -> Cotangents:
    r""":math:`\bar x` is g, put where each element was taken."""
    where = kernel_size, stride, padding, dilation, surplus
    return (window_put(g, choice, tuple(shape_of_x[-2:]), *where),)


@op
def window_put(
    g: Array,
    choice: Array,
    size: Pair,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    surplus: Pair = 0,
) -> Array:
    r"""Add each number to zeros, on the tap chosen of its window: the adjoint of `window_pick`.

    Derivation: window_pick.adjoint
    """
    windows = Windows.of(kernel_size, stride, padding, dilation, surplus)
    size = pair("size", size, 1)
    _check_count(g, windows, size)
    choice = _choice(choice, g.shape[:-2], g.shape[-2:])
    chosen_of = _chooser(g)
    out = namespace(g).zeros_like(g, shape=(*g.shape[:-2], *size))
    for number, tap in enumerate(windows.taps()):
        on_image, among = windows.meeting(tap, size, g.shape[-2:])
        add_to(out[on_image], chosen_of(choice[among] == number, g[among]))
    return out


def _chooser(values: Array) -> Callable[[Array, Array], Array]:
    """Return what takes some values of an array, and 0 for the others.

    On the CPU a product with 0 and 1 is several times as fast as a choice, but 0 times infinity is
    NaN.
    """
    xp = namespace(values)
    if xp is np and np.isfinite(values).all():
        return np.multiply
    return lambda chosen, part: xp.where(chosen, part, 0)


@window_put.vjp
def window_put_vjp(
    h: Array,
    _out: Array,
    _g: Array,
    *,
    choice: Array,
    size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    surplus: Pair,
) -> Cotangents:
    r""":math:`\bar g` is what `window_pick` takes."""
    return (window_pick(h, choice, kernel_size, stride, padding, dilation, surplus),)


def avg_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    r"""Take the mean of each window.

    Parameters, shapes and errors are those of `max_pool2d`, but zeros stand around the image. What
    follows `padding` is given by name.

    Parameters
    ----------
    count_include_pad : bool, default True
        Whether the zeros of the padding count: the mean over the whole window, or over what lies on
        the image. Where a window reaches further, as with `ceil_mode`, what lies behind the padding
        never counts.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.avg_pool2d(minigen.tensor([[[[1.0, 2.0, 5.0, 4.0]]]]), (1, 2)).tolist()
    [[[[1.5, 4.5]]]]

    Derivation: avg_pool2d, avg_pool2d.grad_input
    """
    windows = _pooling(x, kernel_size, stride, padding, ceil_mode=ceil_mode)
    sums = window_sum(x, *windows)
    padded = windows.padding if count_include_pad else (0, 0)
    if padded == windows.padding and windows.surplus == (0, 0):
        return sums / math.prod(windows.kernel)
    (height, width), (top, left) = x.shape[-2:], padded
    ones = namespace(array_of(x)).ones((1, height + 2 * top, width + 2 * left), sums.dtype)
    beyond = windows.padding[0] - top, windows.padding[1] - left
    return sums / window_sum(ones, *windows._replace(padding=beyond))


@op(piecewise_linear=True)
def window_sum(
    x: Array,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    surplus: Pair = 0,
) -> Array:
    r"""Sum over each window; outside the image there are zeros.

    Derivation: window_sum.adjoint
    """
    x = floating(x)
    windows = Windows.of(kernel_size, stride, padding, dilation, surplus)
    size = _image_size(x)
    count = windows.fitting(size)
    out = namespace(x).zeros_like(x, shape=(*x.shape[:-2], *count))
    for tap in windows.taps():
        on_image, among = windows.meeting(tap, size, count)
        add_to(out[among], x[on_image])
    return out


@window_sum.vjp
def window_sum_vjp(
    g: Array,
    _out: Array,
    shape_of_x: Any,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    surplus: Pair,
) -> Cotangents:
    r""":math:`\bar x` is the sum of g over the windows that an element lies in."""
    where = kernel_size, stride, padding, dilation, surplus
    return (window_spread(g, tuple(shape_of_x[-2:]), *where),)


@op
def window_spread(
    g: Array,
    size: Pair,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    surplus: Pair = 0,
) -> Array:
    r"""Add each number to zeros, everywhere in its window: the adjoint of `window_sum`.

    Derivation: window_sum.adjoint
    """
    windows = Windows.of(kernel_size, stride, padding, dilation, surplus)
    size = pair("size", size, 1)
    _check_count(g, windows, size)
    out = namespace(g).zeros_like(g, shape=(*g.shape[:-2], *size))
    for tap in windows.taps():
        on_image, among = windows.meeting(tap, size, g.shape[-2:])
        add_to(out[on_image], g[among])
    return out


@window_spread.vjp
def window_spread_vjp(
    h: Array,
    _out: Array,
    _g: Array,
    *,
    size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    surplus: Pair,
) -> Cotangents:
    r""":math:`\bar g` is the sum of h over each window."""
    return (window_sum(h, kernel_size, stride, padding, dilation, surplus),)


def adaptive_avg_pool2d(x: Array, output_size: AdaptiveSize) -> Array:
    r"""Take means of so many windows that an image of any size becomes one of a given size.

    .. math:: y_{n,c,i,j} = \frac{1}{|B_i| |B_j|} \sum_{h \in B_i,\, l \in B_j} x_{n,c,h,l},
              \qquad B_i = \{ \lfloor i H / H' \rfloor, \dots, \lceil (i + 1) H / H' \rceil - 1 \}

    Where H' divides H, the windows lie side by side; otherwise neighbours may share a row. With
    `output_size` 1 there is one window, the whole image: *global average pooling*.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W) or (C, H, W)
        Images, or one image.
    output_size : int, or pair of int or None
        The size (H', W') that comes out; None keeps that of the image.

    Returns
    -------
    Tensor or array, shape (N, C, H', W') or (C, H', W')

    Raises
    ------
    ValueError
        If `output_size` is not one or two positive integers, or an image has no elements.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.adaptive_avg_pool2d(minigen.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]), 1).tolist()
    [[[[3.0]]]]
    >>> F.adaptive_avg_pool2d(minigen.zeros(8, 512, 14, 11), 7).shape
    (8, 512, 7, 7)

    Derivation: adaptive_avg_pool2d
    """
    wanted, size = adaptive_size(output_size), _image_size(x)
    if min(size) == 0:
        raise ValueError(f"adaptive_avg_pool2d: no elements to average in shape {tuple(x.shape)}")
    if wanted == (1, 1):
        return mean(x, (-2, -1), keepdims=True)
    for axis, length, count in zip((-2, -1), size, wanted, strict=True):
        if count not in (None, length):
            x = cat([_mean_of_rows(x, axis, *rows) for rows in _shares(length, count)], axis)
    return x


def adaptive_size(output_size: AdaptiveSize) -> tuple[int | None, int | None]:
    """Return the height and width that are wanted; None for that of the image."""
    pair_of = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * 2
    if len(pair_of) != 2 or not all(n is None or (is_integer(n) and n >= 1) for n in pair_of):
        raise ValueError(
            "adaptive_avg_pool2d: output_size must be a positive integer, or two of which either "
            f"may be None, got {output_size!r}"
        )
    return pair_of


def _shares(length: int, count: int) -> list[tuple[int, int]]:
    """Return where each of so many windows begins and ends, which cover a length evenly."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def _mean_of_rows(x: Array, axis: int, start: int, stop: int) -> Array:
    """Return the mean of some rows of images, or columns where the axis is the last."""
    rows, count = slice(start, stop), stop - start
    if axis == -2:
        return avg_pool2d(getitem(x, (..., rows, slice(None))), (count, 1))
    return avg_pool2d(getitem(x, (..., rows)), (1, count))


def pooling_windows(
    kernel_size: Pair, stride: Pair | None, padding: Pair, dilation: Pair = 1
) -> Windows:
    """Return where the windows of a pooling lie; every one sees some of the image.

    Raises
    ------
    ValueError
        If one is not a positive integer, or two; or the padding is more than half the kernel.
    """
    stride = kernel_size if stride is None else stride
    windows = Windows.of(kernel_size, stride, pair("padding", padding, 0), dilation)
    if any(2 * p > k for p, k in zip(windows.padding, windows.kernel, strict=True)):
        raise ValueError(
            f"padding must be at most half of kernel_size, got {padding!r} and {kernel_size!r}"
        )
    return windows


def _pooling(
    x: Array,
    kernel_size: Pair,
    stride: Pair | None,
    padding: Pair,
    dilation: Pair = 1,
    *,
    ceil_mode: bool,
) -> Windows:
    """Return where the windows of a pooling lie on images."""
    windows, size = pooling_windows(kernel_size, stride, padding, dilation), _image_size(x)
    return windows.rounded_up(size) if ceil_mode else windows


def _image_size(x: Array) -> tuple[int, int]:
    """Return height and width of images (N, C, H, W) or (C, H, W), and refuse anything else."""
    if x.ndim not in (3, 4):
        raise ValueError(
            f"images of shape (N, C, H, W) are expected, or one of shape (C, H, W), "
            f"got {tuple(x.shape)}"
        )
    height, width = x.shape[-2:]
    return height, width


def _check_count(g: Array, windows: Windows, size: tuple[int, int]) -> None:
    """Refuse numbers that are not one for each window."""
    count = windows.fitting(size)
    if _image_size(g) != count:
        raise ValueError(
            f"shape (N, C, {count[0]}, {count[1]}) is expected, a number for each window on images "
            f"of {size[0]} by {size[1]}, got {tuple(g.shape)}"
        )


def _choice(choice: Array, channels: tuple[int, ...], count: tuple[int, ...]) -> Array:
    """Return the taps chosen as an array, if there is one for each window."""
    choice = array_of(choice)
    if tuple(choice.shape) != (*channels, *count):
        raise ValueError(f"choice of shape {(*channels, *count)} is expected, got {choice.shape}")
    return choice
