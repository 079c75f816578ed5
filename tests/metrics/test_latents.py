from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import metrics
from minigen.models import VAE, Autoencoder


def images(count: int) -> npt.NDArray[Any]:
    drawn: npt.NDArray[Any] = minigen.Generator(0).uniform((count, 1, 2, 2))
    return drawn


def vae_whose_means_are_pixels(*scales: float) -> VAE:
    """Make a VAE whose posterior mean of latent variable u is pixel u times a factor."""
    model = VAE((1, 2, 2), (), len(scales))
    with minigen.no_grad():
        weight = np.eye(len(scales), 4, dtype=np.float32) * np.array(scales)[:, None]
        model.to_mu.weight.copy_(minigen.tensor(weight.astype(np.float32)))
    return model


def test_the_variance_is_that_of_the_posteriors_means_over_the_images() -> None:
    x = images(1000)
    found = metrics.active_units(vae_whose_means_are_pixels(1.0, 0.0, 3.0), x)
    expected = x.reshape(1000, 4)[:, :3].astype(np.float64).var(axis=0) * [1, 0, 9]
    assert found.variances == pytest.approx(expected, rel=1e-5)


def test_units_above_the_threshold_are_active() -> None:
    # A uniform pixel has the variance 1/12: times 0.3 squared 0.0075, times 0.4 squared 0.0133.
    model = vae_whose_means_are_pixels(0.3, 0.0, 0.4)
    assert metrics.active_units(model, images(1000)).count == 1
    assert metrics.active_units(model, images(1000), threshold=0.005).count == 2


def test_a_large_mean_does_not_drown_a_small_variance() -> None:
    model, x = vae_whose_means_are_pixels(1.0), images(1000)
    with minigen.no_grad():
        assert model.to_mu.bias is not None
        model.to_mu.bias.copy_(minigen.tensor([1000.0]))
    found = metrics.active_units(model, x).variances[0]
    assert found == pytest.approx(x[:, 0, 0, 0].var(), rel=1e-3)


@pytest.mark.parametrize("batch_size", [1, 4, 11, 100])
def test_batches_change_nothing(batch_size: int) -> None:
    model, x = vae_whose_means_are_pixels(1.0, 2.0), images(11)
    whole = metrics.active_units(model, x).variances
    assert metrics.active_units(model, x, batch_size=batch_size).variances == pytest.approx(whole)


def test_a_fresh_vae_that_ignores_its_images_has_no_active_unit() -> None:
    assert metrics.active_units(vae_whose_means_are_pixels(0.0, 0.0), images(10)).count == 0


@pytest.mark.parametrize("count", [0, 1])
def test_a_variance_needs_two_images(count: int) -> None:
    with pytest.raises(ValueError, match=f"at least two images, got {count}"):
        metrics.active_units(VAE((1, 2, 2)), images(count))


def test_latent_means_are_the_posteriors_or_the_codes() -> None:
    x = images(7)
    vae, autoencoder = VAE((1, 2, 2), (3,), 2), Autoencoder((1, 2, 2), (3,), 2)
    means = metrics.latent_means(vae, x, batch_size=3)
    np.testing.assert_allclose(means, vae.encode(x)[0].detach().numpy(), rtol=1e-5, atol=1e-7)
    codes = metrics.latent_means(autoencoder, x, batch_size=3)
    np.testing.assert_allclose(codes, autoencoder.encode(x).detach().numpy(), rtol=1e-5, atol=1e-7)


def test_the_model_evaluates_meanwhile_and_keeps_its_mode() -> None:
    class Watched(Autoencoder):
        def encode(self, x: Any, labels: Any = None) -> minigen.Tensor:
            assert not self.training
            assert not minigen.is_grad_enabled()
            return super().encode(x, labels)

    model = Watched((1, 2, 2), (3,), 2).train()
    metrics.latent_means(model, images(3))
    assert model.training


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        metrics.latent_means(VAE((1, 2, 2)), images(0))
