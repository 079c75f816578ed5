"""Windows of images as columns, and back, as layers."""

from __future__ import annotations

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.nn.module import Module
from minigen.ops.windows import Pair


class Unfold(Module):
    """Each window of an image as a column; see `minigen.functional.unfold`.

    Parameters
    ----------
    kernel_size, dilation, padding, stride : int or pair of int
        Where the windows lie.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Unfold(2, stride=2)(minigen.zeros(1, 3, 8, 8)).shape
    (1, 12, 16)

    Derivation: unfold
    """

    def __init__(
        self, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, x: Array) -> Array:
        return F.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Module):
    """Columns added up to images, each on its window; see `minigen.functional.fold`.

    Parameters
    ----------
    output_size : int or pair of int
        Height and width of the images.
    kernel_size, dilation, padding, stride : int or pair of int
        Where the windows lie.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Fold(8, 2, stride=2)(minigen.zeros(1, 12, 16)).shape
    (1, 3, 8, 8)

    Derivation: fold
    """

    def __init__(
        self,
        output_size: Pair,
        kernel_size: Pair,
        dilation: Pair = 1,
        padding: Pair = 0,
        stride: Pair = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, x: Array) -> Array:
        where = self.kernel_size, self.dilation, self.padding, self.stride
        return F.fold(x, self.output_size, *where)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )
