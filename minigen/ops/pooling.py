r"""Pooling and its opposite: one number for each window of an image, and images from such numbers.

Two pairs of linear ops, each the other's adjoint and so the other's gradient rule, do all of it:

- `window_sum` adds up each window; `window_spread` gives each element of a window its number,
- `window_pick` takes a chosen element of each window; `window_put` puts it back there.

They map images (N, C, H, W) to numbers, one a window, (N, C, H', W'), and back to a size (H, W);
`kernel_size`, `stride` and `padding`, integers or pairs, say where the windows lie.

Average pooling is a sum of windows, divided. Upsampling spreads windows that do not overlap. The
gradient of max pooling puts each cotangent where the maximum came from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.engine.backend import Array, array_of, floating, namespace
from minigen.engine.op import Cotangents, op
from minigen.ops.reduction import mean
from minigen.ops.windows import Pair, Windows, pair

__all__ = ["adaptive_avg_pool2d", "avg_pool2d", "max_pool2d", "upsample"]


@op(piecewise_linear=True)
def max_pool2d(x: Array, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Array:
    r"""Take the largest element of each window.

    The gradient goes to that element; where several are equal, to the first, row by row, as in
    PyTorch.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W)
        Images.
    kernel_size : int or pair of int
        Height and width of the windows.
    stride : int or pair of int, optional
        The step from one window to the next; `kernel_size` unless given.
    padding : int or pair of int
        How far windows reach over each side, at most half their size; what lies outside is no
        candidate.

    Returns
    -------
    Tensor or array, shape (N, C, H', W')
        With :math:`H' = \lfloor (H + 2p - k_H) / s \rfloor + 1`, and W' likewise.

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

    Derivation: max_pool2d
    """
    x = floating(x)
    windows = _pooling(x, kernel_size, stride, padding)
    xp, size, count = namespace(x), x.shape[2:], windows.fitting(x.shape[2:])
    out = xp.full_like(x, -math.inf, shape=(*x.shape[:2], *count))
    for tap in windows.taps():
        on_image, among = windows.meeting(tap, size, count)
        xp.maximum(out[among], x[on_image], out=out[among])
    return out


@max_pool2d.vjp
def max_pool2d_vjp(
    g: Array, out: Array, x: Array, *, kernel_size: Pair, stride: Pair | None, padding: Pair
) -> Cotangents:
    r""":math:`\bar x` is g where each maximum came from, added up where windows share it.

    Derivation: max_pool2d.grad_input
    """
    windows = _pooling(x, kernel_size, stride, padding)
    choice = _first_maximum(array_of(x), array_of(out), windows)
    return (window_put(g, choice, tuple(x.shape[2:]), *windows),)


def _first_maximum(x: Array, out: Array, windows: Windows) -> Array:
    """Return the number of the first tap that holds each window's maximum, or NaN."""
    choice = namespace(x).zeros_like(out, dtype=np.int32)
    missing = namespace(x).isnan(x)
    for number, tap in reversed(list(enumerate(windows.taps()))):
        on_image, among = windows.meeting(tap, x.shape[2:], out.shape[2:])
        here = (x[on_image] == out[among]) | missing[on_image]
        choice[among] += here * (number - choice[among])
    return choice


@op
def window_pick(
    x: Array, choice: Array, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0
) -> Array:
    r"""Take from each window the element on the tap chosen.

    `choice`, integers of shape (N, C, H', W'), holds for each window the number of a tap, counted
    row by row. Outside the image there are zeros.

    Derivation: window_pick.adjoint
    """
    windows = Windows.of(kernel_size, stride, padding)
    choice = _choice(choice, x.shape[:2], windows.fitting(_image_size(x)))
    chosen_of = _chooser(x)
    out = namespace(x).zeros_like(x, shape=choice.shape)
    for number, tap in enumerate(windows.taps()):
        on_image, among = windows.meeting(tap, x.shape[2:], choice.shape[2:])
        out[among] += chosen_of(choice[among] == number, x[on_image])
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
) -> Cotangents:
    r""":math:`\bar x` is g, put where each element was taken."""
    return (window_put(g, choice, tuple(shape_of_x[2:]), kernel_size, stride, padding),)


@op
def window_put(
    g: Array, choice: Array, size: Pair, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0
) -> Array:
    r"""Add each number to zeros, on the tap chosen of its window: the adjoint of `window_pick`.

    Derivation: window_pick.adjoint
    """
    windows, size = Windows.of(kernel_size, stride, padding), pair("size", size, 1)
    _check_count(g, windows, size)
    choice = _choice(choice, g.shape[:2], g.shape[2:])
    chosen_of = _chooser(g)
    out = namespace(g).zeros_like(g, shape=(*g.shape[:2], *size))
    for number, tap in enumerate(windows.taps()):
        on_image, among = windows.meeting(tap, size, g.shape[2:])
        out[on_image] += chosen_of(choice[among] == number, g[among])
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
) -> Cotangents:
    r""":math:`\bar g` is what `window_pick` takes."""
    return (window_pick(h, choice, kernel_size, stride, padding),)


def avg_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    count_include_pad: bool = True,
) -> Array:
    r"""Take the mean of each window.

    Parameters, shapes and errors are those of `max_pool2d`, but zeros stand around the image.

    Parameters
    ----------
    count_include_pad : bool, default True
        Whether the zeros count: the mean over the whole window, or over what lies on the image.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.avg_pool2d(minigen.tensor([[[[1.0, 2.0, 5.0, 4.0]]]]), (1, 2)).tolist()
    [[[[1.5, 4.5]]]]

    Derivation: avg_pool2d, avg_pool2d.grad_input
    """
    windows = _pooling(x, kernel_size, stride, padding)
    sums = window_sum(x, *windows)
    if count_include_pad or windows.padding == (0, 0):
        return sums / math.prod(windows.kernel)
    ones = namespace(array_of(x)).ones((1, 1, *x.shape[2:]), sums.dtype)
    return sums / window_sum(ones, *windows)


@op(piecewise_linear=True)
def window_sum(x: Array, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0) -> Array:
    r"""Sum over each window; outside the image there are zeros.

    Derivation: window_sum.adjoint
    """
    x = floating(x)
    windows = Windows.of(kernel_size, stride, padding)
    size = _image_size(x)
    count = windows.fitting(size)
    out = namespace(x).zeros_like(x, shape=(*x.shape[:2], *count))
    for tap in windows.taps():
        on_image, among = windows.meeting(tap, size, count)
        out[among] += x[on_image]
    return out


@window_sum.vjp
def window_sum_vjp(
    g: Array, _out: Array, shape_of_x: Any, *, kernel_size: Pair, stride: Pair, padding: Pair
) -> Cotangents:
    r""":math:`\bar x` is the sum of g over the windows that an element lies in."""
    return (window_spread(g, tuple(shape_of_x[2:]), kernel_size, stride, padding),)


@op
def window_spread(
    g: Array, size: Pair, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0
) -> Array:
    r"""Add each number to zeros, everywhere in its window: the adjoint of `window_sum`.

    Derivation: window_sum.adjoint
    """
    windows, size = Windows.of(kernel_size, stride, padding), pair("size", size, 1)
    _check_count(g, windows, size)
    out = namespace(g).zeros_like(g, shape=(*g.shape[:2], *size))
    for tap in windows.taps():
        on_image, among = windows.meeting(tap, size, g.shape[2:])
        out[on_image] += g[among]
    return out


@window_spread.vjp
def window_spread_vjp(
    h: Array, _out: Array, _g: Array, *, size: Pair, kernel_size: Pair, stride: Pair, padding: Pair
) -> Cotangents:
    r""":math:`\bar g` is the sum of h over each window."""
    return (window_sum(h, kernel_size, stride, padding),)


def adaptive_avg_pool2d(x: Array, output_size: Pair) -> Array:
    r"""Take the mean of each channel of an image: global average pooling.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W)
        Images.
    output_size : int or pair of int
        PyTorch's parameter; only 1 is there, the mean over the whole image.

    Returns
    -------
    Tensor or array, shape (N, C, 1, 1)

    Raises
    ------
    ValueError
        If `output_size` is not 1.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.adaptive_avg_pool2d(minigen.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]), 1).tolist()
    [[[[3.0]]]]

    Derivation: adaptive_avg_pool2d
    """
    if pair("adaptive_avg_pool2d: output_size", output_size, 1) != (1, 1):
        raise ValueError(
            f"adaptive_avg_pool2d: only output_size 1 is supported, got {output_size!r}; "
            "avg_pool2d takes means over windows"
        )
    if min(_image_size(x)) == 0:
        raise ValueError(f"adaptive_avg_pool2d: no elements to average in shape {tuple(x.shape)}")
    return mean(x, (2, 3), keepdims=True)


def upsample(x: Array, scale_factor: Pair, mode: str = "nearest") -> Array:
    r"""Enlarge images: every element becomes a block of equal ones.

    .. math:: y_{n,c,i,j} = x_{n,c,\lfloor i / s \rfloor, \lfloor j / s \rfloor}

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W)
        Images.
    scale_factor : int or pair of int
        How many times larger, s.
    mode : {"nearest"}
        PyTorch's parameter; only the nearest element is there.

    Returns
    -------
    Tensor or array, shape (N, C, s H, s W)

    Raises
    ------
    ValueError
        If `scale_factor` is no positive integer, or `mode` is another.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.upsample(minigen.tensor([[[[1.0, 2.0]]]]), 2).tolist()
    [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]

    Derivation: upsample, upsample.grad_input
    """
    if mode != "nearest":
        raise ValueError(f"upsample: mode {mode!r} is not supported, only 'nearest'")
    down, right = pair("upsample: scale_factor", scale_factor, 1)
    height, width = _image_size(x)
    return window_spread(x, (down * height, right * width), (down, right), (down, right))


def _pooling(x: Array, kernel_size: Pair, stride: Pair | None, padding: Pair) -> Windows:
    """Return where the windows of a pooling lie; every one sees some of the image."""
    _image_size(x)
    windows = Windows.of(kernel_size, kernel_size if stride is None else stride, padding)
    if any(2 * p > k for p, k in zip(windows.padding, windows.kernel, strict=True)):
        raise ValueError(
            f"padding must be at most half of kernel_size, got {padding!r} and {kernel_size!r}"
        )
    return windows


def _image_size(x: Array) -> tuple[int, int]:
    """Return height and width of images (N, C, H, W), and refuse anything else."""
    if x.ndim != 4:
        raise ValueError(f"images of shape (N, C, H, W) are expected, got {tuple(x.shape)}")
    height, width = x.shape[2:]
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
