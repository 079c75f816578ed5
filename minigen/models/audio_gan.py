r"""A GAN of short sounds, on waveforms: see `minigen.models.sound_networks`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.adversaries import SLOPE, Adversaries, start_without_norms_
from minigen.models.game import ConvGame
from minigen.models.gan import GAN
from minigen.models.networks import Layers, Source, dense_layers
from minigen.models.objectives import Wasserstein
from minigen.models.options import Options, Range, Size, Sizes
from minigen.models.sound_networks import (
    Format,
    as_sound_shape,
    code_length,
    expect_sounds,
    lengthening,
    shortening,
)
from minigen.nn.utils import evaluating


@dataclass(frozen=True)
class SoundAdversaries(Adversaries):
    """A generator and a discriminator of convolutions of sounds.

    Parameters
    ----------
    channels : sequence of int
        Channels of the discriminator's convolutions; the generator has them in reverse order.
    latent : int
        Length of the noise.
    hidden : sequence of int
        Features of the generator's dense layers before its first convolution.
    stride : int
        By how much each convolution divides the length, an even number; kernels are twice as long.
        The length of sounds must be divisible by it as often as there are convolutions.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels", "latent")
    channels: Sizes = (32, 64)
    latent: Size = 16
    hidden: Sizes = (512,)
    stride: Annotated[int, Range(2)] = 8

    spectral_norm: ClassVar[bool] = False  # type: ignore[misc] # none of the options here
    batch_norm: ClassVar[bool | None] = False  # type: ignore[misc]

    def generator(self, shape: Any, classes: int, source: Source) -> nn.Module:
        """Make the generator: dense layers, then transposed convolutions, and a tanh."""
        code = (self.channels[-1], code_length(shape[1], self.channels, self.stride))
        sizes = (self.latent + classes, *self.hidden, math.prod(code))
        layers = [*dense_layers(sizes, source), nn.Unflatten(1, code)]
        for before, after in itertools.pairwise(self.channels[::-1]):
            layers += [lengthening(before, after, self.stride, source), nn.ReLU()]
        last = lengthening(self.channels[0], shape[0], self.stride, source)
        return nn.Sequential(*layers, last, nn.Tanh())

    def features(self, pack: Any, source: Source) -> tuple[Layers, int]:
        """Make the discriminator's convolutions."""
        layers: Layers = []
        for before, after in itertools.pairwise((pack[0], *self.channels)):
            layers += [shortening(before, after, self.stride, source), nn.LeakyReLU(SLOPE)]
        length = code_length(pack[1], self.channels, self.stride)
        return [*layers, nn.Flatten()], self.channels[-1] * length

    def initialize_(self, generating: nn.Module, discriminating: nn.Module, source: Source) -> None:
        """Draw He's weights for both networks: neither has norms."""
        nn.init.initialize_(generating, nn.init.kaiming_uniform_, generator=source)
        start_without_norms_(discriminating, source)


class AudioGAN(GAN):
    r"""A `GAN` of short sounds: WaveGAN's networks, with R1 in the place of its penalty.

    The generator is dense layers and transposed convolutions, the discriminator convolutions of
    waveforms and a dense layer, neither with norms. Unlike WaveGAN's, whose kernels of 25 have a
    stride of 4, kernels here are twice as long as the stride, and the discriminator sees no shifted
    phases: data whose onsets are aligned have phases worth learning.

    Parameters
    ----------
    image_shape : tuple of int
        (1, L) of the sounds.
    channels, stride, hidden, latent
        See `SoundAdversaries`.
    objective, label_smoothing, penalty, r1, r1_interval, critic_steps, clip, packing
        See `minigen.models.game.Game`.
    average, average_buffers, average_warmup
        See `minigen.models.game.Game`.
    rate
        See `Format`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        As `AudioVAE`, or if the game is impossible.

    References
    ----------
    Donahue, McAuley, Puckette (2019), "Adversarial audio synthesis", arXiv:1802.04208.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import AudioGAN
    >>> model = AudioGAN((1, 256), channels=(4, 8), stride=4, hidden=(16,), latent=2)
    >>> model.discriminate(minigen.rand(5, 1, 256)).shape
    (5,)
    >>> model.sample(3).shape
    (3, 1, 256)

    Derivation: gan.non_saturating
    """

    name: ClassVar[str] = "audio-gan"
    kinds: ClassVar[tuple[str, ...]] = ("sound",)
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": SoundAdversaries,
        "game": ConvGame,
        "format": Format,
    }
    format: Format

    def build(self, generator: Generator | None) -> None:
        """Make the two networks, and begin the average of the generator."""
        self.rate = self.format.rate
        super().build(generator)

    def expect_shape(self, shape: Sequence[int]) -> Any:
        """Check and return (1, L)."""
        return as_sound_shape(shape)

    def training_defaults(self) -> dict[str, Any]:
        """Return the options of training with which the networks reach the most in little time."""
        if isinstance(self.game.objective, Wasserstein):
            return dict(self.game.objective.training_defaults)
        return {"lr": 1e-3, "betas": (0.0, 0.99), "batch_size": 64, "schedule": "linear"}

    def _inward(self, x: Array) -> Array:
        """Check sounds, which have the scale of the networks."""
        expect_sounds(self, x)
        return x

    def _decode_with(self, source: nn.Module, z: Array, labels: Array | None) -> Tensor:
        with evaluating(source):
            sounds: Tensor = source(self.condition(z, labels))
        return sounds
