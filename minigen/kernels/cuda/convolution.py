r"""Convolutions as a product of matrices, of images held with the batch innermost.

What windows see is copied into columns by one launch, zeros around the images included, from
images in any memory order. Columns are added up in another, which gathers: each pixel adds what its
windows painted on it, always in the same order, and no two threads write to one place. The
equations are those of `minigen.ops.convolution`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, namespace
from minigen.kernels.convolution import COLUMN_BYTES_GPU, batch_first, batch_last, fits
from minigen.kernels.cuda.product import product
from minigen.kernels.cuda.source import Kernel, serves
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Padding, Pair, Windows, pair

_GEOMETRY: Final = """
struct Geometry {
    Index channels, height, width, batch;
    Index kernel[2], stride[2], padding[2], dilation[2];
    Index rows, columns;
    Index image[4];
};
"""
"""Sizes of images and windows; how far apart neighbours are along each axis (N, C, H, W)."""

# seen[c, a, b, i, j, n] = x[n, c, s i + d a - p, s j + d b - p], 0 outside the image
IM2COL: Final = Kernel(
    "im2col",
    "const Number* x, Number* seen, const Geometry at",
    """Index total = at.channels * at.kernel[0] * at.kernel[1] * at.rows * at.columns * at.batch;
    for (EACH(k, total)) {
        Index rest = k;
        Index n = rest % at.batch; rest /= at.batch;
        Index j = rest % at.columns; rest /= at.columns;
        Index i = rest % at.rows; rest /= at.rows;
        Index b = rest % at.kernel[1]; rest /= at.kernel[1];
        Index a = rest % at.kernel[0];
        Index c = rest / at.kernel[0];
        Index y = i * at.stride[0] + a * at.dilation[0] - at.padding[0];
        Index z = j * at.stride[1] + b * at.dilation[1] - at.padding[1];
        bool inside = y >= 0 && y < at.height && z >= 0 && z < at.width;
        seen[k] = inside ? x[n * at.image[0] + c * at.image[1] + y * at.image[2] + z * at.image[3]]
                         : Number(0);
    }""",
    _GEOMETRY,
)

# y[c, h, w, n] = bias[c] + the sum of seen[c, a, b, i, j, n] over a, b with s i + d a - p = h, and
# w likewise
COL2IM: Final = Kernel(
    "col2im",
    "const Number* seen, const Number* bias, Number* out, const Geometry at",
    """Index total = at.channels * at.height * at.width * at.batch;
    for (EACH(k, total)) {
        Index rest = k;
        Index n = rest % at.batch; rest /= at.batch;
        Index w = rest % at.width; rest /= at.width;
        Index h = rest % at.height;
        Index c = rest / at.height;
        Number sum = bias ? bias[c] : Number(0);
        for (Index a = 0; a < at.kernel[0]; a++) {
            Index i = h + at.padding[0] - a * at.dilation[0];
            if (i < 0 || i % at.stride[0] || i / at.stride[0] >= at.rows) continue;
            i /= at.stride[0];
            for (Index b = 0; b < at.kernel[1]; b++) {
                Index j = w + at.padding[1] - b * at.dilation[1];
                if (j < 0 || j % at.stride[1] || j / at.stride[1] >= at.columns) continue;
                j /= at.stride[1];
                Index tap = (c * at.kernel[0] + a) * at.kernel[1] + b;
                sum += seen[((tap * at.rows + i) * at.columns + j) * at.batch + n];
            }
        }
        out[k] = sum;
    }""",
    _GEOMETRY,
)


@conv2d.kernel_on_card
def conv2d_on_card(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Any:
    """Compute the op's function: columns, a product, and the bias."""
    if groups != 1 or not _are_images(x, weight) or x.shape[1] != weight.shape[1]:
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    if not fits(bias, x, len(weight)) or _too_many(x, windows, windows.fitting(x.shape[2:])):
        return NotImplemented
    count = windows.fitting(x.shape[2:])
    out = product(weight.reshape(len(weight), -1), columns(x, windows))
    if bias is not None:
        out += bias.reshape(-1, 1)
    return batch_first(out.reshape(len(weight), *count, len(x)))


@conv2d_weight.kernel_on_card
def conv2d_weight_on_card(
    x: Array,
    g: Array,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Any:
    """Compute the op's function: columns, and a product with the cotangents."""
    if groups != 1 or not _are_images(x, g):
        return NotImplemented
    windows = Windows.of(kernel_size, stride, padding, dilation)
    count = windows.fitting(x.shape[2:])
    if g.shape != (len(x), g.shape[1], *count) or _too_many(x, windows, count):
        return NotImplemented
    xp, channels = namespace(x), g.shape[1]
    weight = xp.empty((channels, x.shape[1], *windows.kernel), x.dtype)
    seen, rows = columns(x, windows), batch_last(g).reshape(channels, -1)
    product(rows, seen.T, out=weight.reshape(channels, -1))
    return weight


@conv_transpose2d.kernel_on_card
def conv_transpose2d_on_card(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    output_padding: Pair,
    groups: int,
    dilation: Pair,
) -> Any:
    """Compute the op's function: a product, and its columns gathered, with the bias."""
    if groups != 1 or not _are_images(x, weight) or x.shape[1] != len(weight):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    size = windows.extent(x.shape[2:], pair("output_padding", output_padding, 0))
    xp, channels = namespace(x), weight.shape[1]
    if not fits(bias, x, channels) or _too_many(weight[:1, :, :1, :1], windows, (x[:, 0].size, 1)):
        return NotImplemented
    painted = product(weight.reshape(len(weight), -1).T, batch_last(x).reshape(x.shape[1], -1))
    out = xp.empty((channels, *size, len(x)), x.dtype)
    at = _geometry((len(x), channels, *size), windows, x.shape[2:], (0, 0, 0, 0))
    COL2IM.launch(xp, x.dtype, out.size, painted, bias, out, at)
    return batch_first(out)


def columns(x: Array, windows: Windows) -> Array:
    """Copy what each window sees into a column: a line for each channel and tap."""
    xp, count = namespace(x), windows.fitting(x.shape[2:])
    seen = xp.empty((x.shape[1] * math.prod(windows.kernel), math.prod(count) * len(x)), x.dtype)
    strides = tuple(stride // x.itemsize for stride in x.strides)
    IM2COL.launch(xp, x.dtype, seen.size, x, seen, _geometry(x.shape, windows, count, strides))
    return seen


def _geometry(
    shape: tuple[int, ...], windows: Windows, count: Any, strides: tuple[int, ...]
) -> Any:
    """Return the struct `Geometry` of images (N, C, H, W)."""
    batch, *of_one = shape
    numbers = [*of_one, batch, *windows.kernel, *windows.stride, *windows.padding]
    return np.array([*numbers, *windows.dilation, *count, *strides], np.int64)


def _too_many(x: Array, windows: Windows, count: Any) -> bool:
    """Tell whether the columns would be too large: they are then made block by block."""
    size = x.shape[0] * x.shape[1] * math.prod(windows.kernel) * math.prod(count)
    return bool(size * x.itemsize > COLUMN_BYTES_GPU or not size)


def _are_images(*arrays: Any) -> bool:
    return serves(*arrays) and all(array.ndim == 4 and array.size for array in arrays)
