"""Spoken words: what the file holds, how voices are divided, and words of one's own."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

import minigen.data
from minigen.data import DataError, Sounds, speak_words, spoken
from minigen.data.spoken import SpokenWords, as_spectrograms

PARTS = {split: minigen.data.load("spoken", split) for split in minigen.data.SPLITS}


def test_the_file_is_the_one_that_is_described_and_small() -> None:
    contents = spoken.FILE.read_bytes()
    assert len(contents) < 1_000_000
    assert (
        hashlib.sha256(contents).hexdigest()
        == "8863dae7368421ed0b5dfdb08e3a5ed51016aa93d1311c7dc3a0ba048fe3a4fa"
    )


def test_each_voice_says_each_word_twice() -> None:
    for part, voices in ((PARTS["train"], 80), (PARTS["test"], 20)):
        assert part.voices is not None
        pairs, counts = np.unique(np.stack([part.voices, part.labels]), axis=1, return_counts=True)
        assert pairs.shape[1] == voices * 10
        assert set(counts) == {2}
        assert part.classes == spoken.WORDS


def test_no_voice_and_no_spectrogram_is_in_both_parts() -> None:
    train, test = PARTS["train"], PARTS["test"]
    assert train.voices is not None
    assert test.voices is not None
    assert not set(train.voices) & set(test.voices)
    images = [{image.tobytes() for image in part.images} for part in PARTS.values()]
    assert not images[0] & images[1]


def test_the_loudest_place_of_each_is_at_0_decibels() -> None:
    assert (PARTS["test"].images.max(axis=(1, 2, 3)) == spoken.LEVELS).all()


def test_voices_that_do_not_fit_are_refused() -> None:
    images, labels = np.zeros((2, 1, 4, 4), np.uint8), np.array([0, 1])
    with pytest.raises(ValueError, match="voices of int64, one for each of 2 spectrograms"):
        SpokenWords("x", "train", images, labels, ("a", "b"), voices=np.zeros(3, np.int64))


def noise(count: int, length: int = 6000) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.random.default_rng(0).integers(-3000, 3000, (count, length)).astype(np.int16)


def test_sounds_of_words_are_heard_from_where_they_begin() -> None:
    sounds = noise(2)
    late = np.pad(sounds, ((0, 0), (4000, 0)))
    early, later = (
        as_spectrograms(Sounds("mine", "train", each, 8000, np.array([0, 1]), ("no", "yes")))
        for each in (sounds, late)
    )
    assert later.classes == ("no", "yes")
    # 20 ms of silence, a frame, stand before what begins late.
    inside = later.images[..., 3:26].astype(int) - early.images[..., 2:25]
    assert abs(inside).max() <= 1


def test_sounds_that_are_no_words_are_refused() -> None:
    with pytest.raises(DataError, match=r"mine: WAV files of words are expected in sub-folders"):
        as_spectrograms(Sounds("mine", "train", noise(2), 8000))
    with pytest.raises(DataError, match="words at 8,000 Hz are expected, got 16,000 Hz"):
        as_spectrograms(Sounds("mine", "train", noise(2), 16000, np.array([0, 1]), ("a", "b")))


@pytest.mark.skipif(shutil.which(speak_words.PROGRAM) is None, reason="espeak-ng is not installed")
def test_the_synthesiser_says_a_word_in_time() -> None:
    sound = speak_words.speak_in_time("seven", "en-us+f3", 50, 100)
    assert 2000 < len(sound) <= spoken.MELS.samples
    assert abs(sound).max() > 0.1


def test_the_command_writes_what_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []

    def speak(word: str, voice: str, pitch: float, speed: float) -> object:
        said.append((word, voice))
        assert 30 <= pitch <= 70
        assert 150 <= speed <= 200
        return np.sin(np.arange(3000) * 0.3)

    monkeypatch.setattr(speak_words, "speak", speak)
    monkeypatch.setattr(spoken, "VOICES", ("en-gb", "en-us+f3"))
    monkeypatch.setattr(spoken, "FILE", tmp_path / "spoken.npz")
    speak_words.main([], standalone_mode=False)
    with np.load(tmp_path / "spoken.npz") as file:
        levels = file["spectrograms"]
    assert levels.shape == (2, 2, 10, 32, 32)
    assert levels.max() == spoken.LEVELS
    assert said[0] == ("zero", "en-gb")
    assert said[-1] == ("nine", "en-us+f3")
