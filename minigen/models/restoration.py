r"""Networks that undo what was done to an image: too few pixels, a blur, noise.

What was done is known and can be done again, so every image makes its own example: it is degraded,
:math:`\tilde x = d(x)`, and the network learns the way back,

.. math:: \min_\theta\; E_x \left[ \ell(r_\theta(\tilde x), x) \right].

Many images become the same :math:`\tilde x`. With squared errors :math:`\ell` the best answer is
their mean, with absolute errors their median, and both are less sharp than any of them. Errors of
features, or a discriminator, may be added, which ask for something else.

All networks here predict the difference to what is there without them, and begin with the
difference zero; they are of convolutions alone, and take images of any size.
"""

from __future__ import annotations

import itertools
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, Protocol

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.options import Options, Range, Sizes, Weight
from minigen.models.patches import PatchAdversary, PatchGame
from minigen.ops.stochastic import draw_noise

Positive = Annotated[float, Range(0, low_open=True)]

UNSHUFFLED: Final = 2
"""By how much images are made smaller, and deeper, before the convolutions that keep their size."""

TRAINING: Final[dict[str, Any]] = {"lr": 1e-3, "batch_size": 64, "schedule": "cosine"}
"""How networks that restore are trained where nothing else is said."""

TILE: Final = 256
"""How many pixels of a large picture are restored at once, in either direction."""


# ----------------------------------------------------------------------------------------- parts


@dataclass(frozen=True)
class Convolutions(Options):
    """Convolutions of 3 by 3 pixels, a ReLU after each but the last.

    Parameters
    ----------
    channels : sequence of int
        Channels of the hidden convolutions, such as 32,32,32,32,32; one more makes the pixels.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels",)
    channels: Sizes = (32, 32, 32, 32, 32)

    @property
    def depth(self) -> int:
        """How many convolutions there are."""
        return len(self.channels) + 1

    def network(self, before: int, after: int, source: Generator | None) -> nn.Module:
        """Make the network from `before` channels to `after`, with He's weights, the last zero."""
        *hidden, last = (
            nn.Conv2d(inputs, outputs, 3, padding=1, generator=source)
            for inputs, outputs in itertools.pairwise((before, *self.channels, after))
        )
        layers = itertools.chain.from_iterable((layer, nn.ReLU()) for layer in hidden)
        network = nn.Sequential(*layers, last)
        nn.init.initialize_(network, nn.init.kaiming_normal_, source)
        nn.init.zeros_(last.weight)
        return network


@dataclass(frozen=True)
class PixelLoss(Options):
    """How far a restored image is from the original.

    Parameters
    ----------
    criterion : {"mse", "l1"}
        Squared error, whose best answer is the mean of all images that may have been; or absolute
        error, whose best answer is their median.
    """

    criterion: Literal["mse", "l1"] = "mse"

    def terms(self, restored: Array, original: Array) -> dict[str, Tensor]:
        """Return the loss under its name: summed over an image, averaged over the batch."""
        loss = F.mse_loss if self.criterion == "mse" else F.l1_loss
        return {f"{self.criterion}_loss": loss(restored, original)}


@dataclass(frozen=True)
class Perception(Options):
    """How much the look of a restored image counts, beside its pixels.

    Parameters
    ----------
    perceptual : float
        Weight of the perceptual loss, on the features that a classifier of such images has.
        Training takes that of the data set, if the package has one.
    """

    perceptual: Weight = 0.0


@dataclass(frozen=True)
class Downscaling(Options):
    """How much smaller images become that are to be made larger again.

    Parameters
    ----------
    factor : int, from 2 to 4
        How many times lower and narrower: the mean of factor x factor pixels becomes one.
    """

    factor: Annotated[int, Range(2, 4)] = 2


@dataclass(frozen=True)
class Blur(Options):
    """What is done to images that are to be sharpened.

    Parameters
    ----------
    blur : float
        Standard deviation of the Gaussian blur, in pixels.
    noise : float
        Standard deviation of the noise after it; without any, sharpening would need no prior
        knowledge, only precision.
    """

    blur: Positive = 1.5
    noise: Weight = 0.01


@dataclass(frozen=True)
class Noise(Options):
    """What is done to images that are to be cleaned.

    Parameters
    ----------
    noise : float
        Standard deviation of the Gaussian noise.
    """

    noise: Positive = 0.2


# --------------------------------------------------------------------------------------- the models


class Undoing(PatchGame):
    """What models have in common that undo what `corrupt` does: the loss between the two."""

    parts: ClassVar[dict[str, type[Options]]] = {
        "pixel_loss": PixelLoss,
        "perception": Perception,
        "adversary": PatchAdversary,
    }
    pixel_loss: PixelLoss
    perception: Perception
    network: nn.Module
    _perceptual_loss: tuple[nn.PerceptualLoss, ...] = ()  # in a tuple it is no part of the model

    def build(self, generator: Generator | None) -> None:
        """Make the discriminator, if there is to be one, after the network."""
        self.add_discriminator(self.image_shape[0], generator)

    @abstractmethod
    def undo(self, x: Array) -> Tensor:
        """Return images (N, C, H, W) of what `corrupt` made of such images."""

    @property
    def generating(self) -> nn.Module:
        """The network."""
        return self.network

    def make(self, given: Array) -> Tensor:
        """Undo."""
        return self.undo(given)

    def pair(self, x: Array, generator: Generator | None) -> tuple[Array, Array]:
        """Return what became of images (N, C, H, W), and them; `generator` draws noise."""
        originals = self.shape_images(x)
        return self.corrupt(originals, generator=generator), originals

    def errors(self, made: Tensor, wanted: Array) -> dict[str, Tensor]:
        """Return the errors of pixels, to which those of features may be added."""
        of_pixels = self.pixel_loss.terms(made, wanted)
        if not self.perceives:
            return of_pixels
        if not self._perceptual_loss:
            raise ValueError(
                f"{type(self).__name__}: a network whose features are compared is expected, as "
                f"perceptual is {self.perception.perceptual:g}: give it one by perceive"
            )
        ((name, error),) = of_pixels.items()
        perceived = self._perceptual_loss[0](made, wanted)
        return {
            "restoration_loss": error + perceived * self.perception.perceptual,
            name.removesuffix("_loss"): error,
            "perceptual": perceived,
        }

    @property
    def perceives(self) -> bool:
        """Whether features are compared, for which `perceive` has to be told whose."""
        return bool(self.perception.perceptual)

    def perceive(self, loss: nn.PerceptualLoss) -> None:
        """Compare features as well as pixels, by a loss that is where the model is.

        It is no part of the model: its network does not learn, and is not saved.
        """
        self._perceptual_loss = (loss,)

    def training_defaults(self) -> dict[str, Any]:
        """Return Adam's usual rate, which falls to zero, and small batches."""
        if self.discriminator is None:
            return TRAINING
        return {**TRAINING, "betas": (0.5, 0.999)}

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return restored images, cut to [0, 1], of degraded ones; it takes no labels."""
        self.expect_labels(labels, len(x))
        restored: Tensor = F.clip(self.undo(x), 0.0, 1.0)
        return restored


class Restorer(Undoing):
    """What the networks of this file have in common beside: they restore images of any size.

    Its own are how an image is degraded and restored, and the parts that say how much.
    """

    parts: ClassVar[dict[str, type[Options]]] = {"convolutions": Convolutions, **Undoing.parts}
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it restores the images that it is given, and makes none of noise; "
        "see minigen enhance"
    }
    convolutions: Convolutions

    @abstractmethod
    def restore(self, x: Array) -> Tensor:
        """Return what the model makes of degraded images (N, C, H, W) of any size."""

    @property
    @abstractmethod
    def reach(self) -> int:
        """How many pixels around a degraded one decide what becomes of it."""

    @abstractmethod
    def without_a_network(self, x: Array) -> tuple[str, Array]:
        """Return the simplest thing to do with degraded images: what it is called, and its outcome.

        It is of the size of the originals.
        """

    def undo(self, x: Array) -> Tensor:
        """Restore."""
        return self.restore(x)


class SuperResolution(Restorer):
    r"""Images of more pixels than there were.

    .. math:: r_\theta(\tilde x) = \mathrm{bicubic}(\tilde x)
              + \mathrm{shuffle}(f_\theta(\tilde x))

    All convolutions work on the few pixels that there are, and the last one makes factor x factor
    values for each, which `pixel_shuffle` spreads.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of the originals, height and width divisible by `factor`.
    channels : sequence of int
        See `Convolutions`.
    factor : int
        See `Downscaling`.
    criterion : {"mse", "l1"}
        See `PixelLoss`.
    perceptual, adversarial, patch_channels
        See `Perception` and `PatchAdversary`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, or `factor` does not divide the height and the width.

    References
    ----------
    Shi et al. (2016), arXiv:1609.05158: the shuffle. Kim, Lee, Lee (2016), arXiv:1511.04587: the
    difference to bicubic interpolation. Ledig et al. (2017), arXiv:1609.04802, and Johnson, Alahi,
    Fei-Fei (2016), arXiv:1603.08155: what a discriminator and features are good for.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import SuperResolution
    >>> model = SuperResolution((1, 28, 28), channels=(8, 8))
    >>> small = model.corrupt(minigen.rand(5, 1, 28, 28))
    >>> small.shape, model.reconstruct(small).shape
    ((5, 1, 14, 14), (5, 1, 28, 28))
    >>> model.restore(minigen.rand(1, 1, 30, 17)).shape
    (1, 1, 60, 34)

    Derivation: restoration.mean, pixel_shuffle, interpolate.bicubic, perceptual_loss
    """

    name: ClassVar[str] = "super-resolution"
    parts: ClassVar[dict[str, type[Options]]] = {**Restorer.parts, "downscaling": Downscaling}
    downscaling: Downscaling

    def build(self, generator: Generator | None) -> None:
        """Make the network."""
        channels, height, width = self.image_shape
        factor = self.downscaling.factor
        if height % factor or width % factor:
            raise ValueError(
                f"factor: height and width divisible by {factor} are expected, "
                f"got {height} and {width}"
            )
        self.network = self.convolutions.network(channels, channels * factor**2, generator)
        super().build(generator)

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return images of fewer pixels, each the mean of those that were there."""
        return F.avg_pool2d(x, self.downscaling.factor)

    def shown(self, corrupted: Array) -> Array:
        """Return images of fewer pixels with each pixel as a block."""
        return F.upsample(corrupted, self.downscaling.factor)

    def restore(self, x: Array) -> Tensor:
        """Return images (N, C, factor H, factor W) of images (N, C, H, W)."""
        added = F.pixel_shuffle(self.network(x), self.downscaling.factor)
        restored: Tensor = self.without_a_network(x)[1] + added
        return restored

    @property
    def reach(self) -> int:
        """A pixel for each convolution, of which bicubic interpolation needs two in any case."""
        return max(2, self.convolutions.depth)

    def without_a_network(self, x: Array) -> tuple[str, Array]:
        """Interpolate."""
        return "bicubic", F.interpolate(x, scale_factor=self.downscaling.factor, mode="bicubic")


class SameSizeRestorer(Restorer):
    r"""A network whose images keep their size: it predicts what to add to each pixel.

    .. math:: r_\theta(\tilde x) = \tilde x
              + \mathrm{shuffle}(f_\theta(\mathrm{unshuffle}(\tilde x)))

    The convolutions work on images of half the height and width and four times the channels, which
    is a quarter of the work, and lets them see twice as far.
    """

    def build(self, generator: Generator | None) -> None:
        """Make the network."""
        channels = self.image_shape[0] * UNSHUFFLED**2
        self.network = self.convolutions.network(channels, channels, generator)
        super().build(generator)

    def restore(self, x: Array) -> Tensor:
        """Return images of the size of x; an odd height or width is continued by a pixel."""
        height, width = x.shape[2:]
        padding = (0, width % UNSHUFFLED, 0, height % UNSHUFFLED)
        even = F.pad(x, padding, mode="replicate") if any(padding) else x
        added = F.pixel_shuffle(self.network(F.pixel_unshuffle(even, UNSHUFFLED)), UNSHUFFLED)
        restored: Tensor = x + added[:, :, :height, :width]
        return restored

    @property
    def reach(self) -> int:
        """A pixel of the smaller images for each convolution."""
        return UNSHUFFLED * self.convolutions.depth

    def without_a_network(self, x: Array) -> tuple[str, Array]:
        """Leave everything as it is."""
        return "as it is", x


class Denoising(SameSizeRestorer):
    r"""Images without the noise that was added to them: see `SameSizeRestorer`.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of the originals.
    channels, criterion, perceptual, adversarial, patch_channels
        As for `SuperResolution`.
    noise : float
        Standard deviation of the noise.
    generator : Generator, optional
        Draws the initial weights.

    References
    ----------
    Zhang et al. (2017), arXiv:1608.03981: the noise is what is predicted. Zhang, Zuo, Zhang (2018),
    arXiv:1710.04026: at half the height and width.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Denoising
    >>> model = Denoising((1, 28, 28), channels=(8, 8), noise=0.1)
    >>> noisy = model.corrupt(minigen.rand(5, 1, 28, 28))
    >>> model.reconstruct(noisy).shape
    (5, 1, 28, 28)

    Derivation: restoration.mean, pixel_shuffle
    """

    name: ClassVar[str] = "denoising"
    parts: ClassVar[dict[str, type[Options]]] = {**Restorer.parts, "degradation": Noise}
    degradation: Noise

    def corrupt(
        self, x: Array, *, noise: Array | None = None, generator: Generator | None = None
    ) -> Array:
        """Return images with noise, cut to [0, 1] as an image file would have them.

        The standard normal `noise`, of the shape of `x`, is drawn by `generator` if not given.
        """
        return _with_noise(x, self.degradation.noise, noise, generator)


class Deblurring(SameSizeRestorer):
    r"""Images as sharp as they were before a Gaussian blur: see `SameSizeRestorer`.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of the originals.
    channels, criterion, perceptual, adversarial, patch_channels
        As for `SuperResolution`.
    blur, noise
        See `Blur`.
    generator : Generator, optional
        Draws the initial weights.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Deblurring
    >>> model = Deblurring((1, 28, 28), channels=(8, 8), blur=1.0)
    >>> blurred = model.corrupt(minigen.rand(5, 1, 28, 28))
    >>> model.reconstruct(blurred).shape
    (5, 1, 28, 28)

    Derivation: restoration.mean, gaussian_blur, pixel_shuffle
    """

    name: ClassVar[str] = "deblurring"
    parts: ClassVar[dict[str, type[Options]]] = {**Restorer.parts, "degradation": Blur}
    degradation: Blur

    def corrupt(
        self, x: Array, *, noise: Array | None = None, generator: Generator | None = None
    ) -> Array:
        """Return blurred images, with a little noise; see `Denoising.corrupt`."""
        blurred = F.gaussian_blur(x, self.degradation.blur)
        return _with_noise(blurred, self.degradation.noise, noise, generator)


# -------------------------------------------------------------------------------- large pictures


class Local(Protocol):
    """A network of images of any size, whose outcome at a pixel depends on those around it."""

    @property
    def reach(self) -> int:
        """How many pixels around one decide what becomes of it."""

    def undo(self, x: Array) -> Tensor:
        """Return images of images (N, C, H, W)."""


def restore_in_tiles(model: Local, images: Array, side: int = TILE) -> Tensor:
    """Restore images of any size part by part, so that memory does not grow with them.

    Each tile is cut out with all the pixels around it that decide what becomes of it, restored, and
    cut to itself: what comes out is the same as if it had been restored as a whole.

    Parameters
    ----------
    model : Restorer or AnomalyDetection
        In evaluation mode.
    images : Tensor or array, shape (N, C, H, W)
        Degraded images.
    side : int
        Height and width of a tile, an even number.

    Returns
    -------
    Tensor, shape (N, C, f H, f W)

    Examples
    --------
    >>> import minigen
    >>> model = SuperResolution((1, 8, 8), channels=(4,))
    >>> images = minigen.rand(1, 1, 10, 11)
    >>> whole, parts = model.restore(images), restore_in_tiles(model, images, side=4)
    >>> bool(abs(whole - parts).max() < 1e-6)
    True
    """
    height, width = images.shape[2:]
    margin = model.reach + model.reach % UNSHUFFLED  # so that an even place stays an even one
    rows = []
    for top in range(0, height, side):
        row = []
        for left in range(0, width, side):
            first = (max(0, top - margin), max(0, left - margin))
            part = images[:, :, first[0] : top + side + margin, first[1] : left + side + margin]
            size = (min(side, height - top), min(side, width - left))
            row.append(_tile(model, part, (top - first[0], left - first[1]), size))
        rows.append(F.cat(row, axis=3))
    whole: Tensor = F.cat(rows, axis=2)
    return whole


def _tile(model: Local, part: Array, start: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Restore a part of images; return what became of its pixels from `start` on, in `size`."""
    made = model.undo(part)
    factor = made.shape[-1] // part.shape[-1]
    (top, left), (height, width) = start, size
    tile: Tensor = made[
        :, :, factor * top : factor * (top + height), factor * left : factor * (left + width)
    ]
    return tile


def _with_noise(
    x: Array, deviation: float, noise: Array | None, generator: Generator | None
) -> Array:
    if not deviation:
        return x
    drawn = draw_noise(x, generator) if noise is None else noise
    return F.clip(x + drawn * deviation, 0.0, 1.0)
