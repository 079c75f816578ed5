"""Magnitudes of spectra, and decibels."""

from __future__ import annotations

import numpy as np
import pytest

from minigen import functional as F
from minigen.data.spectra import decibels, magnitudes

T = np.arange(1024) / 8000


@pytest.mark.parametrize("frame", [64, 256])
def test_a_sine_of_full_scale_has_one_in_frames_of_any_length(frame: int) -> None:
    found = magnitudes(np.sin(2 * np.pi * 1000 * T), frame, frame // 4)
    assert found.shape[0] == frame // 2 + 1
    middle = found[:, found.shape[1] // 2]
    assert middle.max() == pytest.approx(1)
    assert middle.argmax() == frame // 8


def test_they_are_those_of_the_op_with_gradients_but_for_the_scale() -> None:
    x = np.random.default_rng(0).normal(size=(2, 1024))
    ours = magnitudes(x, 128, 32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(128) / 128)
    theirs = np.asarray(F.spectrogram(x, 128, eps=1e-12)) * np.sqrt((window**2).sum()) * 4 / 128
    assert np.allclose(ours[..., 3:-3], theirs[..., 3:-3])


def test_decibels_have_a_floor() -> None:
    assert decibels(np.array([1.0, 0.1, 0.0])).tolist() == [0, -20, -60]
    assert decibels(np.array([0.0]), 40).tolist() == [-40]
