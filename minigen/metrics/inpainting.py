r"""How near the fillings of holes come to what was there, beside what needs no network."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, to_numpy
from minigen.engine.random import Generator
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches

if TYPE_CHECKING:
    from minigen.models.inpainting import Inpainting

Images = npt.NDArray[np.float32]
Holes = npt.NDArray[np.bool_]

SWEEPS: Final = 100
"""How often `laplace_filling` goes over all pixels."""

_STENCIL: Final = ((-1, 0), (1, 0), (0, -1), (0, 1))


def laplace_filling(images: Images, holes: Holes, sweeps: int = SWEEPS) -> Images:
    r"""Fill holes as smoothly as possible: each pixel becomes the mean of its four neighbours.

    That is Laplace's equation, :math:`\Delta x = 0`, with the known pixels around a hole as its
    boundary; beyond its border an image goes on as its border. It is solved by successive
    over-relaxation on the squares of a chessboard, white ones and black ones in turn.

    Parameters
    ----------
    images : array of float32, shape (N, C, H, W)
        On the host; what they are in the holes does not matter.
    holes : array of bool, shape (N, 1, H, W)
        True where a pixel is missing.
    sweeps : int, default 100
        How often all pixels are gone over: enough for holes of some dozen pixels.

    Returns
    -------
    array of float32, shape (N, C, H, W)

    References
    ----------
    Young (1954), *Iterative methods for solving partial difference equations of elliptic type*.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.broadcast_to(np.arange(8, dtype=np.float32), (1, 1, 8, 8))
    >>> holes = np.zeros((1, 1, 8, 8), bool)
    >>> holes[..., 2:6, 2:6] = True
    >>> bool(abs(laplace_filling(ramp, holes) - ramp).max() < 1e-4)
    True
    """
    filled = np.where(holes, np.float32(0.5), images).astype(np.float32)
    sides = holes.any(axis=(1, 3)).sum(axis=1), holes.any(axis=(1, 2)).sum(axis=1)
    longest = max(1, int(np.maximum(*sides).max(initial=0)))
    relaxation = np.float32(2 / (1 + math.sin(math.pi / (longest + 1))))
    rows, columns = np.indices(images.shape[2:])
    for _ in range(sweeps):
        for colour in (0, 1):
            padded = np.pad(filled, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
            height, width = images.shape[2:]
            around = sum(
                padded[:, :, 1 + down : 1 + down + height, 1 + right : 1 + right + width]
                for down, right in _STENCIL
            )
            moved = holes & ((rows + columns) % 2 == colour)
            filled += np.where(moved, relaxation * (around / 4 - filled), np.float32(0))
    return filled


@dataclass(frozen=True)
class InpaintingReport:
    """The mean squared error in the holes of `count` images, by the name of what filled them."""

    count: int
    hole_mse: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def judge_inpainting(
    model: Inpainting,
    images: Array,
    others: Array,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> InpaintingReport:
    """Cut holes into images, fill them, and compare them with what was there.

    The model's fillings stand beside the mean of other images and `laplace_filling`.

    Parameters
    ----------
    model : Inpainting
        The model, which draws the holes, too.
    images : array, shape (N, C, H, W)
        Test images.
    others : array, shape (M, C, H, W)
        Training images, of which the mean is taken.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Inpainting
    >>> images = minigen.rand(10, 1, 16, 16).numpy()
    >>> model = Inpainting((1, 16, 16), channels=(8, 16), code=4, hole=6)
    >>> list(judge_inpainting(model, images, images).hole_mse)
    ['the model', 'mean image', "Laplace's equation"]
    """
    generator = generator or Generator(0)
    mean = np.asarray(to_numpy(others)).mean(axis=0, dtype=np.float64).astype(np.float32)
    errors: dict[str, float] = {}
    missing = 0
    with measuring(model):
        for batch, _ in minibatches(model, images, batch_size):
            seen = model.corrupt(batch, generator=generator)
            originals, given = to_numpy(batch), to_numpy(seen)
            holes = given[:, -1:] == 0
            fillings = {
                "the model": model.fill(seen).numpy(),
                "mean image": mean,
                "Laplace's equation": laplace_filling(given[:, :-1], holes),
            }
            for name, filling in fillings.items():
                squares = np.where(holes, np.square(filling - originals, dtype=np.float64), 0)
                errors[name] = errors.get(name, 0.0) + float(squares.sum())
            missing += int(holes.sum()) * originals.shape[1]
    return InpaintingReport(len(images), {name: sum_ / missing for name, sum_ in errors.items()})
