"""Layers that trade channels for pixels and back."""

from __future__ import annotations

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.nn.module import Module, positive


class PixelShuffle(Module):
    """Fewer channels, larger images; see `minigen.functional.pixel_shuffle`.

    Parameters
    ----------
    upscale_factor : int
        By how much height and width grow.

    Raises
    ------
    ValueError
        If it is not a positive integer; in a call, if its square does not divide the channels.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.PixelShuffle(2)(minigen.zeros(16, 12, 7, 7)).shape
    (16, 3, 14, 14)

    Derivation: pixel_shuffle
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        positive("PixelShuffle", upscale_factor=upscale_factor)
        self.upscale_factor = upscale_factor

    def forward(self, x: Array) -> Array:
        return F.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """More channels, smaller images; see `minigen.functional.pixel_unshuffle`.

    Parameters
    ----------
    downscale_factor : int
        By how much height and width shrink.

    Raises
    ------
    ValueError
        If it is not a positive integer; in a call, if it does not divide height and width.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.PixelUnshuffle(2)(minigen.zeros(16, 3, 14, 14)).shape
    (16, 12, 7, 7)

    Derivation: pixel_unshuffle
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        positive("PixelUnshuffle", downscale_factor=downscale_factor)
        self.downscale_factor = downscale_factor

    def forward(self, x: Array) -> Array:
        return F.pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"
