"""Tones: what is drawn is what is said."""

from __future__ import annotations

import numpy as np

from minigen import data
from minigen.data.tones import CLASSES, PITCHES, draw
from minigen.metrics import find_pitch


def test_tones_are_what_their_card_says() -> None:
    tones = data.load("tones", "test")
    assert isinstance(tones, data.Tones)
    x = tones.scaled()
    assert x.shape == (1500, 1, 1024)
    assert np.allclose(abs(x).max(axis=2), 0.9, atol=1e-4)
    assert abs(x[:, 0, -1]).max() == 0
    assert tones.labels is not None
    assert np.bincount(tones.labels).min() > 450
    assert PITCHES[0] <= tones.pitch.min()
    assert tones.pitch.max() <= PITCHES[1]
    of_chirps = tones.labels == CLASSES.index("chirp")
    assert (tones.pitch[~of_chirps, 0] == tones.pitch[~of_chirps, 1]).all()
    octaves = np.log2(tones.pitch[of_chirps, 1] / tones.pitch[of_chirps, 0])
    assert abs(octaves).max() <= 1


def test_both_parts_are_the_same_each_time_and_share_no_sound() -> None:
    train, test = data.load("tones"), data.load("tones", "test")
    assert (data.load("tones", "test").samples == test.samples).all()
    assert not {*train.pitch[:, 0]} & {*test.pitch[:, 0]}


def test_the_pitch_that_is_said_is_the_pitch_that_is_heard() -> None:
    tones = data.load("tones", "test")
    found = find_pitch(tones.scaled(), tones.rate)
    seconds = tones.samples.shape[1] / tones.rate
    true = tones.pitch[:, 0] + np.diff(tones.pitch)[:, 0] * found.time / seconds
    cents = 1200 * np.log2(found.frequency / true)
    assert np.median(abs(cents)) < 8
    assert np.percentile(abs(cents), 95) < 25
    assert found.clear(*PITCHES).mean() > 0.98


def test_notes_of_one_pitch_begin_alike() -> None:
    labels = np.zeros(2, np.int64)
    shares = np.array([[0.5, 0.5], [0.1, 0.9], [0.5, 0.5], [0.0, 1.0]])
    sounds, pitch = draw(labels, shares)
    assert (pitch == 220).all()
    assert np.corrcoef(sounds[0, :40], sounds[1, :40])[0, 1] > 0.99
    assert (sounds[0, 200:] ** 2).sum() < (sounds[1, 200:] ** 2).sum() / 5
