r"""Networks of one-dimensional convolutions, for models of short sounds.

Sounds have the shape (1, L) and lie in [-1, 1]. Each convolution divides their length by its
stride, each transposed convolution multiplies it: kernels are twice the stride long, so that every
sample is reached by the same number of inputs, and no buzz at the stride's frequency is there
before training.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from minigen import nn
from minigen.engine.backend import CPU, Array, array_of, device_of
from minigen.models.base import Model
from minigen.models.networks import (
    Layers,
    Source,
    dense_layers,
)
from minigen.models.options import Count, Options, Range, Size, Sizes

SoundShape = tuple[int, int]
"""One channel, and the number of samples."""


def as_sound_shape(shape: Sequence[int]) -> SoundShape:
    """Check and return (1, L); a ValueError if it is none."""
    if len(shape) != 2 or shape[0] != 1 or shape[1] < 1:
        raise ValueError(f"image_shape: (1, L) of sounds is expected, got {tuple(shape)}")
    return 1, int(shape[1])


def expect_sounds(model: Model, x: Array) -> None:
    """Refuse what is not of shape (N, 1, L) or, on the CPU, leaves [-1, 1]."""
    if tuple(x.shape[1:]) != model.image_shape:
        raise ValueError(
            f"{type(model).__name__}: sounds of shape (N, {', '.join(map(str, model.image_shape))})"
            f" are expected, got {tuple(x.shape)}"
        )
    array = array_of(x)
    if device_of(array) != CPU or not array.size:
        return
    low, high = float(array.min()), float(array.max())
    if low < -1 or high > 1:
        raise ValueError(
            f"{type(model).__name__}: sounds must lie in [-1, 1], got {low:g} to {high:g}"
        )


# ------------------------------------------------------------------------------------- the networks


@dataclass(frozen=True)
class Format(Options):
    """What is to be known of sounds to play them.

    Parameters
    ----------
    rate : int
        How many samples a second has, in Hz: that of the data.
    """

    rate: Count = 8000


def code_length(length: int, channels: Sequence[int], stride: int) -> int:
    """Return how long sounds are behind all convolutions; ValueError unless the strides fit."""
    if stride % 2:
        raise ValueError(f"stride must be even, got {stride}")
    divisor: int = stride ** len(channels)
    if not channels or length % divisor:
        raise ValueError(
            f"{len(channels)} convolutions of stride {stride} need at least one channel, and "
            f"sounds of a length divisible by {divisor}, got {length}: give another stride or "
            f"fewer channels, or sounds of {max(1, length // divisor) * divisor} samples"
        )
    return length // divisor


def shortening(before: int, after: int, stride: int, source: Source) -> nn.Conv1d:
    """Make a convolution that divides the length by its stride."""
    return nn.Conv1d(
        before, after, 2 * stride, stride=stride, padding=stride // 2, generator=source
    )


def lengthening(before: int, after: int, stride: int, source: Source) -> nn.ConvTranspose1d:
    """Make a transposed convolution that multiplies the length by its stride."""
    return nn.ConvTranspose1d(
        before, after, 2 * stride, stride=stride, padding=stride // 2, generator=source
    )


@dataclass(frozen=True)
class SoundNetworks(Options):
    """An encoder of convolutions and dense layers, and a decoder that is its mirror image.

    Parameters
    ----------
    channels : sequence of int
        Channels of the encoder's convolutions, such as 32,64; the decoder has them in reverse.
    stride : int
        By how much each convolution divides the length, an even number; kernels are twice as long.
        The length of sounds must be divisible by it as often as there are convolutions.
    hidden : sequence of int
        Features of the dense layers between convolutions and latent variables, on either side.
    latent : int
        Latent variables: the length of the code.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels", "hidden", "latent")
    channels: Sizes = (32, 64)
    hidden: Sizes = (512,)
    latent: Size = 8
    stride: Annotated[int, Range(2)] = 8

    def encoder(self, shape: Sequence[int], source: Source) -> tuple[nn.Module, int]:
        """Make the encoder of sounds, and say how many features it gives."""
        layers: Layers = []
        for before, after in itertools.pairwise((shape[0], *self.channels)):
            layers += [shortening(before, after, self.stride, source), nn.ReLU()]
        length = code_length(shape[1], self.channels, self.stride)
        sizes = (self.channels[-1] * length, *self.hidden)
        return nn.Sequential(*layers, nn.Flatten(), *dense_layers(sizes, source)), sizes[-1]

    def decoder(self, shape: Sequence[int], source: Source) -> tuple[nn.Module, nn.ConvTranspose1d]:
        """Make the decoder of latents (N, latent), its last layer by itself.

        That layer makes waves, and a gate for each: see `AudioVAE.decode`.
        """
        code = (self.channels[-1], code_length(shape[1], self.channels, self.stride))
        sizes = (self.latent, *reversed(self.hidden), math.prod(code))
        layers = [*dense_layers(sizes, source), nn.Unflatten(1, code)]
        for before, after in itertools.pairwise(self.channels[::-1]):
            layers += [lengthening(before, after, self.stride, source), nn.ReLU()]
        last = lengthening(self.channels[0], 2 * shape[0], self.stride, source)
        return nn.Sequential(*layers), last
