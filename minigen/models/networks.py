"""Encoders and decoders, dense and of convolutions, with their first weights; the layers of both.

A builder is a part of a model: its fields are the sizes that one chooses, its methods make the
networks. `minigen.models.adversaries` has those of generators and discriminators.

Each convolution halves height and width, each transposed convolution doubles them: kernels of 4
with stride 2 and padding 1, a size that the stride divides, so that every output pixel but those at
the border is reached by the same number of inputs, and there is no checkerboard before training
(Odena, Dumoulin, Olah, 2016).

Derivation: conv_transpose2d.overlap
"""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.models.base import ImageShape, Model
from minigen.models.options import Options, Size, Sizes

ACTIVATIONS: Final[dict[str, type[nn.Module]]] = {
    "elu": nn.ELU,
    "relu": nn.ReLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}
"""What may follow a hidden layer, by the name that a model's configuration uses."""

Layers = list[nn.Module]
Source = Generator | None


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


# ------------------------------------------------------------------------------------------ layers


def dense_layers(sizes: Sequence[int], source: Source, activation: str = "relu") -> Layers:
    """Make dense layers from ``sizes[0]`` to ``sizes[-1]`` features, an activation after each."""
    layers: Layers = []
    for before, after in itertools.pairwise(sizes):
        layers += [nn.Dense(before, after, generator=source), ACTIVATIONS[activation]()]
    return layers


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
