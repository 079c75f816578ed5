"""The VAE of sounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import models
from minigen.engine.random import Generator
from minigen.models import AudioVAE

from ..sounds import LENGTH, sines

SMALL: dict[str, Any] = {"channels": (4, 8), "hidden": (16,), "latent": 3, "stride": 4}
X = sines("test").scaled()


def vae(**options: Any) -> AudioVAE:
    return AudioVAE((1, LENGTH), **{**SMALL, **options}, generator=Generator(0))


def test_each_criterion_is_a_part_of_both() -> None:
    noise = np.zeros((8, 3), np.float32)
    of = {
        criterion: vae(criterion=criterion).terms(X, noise=noise)["reconstruction"].item()
        for criterion in ("waveform", "spectral", "both")
    }
    assert of["both"] == pytest.approx(of["waveform"] + of["spectral"], rel=1e-5)


def test_the_waveform_s_error_is_a_gaussian_s() -> None:
    model, noise = vae(criterion="waveform", noise=0.2), np.zeros((8, 3), np.float32)
    made = model.decode(model.encode(X)[0]).numpy()
    expected = ((made - X) ** 2).sum() / 8 / (2 * 0.2**2)
    reconstruction = model.terms(X, noise=noise)["reconstruction"].item()
    assert reconstruction == pytest.approx(expected, rel=1e-5)


def test_the_spectral_error_knows_no_sign() -> None:
    target, turned = minigen.tensor(X), minigen.tensor(-X)
    by_spectra, by_waveform = (vae(criterion=each).hearing for each in ("spectral", "waveform"))
    assert by_spectra.compare(turned, target).item() == pytest.approx(0, abs=1e-3)
    assert by_waveform.compare(turned, target).item() > 100


def test_the_loss_weighs_the_kl() -> None:
    terms = {
        name: term.item() for name, term in vae(beta=3.0).terms(X, generator=Generator(1)).items()
    }
    assert terms["loss"] == pytest.approx(terms["reconstruction"] + 3 * terms["kl"], rel=1e-6)


@pytest.mark.parametrize("prior", ["standard", "mixture"])
def test_sounds_lie_in_their_range(prior: str) -> None:
    model = vae(prior=prior, components=4)
    assert abs(model.sample(5, generator=Generator(1)).numpy()).max() <= 1
    assert model.reconstruct(X).shape == X.shape


def test_short_sounds_are_compared_in_short_frames() -> None:
    model = AudioVAE((1, 64), (4,), (8,), 2, stride=4, generator=Generator(0))
    assert np.isfinite(model.loss(X[:, :, :64]).item())


def test_a_vae_of_sounds_has_no_likelihood() -> None:
    with pytest.raises(AttributeError, match="no density: it has no likelihood to estimate"):
        models.ability(vae(), "log_weights")
