"""The convolution of images, and its transpose."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from minigen.engine.backend import Array, DTypeLike
from minigen.engine.creation import zeros
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.nn import init
from minigen.nn.module import Module, Parameter, check_dtype, named, positive, wrong_shape
from minigen.ops.convolution import conv2d, conv_transpose2d
from minigen.ops.windows import Pair, Windows, pair


class _Convolution(Module):
    """What both convolutions hold: kernels, a bias, and where the windows lie."""

    transposed: ClassVar[bool]
    """Whether the weight's first axis is that of the channels in."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        *,
        bias: bool = True,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive(type(self).__name__, in_channels=in_channels, out_channels=out_channels)
        self.in_channels = in_channels
        self.out_channels = out_channels
        try:
            windows = Windows.of(kernel_size, stride, padding)
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}: {error}") from error
        self.kernel_size, self.stride, self.padding = windows
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(zeros(*channels, *self.kernel_size, dtype=dtype))
        self.bias = Parameter(zeros(out_channels, dtype=dtype)) if bias else None
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(init.calculate_fans(self.weight)[0])
            init.uniform_(self.bias, -bound, bound, generator)

    def _check(self, x: Array) -> None:
        """Refuse an input of another dtype, or of another number of axes or channels."""
        check_dtype(self, x, self.weight)
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise wrong_shape(self, f"(N, {self.in_channels}, H, W)", x)

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding}, bias={self.bias is not None}"
        )


class Conv2d(_Convolution):
    r"""Convolution of images: each kernel slides over each image; see `minigen.functional.conv2d`.

    .. math:: y_{n,o,i,j} = b_o + \sum_{c,a,b} w_{o,c,a,b}\; x_{n,c,\,si+a-p,\,sj+b-p}

    Weight and bias are drawn from :math:`U(-1/\sqrt{f}, 1/\sqrt{f})` with the fan in
    :math:`f = \mathrm{in} \cdot k_H k_W`, as PyTorch draws them.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels before and after.
    kernel_size, stride, padding : int or pair of int
        Height and width of the kernels, the step s, and the number p of zeros on each side.
    bias : bool, default True
        Whether to add b.
    generator, dtype
        See `Dense`.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels, kH, kW)
        w.
    bias : Parameter, shape (out_channels,), or None
        b.

    Raises
    ------
    ValueError
        If a size is not a positive integer; in a call, if x is not of shape (N, in_channels, H, W),
        or smaller than the kernel.
    TypeError
        In a call, if x has another dtype than the weight.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Conv2d(1, 32, 4, stride=2, padding=1)
    >>> layer(minigen.zeros(16, 1, 28, 28)).shape
    (16, 32, 14, 14)

    Derivation: conv2d
    """

    transposed = False

    def forward(self, x: Array) -> Tensor:
        """Map images x, shape (N, in_channels, H, W), to shape (N, out_channels, H', W')."""
        self._check(x)
        with named(self):
            return conv2d(x, self.weight, self.bias, self.stride, self.padding)


class ConvTranspose2d(_Convolution):
    r"""Transposed convolution, which enlarges images; see `minigen.functional.conv_transpose2d`.

    .. math:: y_{n,o,\,si+a-p,\,sj+b-p} \mathrel{{+}{=}} w_{c,o,a,b}\; x_{n,c,i,j}

    The height becomes :math:`(H - 1) s - 2p + k_H + r`. Weight and bias are drawn from
    :math:`U(-1/\sqrt{f}, 1/\sqrt{f})` with :math:`f = \mathrm{out} \cdot k_H k_W`, as PyTorch draws
    them: it takes the second axis of the weight for the fan in.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels before and after.
    kernel_size, stride, padding : int or pair of int
        Height and width of the kernels, how far apart they are painted, s, and how much is cut off
        on each side, p.
    output_padding : int or pair of int, default 0
        How many rows below and columns on the right are added, r; smaller than `stride`.
    bias : bool, default True
        Whether to add a bias to each channel.
    generator, dtype
        See `Dense`.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels, kH, kW)
        w.
    bias : Parameter, shape (out_channels,), or None
        The bias.

    Raises
    ------
    ValueError
        If a size is not a positive integer, or `output_padding` no smaller than `stride`; in a
        call, if x is not of shape (N, in_channels, H, W), or the result would have no elements.
    TypeError
        In a call, if x has another dtype than the weight.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)
    >>> layer(minigen.zeros(16, 64, 7, 7)).shape
    (16, 32, 14, 14)

    Derivation: conv_transpose2d
    """

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        output_padding: Pair = 0,
        *,
        bias: bool = True,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            bias=bias,
            generator=generator,
            dtype=dtype,
        )
        self.output_padding = pair("ConvTranspose2d: output_padding", output_padding, 0)
        if any(r >= s for r, s in zip(self.output_padding, self.stride, strict=True)):
            raise ValueError(
                "ConvTranspose2d: output_padding must be smaller than stride, "
                f"got {self.output_padding} and {self.stride}"
            )

    def forward(self, x: Array) -> Tensor:
        """Map images x, shape (N, in_channels, H, W), to shape (N, out_channels, H', W')."""
        self._check(x)
        with named(self):
            return conv_transpose2d(
                x, self.weight, self.bias, self.stride, self.padding, self.output_padding
            )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, output_padding={self.output_padding}"
