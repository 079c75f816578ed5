"""The networks of all models, dense and of convolutions, with their first weights.

A builder is a part of a model: its fields are the sizes that one chooses, its methods make the
networks. `DenseNetworks` and `ConvNetworks` make encoders and decoders; `DenseAdversaries` and
`ConvAdversaries` the generators and discriminators of GANs.

Each convolution halves height and width, each transposed convolution doubles them: kernels of 4
with stride 2 and padding 1, a size that the stride divides, so that every output pixel but those at
the border is reached by the same number of inputs, and there is no checkerboard before training
(Odena, Dumoulin, Olah, 2016). A generator may resize and convolve instead: see `enlarging`.

Derivation: conv_transpose2d.overlap
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
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.models.base import ImageShape, Model
from minigen.models.options import Options, Size, Sizes
from minigen.models.projection import ProjectionDiscriminator

ACTIVATIONS: Final[dict[str, type[nn.Module]]] = {
    "elu": nn.ELU,
    "relu": nn.ReLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}
"""What may follow a hidden layer, by the name that a model's configuration uses."""

SLOPE: Final = 0.2
"""The slope of a discriminator's leaky ReLUs on the negative side."""

Upsampling = Literal["transposed", "nearest", "bilinear"]
Layers = list[nn.Module]
Source = Generator | None


# ------------------------------------------------------------------------------ encoders, decoders


class Networks(Options):
    """An encoder from images to features, and a decoder from latent variables to pixels."""

    latent: int

    @abstractmethod
    def arrange(self, model: Model, x: Array) -> Array:
        """Return images in the shape that the encoder takes."""

    @abstractmethod
    def encoder(self, shape: ImageShape, classes: int, source: Source) -> tuple[nn.Module, int]:
        """Make the encoder of images (C, H, W), and say how many features it gives.

        With `classes` it takes them joined by labels, as `join_labels` does.
        """

    @abstractmethod
    def decoder(
        self, shape: ImageShape, classes: int, source: Source
    ) -> tuple[nn.Module, nn.Dense | nn.ConvTranspose2d]:
        """Make the decoder of latents (N, latent + classes), its last layer by itself.

        The last layer's output are the images' logits or means.
        """

    @abstractmethod
    def initialize_(self, model: Any, source: Source) -> None:
        """Draw a VAE's first weights; an autoencoder keeps the layers' own."""


@dataclass(frozen=True)
class DenseNetworks(Networks):
    """An encoder and a decoder of dense layers.

    Parameters
    ----------
    hidden : sequence of int
        Features of the encoder's hidden layers, such as 400,200; the decoder has them in reverse.
    latent : int
        Latent variables: the length of the code.
    activation : {"relu", "elu", "softplus", "tanh"}
        What follows each hidden layer.
    """

    positional: ClassVar[tuple[str, ...]] = ("hidden", "latent")
    hidden: Sizes = (400,)
    latent: Size = 20
    activation: Literal["elu", "relu", "softplus", "tanh"] = "relu"

    def arrange(self, model: Model, x: Array) -> Array:
        """Return images as rows."""
        return model.flatten_images(x)

    def encoder(self, shape: ImageShape, classes: int, source: Source) -> tuple[nn.Module, int]:
        """Make the encoder of rows."""
        sizes = (math.prod(shape) + classes, *self.hidden)
        return nn.Sequential(*dense_layers(sizes, source, self.activation)), sizes[-1]

    def decoder(
        self, shape: ImageShape, classes: int, source: Source
    ) -> tuple[nn.Module, nn.Dense | nn.ConvTranspose2d]:
        """Make the decoder, whose pixels are rows."""
        sizes = (self.latent + classes, *reversed(self.hidden))
        body = nn.Sequential(*dense_layers(sizes, source, self.activation))
        return body, nn.Dense(sizes[-1], math.prod(shape), generator=source)

    def initialize_(self, model: Any, source: Source) -> None:
        """Draw a VAE's first weights: Xavier's for tanh, otherwise the layers' own made smaller.

        Small weights would put tanh into its linear part, where signals fade from layer to layer.
        """
        if self.activation == "tanh":
            nn.init.initialize_(model, nn.init.xavier_uniform_, generator=source)
        else:
            start_near_the_prior(model)


@dataclass(frozen=True)
class ConvNetworks(Networks):
    """An encoder of convolutions and dense layers, and a decoder that is its mirror image.

    Parameters
    ----------
    channels : sequence of int
        Channels of the encoder's convolutions, such as 32,64; the decoder has them in reverse. The
        images' height and width must be divisible by 2 to their number.
    hidden : sequence of int
        Features of the dense layers between convolutions and latent variables, on either side.
    latent : int
        Latent variables: the length of the code.
    batch_norm : bool
        Whether a batch norm follows each convolution, but for the one that makes the pixels.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels", "hidden", "latent")
    channels: Sizes = (32, 64)
    hidden: Sizes = (256,)
    latent: Size = 20
    batch_norm: bool = False

    def arrange(self, model: Model, x: Array) -> Array:
        """Return images as (N, C, H, W)."""
        return model.shape_images(x)

    def encoder(self, shape: ImageShape, classes: int, source: Source) -> tuple[nn.Module, int]:
        """Make the encoder; ValueError unless each convolution can halve the images."""
        expect_halving(shape, self.channels)
        layers: Layers = []
        for before, after in itertools.pairwise((shape[0] + classes, *self.channels)):
            layers += [*halving(before, after, self.batch_norm, source), nn.ReLU()]
        sizes = (math.prod(code_shape(shape, self.channels)), *self.hidden)
        return nn.Sequential(*layers, nn.Flatten(), *dense_layers(sizes, source)), sizes[-1]

    def decoder(
        self, shape: ImageShape, classes: int, source: Source
    ) -> tuple[nn.Module, nn.Dense | nn.ConvTranspose2d]:
        """Make the decoder, whose last layer doubles height and width a last time."""
        code = code_shape(shape, self.channels)
        sizes = (self.latent + classes, *reversed(self.hidden), math.prod(code))
        layers = [*dense_layers(sizes, source), nn.Unflatten(1, code)]
        for before, after in itertools.pairwise(self.channels[::-1]):
            layers += [*doubling(before, after, self.batch_norm, source), nn.ReLU()]
        return nn.Sequential(*layers), transposed(self.channels[0], shape[0], True, source)

    def initialize_(self, model: Any, source: Source) -> None:
        """Draw a VAE's first weights: He's, with which signals keep their size from ReLU to ReLU.

        The weights of the last layers, of pixels and of variances, are a tenth of that: nothing is
        claimed yet. Against weights that begin near the prior, as those of `DenseNetworks`, this
        lowers the negative ELBO after two epochs by 4 to 28 nats: see docs/results.md.
        """
        nn.init.initialize_(model, nn.init.kaiming_uniform_, generator=source)
        with no_grad():
            for layer in (model.to_pixels, model.to_logvar):
                layer.weight.copy_(layer.weight * 0.1)


def start_near_the_prior(model: Any) -> None:
    """Shrink a VAE's first weights, those of the pixels' layer most.

    Then q(z | x) begins near the prior and each pixel's mean near 1/2, whatever x and z, and no
    step goes into unlearning random structure. Against the layers' own first weights this lowers
    the dense VAE's negative ELBO on MNIST's test images after ten epochs by about half a nat.
    """
    with no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("weight") and parameter.ndim > 1:
                parameter.copy_(parameter * 0.5)
        model.to_pixels.weight.copy_(model.to_pixels.weight * 0.1)


# -------------------------------------------------------------------- generators, discriminators


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


# -------------------------------------------------------------------------------------- the layers


def dense_layers(sizes: Sequence[int], source: Source, activation: str = "relu") -> Layers:
    """Make dense layers from ``sizes[0]`` to ``sizes[-1]`` features, an activation after each."""
    layers: Layers = []
    for before, after in itertools.pairwise(sizes):
        layers += [nn.Dense(before, after, generator=source), ACTIVATIONS[activation]()]
    return layers


def normed_dense(before: int, after: int, batch_norm: bool, source: Source) -> Layers:
    """Make a dense layer and, if asked, a batch norm, whose shift is the bias."""
    dense = nn.Dense(before, after, bias=not batch_norm, generator=source)
    return [dense, nn.BatchNorm1d(after)] if batch_norm else [dense]


def halving(before: int, after: int, batch_norm: bool, source: Source) -> Layers:
    """Make a convolution that halves height and width and, if asked, a batch norm."""
    layer = nn.Conv2d(before, after, 4, stride=2, padding=1, bias=not batch_norm, generator=source)
    return [layer, nn.BatchNorm2d(after)] if batch_norm else [layer]


def doubling(before: int, after: int, batch_norm: bool, source: Source) -> Layers:
    """Make a transposed convolution and, if asked, a batch norm."""
    layer = transposed(before, after, not batch_norm, source)
    return [layer, nn.BatchNorm2d(after)] if batch_norm else [layer]


def transposed(before: int, after: int, bias: bool, source: Source) -> nn.ConvTranspose2d:
    """Make a transposed convolution that doubles height and width."""
    return nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=bias, generator=source)


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


def expect_halving(shape: Sequence[int], channels: Sequence[int]) -> None:
    """Raise ValueError unless each convolution can halve the images' height and width."""
    if not channels or any(count < 1 for count in channels):
        raise ValueError(f"channels must be positive, one an entry, got {tuple(channels)}")
    divisor = 2 ** len(channels)
    _, height, width = shape
    if height % divisor or width % divisor:
        raise ValueError(
            f"{len(channels)} convolutions of stride 2 need a height and width divisible "
            f"by {divisor}, got {height} and {width}; give fewer channels, or images of "
            f"{_nearest_sizes(height, width, divisor)} (height x width)"
        )


def _nearest_sizes(height: int, width: int, divisor: int) -> str:
    """Name the sizes next to one whose sides a number divides, below and above."""
    below = [side // divisor * divisor for side in (height, width)]
    above = [-(-side // divisor) * divisor for side in (height, width)]
    sizes = [f"{rows}x{columns}" for rows, columns in (below, above) if rows and columns]
    return " or ".join(sizes)


def code_shape(shape: Sequence[int], channels: Sequence[int]) -> tuple[int, int, int]:
    """Return the shape (C, H, W) that comes out of the last convolution."""
    divisor = 2 ** len(channels)
    return channels[-1], shape[1] // divisor, shape[2] // divisor
