"""Clips in a moment: a bright point that goes to the right, a pixel a frame."""

from __future__ import annotations

import numpy as np

from minigen.data import Clips

SIDE, FRAMES = 8, 6


def points(split: str) -> Clips:
    """Draw 40 clips to train on, or 8 to test: `--dataset tests.clips:points`."""
    draw = np.random.Generator(np.random.PCG64(["train", "test"].index(split)))
    images = np.zeros(({"train": 40, "test": 8}[split], FRAMES, 1, SIDE, SIDE), np.uint8)
    for clip in images[:, :, 0]:
        row, column = draw.integers(0, SIDE, 2)
        for number, frame in enumerate(clip):
            frame[row, (column + number) % SIDE] = 255
    return Clips("points", split, images)
