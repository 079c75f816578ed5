r"""How translation between two styles does, and what its translations hide.

A cycle loss asks that an image translated and back again is the first once more. Where the other
style has no place for something, such as a colour in a drawing, that can't be; and yet training
gets there, because a network writes what would be lost into its translation, too faintly to be
seen, and reads it there again (Chu, Zhmoginov, Sandler, 2017, arXiv:1712.02950). So the error of a
cycle says little of its translations. What shows it: a true image of the other style, which holds
no such message, or a translation under a little noise, which drowns it, are led back worse.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches
from minigen.metrics.translation import judged_targets, train_style_judge
from minigen.models.cyclegan import BACK, CycleGAN

Pixels = npt.NDArray[np.float32]

NOISE: Final = 0.1
"""The standard deviation of the noise that is to drown a hidden message, of pixels in [0, 1]."""


@dataclass(frozen=True)
class Direction:
    """How translations into one of the styles do.

    Attributes
    ----------
    called : float
        The share that a judge of style takes for images of that style.
    l1, unchanged : float or None
        The mean absolute error of a pixel beside the true image of that style, and that of the
        images as they were given; None where no true images are known.
    led_back : mapping of str to float
        The mean absolute error of a pixel beside the images as they were given, of what becomes of
        images of that style on the way back: of the translations, of these under noise and, where
        they are known, of the true ones, without noise and with it.
    """

    called: float
    l1: float | None
    unchanged: float | None
    led_back: Mapping[str, float]


@dataclass(frozen=True)
class CycleReport:
    """Translations of `count` images of each style, by their directions.

    The judge is right on the share `judge_accuracy` of images of both styles that it has not seen.
    """

    count: int
    judge_accuracy: float
    directions: Mapping[str, Direction]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def judge_cycle(
    model: CycleGAN,
    images: Array,
    others: Array,
    *,
    paired: bool = True,
    noise: float = NOISE,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> CycleReport:
    """Translate images in both directions, and lead back what comes of it.

    Parameters
    ----------
    model : CycleGAN
        The model.
    images : array, shape (N, 2 C, H, W)
        Test images of both styles, joined along channels.
    others : array, shape (M, 2 C, H, W)
        Training images, from which a judge of style learns: see `train_style_judge`.
    paired : bool, default True
        Whether two test images that are joined are the same in both styles, so that each is the
        true translation of the other.
    noise : float
        Standard deviation of the noise.
    generator : Generator, optional
        Where the judge starts, then the noise; seeded with 0 if not given.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import CycleGAN
    >>> images = minigen.rand(10, 2, 16, 16).numpy()
    >>> report = judge_cycle(CycleGAN((1, 16, 16), channels=(8,)), images, images, paired=False)
    >>> list(report.directions["a-to-b"].led_back)
    ['the translation', 'the translation under noise']
    """
    source = generator or Generator(0)
    (a, b), learnt = _apart(images), _apart(others)
    judge = train_style_judge(*learnt, generator=source)

    def translated(some: Pixels, way: str) -> Pixels:
        with measuring(model):
            batches = minibatches(model, some, batch_size)
            return np.concatenate([model.translate(few, way).numpy() for few, _ in batches])

    def judged(way: str, given: Pixels, true: Pixels) -> Direction:
        made = translated(given, way)
        between = {"the translation": made, **({"the true image": true} if paired else {})}
        led_back = {}
        for what, some in between.items():
            noisy = (some + noise * source.normal(some.shape, np.float32)).clip(0, 1)
            for name, each in ((what, some), (f"{what} under noise", noisy)):
                led_back[name] = _error(translated(each, BACK[way]), given)
        share_of_b = float(judged_targets(judge, made).mean())
        return Direction(
            called=share_of_b if way == "a-to-b" else 1 - share_of_b,
            l1=_error(made, true) if paired else None,
            unchanged=_error(given, true) if paired else None,
            led_back=led_back,
        )

    mistaken, right = (float(judged_targets(judge, style).mean()) for style in (a, b))
    return CycleReport(
        count=len(a),
        judge_accuracy=(1 - mistaken + right) / 2,
        directions={"a-to-b": judged("a-to-b", a, b), "b-to-a": judged("b-to-a", b, a)},
    )


def _apart(images: Array) -> tuple[Pixels, Pixels]:
    """Return images in style a and those in style b, on the host."""
    pixels, half = to_numpy(array_of(images)), images.shape[1] // 2
    return pixels[:, :half], pixels[:, half:]


def _error(images: Pixels, wanted: Pixels) -> float:
    return float(np.abs(images - wanted).mean(dtype=np.float64))
