"""Pairs of images in a moment: a square, and the same square hollow."""

from __future__ import annotations

import numpy as np

from minigen.data import Pairs

SIDE = 16


def squares(split: str) -> Pairs:
    """Draw 60 pairs to train on, or 12 to test: `--dataset tests.pairs:squares`."""
    draw = np.random.Generator(np.random.PCG64(["train", "test"].index(split)))
    inputs = np.zeros(({"train": 60, "test": 12}[split], 1, SIDE, SIDE), np.uint8)
    targets = inputs.copy()
    for filled, hollow in zip(inputs[:, 0], targets[:, 0], strict=True):
        top, left = draw.integers(0, SIDE - 9, 2)
        filled[top : top + 9, left : left + 9] = 255
        hollow[top : top + 9, left : left + 9] = 255
        hollow[top + 2 : top + 7, left + 2 : left + 7] = 0
    return Pairs("squares", split, targets, inputs=inputs)
