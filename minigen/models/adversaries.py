"""Generators and discriminators of GANs, dense and of convolutions, with their first weights.

A builder is a part of a model: its fields are the sizes that one chooses, its methods make the
networks. A generator doubles height and width by transposed convolutions, or by a resize and a
convolution: see `enlarging`.
"""

from __future__ import annotations

import functools
import itertools
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal, Self

from minigen import nn
from minigen.models.networks import (
    Layers,
    Source,
    code_shape,
    expect_halving,
    halving,
    transposed,
)
from minigen.models.options import Options, Size, Sizes
from minigen.models.projection import ProjectionDiscriminator

SLOPE: Final = 0.2
"""The slope of a discriminator's leaky ReLUs on the negative side."""

Upsampling = Literal["transposed", "nearest", "bilinear"]


class Adversaries(Options):
    """A generator of samples from noise, and a discriminator that gives packs of samples scores.

    Their shape is DCGAN's (Radford, Metz, Chintala, 2016, arXiv:1511.06434): ReLUs in the generator
    and a tanh, or nothing for points, at its end; leaky ReLUs in the discriminator, and no sigmoid
    at its end; no batch norm in the generator's last and the discriminator's first and last layer.
    """

    latent: int
    spectral_norm: bool
    batch_norm: bool | None

    def suited_to(self, shape: Sequence[int]) -> Self:
        """Return the same with everything chosen that was left to the images' shape."""
        return self

    @property
    def norms_discriminator(self) -> bool:
        """Whether the discriminator has batch norm, too: only if it is asked for."""
        return self.batch_norm is True

    @abstractmethod
    def generator(self, shape: Any, classes: int, source: Source) -> nn.Module:
        """Make the generator, from noise (N, latent + classes) to samples of a shape."""

    @abstractmethod
    def features(self, pack: Any, source: Source) -> tuple[Layers, int]:
        """Make the discriminator's layers below the score, and say how many features they give."""

    def discriminator(
        self, pack: Any, source: Source, *, bias: bool = True, classes: int = 0, packing: int = 1
    ) -> nn.Module:
        """Make the discriminator, from packs of a shape to (N, 1).

        Parameters
        ----------
        pack : tuple of int
            The shape of a pack.
        source : Generator, optional
            Draws the first weights.
        bias : bool
            Whether the last layer has one.
        classes, packing : int
            Of how many classes it is told by projection, 0 if of none, and how many samples are in
            a pack.
        """
        layers, count = self.features(pack, source)
        to_score = nn.Dense(count, 1, bias=bias, generator=source)
        if not classes:
            return nn.Sequential(*layers, to_score)
        below = nn.Sequential(*layers)
        return ProjectionDiscriminator(below, to_score, classes, packing, generator=source)

    def initialize_(self, generating: nn.Module, discriminating: nn.Module, source: Source) -> None:
        """Draw the first weights of both networks, unless the layers' own are to stay."""


@dataclass(frozen=True)
class DenseAdversaries(Adversaries):
    """A generator and a discriminator of dense layers.

    Parameters
    ----------
    hidden : sequence of int
        Features of the generator's hidden layers; the discriminator has them in reverse order.
    latent : int
        Length of the noise.
    spectral_norm : bool
        Spectral norm in the discriminator: each of its layers divides its weight by the largest
        singular value.
    batch_norm : bool, optional
        Whether a batch norm follows each hidden layer, but for the discriminator's first. By
        default in the generator alone: a discriminator of dense layers that compares the statistics
        of whole batches learns too fast, and the generator ends with a few images.
    """

    positional: ClassVar[tuple[str, ...]] = ("hidden", "latent")
    hidden: Sizes = (256, 256)
    latent: Size = 100
    spectral_norm: bool = False
    batch_norm: bool | None = None

    def generator(self, shape: Any, classes: int, source: Source) -> nn.Module:
        """Make the generator of images (N, C, H, W) or points (N, D)."""
        sizes = (self.latent + classes, *self.hidden)
        layers: Layers = []
        for before, after in itertools.pairwise(sizes):
            layers += normed_dense(before, after, self.batch_norm is not False, source)
            layers.append(nn.ReLU())
        layers.append(nn.Dense(sizes[-1], math.prod(shape), generator=source))
        if len(shape) > 1:
            layers += [nn.Tanh(), nn.Unflatten(1, tuple(shape))]
        return nn.Sequential(*layers)

    def features(self, pack: Any, source: Source) -> tuple[Layers, int]:
        """Make the discriminator's hidden layers, of packs in any shape."""
        sizes = (math.prod(pack), *reversed(self.hidden))
        layers: Layers = [nn.Flatten()]
        for number, (before, after) in enumerate(itertools.pairwise(sizes)):
            layers += normed_dense(before, after, self.norms_discriminator and number > 0, source)
            layers.append(nn.LeakyReLU(SLOPE))
        return layers, sizes[-1]


@dataclass(frozen=True)
class ConvAdversaries(Adversaries):
    """A generator and a discriminator of convolutions, the generator's transposed by default.

    Parameters
    ----------
    channels : sequence of int, optional
        Channels of the discriminator's convolutions; the generator has them in reverse order. By
        default 32, 64, ... down to 4 to 7 pixels: (32, 64) for 28 x 28 pixels.
    latent : int
        Length of the noise.
    generator_hidden, discriminator_hidden : sequence of int
        Features of the generator's dense layers before its first image, and of the discriminator's
        between its last image and the score; () for none.
    spectral_norm : bool
        Spectral norm in the discriminator: each of its layers divides its weight by the largest
        singular value.
    batch_norm : bool, optional
        Whether a batch norm follows each layer but the generator's last and the discriminator's
        first and last. By default in the generator alone.
    upsampling : {"transposed", "nearest", "bilinear"}
        How the generator doubles height and width: by transposed convolutions; or by a resize, to
        the nearest pixel or linear between pixels, and a convolution, which paint no checkerboard
        in training either.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels", "latent")
    channels: Sizes | None = None
    latent: Size = 64
    generator_hidden: Sizes = (256,)
    discriminator_hidden: Sizes = (128,)
    spectral_norm: bool = False
    batch_norm: bool | None = None
    upsampling: Upsampling = "transposed"

    @classmethod
    def updated(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options with which an earlier version, which had no hidden layers, was run.

        It gave the discriminator batch norm wherever that was possible.
        """
        if "generator_hidden" in config:
            return dict(config)
        batch_norm = config.get("batch_norm")
        if batch_norm is None:
            bounded = any(config.get(name) for name in ("penalty", "r1", "spectral_norm"))
            batch_norm = None if bounded else True
        hidden: dict[str, Any] = {"generator_hidden": [], "discriminator_hidden": []}
        return {**config, **hidden, "batch_norm": batch_norm}

    def suited_to(self, shape: Sequence[int]) -> Self:
        """Return the same with channels; ValueError if images can't be halved that often."""
        channels = default_channels(shape) if self.channels is None else self.channels
        if not channels and self.channels is None:
            _, height, width = shape
            raise ValueError(
                f"channels must be positive, one an entry, and images of {height}x{width} get none "
                "by default: a height and width that are even, and 8 at least, are expected, such "
                "as 32 or 64"
            )
        expect_halving(shape, channels)
        return replace(self, channels=channels)

    def generator(self, shape: Any, classes: int, source: Source) -> nn.Module:
        """Make the generator: dense layers, then convolutions that double height and width."""
        channels, batch_norm = self.channels or (), self.batch_norm is not False
        code = code_shape(shape, channels)
        sizes = (self.latent + classes, *self.generator_hidden, math.prod(code))
        layers: Layers = []
        for before, after in itertools.pairwise(sizes):
            layers += [*normed_dense(before, after, batch_norm, source), nn.ReLU()]
        layers.append(nn.Unflatten(1, code))
        for before, after in itertools.pairwise(channels[::-1]):
            layers += enlarging(before, after, not batch_norm, source, self.upsampling)
            layers += [nn.BatchNorm2d(after), nn.ReLU()] if batch_norm else [nn.ReLU()]
        layers += enlarging(channels[0], shape[0], True, source, self.upsampling)
        return nn.Sequential(*layers, nn.Tanh())

    def features(self, pack: Any, source: Source) -> tuple[Layers, int]:
        """Make the discriminator's convolutions, then its dense layers."""
        channels, batch_norm = self.channels or (), self.norms_discriminator
        layers: Layers = []
        for number, (before, after) in enumerate(itertools.pairwise((pack[0], *channels))):
            layers += halving(before, after, batch_norm and number > 0, source)
            layers.append(nn.LeakyReLU(SLOPE))
        layers.append(nn.Flatten())
        sizes = (math.prod(code_shape(pack, channels)), *self.discriminator_hidden)
        for before, after in itertools.pairwise(sizes):
            layers += [*normed_dense(before, after, batch_norm, source), nn.LeakyReLU(SLOPE)]
        return layers, sizes[-1]

    def initialize_(self, generating: nn.Module, discriminating: nn.Module, source: Source) -> None:
        """Draw DCGAN's first weights, and He's where no batch norm makes up for their size."""
        start_as_dcgan_(generating, source)
        if self.norms_discriminator:
            start_as_dcgan_(discriminating, source)
        else:
            start_without_norms_(discriminating, source)


def start_as_dcgan_(network: nn.Module, source: Source) -> None:
    """Draw weights from N(0, 0.02²) and those of norms from N(1, 0.02²); set biases to 0.

    Radford, Metz, Chintala (2016), arXiv:1511.06434, section 4, and PyTorch's example.
    """
    nn.init.initialize_(network, nn.init.dcgan_normal_, source)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) and part.weight is not None:
            nn.init.normal_(part.weight, 1.0, 0.02, source)


def start_without_norms_(discriminator: nn.Module, source: Source) -> None:
    """Draw He's weights for leaky ReLUs, and for the last layer those of a linear one; biases 0.

    Signals then keep their size through the layers, as they do where there is batch norm. Weights
    from N(0, 0.02²) would let them fade, and the scores begin next to 0 whatever the image.
    """
    for_leaky_relu = functools.partial(nn.init.kaiming_normal_, a=SLOPE)
    nn.init.initialize_(discriminator, for_leaky_relu, source)
    *_, to_score = (part for part in discriminator.modules() if isinstance(part, nn.Dense))
    nn.init.kaiming_normal_(to_score.weight, nonlinearity="linear", generator=source)


def default_channels(shape: Sequence[int]) -> Sizes:
    """Return 32 channels, then twice as many at every halving that leaves 4 pixels.

    Examples
    --------
    >>> default_channels((1, 28, 28)), default_channels((3, 64, 64))
    ((32, 64), (32, 64, 128, 256))
    """
    _, height, width = shape
    channels: list[int] = []
    while height % 2 == width % 2 == 0 and min(height, width) >= 8:
        height, width = height // 2, width // 2
        channels.append(32 * 2 ** len(channels))
    return tuple(channels)


def normalize_spectrally_(module: nn.Module, source: Source) -> None:
    """Let every layer and projection divide its weight by the largest singular value."""
    for part in list(module.modules()):
        if isinstance(part, nn.Dense | nn.Conv2d | nn.Embedding):
            nn.utils.spectral_norm(part, generator=source)


def normed_dense(before: int, after: int, batch_norm: bool, source: Source) -> Layers:
    """Make a dense layer and, if asked, a batch norm, whose shift is the bias."""
    dense = nn.Dense(before, after, bias=not batch_norm, generator=source)
    return [dense, nn.BatchNorm1d(after)] if batch_norm else [dense]


def enlarging(before: int, after: int, bias: bool, source: Source, upsampling: str) -> Layers:
    """Make what doubles height and width: a transposed convolution, or a resize and a convolution.

    A transposed convolution with stride 2 makes each of four neighbouring pixels with weights of
    its own, and training may let them paint a checkerboard. A convolution of a resized image makes
    all pixels with the same weights: of a flat image it makes a flat one (Odena, Dumoulin, Olah,
    2016, *Deconvolution and Checkerboard Artifacts*). It multiplies 9 times a pixel and channel
    where the other multiplies 4 times.
    """
    if upsampling == "transposed":
        return [transposed(before, after, bias, source)]
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=bias, generator=source)
    return [nn.Upsample(scale_factor=2, mode=upsampling), convolution]
