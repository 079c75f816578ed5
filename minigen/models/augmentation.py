r"""Random changes of all that a discriminator sees, through which the generator learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from minigen import functional as F
from minigen.engine.backend import Array, array_of, device_of, namespace, to_device
from minigen.engine.random import Generator, default_generator
from minigen.models.options import Options, Range


@dataclass(frozen=True)
class Augmentation(Options):
    r"""Random changes of images, real and generated alike, before the discriminator sees them.

    A discriminator learns few images by heart, and then has nothing to teach. Here it never sees
    one twice as it was. Generated images are changed, too, and so the generator learns to make
    images that look real after the change, not changed ones; and as each change is differentiable,
    its gradient passes through. Zhao et al. (2020), arXiv:2006.10738, whose ranges these are.

    Each image of each turn has changes of its own, in training alone. Shifts and colours can be
    told from what is in the images; mirror images can't, and belong where these are as likely. A
    data set may have defaults of its own for `minigen train`: all three changes for cifar10.

    Parameters
    ----------
    augment_shift : int
        By how many pixels at most images are shifted, up or down and sideways; what comes in is
        grey, halfway between black and white. 4 is the paper's for 32 x 32 pixels, and the default
        on cifar10.
    augment_colour : bool
        Whether images get brighter or darker by up to a quarter of the range, and their saturation
        is multiplied by 0 to 2, their contrast by 0.5 to 1.5. So they are by default on cifar10.
    augment_flip : bool
        Whether every other image is mirrored. So it is by default on cifar10.

    Examples
    --------
    >>> import minigen
    >>> images = minigen.rand(5, 3, 8, 8) * 2 - 1
    >>> Augmentation(augment_shift=2, augment_flip=True).change(images).shape
    (5, 3, 8, 8)

    Derivation: gan.augmentation
    """

    augment_shift: Annotated[int, Range(0)] = 0
    augment_colour: bool = False
    augment_flip: bool = False

    earlier: ClassVar[Mapping[str, Any]] = {
        "augment_shift": 0,
        "augment_colour": False,
        "augment_flip": False,
    }

    def change(self, images: Array, generator: Generator | None = None) -> Array:
        """Return images (N, C, H, W), in [-1, 1] or near it, each changed at random."""
        source = generator or default_generator()
        if self.augment_colour:
            images = _recoloured(images, source)
        if self.augment_shift:
            images = _shifted(images, self.augment_shift, source)
        if self.augment_flip:
            mirrored = _one_each(images, source) < 0.5
            images = F.where(mirrored, F.flip(images, -1), images)
        return images


def _one_each(images: Array, source: Generator) -> Array:
    """Draw a number in [0, 1) for each image, shape (N, 1, 1, 1)."""
    array = array_of(images)
    return source.uniform((len(array), 1, 1, 1), array.dtype, device_of(array))


def _recoloured(images: Array, source: Generator) -> Array:
    """Change brightness, saturation and contrast."""
    images = images + (_one_each(images, source) - 0.5)
    grey = F.mean(images, axis=1, keepdims=True)
    images = (images - grey) * (_one_each(images, source) * 2) + grey
    middle = F.mean(images, axis=(1, 2, 3), keepdims=True)
    return (images - middle) * (_one_each(images, source) + 0.5) + middle


def _shifted(images: Array, most: int, source: Generator) -> Array:
    """Shift each image by whole pixels, drawn from -most to most for each direction."""
    count, channels, height, width = images.shape
    library, device = namespace(array_of(images)), device_of(array_of(images))
    drawn = source.integers(0, 2 * most + 1, (2, count, 1, 1, 1), batch_axis=1)
    starts = to_device(drawn, device)
    of_image = library.arange(count).reshape(-1, 1, 1, 1)
    of_channel = library.arange(channels).reshape(1, -1, 1, 1)
    rows = starts[0] + library.arange(height).reshape(1, 1, -1, 1)
    columns = starts[1] + library.arange(width)
    return F.pad(images, (most,) * 4)[of_image, of_channel, rows, columns]
