r"""The U-Net: an encoder and a decoder that is its mirror image, with every size joined across.

What is wanted has the size of what is given, and most of it stands at the same place. The way down
sees ever more of the image in ever fewer pixels, the way up makes the image of it; at each size
both are joined, so that no detail has to pass through the narrowest part.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.models.adversaries import SLOPE
from minigen.models.base import ImageShape
from minigen.models.options import Options, Range, Sizes

GROUPED: Final = 8
"""How many channels share a mean and a variance."""


@dataclass(frozen=True)
class UNets(Options):
    """A U-Net, and how wide it is at each size.

    Parameters
    ----------
    channels : sequence of int
        Channels at the image's size, at half of it, a quarter and so on: multiples of 8.
    code : int
        Features of a dense layer in the middle, through which every pixel can see all others; with
        0 there is none, and the network takes images of any size that can be halved so often.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels", "code")
    channels: Sizes = (16, 32, 64)
    code: Annotated[int, Range(0)] = 128

    def network(self, shape: ImageShape, before: int, source: Generator | None) -> UNet:
        """Make the network of images (C, H, W), which takes `before` channels."""
        return UNet(before, shape, self.channels, self.code, generator=source)


class UNet(nn.Module):
    """A network from images to images of the same height and width.

    Parameters
    ----------
    before : int
        How many channels it takes.
    shape : tuple of int
        (C, H, W) of what it makes.
    channels, code
        See `UNets`.
    depth : int, default 1
        How many convolutions there are at each size, on either side.
    generator : Generator, optional
        Draws the initial weights: He's.

    Raises
    ------
    ValueError
        If the images can't be halved so often, or numbers of channels are no multiples of 8.

    References
    ----------
    Ronneberger, Fischer, Brox (2015), arXiv:1505.04597. Wu, He (2018), arXiv:1803.08494: the norms
    over groups of channels, which a single image has, too.

    Examples
    --------
    >>> import minigen
    >>> network = UNet(2, (1, 28, 28), channels=(8, 16), code=4)
    >>> network(minigen.rand(5, 2, 28, 28)).shape
    (5, 1, 28, 28)
    """

    def __init__(
        self,
        before: int,
        shape: ImageShape,
        channels: Sizes,
        code: int = 0,
        depth: int = 1,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        if any(count % GROUPED for count in channels):
            raise ValueError(f"channels: multiples of {GROUPED} are expected, got {channels}")
        after, *size = shape
        self.divisor = 2 ** (len(channels) - 1)
        self.size = tuple(size) if code else None
        self._expect_size(*size)
        pairs = list(itertools.pairwise(channels))

        def block(convolution: nn.Conv2d | nn.ConvTranspose2d, count: int = depth) -> nn.Sequential:
            return _block(convolution, count, generator)

        self.first = block(nn.Conv2d(before, channels[0], 3, padding=1, generator=generator))
        self.down = nn.ModuleList(
            [
                block(nn.Conv2d(wide, narrow, 4, stride=2, padding=1, generator=generator))
                for wide, narrow in pairs
            ]
        )
        self.middle = None
        if code:
            lowest = (channels[-1], *(length // self.divisor for length in size))
            self.middle = nn.Sequential(
                nn.Flatten(),
                nn.Dense(math.prod(lowest), code, generator=generator),
                nn.LeakyReLU(SLOPE),
                nn.Dense(code, math.prod(lowest), generator=generator),
                nn.Unflatten(1, lowest),
            )
        self.up = nn.ModuleList(
            [
                block(nn.ConvTranspose2d(low, high, 4, stride=2, padding=1, generator=generator), 1)
                for high, low in reversed(pairs)
            ]
        )
        self.join = nn.ModuleList(
            [
                block(nn.Conv2d(2 * high, high, 3, padding=1, generator=generator))
                for high, _ in reversed(pairs)
            ]
        )
        self.last = nn.Conv2d(channels[0], after, 3, padding=1, generator=generator)
        nn.init.initialize_(self, nn.init.kaiming_normal_, generator)

    def forward(self, x: Array) -> Array:
        """Map images (N, before, H, W) to images (N, C, H, W)."""
        self._expect_size(*x.shape[2:])
        x = self.first(x)
        passed = []
        for halve in self.down:
            passed.append(x)
            x = halve(x)
        if self.middle is not None:
            x = x + self.middle(x)
        for double, join in zip(self.up, self.join, strict=True):
            x = join(F.cat([passed.pop(), double(x)], axis=1))
        return self.last(x)

    def _expect_size(self, height: int, width: int) -> None:
        if self.size not in {None, (height, width)}:
            expected = "x".join(map(str, self.size or ()))
            raise ValueError(
                f"UNet: images of {expected} are expected, for which its dense layers are made, "
                f"got {height}x{width}"
            )
        if height % self.divisor or width % self.divisor:
            raise ValueError(
                f"UNet: a height and width divisible by {self.divisor} are expected, got "
                f"{height}x{width}: give fewer channels, or another size"
            )


def _block(
    convolution: nn.Conv2d | nn.ConvTranspose2d, count: int, generator: Generator | None
) -> nn.Sequential:
    """Return a convolution and others that keep the size, `count` in all.

    Each has its norm and a leaky ReLU.
    """
    channels = convolution.out_channels
    layers: list[nn.Module] = []
    for number in range(count):
        if number:
            convolution = nn.Conv2d(channels, channels, 3, padding=1, generator=generator)
        layers += [convolution, nn.GroupNorm(channels // GROUPED, channels), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers)
