r"""Convolution and pooling of signals, which have one axis: images with a single row.

There is no rule here. A signal gets an axis of length 1, the ops of images do the work,
and the axis goes again: both steps only rename places, so that gradients of every order follow.

Signals are (N, C, L), or a single one (C, L).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minigen.engine.backend import Array
from minigen.ops.convolution import conv2d, conv_transpose2d
from minigen.ops.pooling import adaptive_avg_pool2d, avg_pool2d, max_pool2d
from minigen.ops.shaping import squeeze, unsqueeze
from minigen.ops.windows import Padding, Single, single

__all__ = ["adaptive_avg_pool1d", "avg_pool1d", "conv1d", "conv_transpose1d", "max_pool1d"]


def conv1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Single = 1,
    padding: Single | str = 0,
    dilation: Single = 1,
    groups: int = 1,
) -> Any:
    r"""Slide kernels over signals (without flipping them: a cross-correlation).

    .. math:: y_{n,o,i} = b_o + \sum_{c,a} w_{o,c,a}\; x_{n,c,\,si+da-p}

    Parameters
    ----------
    x : Tensor or array, shape (N, in, L) or (in, L)
        Signals, or one signal.
    weight : Tensor or array, shape (out, in / groups, k)
        A kernel for each channel out and in of a group.
    bias : Tensor or array, shape (out,), optional
        Added to every element of a channel.
    stride, padding, dilation, groups
        One number each, as `conv2d` has them for an axis; the padding may be "same" or "valid".

    Returns
    -------
    Tensor or array, shape (N, out, L') or (out, L')
        With :math:`L' = \lfloor (L + 2p - d (k - 1) - 1) / s \rfloor + 1`.

    Raises
    ------
    ValueError
        If shapes do not fit: the channels differ, or the groups do not divide them, or the kernel
        is longer than the padded signal; if "same" is asked for with a stride.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> step = minigen.tensor([[[0.0, 0.0, 1.0, 1.0]]])
    >>> F.conv1d(step, minigen.tensor([[[-1.0, 1.0]]])).tolist()
    [[[0.0, 1.0, 0.0]]]
    >>> F.conv1d(minigen.zeros(16, 1, 1024), minigen.zeros(32, 1, 9), stride=4, padding=4).shape
    (16, 32, 256)

    Derivation: conv1d
    """
    _check_axes("conv1d", x, weight)
    options = in_a_row(stride, padding, dilation)
    with _named("conv1d"):
        return _signal(conv2d(_row(x), _row(weight), bias, **options, groups=groups))


def conv_transpose1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Single = 1,
    padding: Single | str = 0,
    output_padding: Single = 0,
    groups: int = 1,
    dilation: Single = 1,
) -> Any:
    r"""Let each element of a signal paint its kernel, a stride apart: the adjoint of `conv1d`.

    .. math:: y_{n,o,\,si+da-p} \mathrel{{+}{=}} w_{c,o,a}\; x_{n,c,i} \quad\text{for all } c, i, a;
              \qquad y_{n,o} \mathrel{{+}{=}} b_o

    Parameters
    ----------
    x : Tensor or array, shape (N, in, L) or (in, L)
        Signals, or one signal.
    weight : Tensor or array, shape (in, out / groups, k)
        A kernel for each channel in and, of a group, out; mind the order.
    bias : Tensor or array, shape (out,), optional
        Added to every element of a channel.
    stride, padding, output_padding, groups, dilation
        One number each, as `conv_transpose2d` has them for an axis.

    Returns
    -------
    Tensor or array, shape (N, out, L') or (out, L')
        With :math:`L' = (L - 1) s - 2p + d (k - 1) + 1 + r`, where r is `output_padding`.

    Raises
    ------
    ValueError
        If shapes do not fit: the channels differ, `output_padding` is no smaller than `stride`, or
        the length would not be positive.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> points = minigen.tensor([[[1.0, 0.0, 5.0]]])
    >>> F.conv_transpose1d(points, minigen.tensor([[[1.0, 2.0]]]), stride=2).tolist()
    [[[1.0, 2.0, 0.0, 0.0, 5.0, 10.0]]]

    Derivation: conv_transpose1d
    """
    _check_axes("conv_transpose1d", x, weight)
    options = in_a_row(stride, padding, dilation)
    added = (0, single("output_padding", output_padding, 0))
    with _named("conv_transpose1d"):
        return _signal(
            conv_transpose2d(
                _row(x), _row(weight), bias, **options, output_padding=added, groups=groups
            )
        )


def max_pool1d(
    x: Array,
    kernel_size: Single,
    stride: Single | None = None,
    padding: Single = 0,
    dilation: Single = 1,
    ceil_mode: bool = False,
) -> Any:
    r"""Take the largest element of each window of signals.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, L) or (C, L)
        Signals, or one signal.
    kernel_size, stride, padding, dilation, ceil_mode
        One number each, as `max_pool2d` has them for an axis.

    Returns
    -------
    Tensor or array, shape (N, C, L') or (C, L')

    Raises
    ------
    ValueError
        If they are no sizes, no window fits, or x has another number of axes.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.max_pool1d(minigen.tensor([[1.0, 4.0, 2.0, 3.0]]), 2).tolist()
    [[4.0, 3.0]]

    Derivation: max_pool2d
    """
    _expect_signals("max_pool1d", x)
    with _named("max_pool1d"):
        windows = windows_in_a_row(kernel_size, stride, padding, dilation)
        return _signal(max_pool2d(_row(x), **windows, ceil_mode=ceil_mode))


def avg_pool1d(
    x: Array,
    kernel_size: Single,
    stride: Single | None = None,
    padding: Single = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    r"""Take the mean of each window of signals; see `max_pool1d` and `avg_pool2d`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.avg_pool1d(minigen.tensor([[1.0, 4.0, 2.0, 3.0]]), 2).tolist()
    [[2.5, 2.5]]

    Derivation: avg_pool2d
    """
    _expect_signals("avg_pool1d", x)
    counting = {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    with _named("avg_pool1d"):
        return _signal(
            avg_pool2d(_row(x), **windows_in_a_row(kernel_size, stride, padding), **counting)
        )


def adaptive_avg_pool1d(x: Array, output_size: Single) -> Any:
    r"""Take means of so many windows that a signal gets a given length.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, L) or (C, L)
        Signals, or one signal.
    output_size : int
        The length L'.

    Raises
    ------
    ValueError
        If it is not positive, or x has another number of axes, or no elements.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.adaptive_avg_pool1d(minigen.tensor([[1.0, 4.0, 2.0, 3.0]]), 1).tolist()
    [[2.5]]

    Derivation: adaptive_avg_pool2d
    """
    _expect_signals("adaptive_avg_pool1d", x)
    with _named("adaptive_avg_pool1d"):
        return _signal(adaptive_avg_pool2d(_row(x), (1, single("output_size", output_size, 1))))


def _row(x: Array) -> Any:
    """Show signals, or kernels, as images with one row."""
    return unsqueeze(x, -2)


def _signal(images: Array) -> Any:
    """Take the row out of images that have one."""
    return squeeze(images, -2)


def in_a_row(stride: Single, padding: Single | str, dilation: Single) -> dict[str, Any]:
    """Return the options of a convolution of images with one row."""
    around: Padding = padding if isinstance(padding, str) else (0, single("padding", padding, 0))
    return {
        "stride": (1, single("stride", stride, 1)),
        "padding": around,
        "dilation": (1, single("dilation", dilation, 1)),
    }


def windows_in_a_row(
    kernel_size: Single, stride: Single | None, padding: Single, dilation: Single | None = None
) -> dict[str, Any]:
    """Return the windows of a pooling of images with one row."""
    kernel = single("kernel_size", kernel_size, 1)
    windows = {
        "kernel_size": (1, kernel),
        "stride": (1, kernel if stride is None else single("stride", stride, 1)),
        "padding": (0, single("padding", padding, 0)),
    }
    if dilation is not None:
        windows["dilation"] = (1, single("dilation", dilation, 1))
    return windows


def _expect_signals(name: str, x: Array) -> None:
    if x.ndim not in (2, 3):
        raise ValueError(
            f"{name}: x of shape (N, C, L) or (C, L) is expected, got {tuple(x.shape)}"
        )


def _check_axes(name: str, x: Array, weight: Array) -> None:
    if x.ndim not in (2, 3) or weight.ndim != 3:
        channels = "(out, in / groups, k)" if name == "conv1d" else "(in, out / groups, k)"
        raise ValueError(
            f"{name}: x of shape (N, in, L) or (in, L) and weight of shape {channels} are "
            f"expected, got {tuple(x.shape)} and {tuple(weight.shape)}"
        )


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say which function it was when the op of images refuses its input."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: of signals as images with one row, {error}") from error
