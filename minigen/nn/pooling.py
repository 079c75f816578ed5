"""Pooling and upsampling as modules, so that they can stand in a `Sequential`."""

from __future__ import annotations

from minigen.engine.backend import Array
from minigen.nn.module import Module, named
from minigen.ops import pooling
from minigen.ops.windows import Pair


class _Pool(Module):
    """Where the windows of a pooling lie."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(_Pool):
    """The largest element of each window; see `minigen.functional.max_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding : int or pair of int
        As there; `stride` is `kernel_size` unless given.

    Raises
    ------
    ValueError
        In a call, if x is not of shape (N, C, H, W), or no window fits.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.MaxPool2d(2)(minigen.zeros(16, 8, 28, 28)).shape
    (16, 8, 14, 14)

    Derivation: max_pool2d
    """

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, H', W')."""
        with named(self):
            return pooling.max_pool2d(x, self.kernel_size, self.stride, self.padding)


class AvgPool2d(_Pool):
    """The mean of each window; see `minigen.functional.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding : int or pair of int
        As there; `stride` is `kernel_size` unless given.
    count_include_pad : bool, default True
        Whether the zeros of the padding count.

    Raises
    ------
    ValueError
        In a call, if x is not of shape (N, C, H, W), or no window fits.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.AvgPool2d(2)(minigen.zeros(16, 8, 28, 28)).shape
    (16, 8, 14, 14)

    Derivation: avg_pool2d
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        *,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.count_include_pad = count_include_pad

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, H', W')."""
        with named(self):
            return pooling.avg_pool2d(
                x, self.kernel_size, self.stride, self.padding, self.count_include_pad
            )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, count_include_pad={self.count_include_pad}"


class AdaptiveAvgPool2d(Module):
    """The mean of each channel of an image; see `minigen.functional.adaptive_avg_pool2d`.

    Parameters
    ----------
    output_size : int or pair of int
        PyTorch's parameter; only 1 is there.

    Raises
    ------
    ValueError
        In a call, if `output_size` is not 1, or x not of shape (N, C, H, W).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.AdaptiveAvgPool2d(1)(minigen.zeros(16, 8, 7, 7)).shape
    (16, 8, 1, 1)

    Derivation: adaptive_avg_pool2d
    """

    def __init__(self, output_size: Pair) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, 1, 1)."""
        with named(self):
            return pooling.adaptive_avg_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class Upsample(Module):
    """Images made larger, every element a block of equal ones; see `minigen.functional.upsample`.

    Parameters
    ----------
    scale_factor : int or pair of int
        How many times larger. By name, since PyTorch's first parameter is another.
    mode : {"nearest"}
        PyTorch's parameter; only the nearest element is there.

    Raises
    ------
    ValueError
        In a call, if `scale_factor` is no positive integer, or x not of shape (N, C, H, W).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Upsample(scale_factor=2)(minigen.zeros(16, 8, 7, 7)).shape
    (16, 8, 14, 14)

    Derivation: upsample
    """

    def __init__(self, *, scale_factor: Pair, mode: str = "nearest") -> None:
        super().__init__()
        self.scale_factor = scale_factor
        self.mode = mode

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, s H, s W)."""
        with named(self):
            return pooling.upsample(x, self.scale_factor, self.mode)

    def extra_repr(self) -> str:
        return f"scale_factor={self.scale_factor}, mode={self.mode!r}"
