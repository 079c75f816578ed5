r"""Convolution of images, its transpose, and its weight's gradient: one form seen from three sides.

.. math:: T(x, w, g) = \sum_{n,o,c} \sum_{i,j} \sum_{a,b}
          x_{n,c,\,si+da-p,\,sj+db-p}\; w_{o,c,a,b}\; g_{n,o,i,j}

(x is zero outside the image, and d is the dilation) is linear in each of its three arguments. Leave
out one, and what is left is its gradient with respect to it, an op each:

- `conv2d` leaves out g: the images that a layer computes,
- `conv_transpose2d` leaves out x: the gradient of the images, and a layer that enlarges,
- `conv2d_weight` leaves out w: the gradient of the kernels.

A gradient rule therefore calls the two other ops, at every order. Each is a product of matrices:
`im2col` copies what windows see into columns, and `col2im` adds columns up where they were seen.
With `groups` each product is one of several, side by side: a group of channels in and a group of
channels out meet in a product of their own, and one in another does not see them.

Images are (N, C, H, W), or a single one (C, H, W).
`minigen.ops.reference` says the same in loops; `minigen.kernels.convolution` has faster versions.

Derivation: conv2d.trilinear
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minigen.engine.backend import Array, add_to, namespace, promote
from minigen.engine.op import Cotangents, op
from minigen.ops.reduction import sum
from minigen.ops.windows import Padding, Pair, Windows, is_integer, pair

__all__ = ["conv2d", "conv2d_weight", "conv_transpose2d"]


def im2col(x: Array, windows: Windows) -> Array:
    r"""Copy what each window of each image sees, (N, C, H, W), into a column.

    A line for each channel and tap, a column for each window: shape
    :math:`(C\,k_H k_W,\ H' W' N)`.

    Derivation: conv2d.im2col
    """
    size, count = x.shape[2:], windows.fitting(x.shape[2:])
    seen = namespace(x).zeros((x.shape[1], *windows.kernel, *count, x.shape[0]), x.dtype)
    for a, b in windows.taps():
        on_image, among = windows.meeting((a, b), size, count)
        _as_images(seen[:, a, b])[among] = x[on_image]
    return _as_matrix(seen, x.shape[1] * math.prod(windows.kernel))


def col2im(columns: Array, size: Sequence[int], count: Sequence[int], windows: Windows) -> Array:
    """Add columns onto zero images of a size, where windows see them: the adjoint of `im2col`.

    Derivation: conv2d.col2im
    """
    xp, taps = namespace(columns), math.prod(windows.kernel)
    seen = columns.reshape(len(columns) // taps, *windows.kernel, *count, -1)
    out = _as_images(xp.zeros((len(seen), *size, seen.shape[-1]), columns.dtype))
    for a, b in windows.taps():
        on_image, among = windows.meeting((a, b), size, count)
        add_to(out[on_image], _as_images(seen[:, a, b])[among])
    return out


@op
def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    r"""Slide kernels over images (without flipping them: a cross-correlation, as everywhere).

    .. math:: y_{n,o,i,j} = b_o + \sum_{c,a,b} w_{o,c,a,b}\; x_{n,c,\,si+da-p,\,sj+db-p}

    Parameters
    ----------
    x : Tensor or array, shape (N, in, H, W) or (in, H, W)
        Images, or one image.
    weight : Tensor or array, shape (out, in / groups, kH, kW)
        A kernel for each channel out and in of a group.
    bias : Tensor or array, shape (out,), optional
        Added to every element of a channel.
    stride : int or pair of int
        The step s from one window to the next, down and to the right.
    padding : int, pair of int, "valid" or "same"
        How many zeros p stand around the image, above and below, left and right. "valid" is none;
        "same" as many as keep the image's size at stride 1. Where that is an odd number, one more
        stands below, or on the right.
    dilation : int or pair of int
        How far apart the elements are that a kernel sees, d.
    groups : int
        Into how many groups the channels are split, in and out alike, each with kernels of its own;
        with as many as channels in, every channel is convolved by itself (*depthwise*).

    Returns
    -------
    Tensor or array, shape (N, out, H', W') or (out, H', W')
        With :math:`H' = \lfloor (H + 2p - d (k_H - 1) - 1) / s \rfloor + 1`, and W' likewise.

    Raises
    ------
    ValueError
        If shapes do not fit: the channels differ, or the groups do not divide them, or the kernel
        is larger than the padded image; if "same" is asked for with a stride.

    Notes
    -----
    A matrix product, of the kernels and of what the windows see in columns: Chellapilla, Puri,
    Simard (2006), High performance convolutional neural networks for document processing.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> row, edge = minigen.tensor([[[[0.0, 0.0, 1.0, 1.0]]]]), minigen.tensor([[[[-1.0, 1.0]]]])
    >>> F.conv2d(row, edge).tolist()
    [[[[0.0, 1.0, 0.0]]]]
    >>> images, weight = minigen.zeros(16, 3, 28, 28), minigen.zeros(32, 3, 4, 4)
    >>> F.conv2d(images, weight, stride=2, padding=1).shape
    (16, 32, 14, 14)
    >>> F.conv2d(images, minigen.zeros(6, 1, 3, 3), padding="same", groups=3).shape
    (16, 6, 28, 28)

    Derivation: conv2d, conv2d.matrix, conv2d.dilation, conv2d.groups
    """
    if x.ndim == 3:
        options: dict[str, Any] = {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        }
        return conv2d(x[None], weight, bias, **options)[0]
    _check_axes(x, weight, "(N, in, H, W)", f"(out, in{_each(groups)}, kH, kW)")
    check_groups(groups, x.shape[1], len(weight))
    if x.shape[1] != weight.shape[1] * groups:
        raise ValueError(
            f"x has {x.shape[1]} channels, and weight of shape (out, in{_each(groups)}, kH, kW) "
            f"expects {weight.shape[1] * groups}, got {tuple(x.shape)} and {tuple(weight.shape)}"
        )
    x, weight = promote(x, weight)
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    y = _split(_as_matrix(weight, len(weight)), groups) @ _split(im2col(x, windows), groups)
    y = y.reshape(len(weight), *windows.fitting(x.shape[2:]), len(x))
    return _add_bias(_as_images(y), bias)


@conv2d.vjp
def conv2d_vjp(
    g: Array,
    _out: Array,
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Cotangents:
    r""":math:`\bar x = \mathrm{conv}^\top(g, w)`, :math:`\bar w` leaves w out of T(x, w, g).

    Rows below the last window, which the stride left over, come back as `output_padding`.

    Derivation: conv2d.grad_input, conv2d.grad_weight, conv2d.grad_bias
    """
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    left_over = windows.left_over(x.shape[-2:])

    def grad_x() -> Array:
        return conv_transpose2d(g, weight, None, stride, padding, left_over, groups, dilation)

    def grad_weight() -> Array:
        return conv2d_weight(x, g, windows.kernel, stride, padding, dilation, groups)

    return grad_x, grad_weight, None if bias is None else lambda: _sum_of_channels(g)


@op
def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    r"""Let each element of an image paint its kernel, a stride apart: the adjoint of `conv2d`.

    .. math:: y_{n,o,\,si+da-p,\,sj+db-p} \mathrel{{+}{=}} w_{c,o,a,b}\; x_{n,c,i,j}
              \quad\text{for all } c, i, j, a, b;
              \qquad y_{n,o} \mathrel{{+}{=}} b_o

    What is painted outside the image is lost. With the same weight, stride and padding,
    :math:`\langle \mathrm{conv}(x), y \rangle = \langle x, \mathrm{conv}^\top(y) \rangle`.

    Parameters
    ----------
    x : Tensor or array, shape (N, in, H, W) or (in, H, W)
        Images, or one image.
    weight : Tensor or array, shape (in, out / groups, kH, kW)
        A kernel for each channel in and, of a group, out; mind the order.
    bias : Tensor or array, shape (out,), optional
        Added to every element of a channel.
    stride : int or pair of int
        How far apart the kernels are painted, s.
    padding : int, pair of int, "valid" or "same"
        How much is cut off on each side, p: what `conv2d` adds there.
    output_padding : int or pair of int
        How many rows below and columns on the right are added, r: `conv2d` gives images of several
        sizes one size when it strides, and this says which of them is meant. Smaller than `stride`.

    Returns
    -------
    Tensor or array, shape (N, out, H', W')
        With :math:`H' = (H - 1) s - 2p + k_H + r`, and W' likewise.

    Raises
    ------
    ValueError
        If shapes do not fit: the channels differ, `output_padding` is no smaller than `stride`, or
        the size would not be positive.

    References
    ----------
    Dumoulin, Visin (2016), A guide to convolution arithmetic, arXiv:1603.07285, chapter 4.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> points = minigen.tensor([[[[1.0, 0.0, 5.0]]]])
    >>> F.conv_transpose2d(points, minigen.tensor([[[[1.0, 2.0]]]]), stride=(1, 2)).tolist()
    [[[[1.0, 2.0, 0.0, 0.0, 5.0, 10.0]]]]

    Derivation: conv_transpose2d, conv_transpose2d.adjoint, conv2d.col2im
    """
    if x.ndim == 3:
        options: dict[str, Any] = {
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
        }
        options |= {"groups": groups, "dilation": dilation}
        return conv_transpose2d(x[None], weight, bias, **options)[0]
    _check_axes(x, weight, "(N, in, H, W)", f"(in, out{_each(groups)}, kH, kW)")
    check_groups(groups, len(weight))
    if x.shape[1] != weight.shape[0]:
        raise ValueError(
            f"x has {x.shape[1]} channels, and weight of shape (in, out{_each(groups)}, kH, kW) "
            f"expects {weight.shape[0]}, got {tuple(x.shape)} and {tuple(weight.shape)}"
        )
    x, weight = promote(x, weight)
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    size = windows.extent(x.shape[2:], pair("output_padding", output_padding, 0))
    kernels, points = _split(_as_matrix(weight, len(weight)), groups), _split(_as_rows(x), groups)
    painted = _join(kernels.swapaxes(1, 2) @ points)
    return _add_bias(col2im(painted, size, x.shape[2:], windows), bias)


@conv_transpose2d.vjp
def conv_transpose2d_vjp(
    g: Array,
    _out: Array,
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    output_padding: Pair,
    groups: int,
    dilation: Pair,
) -> Cotangents:
    r""":math:`\bar x = \mathrm{conv}(g, w)`; for :math:`\bar w`, g and x change places in T.

    Derivation: conv_transpose2d.grad_input, conv_transpose2d.grad_weight,
    conv_transpose2d.grad_bias
    """

    def grad_weight() -> Array:
        kernel_size = tuple(weight.shape[2:])
        return conv2d_weight(g, x, kernel_size, stride, padding, dilation, groups)

    return (
        lambda: conv2d(g, weight, None, stride, padding, dilation, groups),
        grad_weight,
        None if bias is None else lambda: _sum_of_channels(g),
    )


@op
def conv2d_weight(
    x: Array,
    g: Array,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    r"""Correlate images with cotangents of what `conv2d` made of them: its weight's gradient.

    .. math:: w_{o,c,a,b} = \sum_{n,i,j} x_{n,c,\,si+da-p,\,sj+db-p}\; g_{n,o,i,j}

    Parameters
    ----------
    x : Tensor or array, shape (N, in, H, W) or (in, H, W)
        Images, or one image.
    g : Tensor or array, shape (N, out, H', W') or (out, H', W')
        An element for each window.
    kernel_size : int or pair of int
        Height and width of the windows.
    stride, padding, dilation, groups
        As in `conv2d`.

    Returns
    -------
    Tensor or array, shape (out, in / groups, kH, kW)

    Raises
    ------
    ValueError
        If g has not one element a window, or the groups do not divide the channels.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.conv2d_weight(minigen.ones(8, 3, 28, 28), minigen.ones(8, 5, 26, 26), 3).shape
    (5, 3, 3, 3)

    Derivation: conv2d.grad_weight
    """
    if x.ndim == g.ndim == 3:
        options: dict[str, Any] = {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        }
        return conv2d_weight(x[None], g[None], kernel_size=kernel_size, **options)
    _check_axes(x, g, "(N, in, H, W)", "(N, out, H', W')", "g")
    check_groups(groups, x.shape[1], g.shape[1])
    windows = Windows.of(kernel_size, stride, padding, dilation)
    count = windows.fitting(x.shape[2:])
    if (g.shape[0], *g.shape[2:]) != (x.shape[0], *count):
        raise ValueError(
            f"g of shape ({x.shape[0]}, out, {count[0]}, {count[1]}) is expected, an element for "
            f"each window, got {tuple(g.shape)}"
        )
    x, g = promote(x, g)
    seen = _split(im2col(x, windows), groups)
    weight = _split(_as_rows(g), groups) @ seen.swapaxes(1, 2)
    return weight.reshape(g.shape[1], x.shape[1] // groups, *windows.kernel)


@conv2d_weight.vjp
def conv2d_weight_vjp(
    h: Array,
    _out: Array,
    x: Array,
    g: Array,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Cotangents:
    r"""With h in the place of w: :math:`\bar x` leaves x out of T(x, h, g), :math:`\bar g` g.

    Derivation: conv2d_weight.gradients, conv2d.second_order
    """
    left_over = Windows.of(kernel_size, stride, padding, dilation).left_over(x.shape[-2:])
    return (
        lambda: conv_transpose2d(g, h, None, stride, padding, left_over, groups, dilation),
        lambda: conv2d(x, h, None, stride, padding, dilation, groups),
    )


def _check_axes(x: Array, other: Array, of_x: str, of_other: str, name: str = "weight") -> None:
    """Refuse arrays without four axes; a single image has been given one by now."""
    if x.ndim != 4 or other.ndim != 4:
        raise ValueError(
            f"x of shape {of_x} and {name} of shape {of_other} are expected, "
            f"got {tuple(x.shape)} and {tuple(other.shape)}"
        )


def check_groups(groups: int, *channels: int) -> None:
    """Refuse a number of groups that does not divide each number of channels."""
    if not is_integer(groups) or groups < 1:
        raise ValueError(f"groups must be a positive integer, got {groups!r}")
    if any(number % groups for number in channels):
        numbers = " and ".join(str(number) for number in channels)
        raise ValueError(
            f"groups must divide the channels, in and out, got {groups} groups of {numbers} "
            "channels"
        )


def _each(groups: int) -> str:
    """Say in a shape, where there are groups, that an axis has the channels of one."""
    return "" if groups == 1 else f" / {groups}"


def _split(matrix: Array, groups: int) -> Array:
    """Split the lines of a matrix into groups: (lines, n) becomes (groups, lines / groups, n)."""
    return matrix.reshape(groups, len(matrix) // groups, matrix.shape[1])


def _join(matrices: Array) -> Array:
    """Put the lines of all groups into one matrix again."""
    groups, lines, length = matrices.shape
    return matrices.reshape(groups * lines, length)


def _sum_of_channels(images: Array) -> Array:
    """Sum each channel, over pixels and images."""
    return sum(images, (0, 2, 3) if images.ndim == 4 else (1, 2))


def _as_matrix(array: Array, lines: int) -> Array:
    """Return an array as a matrix of so many lines."""
    return array.reshape(lines, array.size // max(1, lines))


def _as_rows(images: Array) -> Array:
    """Return images (N, C, H, W) as a matrix (C, H W N)."""
    return _as_matrix(images.transpose(1, 2, 3, 0), images.shape[1])


def _as_images(rows: Array) -> Array:
    """Show an array (C, H, W, N) as images (N, C, H, W)."""
    return rows.transpose(3, 0, 1, 2)


def _add_bias(images: Array, bias: Array | None) -> Array:
    """Add a number to each channel."""
    if bias is None:
        return images
    if bias.shape != images.shape[1:2]:
        raise ValueError(f"bias of shape {images.shape[1:2]} is expected, got {tuple(bias.shape)}")
    images, bias = promote(images, bias)
    images += bias.reshape(-1, 1, 1)
    return images
