"""Layers that add a border to images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.nn.module import Module, named, wrong_shape


class _Padding(Module):
    """A border around images: of one width, or of (left, right, top, bottom)."""

    mode: ClassVar[str]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        widths = (padding,) * 4 if isinstance(padding, int) else tuple(padding)
        if len(widths) != 4 or any(width < 0 for width in widths):
            raise ValueError(
                f"{type(self).__name__}: a width of 0 or more, or four of them (left, right, top, "
                f"bottom), is expected, got {padding}"
            )
        self.padding = widths

    def forward(self, x: Array) -> Array:
        if x.ndim not in (3, 4):
            raise wrong_shape(self, "(N, C, H, W)", x)
        with named(self):
            return F.pad(x, self.padding, mode=self.mode)

    def extra_repr(self) -> str:
        return f"padding={self.padding}"


class ReflectionPad2d(_Padding):
    """A border that mirrors the image at its outermost pixels.

    Where a network generates pictures it leaves no frame, as zeros do.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        How many pixels, fewer than the image has.

    Raises
    ------
    ValueError
        If a width is negative; in a call, if the image is too small, or x of another shape than
        (N, C, H, W) or (C, H, W).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.ReflectionPad2d((2, 0, 0, 0))(minigen.tensor([[[1.0, 2.0, 3.0]]])).tolist()
    [[[3.0, 2.0, 1.0, 2.0, 3.0]]]

    Derivation: pad.modes
    """

    mode = "reflect"


class ReplicationPad2d(_Padding):
    """A border that repeats the outermost pixels; see `ReflectionPad2d`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.ReplicationPad2d((2, 0, 0, 0))(minigen.tensor([[[1.0, 2.0, 3.0]]])).tolist()
    [[[1.0, 1.0, 1.0, 2.0, 3.0]]]

    Derivation: pad.modes
    """

    mode = "replicate"


class ZeroPad2d(_Padding):
    """A border of zeros; see `ReflectionPad2d`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.ZeroPad2d((1, 0, 0, 0))(minigen.tensor([[[1.0, 2.0, 3.0]]])).tolist()
    [[[0.0, 1.0, 2.0, 3.0]]]

    Derivation: pad
    """

    mode = "constant"
