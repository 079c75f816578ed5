"""Images with sentences in a moment: a bar of a colour, lying or standing."""

from __future__ import annotations

import itertools

import numpy as np

from minigen.data import CaptionedImages, Scenes
from minigen.data.captioned import encode_sentences, make_vocabulary
from minigen.data.drawn import uniform
from minigen.data.scenes import VOCABULARY as OF_SCENES
from minigen.data.scenes import combinations_of, draw_scenes, tell

SIDE = 8
SENTENCES = [
    f"a {colour} bar{where}"
    for colour, where in itertools.product(("red", "blue"), (" standing", " lying flat"))
]
VOCABULARY = make_vocabulary(SENTENCES)


def bars(split: str) -> CaptionedImages:
    """Draw 48 bars to train on, or 24 to test: `--dataset tests.captions:bars`."""
    count = {"train": 48, "test": 24}[split]
    draw = np.random.Generator(np.random.PCG64(["train", "test"].index(split)))
    images = np.full((count, 3, SIDE, SIDE), 255, np.uint8)
    chosen = np.arange(count) % len(SENTENCES)
    for image, number in zip(images, chosen, strict=True):
        start = draw.integers(0, SIDE - 2)
        bar = image if number % 2 else image.transpose(0, 2, 1)
        bar[[1, 2 if number < 2 else 0], start : start + 3] = 0
    sentences = encode_sentences([SENTENCES[number] for number in chosen], VOCABULARY)
    return CaptionedImages("bars", split, images, sentences=sentences, vocabulary=VOCABULARY)


def few_scenes(split: str) -> Scenes:
    """Draw 20 scenes, which are called as all are: `--dataset tests.captions:few_scenes`."""
    combinations = combinations_of(split)[:20]
    told = tell(combinations, [False] * len(combinations))
    return Scenes(
        "scenes",
        split,
        draw_scenes(combinations, uniform((1,), len(combinations), 9)),
        sentences=encode_sentences(told, OF_SCENES),
        vocabulary=OF_SCENES,
        combinations=combinations,
    )
