"""The networks of GANs: generators and discriminators, dense and of convolutions.

Their shape is DCGAN's (Radford, Metz, Chintala, 2016, arXiv:1511.06434): ReLUs in the generator and
a tanh, or nothing for points, at its end; leaky ReLUs in the discriminator, and no sigmoid at its
end; batch norm everywhere but in the generator's last and the discriminator's first and last layer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from minigen import nn
from minigen.engine.random import Generator
from minigen.models.convolutional import code_shape, feature_count

SLOPE = 0.2
"""The leaky ReLUs' slope on the negative side."""


def dense_generator(
    features: int,
    hidden: Sequence[int],
    image_shape: Sequence[int],
    batch_norm: bool,
    generator: Generator | None,
) -> nn.Sequential:
    """Chain dense layers from noise (N, features) to images (N, C, H, W) or points (N, D)."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise((features, *hidden)):
        layers += _normed_dense(before, after, batch_norm, generator)
        layers.append(nn.ReLU())
    last = hidden[-1] if hidden else features
    layers.append(nn.Dense(last, math.prod(image_shape), generator=generator))
    if len(image_shape) > 1:
        layers += [nn.Tanh(), nn.Unflatten(1, tuple(image_shape))]
    return nn.Sequential(*layers)


def dense_discriminator(
    features: int,
    hidden: Sequence[int],
    batch_norm: bool,
    last_bias: bool,
    generator: Generator | None,
) -> nn.Sequential:
    """Chain dense layers from packs of `features` numbers, in any shape, to scores (N, 1)."""
    layers: list[nn.Module] = [nn.Flatten()]
    for number, (before, after) in enumerate(itertools.pairwise((features, *hidden))):
        layers += _normed_dense(before, after, batch_norm and number > 0, generator)
        layers.append(nn.LeakyReLU(SLOPE))
    last = hidden[-1] if hidden else features
    return nn.Sequential(*layers, nn.Dense(last, 1, bias=last_bias, generator=generator))


def conv_generator(
    features: int,
    channels: Sequence[int],
    image_shape: tuple[int, int, int],
    batch_norm: bool,
    generator: Generator | None,
) -> nn.Sequential:
    """Chain a dense layer and transposed convolutions, from noise (N, features) to images."""
    layers = _normed_dense(features, feature_count(image_shape, channels), batch_norm, generator)
    layers += [nn.ReLU(), nn.Unflatten(1, code_shape(image_shape, channels))]
    for before, after in itertools.pairwise(tuple(reversed(channels))):
        layers.append(
            nn.ConvTranspose2d(
                before, after, 4, stride=2, padding=1, bias=not batch_norm, generator=generator
            )
        )
        layers += [*([nn.BatchNorm2d(after)] if batch_norm else []), nn.ReLU()]
    to_pixels = nn.ConvTranspose2d(
        channels[0], image_shape[0], 4, stride=2, padding=1, generator=generator
    )
    return nn.Sequential(*layers, to_pixels, nn.Tanh())


def conv_discriminator(
    in_channels: int,
    channels: Sequence[int],
    image_shape: tuple[int, int, int],
    batch_norm: bool,
    last_bias: bool,
    generator: Generator | None,
) -> nn.Sequential:
    """Chain convolutions and a dense layer, from packs (N, in_channels, H, W) to scores (N, 1)."""
    layers: list[nn.Module] = []
    for number, (before, after) in enumerate(itertools.pairwise((in_channels, *channels))):
        normed = batch_norm and number > 0
        layers.append(
            nn.Conv2d(before, after, 4, stride=2, padding=1, bias=not normed, generator=generator)
        )
        layers += [*([nn.BatchNorm2d(after)] if normed else []), nn.LeakyReLU(SLOPE)]
    features = feature_count(image_shape, channels)
    to_score = nn.Dense(features, 1, bias=last_bias, generator=generator)
    return nn.Sequential(*layers, nn.Flatten(), to_score)


def _normed_dense(
    before: int, after: int, batch_norm: bool, generator: Generator | None
) -> list[nn.Module]:
    """Put a batch norm, whose shift is the bias, after a dense layer."""
    dense = nn.Dense(before, after, bias=not batch_norm, generator=generator)
    return [dense, nn.BatchNorm1d(after)] if batch_norm else [dense]


def default_channels(image_shape: tuple[int, int, int]) -> tuple[int, ...]:
    """Return DCGAN's channels: 64, then twice as many at every halving that leaves 4 pixels.

    Examples
    --------
    >>> default_channels((1, 28, 28)), default_channels((3, 64, 64))
    ((64, 128), (64, 128, 256, 512))
    """
    _, height, width = image_shape
    channels: list[int] = []
    while height % 2 == width % 2 == 0 and min(height, width) >= 8:
        height, width = height // 2, width // 2
        channels.append(64 * 2 ** len(channels))
    return tuple(channels)


def initialize_as_dcgan_(module: nn.Module, generator: Generator | None = None) -> None:
    """Draw weights from N(0, 0.02²) and those of norms from N(1, 0.02²); set biases to 0.

    Radford, Metz, Chintala (2016), arXiv:1511.06434, section 4, and PyTorch's example.
    """
    nn.init.initialize_(module, nn.init.dcgan_normal_, generator)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) and part.weight is not None:
            nn.init.normal_(part.weight, 1.0, 0.02, generator)


def normalize_spectrally_(module: nn.Module, generator: Generator | None = None) -> None:
    """Let every dense layer and convolution divide its weight by the largest singular value."""
    for part in list(module.modules()):
        if isinstance(part, nn.Dense | nn.Conv2d):
            nn.utils.spectral_norm(part, generator=generator)
