"""Sounds as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from minigen import viz

T = np.arange(1024) / 8000
TONE = 0.9 * np.sin(2 * np.pi * 1000 * T)


def test_sounds_stand_in_rows_of_waves_above_spectrograms(tmp_path: Path) -> None:
    sounds = np.stack([TONE, TONE / 9])[:, np.newaxis]
    viz.save_sounds(tmp_path / "one.png", {"": sounds}, 8000)
    viz.save_sounds(tmp_path / "two.png", {"a": sounds, "b": sounds[:, 0]}, 8000, title="both")
    one, two = (imread(tmp_path / f"{name}.png") for name in ("one", "two"))
    assert two.shape[0] > 1.5 * one.shape[0]
    assert two.shape[1] == one.shape[1]


def test_a_spectrogram_is_bright_where_the_pitch_is_and_low_pitches_are_below() -> None:
    image = viz.spectrogram_images(np.stack([TONE, TONE]))
    assert image.shape == (2, 1, 65, 65)
    assert image.min() >= 0
    assert image.max() <= 1
    assert image[0, 0, :, 32].argmax() == 64 - 16


def test_sounds_in_a_row_are_parted_by_silence() -> None:
    row = viz.in_a_row(np.ones((3, 20)))
    assert row.tolist() == ([1.0] * 20 + [0.0] * 2) * 3
