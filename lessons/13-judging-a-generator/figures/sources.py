"""The pictures of lesson 13, and three sources that each fail in another way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen import Generator, data

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Pictures:
    """Printed digits in random order, (N, 1, 28, 28) in [0, 1]: to learn from, and to judge by."""

    train: Array
    test: Array
    labels: Array
    """Which digit each test image shows."""


def printed_digits() -> Pictures:
    """Return 5,000 training images and all 10,000 test images."""
    train, test = (data.load("printed_digits", part) for part in ("train", "test"))
    chosen = Generator(1).permutation(len(train))[:5000]
    order = Generator(0).permutation(len(test))
    return Pictures(train.scaled()[chosen], test.scaled()[order], test.labels[order])


def blurred(images: Array, share: float = 1.0) -> Array:
    """Replace a share of each pixel by the mean of the 3x3 pixels about it."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = images.shape[2:]
    windows = [padded[:, :, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    mixed: Array = (1 - share) * images + share * np.mean(windows, axis=0, dtype=np.float32)
    return mixed


def three_sources(pictures: Pictures, count: int = 2000) -> dict[str, Array]:
    """Return images of A, which blurs, of B, which knows no nine, and of C, which copies."""
    rest, labels = pictures.test[4000:], pictures.labels[4000:]
    return {
        "A": blurred(pictures.test[2000 : 2000 + count]),
        "B": rest[labels != 9][:count],
        "C": pictures.train[:count],
    }


def shuffled_pixels(images: Array, seed: int = 4) -> Array:
    """Exchange the values of each pixel among the images, for every pixel in another way.

    The two halves are shuffled apart, so that either keeps the mean of its pixels.
    """
    random = np.random.default_rng(seed)
    shuffled: Array = np.concatenate(
        [random.permuted(half, axis=0) for half in np.array_split(images, 2)]
    )
    return shuffled
