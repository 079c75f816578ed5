r"""Convolution of images, its transpose, and its weight's gradient: one form seen from three sides.

.. math:: T(x, w, g) = \sum_{n,o,c} \sum_{i,j} \sum_{a,b}
          x_{n,c,\,si+a-p,\,sj+b-p}\; w_{o,c,a,b}\; g_{n,o,i,j}

(x is zero outside the image) is linear in each of its three arguments. Leave out one, and what is
left is its gradient with respect to it, an op each:

- `conv2d` leaves out g: the images that a layer computes,
- `conv_transpose2d` leaves out x: the gradient of the images, and a layer that enlarges,
- `conv2d_weight` leaves out w: the gradient of the kernels.

A gradient rule therefore calls the two other ops, at every order. Each is a product of matrices:
`im2col` copies what windows see into columns, and `col2im` adds columns up where they were seen.
`minigen.ops.reference` says the same in loops; `minigen.kernels.convolution` has faster versions.

Derivation: conv2d.trilinear
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from minigen.engine.backend import Array, namespace, promote
from minigen.engine.op import Cotangents, op
from minigen.ops.reduction import sum
from minigen.ops.windows import Pair, Windows, pair

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
        out[on_image] += _as_images(seen[:, a, b])[among]
    return out


@op
def conv2d(
    x: Array, weight: Array, bias: Array | None = None, stride: Pair = 1, padding: Pair = 0
) -> Array:
    r"""Slide kernels over images (without flipping them: a cross-correlation, as everywhere).

    .. math:: y_{n,o,i,j} = b_o + \sum_{c,a,b} w_{o,c,a,b}\; x_{n,c,\,si+a-p,\,sj+b-p}

    Parameters
    ----------
    x : Tensor or array, shape (N, in, H, W)
        Images.
    weight : Tensor or array, shape (out, in, kH, kW)
        A kernel for each channel out and in.
    bias : Tensor or array, shape (out,), optional
        Added to every element of a channel.
    stride : int or pair of int
        The step s from one window to the next, down and to the right.
    padding : int or pair of int
        How many zeros p stand around the image, above and below, left and right.

    Returns
    -------
    Tensor or array, shape (N, out, H', W')
        With :math:`H' = \lfloor (H + 2p - k_H) / s \rfloor + 1`, and W' likewise.

    Raises
    ------
    ValueError
        If shapes do not fit: the channels differ, or the kernel is larger than the padded image.

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

    Derivation: conv2d, conv2d.matrix
    """
    _check_axes(x, weight, "(N, in, H, W)", "(out, in, kH, kW)")
    if x.shape[1] != weight.shape[1]:
        raise ValueError(
            f"x has {x.shape[1]} channels, and weight of shape (out, in, kH, kW) expects "
            f"{weight.shape[1]}, got {tuple(x.shape)} and {tuple(weight.shape)}"
        )
    x, weight = promote(x, weight)
    windows = Windows.of(weight.shape[2:], stride, padding)
    y = _as_matrix(weight, len(weight)) @ im2col(x, windows)
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
    padding: Pair,
) -> Cotangents:
    r""":math:`\bar x = \mathrm{conv}^\top(g, w)`, :math:`\bar w` leaves w out of T(x, w, g).

    Rows below the last window, which the stride left over, come back as `output_padding`.

    Derivation: conv2d.grad_input, conv2d.grad_weight, conv2d.grad_bias
    """
    windows = Windows.of(weight.shape[2:], stride, padding)
    left_over = windows.left_over(x.shape[2:])

    def grad_x() -> Array:
        return conv_transpose2d(g, weight, None, stride, padding, left_over)

    def grad_weight() -> Array:
        return conv2d_weight(x, g, windows.kernel, stride, padding)

    return grad_x, grad_weight, None if bias is None else lambda: sum(g, (0, 2, 3))


@op
def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
) -> Array:
    r"""Let each element of an image paint its kernel, a stride apart: the adjoint of `conv2d`.

    .. math:: y_{n,o,\,si+a-p,\,sj+b-p} \mathrel{{+}{=}} w_{c,o,a,b}\; x_{n,c,i,j}
              \quad\text{for all } c, i, j, a, b;
              \qquad y_{n,o} \mathrel{{+}{=}} b_o

    What is painted outside the image is lost. With the same weight, stride and padding,
    :math:`\langle \mathrm{conv}(x), y \rangle = \langle x, \mathrm{conv}^\top(y) \rangle`.

    Parameters
    ----------
    x : Tensor or array, shape (N, in, H, W)
        Images.
    weight : Tensor or array, shape (in, out, kH, kW)
        A kernel for each channel in and out; mind the order.
    bias : Tensor or array, shape (out,), optional
        Added to every element of a channel.
    stride : int or pair of int
        How far apart the kernels are painted, s.
    padding : int or pair of int
        How much is cut off on each side, p.
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
    _check_axes(x, weight, "(N, in, H, W)", "(in, out, kH, kW)")
    if x.shape[1] != weight.shape[0]:
        raise ValueError(
            f"x has {x.shape[1]} channels, and weight of shape (in, out, kH, kW) expects "
            f"{weight.shape[0]}, got {tuple(x.shape)} and {tuple(weight.shape)}"
        )
    x, weight = promote(x, weight)
    windows = Windows.of(weight.shape[2:], stride, padding)
    size = windows.extent(x.shape[2:], pair("output_padding", output_padding, 0))
    painted = _as_matrix(weight, len(weight)).T @ _as_rows(x)
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
    padding: Pair,
    output_padding: Pair,
) -> Cotangents:
    r""":math:`\bar x = \mathrm{conv}(g, w)`; for :math:`\bar w`, g and x change places in T.

    Derivation: conv_transpose2d.grad_input, conv_transpose2d.grad_weight,
    conv_transpose2d.grad_bias
    """

    def grad_weight() -> Array:
        return conv2d_weight(g, x, tuple(weight.shape[2:]), stride, padding)

    return (
        lambda: conv2d(g, weight, None, stride, padding),
        grad_weight,
        None if bias is None else lambda: sum(g, (0, 2, 3)),
    )


@op
def conv2d_weight(
    x: Array, g: Array, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0
) -> Array:
    r"""Correlate images with cotangents of what `conv2d` made of them: its weight's gradient.

    .. math:: w_{o,c,a,b} = \sum_{n,i,j} x_{n,c,\,si+a-p,\,sj+b-p}\; g_{n,o,i,j}

    Parameters
    ----------
    x : Tensor or array, shape (N, in, H, W)
        Images.
    g : Tensor or array, shape (N, out, H', W')
        An element for each window.
    kernel_size : int or pair of int
        Height and width of the windows.
    stride, padding : int or pair of int
        As in `conv2d`.

    Returns
    -------
    Tensor or array, shape (out, in, kH, kW)

    Raises
    ------
    ValueError
        If g has not one element a window.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.conv2d_weight(minigen.ones(8, 3, 28, 28), minigen.ones(8, 5, 26, 26), 3).shape
    (5, 3, 3, 3)

    Derivation: conv2d.grad_weight
    """
    _check_axes(x, g, "(N, in, H, W)", "(N, out, H', W')", "g")
    windows = Windows.of(kernel_size, stride, padding)
    count = windows.fitting(x.shape[2:])
    if (g.shape[0], *g.shape[2:]) != (x.shape[0], *count):
        raise ValueError(
            f"g of shape ({x.shape[0]}, out, {count[0]}, {count[1]}) is expected, an element for "
            f"each window, got {tuple(g.shape)}"
        )
    x, g = promote(x, g)
    weight = _as_rows(g) @ im2col(x, windows).T
    return weight.reshape(g.shape[1], x.shape[1], *windows.kernel)


@conv2d_weight.vjp
def conv2d_weight_vjp(
    h: Array, _out: Array, x: Array, g: Array, *, kernel_size: Pair, stride: Pair, padding: Pair
) -> Cotangents:
    r"""With h in the place of w: :math:`\bar x` leaves x out of T(x, h, g), :math:`\bar g` g.

    Derivation: conv2d_weight.gradients, conv2d.second_order
    """
    left_over = Windows.of(kernel_size, stride, padding).left_over(x.shape[2:])
    return (
        lambda: conv_transpose2d(g, h, None, stride, padding, left_over),
        lambda: conv2d(x, h, None, stride, padding),
    )


def _check_axes(x: Array, other: Array, of_x: str, of_other: str, name: str = "weight") -> None:
    """Refuse arrays without four axes."""
    if x.ndim != 4 or other.ndim != 4:
        raise ValueError(
            f"x of shape {of_x} and {name} of shape {of_other} are expected, "
            f"got {tuple(x.shape)} and {tuple(other.shape)}"
        )


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
