"""Layers that add a border to images and signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.nn.module import Module, named, wrong_shape


class _Padding(Module):
    """A border around the last axes: of one width, or of two for each axis, the last one first."""

    mode: ClassVar[str]
    shape: ClassVar[str] = "(N, C, H, W)"
    sides: ClassVar[tuple[str, ...]] = ("left", "right", "top", "bottom")

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        count = len(self.sides)
        widths = (padding,) * count if isinstance(padding, int) else tuple(padding)
        if len(widths) != count or any(width < 0 for width in widths):
            number = {2: "two", 4: "four"}[count]
            raise ValueError(
                f"{type(self).__name__}: a width of 0 or more, or {number} of them "
                f"({', '.join(self.sides)}), is expected, got {padding}"
            )
        self.padding = widths

    def forward(self, x: Array) -> Array:
        single = 1 + len(self.sides) // 2
        if x.ndim not in (single, single + 1):
            raise wrong_shape(self, self.shape, x)
        with named(self):
            return F.pad(x, self.padding, mode=self.mode)

    def extra_repr(self) -> str:
        return f"padding={self.padding}"


class _OfSignals(_Padding):
    """A border at both ends of signals."""

    shape = "(N, C, L)"
    sides = ("left", "right")


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


class ReflectionPad1d(_OfSignals):
    """Ends that mirror a signal, of one width or of (left, right); see `ReflectionPad2d`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.ReflectionPad1d((2, 0))(minigen.tensor([[1.0, 2.0, 3.0]])).tolist()
    [[3.0, 2.0, 1.0, 2.0, 3.0]]

    Derivation: pad.modes
    """

    mode = "reflect"


class ReplicationPad1d(_OfSignals):
    """Ends that repeat a signal's outermost elements; see `ReflectionPad1d`.

    Derivation: pad.modes
    """

    mode = "replicate"


class ZeroPad1d(_OfSignals):
    """Zeros at the ends of a signal; see `ReflectionPad1d`.

    Derivation: pad
    """

    mode = "constant"
