"""The convolution of signals, which have one axis, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigen.engine.backend import Array, DTypeLike
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.nn.convolution import Convolution
from minigen.nn.module import named
from minigen.ops.signals import conv1d, conv_transpose1d, in_a_row
from minigen.ops.windows import Padding, Pair, Single, Windows, single


class _OfSignals(Convolution):
    """What both convolutions of signals share: windows in a single row."""

    axes = ("L",)

    @staticmethod
    def _windows(kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Windows:
        kernel = single("kernel_size", kernel_size, 1)
        return Windows.of((1, kernel), **in_a_row(stride, padding, dilation))


class Conv1d(_OfSignals):
    r"""Convolution of signals: each kernel slides over each; see `minigen.functional.conv1d`.

    .. math:: y_{n,o,i} = b_o + \sum_{c,a} w_{o,c,a}\; x_{n,c,\,si+da-p}

    Weight and bias are drawn as `Conv2d` draws them.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels before and after.
    kernel_size, stride, padding, dilation
        As for `Conv2d`, of one axis: a number, or a sequence of one.
    groups, bias, padding_mode, generator, dtype
        See `Conv2d`.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels / groups, k)
        w.
    bias : Parameter, shape (out_channels,), or None
        b.

    Raises
    ------
    ValueError, TypeError
        As `Conv2d`; in a call x is of shape (N, in_channels, L) or (in_channels, L).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Conv1d(1, 32, 9, stride=4, padding=4)
    >>> layer(minigen.zeros(16, 1, 1024)).shape
    (16, 32, 256)

    Derivation: conv1d
    """

    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Single,
        stride: Single = 1,
        padding: Single | str = 0,
        dilation: Single = 1,
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
        """Map signals x, shape (N, in_channels, L), to shape (N, out_channels, L')."""
        self._check(x)
        with named(self):
            x, padding = self._bordered(x)
            signals: Tensor = conv1d(
                x,
                self.weight,
                self.bias,
                self.stride,
                padding,
                self.dilation,
                self.groups,
            )
        return signals


class ConvTranspose1d(_OfSignals):
    r"""Transposed convolution of signals; see `minigen.functional.conv_transpose1d`.

    .. math:: y_{n,o,\,si+da-p} \mathrel{{+}{=}} w_{c,o,a}\; x_{n,c,i}

    The length becomes :math:`(L - 1) s - 2p + d (k - 1) + 1 + r`. Weight and bias are drawn as
    `ConvTranspose2d` draws them.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels before and after.
    kernel_size, stride, padding, output_padding, dilation
        As for `ConvTranspose2d`, of one axis: a number, or a sequence of one.
    groups, bias, generator, dtype
        See `ConvTranspose2d`.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels / groups, k)
        w.
    bias : Parameter, shape (out_channels,), or None
        The bias.

    Raises
    ------
    ValueError, TypeError
        As `ConvTranspose2d`; in a call x is of shape (N, in_channels, L) or (in_channels, L).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.ConvTranspose1d(32, 1, 8, stride=4, padding=2)
    >>> layer(minigen.zeros(16, 32, 256)).shape
    (16, 1, 1024)

    Derivation: conv_transpose1d
    """

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Single,
        stride: Single = 1,
        padding: Single | str = 0,
        output_padding: Single = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Single = 1,
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
        self.output_padding = (single("ConvTranspose1d: output_padding", output_padding, 0),)
        self._expect_less_than_stride(self.output_padding)

    def forward(self, x: Array, output_size: Single | None = None) -> Tensor:
        """Map signals x, shape (N, in_channels, L), to shape (N, out_channels, L').

        Parameters
        ----------
        output_size : int or shape, optional
            The length L', or the shape of the signals, in place of `output_padding`.
        """
        self._check(x)
        with named(self):
            left_over = self.output_padding
            if output_size is not None:
                left_over = self._reaching(output_size, x)
            signals: Tensor = conv_transpose1d(
                x,
                self.weight,
                self.bias,
                self.stride,
                self.padding,
                left_over,
                self.groups,
                self.dilation,
            )
        return signals

    def _reaching(self, output_size: Single, x: Array) -> tuple[int]:
        """Return what is left over on signals of a length that windows lie on, one an element."""
        if isinstance(output_size, Sequence) and len(output_size) == x.ndim:
            output_size = output_size[-1]
        windows = self._windows(self.kernel_size, self.stride, self.padding, self.dilation)
        wanted = (1, single("output_size", output_size, 1))
        return (windows.reaching(wanted, (1, x.shape[-1]))[1],)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, output_padding={self.output_padding}"
