"""Wrong rules of convolutions and embeddings: kernels flipped, edges lost, strides forgotten."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.engine.tensor import Tensor
from minigen.ops import convolution
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.reduction import mean, sum
from minigen.ops.shaping import getitem, pad, permute
from tests.checker.zoo.specimen import normal, wrong_rule

_IMAGES, _KERNELS, _BIAS = normal(2, 2, 4, 4), normal(2, 2, 3, 3), normal(2)
_BACKWARDS = (slice(None), slice(None), slice(None, None, -1), slice(None, None, -1))


def _raw(x: Array) -> Array:
    """Return the array of a tensor, and an array as it is: what cuts the graph."""
    return x.array if isinstance(x, Tensor) else x


def _right(g: Array, x: Array, weight: Array, stride: int = 1, padding: int = 0) -> Cotangents:
    """Return the three gradients of a convolution as they should be."""
    left_over = tuple(
        (n + 2 * padding - k) % stride for n, k in zip(x.shape[2:], weight.shape[2:], strict=True)
    )
    return (
        conv_transpose2d(g, weight, None, stride, padding, left_over),
        conv2d_weight(x, g, tuple(weight.shape[2:]), stride, padding),
        sum(g, (0, 2, 3)),
    )


@wrong_rule(conv2d, _IMAGES, _KERNELS, _BIAS)
def conv2d_kernel_flipped(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Flip the kernel before the transposed convolution, which flips it already."""
    _, grad_weight, grad_bias = _right(g, x, weight)
    return conv_transpose2d(g, getitem(weight, _BACKWARDS)), grad_weight, grad_bias


@wrong_rule(conv2d, _IMAGES, _KERNELS, _BIAS)
def conv2d_weight_flipped(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Return the weight's gradient flipped, as if the forward pass were a true convolution."""
    grad_x, grad_weight, grad_bias = _right(g, x, weight)
    return grad_x, getitem(grad_weight, _BACKWARDS) * 1.0, grad_bias


@wrong_rule(conv2d, _IMAGES, _KERNELS, _BIAS)
def conv2d_channels_not_exchanged(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Exchange the kernel's axes in and out in the input's gradient: as many in as out hide it."""
    _, grad_weight, grad_bias = _right(g, x, weight)
    return conv_transpose2d(g, permute(weight, (1, 0, 2, 3))), grad_weight, grad_bias


@wrong_rule(
    conv2d,
    _IMAGES,
    _KERNELS,
    _BIAS,
    expected=FailureKind.WRONG_SHAPE,
    diagnosis="(2, 2, 2, 2)",
    padding=1,
    stride=2,
)
def conv2d_stride_ignored(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Transpose with stride 1, where the convolution had 2: the gradient comes back small."""
    _, grad_weight, grad_bias = _right(g, x, weight, 2, 1)
    return conv_transpose2d(g, weight, None, 1, 1), grad_weight, grad_bias


@wrong_rule(conv2d, normal(2, 1, 5, 5), normal(2, 1, 3, 3), _BIAS, stride=2)
def conv2d_weight_stride_ignored(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Correlate with the windows of the upper left corner, next to each other."""
    grad_x, _, grad_bias = _right(g, x, weight, 2)
    corner = getitem(x, (..., slice(0, 4), slice(0, 4)))
    return grad_x, conv2d_weight(corner, g, 3), grad_bias


@wrong_rule(
    conv2d,
    normal(2, 1, 5, 5),
    normal(2, 1, 2, 2),
    _BIAS,
    expected=FailureKind.WRONG_SHAPE,
    diagnosis="(2, 1, 4, 4)",
    stride=2,
)
def conv2d_left_over_lost(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Forget the last row and column, which no window reached, when the image comes back."""
    _, grad_weight, grad_bias = _right(g, x, weight, 2)
    return conv_transpose2d(g, weight, None, 2), grad_weight, grad_bias


@wrong_rule(conv2d, normal(2, 1, 4, 5), normal(2, 1, 3, 3), _BIAS, padding=1)
def conv2d_padding_edge_off_by_one(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Cut both edges of the padding from the end: the gradient lies one pixel off."""
    _, grad_weight, grad_bias = _right(g, x, weight, 1, 1)
    whole = conv_transpose2d(g, weight)
    shifted = getitem(whole, (..., slice(0, x.shape[2]), slice(0, x.shape[3])))
    return shifted * 1.0, grad_weight, grad_bias


@wrong_rule(
    conv2d,
    normal(2, 1, 4, 5),
    normal(2, 1, 3, 3),
    _BIAS,
    expected=FailureKind.WRONG_SHAPE,
    diagnosis="(2, 1, 6, 7)",
    padding=1,
)
def conv2d_padding_not_cropped(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Return the gradient of the padded image."""
    _, grad_weight, grad_bias = _right(g, x, weight, 1, 1)
    return conv_transpose2d(g, weight), grad_weight, grad_bias


@wrong_rule(conv2d, normal(2, 1, 4, 5), normal(2, 1, 3, 3), _BIAS, padding=1)
def conv2d_edges_lost(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Skip the windows that reach over the edge in the weight's gradient."""
    grad_x, _, grad_bias = _right(g, x, weight, 1, 1)
    inner = getitem(g, (..., slice(1, -1), slice(1, -1)))
    return grad_x, conv2d_weight(x, inner, 3), grad_bias


@wrong_rule(conv2d, normal(2, 1, 4, 4), normal(2, 1, 3, 3), _BIAS)
def conv2d_overwrites_in_col2im(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Write with = where += is meant: a pixel keeps the cotangent of its last window alone."""
    _, grad_weight, grad_bias = _right(g, x, weight)
    gradient = np.zeros(x.shape)
    for i, j in np.ndindex(*g.shape[2:]):
        window = np.einsum("no,ocab->ncab", g[:, :, i, j], weight)
        gradient[:, :, i : i + 3, j : j + 3] = window
    return gradient, grad_weight, grad_bias


@wrong_rule(
    conv2d,
    normal(3, 2, 3, 4),
    _KERNELS,
    _BIAS,
    expected=FailureKind.WRONG_SHAPE,
    diagnosis="(2, 1, 2)",
)
def conv2d_bias_summed_over_batch_alone(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Sum the bias's gradient over the images, and not over their pixels."""
    grad_x, grad_weight, _ = _right(g, x, weight)
    return grad_x, grad_weight, sum(g, 0)


@wrong_rule(conv2d, _IMAGES, _KERNELS, _BIAS, diagnosis="1/4 of what it should be everywhere")
def conv2d_bias_averaged_over_pixels(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Average the bias's gradient over the pixels, where it adds up."""
    grad_x, grad_weight, _ = _right(g, x, weight)
    return grad_x, grad_weight, sum(mean(g, (2, 3)), 0)


@wrong_rule(conv2d, normal(3, 2, 4, 4), _KERNELS, _BIAS)
def conv2d_last_image_lost(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Sum the weight's gradient over all images but the last."""
    grad_x, _, grad_bias = _right(g, x, weight)
    return grad_x, conv2d_weight(x[:-1], g[:-1], 3), grad_bias


@wrong_rule(conv2d, normal(1, 1, 3, 3), normal(1, 1, 2, 2), normal(1), order=2)
def conv2d_weight_by_raw_arrays(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Compute the weight's gradient on raw arrays: the second order through it is lost."""
    grad_x, _, grad_bias = _right(g, x, weight)
    grad_weight = conv2d_weight(_raw(x), _raw(g), 2)
    return grad_x, grad_weight + 0 * weight, grad_bias


_POINTS, _PAINTS = normal(2, 2, 3, 3, seed=1), normal(2, 2, 2, 2, seed=1)


@wrong_rule(conv_transpose2d, _POINTS, _PAINTS, _BIAS)
def conv_transpose2d_weight_axes_swapped(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Take the kernel's layout for (out, in): as many channels in as out hide it."""
    exchanged = permute(weight, (1, 0, 2, 3))
    return conv2d(g, exchanged), conv2d_weight(g, x, 2), sum(g, (0, 2, 3))


@wrong_rule(conv_transpose2d, _POINTS, _PAINTS, _BIAS, diagnosis="axes in the order (1, 0, 2, 3)")
def conv_transpose2d_weight_gradient_swapped(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Return the weight's gradient in the layout of a convolution, (out, in)."""
    gradient = permute(conv2d_weight(g, x, 2), (1, 0, 2, 3))
    return conv2d(g, weight), gradient * 1.0, sum(g, (0, 2, 3))


@wrong_rule(conv_transpose2d, _POINTS, _PAINTS, _BIAS, stride=2, output_padding=1)
def conv_transpose2d_output_padding_on_the_wrong_side(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Take the added row and column for the first, where they are the last."""
    g_cut = getitem(g, (..., slice(1, None), slice(1, None)))
    return conv2d(g_cut, weight, None, 2), conv2d_weight(g_cut, x, 2, 2), sum(g, (0, 2, 3))


@wrong_rule(conv_transpose2d, _POINTS, _PAINTS, _BIAS, stride=2, output_padding=1)
def conv_transpose2d_output_padding_ignored(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Leave the added row and column out of the bias's gradient, though they got the bias too."""
    inner = getitem(g, (..., slice(0, -1), slice(0, -1)))
    return conv2d(g, weight, None, 2), conv2d_weight(g, x, 2, 2), sum(inner, (0, 2, 3))


@wrong_rule(
    conv_transpose2d,
    _POINTS,
    _PAINTS,
    _BIAS,
    expected=FailureKind.WRONG_SHAPE,
    diagnosis="(2, 2, 5, 5)",
    stride=2,
)
def conv_transpose2d_stride_ignored(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Convolve the cotangent with stride 1."""
    return conv2d(g, weight), conv2d_weight(g, x, 2, 2), sum(g, (0, 2, 3))


@wrong_rule(conv_transpose2d, _POINTS, normal(2, 2, 3, 3, seed=1), _BIAS, padding=1)
def conv_transpose2d_padding_taken_for_zeros_before(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array, **_options: Any
) -> Cotangents:
    """Pad the cotangent above and left alone, where the cut was on both sides."""
    padded = pad(g, (2, 0, 2, 0))
    return conv2d(padded, weight), conv2d_weight(padded, x, 3), sum(g, (0, 2, 3))


@wrong_rule(
    convolution.conv2d_weight,
    normal(2, 1, 4, 4),
    normal(2, 2, 3, 3),
    kernel_size=2,
    diagnosis="no gradient comes back",
)
def conv2d_weight_without_rule_for_cotangent(
    h: Array, _out: Array, _x: Array, g: Array, **_options: Any
) -> Cotangents:
    """Differentiate the weight's gradient by the images alone: penalties come out wrong."""
    return conv_transpose2d(g, h), None


def embedding(weight: Array) -> Array:
    """Look rows up in a table, one of them three times."""
    return weight[_ROWS]


_ROWS = np.array([0, 2, 2, 1, 2])


@wrong_rule(embedding, normal(4, 2))
def embedding_overwrites(g: Array, _out: Array, weight: Array) -> Cotangents:
    """Write with = where += is meant: a vector looked up three times keeps one cotangent."""
    gradient = np.zeros(weight.shape)
    gradient[_ROWS] = g
    return (gradient,)
