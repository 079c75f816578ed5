"""Distances of sounds, and judges of generated ones."""

from __future__ import annotations

import numpy as np
import pytest

from minigen.engine.random import Generator
from minigen.metrics import judge_pitches, judge_sounds, log_spectral_distance, spectral_convergence
from minigen.metrics.sounds import PrincipalComponents, compare_sounds
from minigen.models import AudioVAE

from ..sounds import LENGTH, RATE, sines

T = np.arange(1024) / 8000
TONE = 0.5 * np.sin(2 * np.pi * 440 * T)[np.newaxis]


def test_a_sound_is_at_no_distance_from_itself_whatever_its_phase() -> None:
    assert spectral_convergence(TONE, TONE)[0] == 0
    assert log_spectral_distance(TONE, TONE)[0] == 0
    assert spectral_convergence(-TONE, TONE)[0] == pytest.approx(0)


def test_half_as_loud_is_six_decibels_away_where_anything_is_heard() -> None:
    noise = 0.3 * np.random.default_rng(0).normal(size=(3, 1024))
    assert np.allclose(log_spectral_distance(noise / 2, noise), 6.02, atol=0.01)
    assert np.allclose(spectral_convergence(noise / 2, noise), 0.5)


def test_what_is_too_quiet_to_be_heard_does_not_count() -> None:
    hiss = 1e-5 * np.random.default_rng(0).normal(size=(1, 1024))
    assert log_spectral_distance(hiss, 0 * hiss)[0] == 0


def test_a_waveform_with_another_phase_is_far_off_and_its_spectrum_is_not() -> None:
    other = 0.5 * np.cos(2 * np.pi * 440 * T)[np.newaxis]
    likeness = compare_sounds(other, TONE)
    assert likeness.error == pytest.approx(2, abs=0.05)
    assert likeness.convergence < 0.1


def test_principal_components_are_the_best_linear_code() -> None:
    draw = np.random.default_rng(0)
    flat = draw.normal(size=(50, 3)) @ draw.normal(size=(3, 40)) + 1
    assert np.allclose(PrincipalComponents(flat, 3).reconstruct(flat), flat)
    assert not np.allclose(PrincipalComponents(flat, 2).reconstruct(flat), flat, atol=0.1)


def test_reconstructions_are_reported_beside_a_code_of_the_same_length() -> None:
    model = AudioVAE((1, LENGTH), (4, 8), (16,), 3, stride=4, generator=Generator(0))
    x = sines("train").scaled()
    report = judge_sounds(model, sines("test").scaled(), x).to_dict()
    assert (report["count"], report["code"]) == (8, 3)
    assert list(report["likeness"]) == ["the model", "3 principal components"]


def test_real_tones_have_clear_pitches_and_noise_has_none() -> None:
    real = sines("train").scaled()[:, 0]
    noise = np.random.default_rng(0).uniform(-1, 1, real.shape)
    found = judge_pitches(noise, real, RATE, (300, 900))
    assert found["real"]["clear_pitch"] == 1
    assert found["generated"]["clear_pitch"] == 0
    assert found["generated"]["pitch_difference"] == 1
    assert judge_pitches(real, real, RATE, (300, 900))["generated"]["pitch_difference"] < 0.3
