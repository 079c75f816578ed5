"""Pooling and resizing as modules, so that they can stand in a `Sequential`."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array
from minigen.nn.module import Module, named, named_class
from minigen.ops import pooling, signals
from minigen.ops.interpolation import Factor, check_resizing, interpolate
from minigen.ops.windows import Pair, Single, single


class _Pool(Module):
    """Where the windows of a pooling lie."""

    def __init__(
        self, kernel_size: Pair, stride: Pair | None, padding: Pair, dilation: Pair, ceil_mode: bool
    ) -> None:
        super().__init__()
        with named_class(self):
            self._expect_windows(kernel_size, stride, padding, dilation)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.ceil_mode = ceil_mode

    def _expect_windows(
        self, kernel_size: Pair, stride: Pair | None, padding: Pair, dilation: Pair
    ) -> None:
        """Refuse what are no windows."""
        pooling.pooling_windows(kernel_size, stride, padding, dilation)

    def extra_repr(self) -> str:
        dilated = f", dilation={self.dilation}" if self.dilation not in (1, (1, 1)) else ""
        rounded = ", ceil_mode=True" if self.ceil_mode else ""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
            f"{dilated}{rounded}"
        )


class MaxPool2d(_Pool):
    """The largest element of each window; see `minigen.functional.max_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, ceil_mode
        As there; `stride` is `kernel_size` unless given.

    Raises
    ------
    ValueError
        If they are no sizes, or the padding is more than half the kernel; in a call, if x is not of
        shape (N, C, H, W) or (C, H, W), or no window fits.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.MaxPool2d(2)(minigen.zeros(16, 8, 28, 28)).shape
    (16, 8, 14, 14)

    Derivation: max_pool2d
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        dilation: Pair = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, H', W')."""
        with named(self):
            return pooling.max_pool2d(
                x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
            )


class AvgPool2d(_Pool):
    """The mean of each window; see `minigen.functional.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode
        As there; `stride` is `kernel_size` unless given.
    count_include_pad : bool, default True
        Whether the zeros of the padding count.

    Raises
    ------
    ValueError
        As `MaxPool2d`.

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
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, H', W')."""
        with named(self):
            return pooling.avg_pool2d(
                x,
                self.kernel_size,
                self.stride,
                self.padding,
                ceil_mode=self.ceil_mode,
                count_include_pad=self.count_include_pad,
            )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, count_include_pad={self.count_include_pad}"


class AdaptiveAvgPool2d(Module):
    """Means of as many windows as give a size; see `minigen.functional.adaptive_avg_pool2d`.

    Parameters
    ----------
    output_size : int, or pair of int or None
        The size (H', W') that comes out; 1 is the mean over the image, None the image's own size.

    Raises
    ------
    ValueError
        If `output_size` is not one or two positive integers; in a call, if x is not of shape
        (N, C, H, W) or (C, H, W), or has no pixels.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.AdaptiveAvgPool2d(1)(minigen.zeros(16, 8, 7, 7)).shape
    (16, 8, 1, 1)

    Derivation: adaptive_avg_pool2d
    """

    def __init__(self, output_size: pooling.AdaptiveSize) -> None:
        super().__init__()
        with named_class(self):
            pooling.adaptive_size(output_size)
        self.output_size = output_size

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, H', W')."""
        with named(self):
            return pooling.adaptive_avg_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _PoolOfSignals(_Pool):
    """Where the windows of a pooling lie on signals: in a single row."""

    def _expect_windows(
        self, kernel_size: Single, stride: Single | None, padding: Single, dilation: Single
    ) -> None:
        row = signals.windows_in_a_row(kernel_size, stride, padding, dilation)
        pooling.pooling_windows(**row)


class MaxPool1d(_PoolOfSignals):
    """The largest element of each window of signals; see `minigen.functional.max_pool1d`.

    Parameters and errors are those of `MaxPool2d`, of one axis; x is of shape (N, C, L) or (C, L).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.MaxPool1d(4)(minigen.zeros(16, 8, 100)).shape
    (16, 8, 25)

    Derivation: max_pool2d
    """

    def __init__(
        self,
        kernel_size: Single,
        stride: Single | None = None,
        padding: Single = 0,
        dilation: Single = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x: Array) -> Any:
        """Map signals x, shape (N, C, L), to shape (N, C, L')."""
        with named(self):
            return signals.max_pool1d(
                x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
            )


class AvgPool1d(_PoolOfSignals):
    """The mean of each window of signals; see `minigen.functional.avg_pool1d`.

    Parameters and errors are those of `AvgPool2d`, of one axis; x is of shape (N, C, L) or (C, L).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.AvgPool1d(4)(minigen.zeros(16, 8, 100)).shape
    (16, 8, 25)

    Derivation: avg_pool2d
    """

    def __init__(
        self,
        kernel_size: Single,
        stride: Single | None = None,
        padding: Single = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Array) -> Any:
        """Map signals x, shape (N, C, L), to shape (N, C, L')."""
        with named(self):
            return signals.avg_pool1d(
                x,
                self.kernel_size,
                self.stride,
                self.padding,
                self.ceil_mode,
                self.count_include_pad,
            )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, count_include_pad={self.count_include_pad}"


class AdaptiveAvgPool1d(Module):
    """Means of as many windows as give a length; see `minigen.functional.adaptive_avg_pool1d`.

    Parameters
    ----------
    output_size : int
        The length that comes out; 1 is the mean over the signal.

    Raises
    ------
    ValueError
        If it is no positive integer; in a call, if x is not of shape (N, C, L) or (C, L).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.AdaptiveAvgPool1d(1)(minigen.zeros(16, 8, 100)).shape
    (16, 8, 1)

    Derivation: adaptive_avg_pool2d
    """

    def __init__(self, output_size: Single) -> None:
        super().__init__()
        self.output_size = single("AdaptiveAvgPool1d: output_size", output_size, 1)

    def forward(self, x: Array) -> Any:
        """Map signals x, shape (N, C, L), to shape (N, C, L')."""
        with named(self):
            return signals.adaptive_avg_pool1d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class Upsample(Module):
    """Images of another size; see `minigen.functional.interpolate`.

    Parameters
    ----------
    size, scale_factor, mode, align_corners
        As there.

    Raises
    ------
    ValueError
        If they are refused there; in a call, if x is not of shape (N, C, H, W).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Upsample(scale_factor=2)(minigen.zeros(16, 8, 7, 7)).shape
    (16, 8, 14, 14)
    >>> nn.Upsample((20, 30), mode="bilinear")(minigen.zeros(16, 8, 7, 7)).shape
    (16, 8, 20, 30)

    Derivation: upsample, interpolate.nearest, interpolate.bilinear
    """

    def __init__(
        self,
        size: Pair | None = None,
        scale_factor: Factor | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:
        super().__init__()
        with named_class(self):
            check_resizing(size, scale_factor, mode, align_corners)
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners

    def forward(self, x: Array) -> Array:
        """Map images x, shape (N, C, H, W), to shape (N, C, H', W')."""
        with named(self):
            return interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)

    def extra_repr(self) -> str:
        size = f"size={self.size}" if self.size is not None else f"scale_factor={self.scale_factor}"
        aligned = "" if self.align_corners is None else f", align_corners={self.align_corners}"
        return f"{size}, mode={self.mode!r}{aligned}"
