"""Words in a moment: spectrograms of tones that rise, fall, or stay."""

from __future__ import annotations

import numpy as np

from minigen.data import SpokenWords

WORDS = ("up", "down", "on")


def beeps(split: str) -> SpokenWords:
    """Return 48 words to train on, or 24 to test: `--dataset tests.words:beeps`."""
    return _beeps(split, 8)


def long_beeps(split: str) -> SpokenWords:
    """Return these with as many bands and frames as sounds are made of."""
    return _beeps(split, 32)


def _beeps(split: str, side: int) -> SpokenWords:
    count = {"train": 48, "test": 24}[split]
    draw = np.random.Generator(np.random.PCG64(["train", "test"].index(split)))
    images = draw.integers(0, 20, (count, 1, side, side)).astype(np.uint8)
    labels = np.arange(count, dtype=np.int64) % len(WORDS)
    columns = np.arange(side)
    for image, label, start in zip(images, labels, draw.integers(0, 3, count), strict=True):
        rows = (columns[::-1], columns, np.full(side, side // 2))[label]
        image[0, (rows + start) % side, columns] = 255
    return SpokenWords(
        "beeps", split, images, labels, WORDS, voices=np.arange(count, dtype=np.int64) // 6
    )
