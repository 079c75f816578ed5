r"""How near translated images come to what was wanted, beside the images as they were given."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen import optim
from minigen.data.batching import Batches
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator
from minigen.metrics.features import FeatureExtractor
from minigen.metrics.samples import BATCH_SIZE, blocks, measuring, minibatches
from minigen.ops.losses import cross_entropy

if TYPE_CHECKING:
    from minigen.models.translation import Pix2Pix

Pixels = npt.NDArray[np.float32]

JUDGE_CHANNELS: Final = (16, 32)
JUDGE_EPOCHS: Final = 8
JUDGE_BATCH: Final = 64
JUDGE_RATE: Final = 2e-3


def train_style_judge(
    inputs: Array, targets: Array, *, generator: Generator | None = None
) -> FeatureExtractor:
    """Train a classifier that tells targets, its class 1, from inputs, its class 0.

    It is small, and learns in seconds from some thousand images.

    Parameters
    ----------
    inputs, targets : array, shape (N, C, H, W)
        In [0, 1]; of height and width as much is seen as 4 divides.
    generator : Generator, optional
        Draws its first weights and the order of the images; seeded with 0 if not given.
    """
    source = generator or Generator(0)
    images = np.concatenate([to_numpy(array_of(inputs)), to_numpy(array_of(targets))])
    labels = np.repeat(np.array([0, 1]), len(inputs))
    images = _as_seen(images)
    judge = FeatureExtractor(images.shape[1:], JUDGE_CHANNELS, 2, generator=source)
    optimizer = optim.Adam(judge.parameters(), lr=JUDGE_RATE)
    whole = len(images) >= JUDGE_BATCH  # a rest may be too few for batch norm
    batches = Batches(
        (images, labels), JUDGE_BATCH, shuffle=True, drop_last=whole, generator=source
    )
    for _ in range(JUDGE_EPOCHS):
        for some, classes in batches:
            loss = cross_entropy(judge(some), classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return judge.eval()


def judged_targets(judge: FeatureExtractor, images: Array) -> npt.NDArray[np.bool_]:
    """Tell which images (N, C, H, W) a judge of style takes for targets: (N,)."""
    seen = _as_seen(to_numpy(array_of(images)))
    with measuring(judge):
        parts = [to_numpy(judge(some).array) for some, _ in minibatches(judge, seen, BATCH_SIZE)]
    logits = np.concatenate(parts)
    taken: npt.NDArray[np.bool_] = logits[:, 1] > logits[:, 0]
    return taken


def _as_seen(images: Pixels) -> Pixels:
    """Return images cut to a height and width that the judge's two convolutions can halve."""
    height, width = (length - length % 4 for length in images.shape[2:])
    return images[:, :, :height, :width]


def nearest_images(images: Array, among: Array, shift: int = 1) -> npt.NDArray[np.int64]:
    """Return for each image the number of the nearest of others, by squared error.

    Each may be shifted by up to `shift` pixels, up or down and sideways: where it stands is not
    what it is.

    Parameters
    ----------
    images : array, shape (N, C, H, W)
    among : array, shape (M, C, H, W)

    Examples
    --------
    >>> import minigen
    >>> others = minigen.rand(9, 1, 8, 8).numpy()
    >>> moved = np.roll(others[[7, 3]], 1, axis=3)
    >>> nearest_images(moved, others).tolist()
    [7, 3]
    """
    given, others = to_numpy(array_of(images)), to_numpy(array_of(among))
    rows = others.reshape(len(others), -1)
    squares = np.square(rows, dtype=np.float64).sum(axis=1)
    padded = np.pad(given, ((0, 0), (0, 0), (shift, shift), (shift, shift)))
    height, width = given.shape[2:]
    found = np.empty(len(given), np.int64)
    for block in blocks(len(given), len(others)):
        least = np.full((len(given[block]), len(others)), np.inf)
        for down, right in np.ndindex(2 * shift + 1, 2 * shift + 1):
            moved = padded[block, :, down : down + height, right : right + width]
            moved = moved.reshape(len(moved), -1)
            own = np.square(moved, dtype=np.float64).sum(axis=1, keepdims=True)
            least = np.minimum(least, own - 2 * (moved @ rows.T) + squares)
        found[block] = least.argmin(axis=1)
    return found


@dataclass(frozen=True)
class Translations:
    """How some images stand to the targets.

    Attributes
    ----------
    l1 : float
        The mean absolute error of a pixel.
    of_the_inputs : float
        That error, divided by that of the inputs as they are.
    called_targets : float
        The share that a judge of style takes for targets.
    recognised : float
        The share whose nearest target, of all that there are, is the right one.
    """

    l1: float
    of_the_inputs: float
    called_targets: float
    recognised: float


@dataclass(frozen=True)
class TranslationReport:
    """Translations of `count` images beside inputs and targets, by the names of the three.

    The judge is right on the share `judge_accuracy` of inputs and targets that it has not seen; and
    a target is looked for among `candidates`.
    """

    count: int
    candidates: int
    judge_accuracy: float
    outcomes: Mapping[str, Translations]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def judge_translation(
    model: Pix2Pix,
    pairs: Array,
    others: Array,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> TranslationReport:
    """Translate the inputs of pairs, and compare what comes of it with the targets.

    The translations stand between the inputs as they are, and the targets themselves. A judge of
    style, `train_style_judge`, learns from other pairs.

    Parameters
    ----------
    model : Pix2Pix
        The model.
    pairs : array, shape (N, 2 C, H, W)
        Test pairs, inputs and targets joined along channels.
    others : array, shape (M, 2 C, H, W)
        Training pairs: the judge learns from them, and their targets are among those that a
        translation is looked for.
    generator : Generator, optional
        Where the judge starts; seeded with 0 if not given.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Pix2Pix
    >>> pairs = minigen.rand(10, 2, 16, 16).numpy()
    >>> model = Pix2Pix((1, 16, 16), channels=(8, 8))
    >>> list(judge_translation(model, pairs, pairs).outcomes)
    ['the model', 'as they are', 'the targets']
    """
    half = pairs.shape[1] // 2
    inputs, targets = (to_numpy(array_of(part)) for part in (pairs[:, :half], pairs[:, half:]))
    with measuring(model):
        made = np.concatenate(
            [model.translate(some).numpy() for some, _ in minibatches(model, inputs, batch_size)]
        )
    judge = train_style_judge(others[:, :half], others[:, half:], generator=generator)
    every = np.concatenate([targets, to_numpy(array_of(others))[:, half:]])
    unchanged = _error(inputs, targets)
    outcomes = {
        name: Translations(
            l1=_error(images, targets),
            of_the_inputs=_error(images, targets) / unchanged,
            called_targets=float(judged_targets(judge, images).mean()),
            recognised=float((nearest_images(images, every) == np.arange(len(images))).mean()),
        )
        for name, images in (("the model", made), ("as they are", inputs), ("the targets", targets))
    }
    right = 1 - outcomes["as they are"].called_targets + outcomes["the targets"].called_targets
    return TranslationReport(len(pairs), len(every), right / 2, outcomes)


def _error(images: Pixels, targets: Pixels) -> float:
    return float(np.abs(images - targets).mean(dtype=np.float64))
