r"""Convolution and pooling in loops, straight from their definitions: slow, and easy to believe.

Documentation and tests read the fast versions against these. They take NumPy arrays; stride,
padding and dilation are one number each for height and width alike.
"""

from __future__ import annotations

import numpy as np

from minigen.engine.backend import Array


def conv2d(
    x: Array,
    weight: Array,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Array:
    r"""Return :math:`y_{n,o,i,j} = \sum_{c,a,b} w_{o,c,a,b}\, x_{n,c,si+da-p,sj+db-p}`.

    The sum runs over the channels of o's group.

    Examples
    --------
    >>> import numpy as np
    >>> conv2d(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), stride=2, padding=1)
    array([[[[4., 6.],
             [6., 9.]]]])
    """
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    batch, _, height, width = x.shape
    channels, of_group, *kernel = weight.shape
    tall, wide = (dilation * (k - 1) + 1 for k in kernel)
    y = np.zeros((batch, channels, (height - tall) // stride + 1, (width - wide) // stride + 1))
    for n, o, i, j in np.ndindex(y.shape):
        first, top, left = o // (channels // groups) * of_group, stride * i, stride * j
        window = x[n, first : first + of_group, top : top + tall, left : left + wide]
        y[n, o, i, j] = np.sum(weight[o] * window[:, ::dilation, ::dilation])
    return y


def conv_transpose2d(
    x: Array,
    weight: Array,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    groups: int = 1,
    dilation: int = 1,
) -> Array:
    r"""Add :math:`w_{c,o}\, x_{n,c,i,j}` to the window (i, j) of a canvas; cut the padding off.

    A channel paints on those of its group.

    Examples
    --------
    >>> import numpy as np
    >>> conv_transpose2d(np.array([[[[1.0, 5.0]]]]), np.ones((1, 1, 1, 3)), stride=2)
    array([[[[1., 1., 6., 5., 5.]]]])
    """
    batch, channels, rows, columns = x.shape
    _, of_group, *kernel = weight.shape
    tall, wide = (dilation * (k - 1) + 1 for k in kernel)
    height = (rows - 1) * stride + tall + output_padding
    width = (columns - 1) * stride + wide + output_padding
    y = np.zeros((batch, of_group * groups, height, width))
    for n, c, i, j in np.ndindex(x.shape):
        first, top, left = c // (channels // groups) * of_group, stride * i, stride * j
        window = y[n, first : first + of_group, top : top + tall, left : left + wide]
        window[:, ::dilation, ::dilation] += weight[c] * x[n, c, i, j]
    return y[:, :, padding : height - padding, padding : width - padding]


def max_pool2d(x: Array, kernel_size: int, stride: int, padding: int = 0) -> Array:
    """Return the largest element of each window.

    Examples
    --------
    >>> import numpy as np
    >>> max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2, 2)
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    return _pool(np.max, x, kernel_size, stride, padding, -np.inf)


def avg_pool2d(x: Array, kernel_size: int, stride: int, padding: int = 0) -> Array:
    """Return the mean of each window; the zeros of the padding count.

    Examples
    --------
    >>> import numpy as np
    >>> avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2, 2)
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """
    return _pool(np.mean, x, kernel_size, stride, padding, 0.0)


def _pool(
    reduce: Array, x: Array, kernel_size: int, stride: int, padding: int, outside: float
) -> Array:
    """Apply a function of arrays to each window."""
    around = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    x = np.pad(x, around, constant_values=outside)
    batch, channels, height, width = x.shape
    rows, columns = (height - kernel_size) // stride + 1, (width - kernel_size) // stride + 1
    y = np.zeros((batch, channels, rows, columns))
    for n, c, i, j in np.ndindex(y.shape):
        top, left = stride * i, stride * j
        y[n, c, i, j] = reduce(x[n, c, top : top + kernel_size, left : left + kernel_size])
    return y
