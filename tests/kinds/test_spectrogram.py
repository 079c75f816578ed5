from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import minigen
from minigen import kinds
from minigen.data.spoken import MELS
from minigen.data.waves import read_wave
from minigen.kinds.spectrogram import SpectrogramKind, in_colour
from tests.words import WORDS, beeps, long_beeps

KIND = SpectrogramKind()
SAMPLES = minigen.tensor(long_beeps("test").scaled()[:2])


def test_captions_are_the_words_of_a_data_set() -> None:
    assert list(KIND.captions(np.array([2, 0]), beeps("test"))) == ["on", "up"]
    assert list(KIND.captions(None, beeps("test"))) == []
    assert KIND.options(beeps("test")) == {"words": list(WORDS)}


def test_a_picture_is_in_colours_and_a_sound_beside_it_if_asked(tmp_path: Path) -> None:
    KIND.draw_samples(tmp_path / "a.png", SAMPLES, kinds.Setting(real=lambda: SAMPLES))
    assert not (tmp_path / "a.wav").exists()
    with Image.open(tmp_path / "a.png") as picture:
        assert np.ptp(np.asarray(picture.convert("RGB")).astype(int), axis=-1).max() > 50
    KIND.draw_samples(tmp_path / "b.png", SAMPLES, kinds.Setting(real=lambda: SAMPLES, aloud=True))
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.png", "b.wav"}
    sounds, rate = read_wave(tmp_path / "b.wav")
    assert rate == MELS.rate
    assert len(sounds) == 2 * (MELS.samples + round(MELS.samples / 10))


def test_a_sample_alone_is_a_sound_or_a_grey_picture(tmp_path: Path) -> None:
    assert KIND.alone == "wav"
    KIND.draw_one(tmp_path / "0.wav", SAMPLES.numpy()[0])
    assert abs(read_wave(tmp_path / "0.wav")[0]).max() > 0.8
    KIND.draw_one(tmp_path / "0.png", SAMPLES.numpy()[0])
    with Image.open(tmp_path / "0.png") as picture:
        assert (picture.size, picture.mode) == ((32, 32), "L")


def test_reconstructions_and_walks_are_drawn(tmp_path: Path) -> None:
    KIND.draw_with_captions(
        tmp_path / "a.png", SAMPLES.numpy(), SAMPLES, None, "words", ["up", "down"]
    )
    KIND.draw_rows(tmp_path / "b.png", SAMPLES.reshape(1, 2, 1, 32, 32), title="a walk")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.png"}


def test_louder_places_are_brighter() -> None:
    shades = in_colour(np.linspace(0, 1, 9).reshape(1, 1, 1, 9)).astype(int).sum(axis=1)
    assert (np.diff(shades) > 0).all()
