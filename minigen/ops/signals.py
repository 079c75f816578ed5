r"""Convolution of signals, which have one axis: images with a single row.

There is no rule here. A signal gets an axis of length 1, the convolutions of images do the work,
and the axis goes again: both steps only rename places, so that gradients of every order follow.

Signals are (N, C, L), or a single one (C, L).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minigen.engine.backend import Array
from minigen.ops.convolution import conv2d, conv_transpose2d
from minigen.ops.shaping import squeeze, unsqueeze
from minigen.ops.windows import Padding, Single, single

__all__ = ["conv1d", "conv_transpose1d"]


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


def _check_axes(name: str, x: Array, weight: Array) -> None:
    if x.ndim not in (2, 3) or weight.ndim != 3:
        channels = "(out, in / groups, k)" if name == "conv1d" else "(in, out / groups, k)"
        raise ValueError(
            f"{name}: x of shape (N, in, L) or (in, L) and weight of shape {channels} are "
            f"expected, got {tuple(x.shape)} and {tuple(weight.shape)}"
        )


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say which function it was when the convolution of images refuses its input."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: of signals as images with one row, {error}") from error
