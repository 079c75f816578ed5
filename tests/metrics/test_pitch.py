"""YIN on sounds whose pitch is known, and on those that have none."""

from __future__ import annotations

import numpy as np
import pytest

from minigen.metrics import find_pitch
from minigen.metrics.pitch import RANGE

RATE = 8000
T = np.arange(1024) / RATE


@pytest.mark.parametrize("pitch", [82.4, 110.0, 196.0, 441.3, 880.0])
@pytest.mark.parametrize("harmonics", [(1.0,), (1.0, 0.8, 0.6), (0.0, 1.0, 1.0)])
def test_sums_of_harmonics_have_the_pitch_of_the_fundamental(
    pitch: float, harmonics: tuple[float, ...]
) -> None:
    x = sum(a * np.sin(2 * np.pi * k * pitch * T + k) for k, a in enumerate(harmonics, 1))
    found = find_pitch(np.asarray(x), RATE)
    assert abs(1200 * np.log2(found.frequency[0] / pitch)) < 10
    assert found.clear(*RANGE).all()


def test_noise_and_silence_have_none() -> None:
    noise = np.random.default_rng(0).normal(size=(200, 1024))
    assert not find_pitch(noise, RATE).clear(*RANGE).any()
    silence = find_pitch(np.zeros((1, 1024)), RATE)
    assert silence.aperiodicity.tolist() == [1]
    assert not silence.clear(*RANGE).any()


def test_two_pitches_of_equal_strength_are_not_one() -> None:
    x = np.sin(2 * np.pi * 200 * T) + np.sin(2 * np.pi * 330 * T)
    assert find_pitch(x, RATE).aperiodicity[0] > 0.15


def test_the_pitch_is_that_of_the_loudest_moment() -> None:
    x = np.where(T < 0.06, 0.1 * np.sin(2 * np.pi * 150 * T), np.sin(2 * np.pi * 300 * T))
    found = find_pitch(x, RATE)
    assert abs(found.frequency[0] - 300) < 2
    assert found.time[0] > 0.06


def test_a_clear_pitch_lies_in_the_range() -> None:
    found = find_pitch(np.sin(2 * np.pi * 500 * T), RATE)
    assert found.clear(100, 600).all()
    assert not found.clear(100, 400).any()


def test_too_short_sounds_are_refused() -> None:
    with pytest.raises(ValueError, match="pitches from 70 to 1000 Hz in sounds of 100 samples"):
        find_pitch(np.zeros(100), RATE)
