"""Sounds as files: pictures, and WAV beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from minigen import kinds, models
from minigen.data import read_wave
from minigen.engine.creation import tensor
from minigen.engine.random import Generator
from minigen.kinds import Setting
from minigen.viz import Player

from ..sounds import LENGTH, RATE, sines

KIND = kinds.SoundKind(RATE)
X = sines("test").scaled()
SETTING = Setting(real=lambda: X)


def test_a_model_plays_in_the_rate_of_its_data() -> None:
    assert KIND.options(sines("test")) == {"rate": RATE}
    model = models.AudioVAE((1, LENGTH), (4,), (8,), 2, rate=RATE, generator=Generator(0))
    kind = kinds.kind_of(model)
    assert isinstance(kind, kinds.SoundKind)
    assert kind.rate == RATE


def test_samples_are_drawn_and_written_one_after_the_other(tmp_path: Path) -> None:
    KIND.draw_samples(tmp_path / "s.png", tensor(X), SETTING)
    assert (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"
    samples, rate = read_wave(tmp_path / "s.wav")
    assert rate == RATE
    assert len(samples) == 8 * round(1.1 * LENGTH)
    assert np.allclose(samples[:LENGTH], X[0, 0], atol=1e-4)


def test_a_wav_file_alone_is_no_picture(tmp_path: Path) -> None:
    KIND.draw_samples(tmp_path / "s.wav", tensor(X), SETTING)
    KIND.draw_one(tmp_path / "one.wav", X[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.wav", "s.wav"]
    assert np.allclose(read_wave(tmp_path / "one.wav")[0], X[0, 0], atol=1e-4)


def test_each_reconstruction_follows_its_original(tmp_path: Path) -> None:
    KIND.draw_reconstructions(tmp_path / "r.png", X[:2], tensor(-X[:2]), None, "title")
    samples, _ = read_wave(tmp_path / "r.wav")
    second = samples[round(1.1 * LENGTH) :][:LENGTH]
    assert np.allclose(second, -X[0, 0], atol=1e-4)


def test_walks_are_a_table_of_spectrograms(tmp_path: Path) -> None:
    KIND.draw_rows(tmp_path / "w.png", X.reshape(2, 4, 1, LENGTH), title="walks")
    assert {path.name for path in tmp_path.iterdir()} == {"w.png", "w.wav"}


def test_samples_as_arrays_have_no_channel() -> None:
    assert KIND.arrays(X)["sounds"].shape == (8, LENGTH)


def test_a_notebook_plays_one_sound_or_several() -> None:
    assert len(Player(X, RATE).wave) > len(Player(X[0, 0], RATE).wave)
    assert Player(X, RATE)._repr_html_().endswith('"></audio>')
