r"""Finding what is not as it should be, by a network that has seen good images alone.

The network learns to make good images: whole ones, of images that were damaged. What it makes of a
bad one is what a good one would look like, and where the two differ is the defect.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, device_of, namespace
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.adversaries import SLOPE
from minigen.models.base import ImageShape
from minigen.models.networks import doubling, halving
from minigen.models.options import Count, Options, Range, Sizes
from minigen.models.restoration import UNSHUFFLED, Positive, Undoing

BLOBS: Final = 0.2
"""Which share of an image blobs cover, where nothing else is said and the code has places."""

_COARSE, _FINE = 7, 3  # pixels between the random values that blobs, and what is in them, are of


@dataclass(frozen=True)
class Codes(Options):
    """An autoencoder of convolutions, and how narrow it is in the middle.

    Parameters
    ----------
    channels : sequence of int
        Channels at half of the images' height and width, at a quarter and so on.
    code_channels : int
        Channels of the code, at the smallest of these sizes.
    code : int
        Features of a dense code in its place, for the image as a whole; with 0 there is none, and
        the network takes images of any size.
    """

    positional: ClassVar[tuple[str, ...]] = ("channels", "code_channels", "code")
    channels: Sizes = (32, 64)
    code_channels: Count = 16
    code: Annotated[int, Range(0)] = 0

    @property
    def divisor(self) -> int:
        """By which number height and width are divided in the middle."""
        return self._strides[-1]

    @property
    def _strides(self) -> list[int]:
        """How many pixels lie between neighbours at each size."""
        return [UNSHUFFLED << halved for halved in range(len(self.channels))]

    @property
    def reach(self) -> int:
        """How many pixels around one decide what becomes of it: a multiple of the `divisor`."""
        pixels = UNSHUFFLED + 2 * sum(self._strides) + 2 * self.divisor
        return math.ceil(pixels / self.divisor) * self.divisor

    def network(self, shape: ImageShape, source: Generator | None) -> nn.Sequential:
        """Make the network of images (C, H, W), with He's weights; ValueError if it can't halve.

        It works on images of half the height and width, 2 x 2 pixels of which are channels.
        """
        if not self.channels:
            raise ValueError("channels: one number, for half of the size, is the least, got none")
        pixels, first, last = shape[0] * UNSHUFFLED**2, self.channels[0], self.channels[-1]
        pairs = list(itertools.pairwise(self.channels))
        layers = [nn.PixelUnshuffle(UNSHUFFLED), *_same(pixels, first, source)]
        for wide, narrow in pairs:
            layers += [*halving(wide, narrow, True, source), nn.LeakyReLU(SLOPE)]
        layers += self._middle(shape, last, source)
        for high, low in reversed(pairs):
            layers += [*doubling(low, high, True, source), nn.LeakyReLU(SLOPE)]
        to_pixels = nn.Conv2d(first, pixels, 3, padding=1, generator=source)
        network = nn.Sequential(*layers, to_pixels, nn.PixelShuffle(UNSHUFFLED))
        nn.init.initialize_(network, nn.init.kaiming_normal_, source)
        return network

    def _middle(self, shape: ImageShape, last: int, source: Generator | None) -> list[nn.Module]:
        if not self.code:
            to_code = nn.Conv2d(last, self.code_channels, 3, padding=1, generator=source)
            return [to_code, *_same(self.code_channels, last, source)]
        if any(length % self.divisor for length in shape[1:]):
            raise ValueError(
                f"channels: with a dense code, a height and width divisible by {self.divisor} are "
                f"expected, got {shape[1]}x{shape[2]}: give fewer channels, or another size"
            )
        lowest = (last, *(length // self.divisor for length in shape[1:]))
        from_code = nn.Dense(self.code, math.prod(lowest), generator=source)
        return [
            nn.Flatten(),
            nn.Dense(math.prod(lowest), self.code, generator=source),
            *(from_code, nn.Unflatten(1, lowest), nn.BatchNorm2d(last), nn.LeakyReLU(SLOPE)),
        ]


def _same(before: int, after: int, source: Generator | None) -> list[nn.Module]:
    """Return a convolution that keeps the size, and what follows it."""
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=False, generator=source)
    return [convolution, nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE)]


@dataclass(frozen=True)
class Blobs(Options):
    """What is cut out of images in training.

    Parameters
    ----------
    blobs : float, in [0, 1)
        Which share of an image smooth blobs cover, in which it is replaced by smooth noise; 0 for
        none. By default 0.2, and with a dense code 0: it is narrow enough.
    """

    blobs: Annotated[float, Range(0, 1, high_open=True)] | None = None

    def cut(self, x: Array, generator: Generator | None) -> Array:
        """Return images (N, C, H, W) with blobs in them."""
        if not self.blobs:
            return x
        library = namespace(array_of(x))
        field = _smooth_noise(x, _COARSE, generator)
        ordered = library.sort(field.reshape(len(x), -1), axis=1)
        least = ordered[:, -max(1, round(self.blobs * ordered.shape[1]))]
        inside = field >= least.reshape(-1, 1, 1, 1)
        return F.where(inside, _smooth_noise(x, _FINE, generator), x)


def _smooth_noise(x: Array, step: int, generator: Generator | None) -> Array:
    """Return an image of one channel for each of x: uniform every few pixels, smooth between."""
    size = x.shape[2:]
    coarse = (len(x), 1, *(max(2, math.ceil(length / step)) for length in size))
    source, device = generator or default_generator(), device_of(array_of(x))
    return F.interpolate(source.uniform(coarse, x.dtype, device), size=size, mode="bilinear")


@dataclass(frozen=True)
class Blurring(Options):
    """How differences become a score.

    Parameters
    ----------
    smoothing : float
        Standard deviation of the Gaussian blur of the differences, in pixels: about the size of
        the smallest defect. A dense code needs none.
    """

    smoothing: Positive = 1.5


class AnomalyDetection(Undoing):
    r"""An autoencoder that makes good images of bad ones, and the differences between the two.

    .. math:: \min_\theta E_x \left[ \| r_\theta(\tilde x) - x \|^2 \right], \qquad
              s = G_\sigma * | x - r_\theta(x) |

    It is trained on good images alone, with smooth blobs cut into them, :math:`\tilde x`, to undo:
    otherwise what is as wide as an image may learn to pass everything on, defects too. The map s is
    the blurred absolute difference (its mean over channels), and an image's score the largest
    value in it.

    With a dense code all of an image passes through a few numbers. It is then judged as a whole:
    the map is the squared difference over the image's energy, :math:`(x_i - r_i)^2 / \sum_j x_j^2`,
    and the score its sum. Without the energy an image with few bright pixels, such as a 1, always
    scores low.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    channels, code_channels, code
        See `Codes`.
    blobs
        See `Blobs`.
    smoothing
        See `Blurring`.
    criterion : {"mse", "l1"}
        See `PixelLoss`.
    perceptual, adversarial, patch_channels
        See `Perception` and `PatchAdversary`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, or images can't be halved often enough for a dense code.

    References
    ----------
    Vincent, Larochelle, Bengio, Manzagol (2008): autoencoders that undo what was done to their
    input. Li, Sohn, Yoon, Pfister (2021), arXiv:2104.04015, and Zavrtanik, Kristan, Skočaj (2021),
    arXiv:2108.07610: defects that are made up, in rectangles or along smooth noise. Bergmann et al.
    (2019), arXiv:1807.02011: convolutional autoencoders, judged by what they change.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import AnomalyDetection
    >>> model = AnomalyDetection((1, 32, 32), channels=(8, 16), code_channels=4)
    >>> images = minigen.rand(5, 1, 32, 32)
    >>> maps = model.anomaly_maps(images)
    >>> maps.shape, model.anomaly_scores(maps).shape
    ((5, 1, 32, 32), (5,))
    >>> model.undo(minigen.rand(1, 1, 30, 17)).shape
    (1, 1, 30, 17)

    Derivation: restoration.mean, gaussian_blur
    """

    name: ClassVar[str] = "anomaly"
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": Codes,
        "damage": Blobs,
        "blurring": Blurring,
        **Undoing.parts,
    }
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it tells what is wrong with the images that it is given, and makes none of "
        "noise; see minigen detect"
    }
    networks: Codes
    damage: Blobs
    blurring: Blurring

    def build(self, generator: Generator | None) -> None:
        """Make the network, and the discriminator, if there is to be one."""
        if self.damage.blobs is None:
            self.damage = Blobs(0.0 if self.networks.code else BLOBS)
        self.network = self.networks.network(self.image_shape, generator)
        super().build(generator)

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return images with blobs in them, where and of what `generator` draws."""
        return self.damage.cut(x, generator)

    def undo(self, x: Array) -> Tensor:
        """Return what good images would look like (N, C, H, W), of images of any size.

        Where height or width can't be halved so often, they are continued by their last pixels.

        Raises
        ------
        ValueError
            If the code is dense, and images are not of the size that it is made for.
        """
        height, width = x.shape[2:]
        if self.networks.code and (height, width) != self.image_shape[1:]:
            expected = "x".join(map(str, self.image_shape[1:]))
            raise ValueError(
                f"AnomalyDetection: images of {expected} are expected, for which its dense code is "
                f"made, got {height}x{width}"
            )
        divisor = self.networks.divisor
        padding = (0, -width % divisor, 0, -height % divisor)
        whole = F.pad(x, padding, mode="replicate") if any(padding) else x
        made: Tensor = F.sigmoid(self.network(whole)[:, :, :height, :width])
        return made

    @property
    def reach(self) -> int:
        """How many pixels around one decide what becomes of it."""
        return self.networks.reach

    @property
    def judges_as_a_whole(self) -> bool:
        """Whether a score is of an image as a whole, and not of its worst place."""
        return self.networks.code > 0

    def anomaly_maps(self, x: Array, good: Array | None = None) -> Array:
        """Return how far each pixel is from good, (N, 1, H, W).

        Parameters
        ----------
        x : Tensor or array, shape (N, C, H, W)
            Images in [0, 1].
        good : Tensor or array, shape (N, C, H, W), optional
            What they should look like; by default what the model says.
        """
        difference = x - (self.undo(x) if good is None else good)
        if self.judges_as_a_whole:
            energy = (x * x).sum(axis=(1, 2, 3), keepdims=True) + 1e-6
            return (difference * difference).sum(axis=1, keepdims=True) / energy
        mean = abs(difference).mean(axis=1, keepdims=True)
        blurred: Array = F.gaussian_blur(mean, self.blurring.smoothing)
        return blurred

    def anomaly_scores(self, maps: Array) -> Array:
        """Return a score for each image, (N,), of its map: the larger, the worse."""
        rows = maps.reshape((len(maps), -1))
        return rows.sum(axis=1) if self.judges_as_a_whole else rows.max(axis=1)

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls to zero, and small batches."""
        return {"lr": 4e-3, "batch_size": 32, "schedule": "cosine"}
