r"""A network that fills holes in images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from minigen import functional as F
from minigen.engine.backend import Array, array_of, device_of, namespace, to_device
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.base import ImageShape
from minigen.models.options import Count, Options
from minigen.models.restoration import Undoing
from minigen.models.unet import UNets

GREY = 0.5
"""How bright holes are shown."""


@dataclass(frozen=True)
class Hole(Options):
    """What is cut out of images in training.

    Parameters
    ----------
    hole : int, optional
        Height and width of the square, in pixels; its place is drawn for each image. By default
        three sevenths of the image's shorter side: 12 of 28 pixels.
    """

    hole: Count | None = None

    def suited_to(self, shape: ImageShape) -> Self:
        """Return the same with a size; ValueError if a hole would be as large as the image."""
        shorter = min(shape[1:])
        hole = max(1, round(shorter * 3 / 7)) if self.hole is None else self.hole
        if hole >= shorter:
            raise ValueError(
                f"hole: fewer than the image's {shorter} pixels are expected, got {hole}"
            )
        return replace(self, hole=hole)


class Inpainting(Undoing):
    r"""Images whose holes are filled with what may have been there.

    .. math:: r_\theta(x, m) = m\, x + (1 - m)\, \sigma(f_\theta(m\, x, m)), \qquad
              \min_\theta\; E_{x, m} \left[ \| r_\theta(x, m) - x \|^2 \right]

    The mask m is 1 where the image is known and 0 in the hole. The network f sees it beside the
    image, as a further channel: a black pixel is then told from a missing one.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    channels, code
        See `UNets`.
    hole : int, optional
        See `Hole`.
    criterion : {"mse", "l1"}
        See `PixelLoss`.
    perceptual, adversarial, patch_channels
        See `Perception` and `PatchAdversary`, in `minigen.models.restoration` and
        `minigen.models.patches`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, the images can't be halved often enough, or a hole is as large
        as an image.

    References
    ----------
    Pathak et al. (2016), arXiv:1604.07379, who add a discriminator for sharper fillings.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Inpainting
    >>> model = Inpainting((1, 28, 28), channels=(8, 16), code=8)
    >>> seen = model.corrupt(minigen.rand(5, 1, 28, 28))
    >>> seen.shape, model.reconstruct(seen).shape
    ((5, 2, 28, 28), (5, 1, 28, 28))

    Derivation: restoration.mean
    """

    name: ClassVar[str] = "inpainting"
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": UNets,
        "damage": Hole,
        **Undoing.parts,
    }
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it fills holes in the images that it is given, and makes none of noise; "
        "see minigen inpaint"
    }
    networks: UNets
    damage: Hole

    def build(self, generator: Generator | None) -> None:
        """Make the network."""
        self.damage = self.damage.suited_to(self.image_shape)
        self.network = self.networks.network(self.image_shape, self.image_shape[0] + 1, generator)
        super().build(generator)

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return images with a hole, black there, and the mask as a last channel (N, C + 1, H, W).

        `generator` draws where the holes are.
        """
        return with_holes(x, self._draw_holes(x, generator))

    def shown(self, corrupted: Array) -> Array:
        """Return images whose holes are grey."""
        return corrupted[:, :-1] + (1 - corrupted[:, -1:]) * GREY

    def fill(self, x: Array) -> Tensor:
        """Return images (N, C, H, W) of images with masks: see `corrupt` and `with_holes`."""
        known = x[:, -1:]
        restored: Tensor = x[:, :-1] + (1 - known) * F.sigmoid(self.network(x))
        return restored

    def undo(self, x: Array) -> Tensor:
        """Fill."""
        return self.fill(x)

    def _draw_holes(self, x: Array, generator: Generator | None) -> Array:
        """Return where each image has its hole: Booleans (N, 1, H, W)."""
        count, _, height, width = x.shape
        device, library = device_of(array_of(x)), namespace(array_of(x))
        source, side = generator or default_generator(), self.damage.hole or 1
        top, left = (
            to_device(source.integers(0, length - side + 1, (count, 1, 1, 1)), device)
            for length in (height, width)
        )
        rows = library.arange(height).reshape(-1, 1) - top
        columns = library.arange(width) - left
        holes: Array = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
        return holes


def with_holes(images: Array, holes: Array) -> Array:
    """Return images with holes, and their mask, as `Inpainting.fill` takes them.

    Parameters
    ----------
    images : Tensor or array, shape (N, C, H, W)
        In [0, 1]; what they are in the holes does not matter.
    holes : array of bool, shape (N, 1, H, W)
        True where a pixel is missing.

    Returns
    -------
    Tensor or array, shape (N, C + 1, H, W)
        The last channel is 1 where the image is known, and 0 in the holes.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> holes = np.zeros((1, 1, 1, 2), bool)
    >>> holes[..., 0] = True
    >>> with_holes(minigen.full((1, 1, 1, 2), 0.5), holes).tolist()
    [[[[0.0, 0.5]], [[0.0, 1.0]]]]
    """
    known = (~array_of(holes)).astype(images.dtype)
    return F.cat([images * known, known], axis=1)
