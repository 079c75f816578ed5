"""The convolution of images, and its transpose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from minigen.engine.backend import Array, DTypeLike
from minigen.engine.creation import zeros
from minigen.engine.parallel import share_products
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.nn import init
from minigen.nn.module import (
    Module,
    Parameter,
    check_dtype,
    named,
    named_class,
    positive,
    wrong_shape,
)
from minigen.ops.convolution import check_groups, conv2d, conv_transpose2d
from minigen.ops.shaping import pad
from minigen.ops.windows import Padding, Pair, Windows, pair

_MODES = ("zeros", "reflect", "replicate", "circular")


class Convolution(Module):
    """What both convolutions hold: kernels, a bias, and where the windows lie."""

    transposed: ClassVar[bool]
    """Whether the weight's first axis is that of the channels in."""

    axes: ClassVar[tuple[str, ...]] = ("H", "W")
    """What kernels slide along."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair,
        padding: Padding,
        dilation: Pair,
        groups: int,
        bias: bool,
        generator: Generator | None,
        dtype: DTypeLike,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()
        share_products()
        if padding_mode not in _MODES:
            raise ValueError(
                f"{type(self).__name__}: unknown padding_mode {padding_mode!r}: use one of "
                f"{', '.join(_MODES)}"
            )
        positive(type(self).__name__, in_channels=in_channels, out_channels=out_channels)
        self.in_channels = in_channels
        self.out_channels = out_channels
        with named_class(self):
            windows = self._windows(kernel_size, stride, padding, dilation)
            check_groups(groups, in_channels, out_channels)
        count = len(self.axes)
        self.kernel_size: tuple[int, ...] = windows.kernel[-count:]
        self.stride: tuple[int, ...] = windows.stride[-count:]
        self.padding: Any = padding if isinstance(padding, str) else windows.padding[-count:]
        self.dilation: tuple[int, ...] = windows.dilation[-count:]
        self.groups = groups
        self.padding_mode = padding_mode
        first, second = (
            (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        )
        self.weight = Parameter(zeros(first, second // groups, *self.kernel_size, dtype=dtype))
        self.bias = Parameter(zeros(out_channels, dtype=dtype)) if bias else None
        self.reset_parameters(generator)

    @staticmethod
    def _windows(kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Windows:
        """Read where the windows lie."""
        return Windows.of(kernel_size, stride, padding, dilation)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(init.calculate_fans(self.weight)[0])
            init.uniform_(self.bias, -bound, bound, generator)

    def _expect_less_than_stride(self, output_padding: tuple[int, ...]) -> None:
        """Refuse to add as much as a stride, which would be room for another window."""
        if any(r >= s for r, s in zip(output_padding, self.stride, strict=True)):
            raise ValueError(
                f"{type(self).__name__}: output_padding must be smaller than stride, "
                f"got {output_padding} and {self.stride}"
            )

    def _check(self, x: Array) -> None:
        """Refuse an input of another dtype, or of another number of axes or channels."""
        check_dtype(self, x, self.weight)
        count = len(self.axes)
        if x.ndim not in (count + 1, count + 2) or x.shape[-count - 1] != self.in_channels:
            raise wrong_shape(self, f"(N, {self.in_channels}, {', '.join(self.axes)})", x)

    def _bordered(self, x: Array) -> tuple[Array, Any]:
        """Return images with their border, if it is not of zeros, and the padding that is left."""
        if self.padding_mode == "zeros" or self.padding == "valid":
            return x, self.padding
        widths: list[int] = []
        for axis in reversed(range(len(self.axes))):
            whole = self.dilation[axis] * (self.kernel_size[axis] - 1)
            same = (whole // 2, whole - whole // 2)
            widths += same if self.padding == "same" else (self.padding[axis],) * 2
        return pad(x, pad=tuple(widths), mode=self.padding_mode), 0

    def extra_repr(self) -> str:
        further = f", dilation={self.dilation}" if max(self.dilation) > 1 else ""
        further += f", groups={self.groups}" if self.groups != 1 else ""
        if self.padding_mode != "zeros":
            further += f", padding_mode={self.padding_mode!r}"
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding!r}{further}, "
            f"bias={self.bias is not None}"
        )


class Conv2d(Convolution):
    r"""Convolution of images: each kernel slides over each image; see `minigen.functional.conv2d`.

    .. math:: y_{n,o,i,j} = b_o + \sum_{c,a,b} w_{o,c,a,b}\; x_{n,c,\,si+da-p,\,sj+db-p}

    Weight and bias are drawn from :math:`U(-1/\sqrt{f}, 1/\sqrt{f})` with the fan in
    :math:`f = \mathrm{in} / \mathrm{groups} \cdot k_H k_W`, as PyTorch draws them.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels before and after.
    kernel_size, stride : int or pair of int
        Height and width of the kernels, and the step s.
    padding : int, pair of int, "valid" or "same"
        The number p of zeros on each side: none, or as many as keep the image's size.
    dilation : int or pair of int, default 1
        How far apart the elements are that a kernel sees, d.
    groups : int, default 1
        Into how many groups the channels are split, each with kernels of its own; it divides both
        numbers of channels.
    bias : bool, default True
        Whether to add b.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What the border is made of: zeros, the image mirrored at its outermost pixels, these
        repeated, or the other end of the image.
    generator, dtype
        See `Dense`.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels / groups, kH, kW)
        w.
    bias : Parameter, shape (out_channels,), or None
        b.

    Raises
    ------
    ValueError
        If a size is not a positive integer, `groups` does not divide the channels, or the padding
        is "same" and the stride not 1, or the mode of padding not known; in a call, if x is not of
        shape (N, in_channels, H, W) or (in_channels, H, W), or smaller than the kernel.
    TypeError
        In a call, if x has another dtype than the weight.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Conv2d(1, 32, 4, stride=2, padding=1)
    >>> layer(minigen.zeros(16, 1, 28, 28)).shape
    (16, 32, 14, 14)
    >>> nn.Conv2d(1, 32, 3, padding="same", dilation=2)(minigen.zeros(1, 28, 28)).shape
    (32, 28, 28)

    Derivation: conv2d
    """

    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Padding = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            generator,
            dtype,
            padding_mode,
        )

    def forward(self, x: Array) -> Tensor:
        """Map images x, shape (N, in_channels, H, W), to shape (N, out_channels, H', W')."""
        return self._convolve(x, self.bias)

    def without_bias(self, x: Array) -> Tensor:
        """Map images x, but leave the bias to what follows."""
        return self._convolve(x, None)

    def _convolve(self, x: Array, bias: Tensor | None) -> Tensor:
        self._check(x)
        with named(self):
            x, padding = self._bordered(x)
            return conv2d(
                x,
                self.weight,
                bias,
                self.stride,
                padding,
                self.dilation,
                self.groups,
            )


class ConvTranspose2d(Convolution):
    r"""Transposed convolution, which enlarges images; see `minigen.functional.conv_transpose2d`.

    .. math:: y_{n,o,\,si+da-p,\,sj+db-p} \mathrel{{+}{=}} w_{c,o,a,b}\; x_{n,c,i,j}

    The height becomes :math:`(H - 1) s - 2p + d (k_H - 1) + 1 + r`. Weight and bias are drawn from
    :math:`U(-1/\sqrt{f}, 1/\sqrt{f})` with :math:`f = \mathrm{out} / \mathrm{groups} \cdot
    k_H k_W`, as PyTorch draws them: it takes the second axis of the weight for the fan in.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels before and after.
    kernel_size, stride, padding : int or pair of int
        Height and width of the kernels, how far apart they are painted, s, and how much is cut off
        on each side, p.
    output_padding : int or pair of int, default 0
        How many rows below and columns on the right are added, r; smaller than `stride`. A call can
        name the size that is wanted instead: `forward`.
    groups : int, default 1
        Into how many groups the channels are split; it divides both numbers of channels.
    bias : bool, default True
        Whether to add a bias to each channel.
    dilation : int or pair of int, default 1
        How far apart the elements of a kernel are painted, d.
    generator, dtype
        See `Dense`.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels / groups, kH, kW)
        w.
    bias : Parameter, shape (out_channels,), or None
        The bias.

    Raises
    ------
    ValueError
        If a size is not a positive integer, `groups` does not divide the channels, or
        `output_padding` is no smaller than `stride`; in a call, if x is not of shape
        (N, in_channels, H, W) or (in_channels, H, W), or the result would have no elements, or not
        the size that is asked for.
    TypeError
        In a call, if x has another dtype than the weight.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)
    >>> layer(minigen.zeros(16, 64, 7, 7)).shape
    (16, 32, 14, 14)
    >>> layer(minigen.zeros(16, 64, 7, 7), output_size=(15, 14)).shape
    (16, 32, 15, 14)

    Derivation: conv_transpose2d
    """

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Padding = 0,
        output_padding: Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Pair = 1,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            generator,
            dtype,
        )
        self.output_padding = pair("ConvTranspose2d: output_padding", output_padding, 0)
        self._expect_less_than_stride(self.output_padding)

    def forward(self, x: Array, output_size: Pair | None = None) -> Tensor:
        """Map images x, shape (N, in_channels, H, W), to shape (N, out_channels, H', W').

        Parameters
        ----------
        output_size : int, pair of int or shape, optional
            The size (H', W'), or the shape of the images, in place of `output_padding`: which is
            meant of the sizes that a convolution would map to the size of x.
        """
        return self._convolve(x, self.bias, output_size)

    def without_bias(self, x: Array) -> Tensor:
        """Map images x, but leave the bias to what follows."""
        return self._convolve(x, None)

    def _convolve(self, x: Array, bias: Tensor | None, output_size: Pair | None = None) -> Tensor:
        self._check(x)
        with named(self):
            left_over = self.output_padding
            if output_size is not None:
                if isinstance(output_size, Sequence) and len(output_size) == x.ndim:
                    output_size = output_size[-2:]
                windows = Windows.of(self.kernel_size, self.stride, self.padding, self.dilation)
                left_over = windows.reaching(output_size, x.shape[-2:])
            return conv_transpose2d(
                x,
                self.weight,
                bias,
                self.stride,
                self.padding,
                left_over,
                self.groups,
                self.dilation,
            )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, output_padding={self.output_padding}"
