r"""Translation of images: from pairs, what is given and what is wanted, pixel for pixel.

Nothing is said of how the one becomes the other, as it is where an image is restored: the network
learns it from pairs, and so translates whatever there are pairs of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

import numpy as np

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, device_of, namespace, to_device
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.base import ImageShape
from minigen.models.options import Count, Options, Range, Sizes
from minigen.models.patches import PatchAdversary, PatchGame
from minigen.models.restoration import UNSHUFFLED
from minigen.models.unet import UNet
from minigen.ops.shards import whole_batch

STEEPNESS: Final = 8
"""How far apart the logits of a black and a white input pixel are that the network adds to."""


@dataclass(frozen=True)
class Translators(Options):
    """A U-Net at half the images' height and width, and how wide it is at each size.

    Parameters
    ----------
    channels : sequence of int
        Channels at half of the images' height and width, at a quarter and so on: multiples of 8.
    depth : int
        How many convolutions there are at each size, on the way down and on the way up.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels",)
    channels: Sizes = (32, 64, 128)
    depth: Count = 1

    def network(self, shape: ImageShape, source: Generator | None) -> UNet:
        """Make the network of images (C, H, W), whose last layer begins at zero."""
        channels, *size = shape
        multiple = UNSHUFFLED * 2 ** (len(self.channels) - 1)
        height, width = (-(-length // multiple) * multiple // UNSHUFFLED for length in size)
        inside = (channels * UNSHUFFLED**2, height, width)
        made = UNet(inside[0], inside, self.channels, depth=self.depth, generator=source)
        nn.init.zeros_(made.last.weight)
        return made


def translate(network: UNet, x: Array) -> Tensor:
    """Return what a network of `Translators` makes of images (N, C, H, W), of any size.

    It predicts what to add to the logits of the pixels. Where height or width can't be halved so
    often, they are continued by their last pixels.
    """
    height, width = x.shape[2:]
    multiple = UNSHUFFLED * network.divisor
    padding = (0, -width % multiple, 0, -height % multiple)
    whole = F.pad(x, padding, mode="replicate") if any(padding) else x
    added = F.pixel_shuffle(network(F.pixel_unshuffle(whole, UNSHUFFLED)), UNSHUFFLED)
    logits = added[:, :, :height, :width] + (x * STEEPNESS - STEEPNESS / 2)
    translated: Tensor = F.sigmoid(logits)
    return translated


@dataclass(frozen=True)
class CutMix(Options):
    """What is done to pairs in training, so that few of them are not learnt by heart.

    Parameters
    ----------
    cut : float, in [0, 1]
        Share of the pairs that are cut along a random row or column, input and target alike, and of
        which one side is replaced by that of another pair.
    """

    cut: Annotated[float, Range(0, 1)] = 0.5

    def mix(self, x: Array, generator: Generator | None = None) -> Array:
        """Return a batch (N, C, H, W), some of its images composed of two."""
        if not self.cut:
            return x
        count, _, height, width = x.shape
        library, device = namespace(array_of(x)), device_of(array_of(x))
        source = generator or default_generator()
        others = whole_batch(x)[to_device(source.permutation(count), device)]
        drawn = source.uniform((3, count, 1, 1, 1), np.float32, device, batch_axis=1)
        rows = (library.arange(height).reshape(-1, 1) + 0.5) / height
        columns = (library.arange(width) + 0.5) / width
        before = library.where(drawn[0] < 0.5, rows, columns) < drawn[1]
        mixed: Array = F.where(before & (drawn[2] < self.cut), others, x)
        return mixed


class Pix2Pix(PatchGame):
    r"""Images of one kind made into images of another, learnt from pairs (x, y).

    .. math:: \hat y = \sigma\!\left( 8x - 4 + f_\theta(x) \right), \qquad
              L_G = \sum_i | \hat y_i - y_i | - \lambda\, E_p[\ln \sigma(D_p(x, \hat y))]

    The network f, a U-Net, predicts what to add to the logits of each pixel, and begins with
    nothing: with the image as it is. By absolute errors alone the best answer is the median of all
    that y may be, and where there are several it is blurred. With a weight :math:`\lambda` a
    discriminator takes part, which sees an image beside what it was made of, patch by patch p:

    .. math:: L_D = -E_p[\ln \sigma(D_p(x, y))] - E_p[\ln(1 - \sigma(D_p(x, \hat y)))].

    Nothing is drawn at random but cuts in training: to an input there is one output.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of either image of a pair.
    channels, depth
        See `Translators`.
    adversarial, patch_channels
        See `PatchAdversary`.
    cut
        See `CutMix`.
    generator : Generator, optional
        Draws the initial weights.

    Attributes
    ----------
    generator : Module
        f, on images of half the height and width and four times the channels.
    discriminator : Module or None
        D: maps pairs (N, 2 C, H, W) in [-1, 1] to scores (N, 1, h, w), a score a patch.

    Raises
    ------
    ValueError
        If a length is not positive, or numbers of channels are no multiples of 8.

    References
    ----------
    Isola, Zhu, Zhou, Efros (2017), arXiv:1611.07004. Yun et al. (2019), arXiv:1905.04899: the cuts.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Pix2Pix
    >>> model = Pix2Pix((1, 32, 32), channels=(8, 16))
    >>> pairs = minigen.rand(5, 2, 32, 32)
    >>> list(model.terms(pairs))
    ['l1_loss']
    >>> model.translate(minigen.rand(1, 1, 30, 17)).shape
    (1, 1, 30, 17)

    Derivation: restoration.mean, gan.non_saturating, pixel_shuffle
    """

    name: ClassVar[str] = "pix2pix"
    kinds: ClassVar[tuple[str, ...]] = ("pair",)
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": Translators,
        "adversary": PatchAdversary,
        "augmentation": CutMix,
    }
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it translates the images that it is given, and makes none of noise; "
        "see minigen translate"
    }
    networks: Translators
    augmentation: CutMix
    generator: UNet

    def build(self, generator: Generator | None) -> None:
        """Make the network, whose last layer begins at zero, and the discriminator if any."""
        channels, *_ = self.image_shape
        self.generator = self.networks.network(self.image_shape, generator)
        self.add_discriminator(2 * channels, generator)

    # ------------------------------------------------------------------------------- translating

    def translate(self, x: Array) -> Tensor:
        """Return images in (0, 1) of images (N, C, H, W) in [0, 1], of any size.

        Where height or width can't be halved so often, they are continued by their last pixels. The
        norms inside are over a whole image: a part of it, alone, becomes something else.
        """
        return translate(self.generator, x)

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return what `translate` does, of inputs; it takes no labels."""
        self.expect_labels(labels, len(x))
        return self.translate(x)

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return the inputs of pairs (N, 2 C, H, W)."""
        return self._apart(x)[0]

    def demonstrate(self, x: Array) -> Tensor:
        """Return the inputs of pairs (N, 2 C, H, W), each joined by what is made of it."""
        given, _ = self._apart(x)
        shown: Tensor = F.cat([given, self.translate(given)], axis=1)
        return shown

    # ---------------------------------------------------------------------------------- learning

    @property
    def generating(self) -> nn.Module:
        """The U-Net."""
        return self.generator

    def make(self, given: Array) -> Tensor:
        """Translate."""
        return self.translate(given)

    def pair(self, x: Array, generator: Generator | None) -> tuple[Array, Array]:
        """Return inputs and targets of pairs (N, 2 C, H, W), in training some of them cut."""
        return self._apart(self.augmentation.mix(x, generator) if self.training else x)

    def errors(self, made: Tensor, wanted: Array) -> dict[str, Tensor]:
        """Return absolute errors."""
        return {"l1_loss": F.l1_loss(made, wanted)}

    def judged(self, given: Array, image: Array) -> Array:
        """Return an image beside what it was made of: (N, 2 C, H, W)."""
        joined: Array = F.cat([given, image], axis=1)
        return joined

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls, and small batches; the game wants it lower."""
        options = {"batch_size": 16, "schedule": "linear"}
        if self.discriminator is None:
            return {"lr": 2e-3, **options}
        return {"lr": 1e-3, "betas": (0.5, 0.999), **options}

    def _apart(self, x: Array) -> tuple[Array, Array]:
        """Return the inputs and the targets of pairs."""
        channels, height, width = self.image_shape
        if tuple(x.shape[1:]) != (2 * channels, height, width):
            raise ValueError(
                f"{type(self).__name__}: pairs of shape (N, {2 * channels}, {height}, {width}) are "
                f"expected, inputs and targets joined along channels, got {tuple(x.shape)}"
            )
        return x[:, :channels], x[:, channels:]
