"""The mel scale, its filters, and log-mel spectrograms of sounds."""

from __future__ import annotations

import numpy as np
import pytest

from minigen.data.mels import LogMel, from_onset, hertz_of, magnitudes_of, mel_filters, mel_of

MELS = LogMel()
TIME = np.arange(MELS.samples) / MELS.rate


def test_a_thousand_hertz_are_a_thousand_mels() -> None:
    assert float(mel_of(1000)) == pytest.approx(1000, abs=0.1)
    np.testing.assert_allclose(hertz_of(mel_of([0, 50, 440, 4000])), [0, 50, 440, 4000])


def test_filters_are_triangles_whose_neighbours_add_up_to_one() -> None:
    filters = mel_filters(32, 512, 8000, 50, 4000)
    peaks = hertz_of(np.linspace(float(mel_of(50)), float(mel_of(4000)), 34))
    frequencies = np.arange(257) * 8000 / 512
    for band, row in enumerate(filters):
        expected = np.interp(frequencies, peaks[band : band + 3], [0, 1, 0])
        np.testing.assert_allclose(row, expected, atol=1e-12)
    between = (frequencies >= peaks[1]) & (frequencies <= peaks[-2])
    np.testing.assert_allclose(filters.sum(axis=0)[between], 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((32, 512, 8000, 50, 4001), "0 <= low < high <= 4000 Hz, half the rate"),
        ((0, 512, 8000, 50, 4000), "at least 1 band"),
        ((64, 128, 8000, 50, 4000), "64 bands are so narrow that no frequency"),
    ],
)
def test_filters_that_can_not_be_are_refused(
    options: tuple[int, int, int, float, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        mel_filters(*options)


def test_a_tone_is_a_line_in_its_band_however_loud_it_is() -> None:
    peaks = hertz_of(np.linspace(float(mel_of(50)), float(mel_of(4000)), 34))[1:-1]
    for band in (3, 15, 30):
        image = MELS.image(np.sin(2 * np.pi * peaks[band] * TIME))
        assert set(image[:, 2:-2].argmax(axis=0)) == {31 - band}
        np.testing.assert_allclose(MELS.image(0.01 * np.sin(2 * np.pi * peaks[band] * TIME)), image)


def test_silence_is_black_and_sounds_are_cut_or_filled_up() -> None:
    assert not MELS.image(np.zeros(100)).any()
    tone = np.sin(2 * np.pi * 500 * TIME)
    np.testing.assert_array_equal(MELS.image(np.tile(tone, 2)), MELS.image(tone))
    short = MELS.image(tone[: 8 * MELS.hop])
    assert short[:, 3].any()
    assert not short[:, 12:].any()


def test_several_sounds_are_seen_one_by_one() -> None:
    sounds = np.random.default_rng(0).normal(size=(2, 3, 2000))
    images = MELS.image(sounds)
    assert images.shape == (2, 3, 32, 32)
    np.testing.assert_allclose(images[1, 2], MELS.image(sounds[1, 2]))


def test_a_sound_of_a_spectrogram_has_that_spectrogram_about() -> None:
    glide = np.sin(2 * np.pi * np.cumsum(300 + 2000 * TIME) / MELS.rate)
    hiss = np.random.default_rng(0).normal(size=MELS.samples) * (TIME > 0.3)
    image = MELS.image(glide + 0.1 * hiss)
    sound = MELS.sound(image, iterations=20)
    assert sound.shape == (MELS.samples,)
    assert abs(sound).max() == pytest.approx(0.9)
    assert abs(MELS.image(sound) - image).mean() < 0.03
    assert not MELS.sound(np.zeros((2, 32, 32)), iterations=1).any()


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"of shape \(..., 32, 32\) are expected, got \(32, 31\)"):
        MELS.sound(np.zeros((32, 31)))


@pytest.mark.derivation("mel_inversion")
def test_estimated_magnitudes_are_not_negative_and_the_error_falls() -> None:
    filters = mel_filters(8, 64, 8000, 0, 4000)
    mels = filters @ np.random.default_rng(0).uniform(0, 1, (33, 4))
    errors = []
    for updates in (0, 1, 5, 50):
        found = magnitudes_of(mels, filters, updates)
        assert found.min() >= 0
        errors.append(np.square(filters @ found - mels).sum())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3


def test_silence_around_a_word_is_left_out() -> None:
    word = np.array([0.5, -1.0, 0.3])
    sound = np.concatenate([np.full(1000, 0.001), word, np.zeros(500)])
    assert from_onset(sound, 8000).tolist() == [0.001] * 160 + word.tolist()
    assert not len(from_onset(np.zeros(50), 8000))
