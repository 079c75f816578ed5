"""Sounds in a moment: sines of a few pitches."""

from __future__ import annotations

import numpy as np

from minigen.data.sounds import Sounds, as_integers

LENGTH, RATE = 256, 4000


def sines(split: str) -> Sounds:
    """Draw 300 sounds to train on, or 8 to test: `--dataset tests.sounds:sines`."""
    draw = np.random.Generator(np.random.PCG64(["train", "test"].index(split)))
    pitch = draw.uniform(300, 900, {"train": 300, "test": 8}[split])
    waves = 0.8 * np.sin(2 * np.pi * pitch[:, np.newaxis] * np.arange(LENGTH) / RATE)
    labels = (pitch > 600).astype(np.int64)
    return Sounds("sines", split, as_integers(waves), RATE, labels, ("low", "high"))
