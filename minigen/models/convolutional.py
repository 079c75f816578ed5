"""Stacks of convolutions, the body of the convolutional encoders and decoders.

Each convolution halves height and width, each transposed convolution doubles them: kernels of 4
with stride 2 and padding 1, a size that the stride divides, so that every output pixel but those at
the border is reached by the same number of inputs, and there is no checkerboard before training
(Odena, Dumoulin, Olah, 2016).

Derivation: conv_transpose2d.overlap
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from minigen import nn
from minigen.engine.random import Generator
from minigen.models.base import ImageShape
from minigen.models.dense import dense_layers


def conv_encoder(
    image_shape: ImageShape,
    channels: Sequence[int],
    hidden: Sequence[int],
    batch_norm: bool,
    generator: Generator | None,
) -> nn.Sequential:
    """Chain convolutions and dense layers, from images (N, C, H, W) to features (N, F)."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise((image_shape[0], *channels)):
        convolution = nn.Conv2d(
            before, after, 4, stride=2, padding=1, bias=not batch_norm, generator=generator
        )
        layers += _activated(convolution, after, batch_norm)
    features = feature_count(image_shape, channels)
    return nn.Sequential(*layers, nn.Flatten(), *dense_layers((features, *hidden), generator))


def conv_decoder(
    image_shape: ImageShape,
    channels: Sequence[int],
    hidden: Sequence[int],
    latent: int,
    batch_norm: bool,
    generator: Generator | None,
) -> nn.Sequential:
    """Chain dense layers and transposed convolutions, from (N, latent) to the pixels' layer.

    What comes out has ``channels[0]`` channels and half the images' height and width; `pixel_layer`
    makes images of it.
    """
    features = feature_count(image_shape, channels)
    layers = dense_layers((latent, *reversed(hidden), features), generator)
    layers.append(nn.Unflatten(1, code_shape(image_shape, channels)))
    for before, after in itertools.pairwise(tuple(reversed(channels))):
        convolution = nn.ConvTranspose2d(
            before, after, 4, stride=2, padding=1, bias=not batch_norm, generator=generator
        )
        layers += _activated(convolution, after, batch_norm)
    return nn.Sequential(*layers)


def _activated(convolution: nn.Module, channels: int, batch_norm: bool) -> list[nn.Module]:
    """Put a ReLU after a convolution, and before it a batch norm, whose shift is the bias."""
    norm = [nn.BatchNorm2d(channels)] if batch_norm else []
    return [convolution, *norm, nn.ReLU()]


def pixel_layer(
    image_shape: ImageShape, channels: Sequence[int], generator: Generator | None
) -> nn.ConvTranspose2d:
    """Make the last transposed convolution, whose output are the images' logits or means."""
    return nn.ConvTranspose2d(
        channels[0], image_shape[0], 4, stride=2, padding=1, generator=generator
    )


def expect_halving(model: str, image_shape: ImageShape, channels: Sequence[int]) -> None:
    """Raise unless each convolution can halve the images' height and width.

    Raises
    ------
    ValueError
        If there is no convolution, one has no channels, or a length is odd on the way.
    """
    if not channels or any(count < 1 for count in channels):
        raise ValueError(f"{model}: channels must be positive, one an entry, got {tuple(channels)}")
    divisor = 2 ** len(channels)
    _, height, width = image_shape
    if height % divisor or width % divisor:
        raise ValueError(
            f"{model}: {len(channels)} convolutions of stride 2 need a height and width divisible "
            f"by {divisor}, got {height} and {width}; give fewer channels"
        )


def feature_count(image_shape: ImageShape, channels: Sequence[int]) -> int:
    """Return how many numbers come out of the last convolution."""
    last, height, width = code_shape(image_shape, channels)
    return last * height * width


def code_shape(image_shape: ImageShape, channels: Sequence[int]) -> tuple[int, int, int]:
    """Return the shape (C, H, W) that comes out of the last convolution."""
    divisor = 2 ** len(channels)
    return channels[-1], image_shape[1] // divisor, image_shape[2] // divisor
