"""The GAN of sounds."""

from __future__ import annotations

from typing import Any

from minigen.engine.random import Generator
from minigen.models import AudioGAN

from ..sounds import LENGTH
from .test_audio_vae import SMALL, X


def gan(**options: Any) -> AudioGAN:
    return AudioGAN((1, LENGTH), **{**SMALL, **options}, generator=Generator(0))


def test_sounds_lie_in_their_range() -> None:
    assert abs(gan().sample(5, generator=Generator(1)).numpy()).max() <= 1


def test_the_generator_s_turn_leaves_the_discriminator_alone() -> None:
    model = gan()
    model.side_terms("generator", X, generator=Generator(1))["generator_loss"].backward()
    assert all(p.grad is None for p in model.discriminator.parameters())
    assert all(p.grad is not None for p in model.generator.parameters())
