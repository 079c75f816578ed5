"""The distributions of latent variables."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
from minigen.engine.random import Generator
from minigen.models import VAE, ConditionalVAE, ConvVAE
from minigen.models.priors import GaussianMixture, StandardNormal


def mixture() -> GaussianMixture:
    """Return three components of unequal means, variances and weights, in float64."""
    prior = GaussianMixture(3, 2, generator=Generator(0)).to(np.float64)
    draws = Generator(1)
    with minigen.no_grad():
        for parameter in prior.parameters():
            parameter.copy_(minigen.tensor(draws.normal(parameter.shape, np.float64)))
    return prior


def parts(prior: GaussianMixture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights, means and standard deviations of the components."""
    weights = np.exp(prior.logits.numpy())
    return weights / weights.sum(), prior.means.numpy(), np.exp(prior.logvars.numpy() / 2)


@pytest.mark.derivation("mixture_prior.log_density")
def test_a_mixtures_density_is_the_weighted_sum_of_its_components() -> None:
    prior, z = mixture(), Generator(2).normal((5, 4, 2), np.float64)
    weights, means, deviations = parts(prior)
    scaled = (z[..., None, :] - means) / deviations
    each = np.exp(-(scaled**2) / 2) / (math.sqrt(2 * math.pi) * deviations)
    expected = np.log((each.prod(-1) * weights).sum(-1))
    np.testing.assert_allclose(prior.log_density(z).numpy(), expected, rtol=1e-12)


@pytest.mark.derivation("mixture_prior.kl")
def test_the_kl_from_one_standard_component_is_on_average_the_closed_form() -> None:
    prior = GaussianMixture(1, 2).to(np.float64)
    with minigen.no_grad():
        prior.means.copy_(minigen.zeros(1, 2))
    mu, logvar = np.array([[0.5, -1.0]]), np.array([[-1.0, 0.3]])
    noise = Generator(3).normal((200_000, 1, 2), np.float64)
    z = mu + np.exp(logvar / 2) * noise
    exact = StandardNormal().kl(z, mu, logvar).item()
    assert prior.kl(z, mu, logvar).item() == pytest.approx(exact, abs=0.01)


@pytest.mark.host_only("a mean over a hundred thousand draws: the arithmetic is the same")
def test_draws_have_the_moments_that_the_mixture_states() -> None:
    prior = mixture()
    weights, means, deviations = parts(prior)
    noise = Generator(4).normal((100_000, 2), np.float64)
    z = prior.place(noise, Generator(5))
    mean, deviation = prior.moments()
    np.testing.assert_allclose(mean, weights @ means, rtol=1e-12)
    second = weights @ (means**2 + deviations**2)
    np.testing.assert_allclose(deviation, np.sqrt(second - mean**2), rtol=1e-12)
    np.testing.assert_allclose(z.mean(0), mean, atol=0.02)
    np.testing.assert_allclose(z.std(0), deviation, rtol=0.02)


def test_the_loss_is_the_reconstruction_and_the_mean_log_ratio_of_the_same_draw() -> None:
    x, noise = Generator(2).uniform((5, 1, 4, 4)), Generator(3).normal((5, 3))
    model = VAE((1, 4, 4), (6,), 3, prior="mixture", components=4, beta=2, generator=Generator(1))
    terms = model.terms(x, noise=noise)
    log_weight = model.log_weights(x, 1, noise=noise[None])
    bound = terms["reconstruction"].item() + terms["kl"].item()
    assert bound == pytest.approx(-log_weight.mean().item(), rel=1e-5)
    assert terms["loss"].item() == pytest.approx(bound + terms["kl"].item(), rel=1e-5)
    terms["loss"].backward()
    for name, parameter in model.prior.named_parameters():
        assert parameter.grad is not None, name


def test_every_variational_autoencoder_samples_from_its_mixture() -> None:
    for model in (
        ConvVAE((1, 4, 4), (2,), (6,), 3, prior="mixture", components=4),
        ConditionalVAE((1, 4, 4), 3, (6,), 3, prior="mixture", components=4),
    ):
        assert isinstance(model.prior, GaussianMixture)
        with minigen.no_grad():  # one component, far away
            model.prior.logits.copy_(minigen.tensor([0.0, 0.0, 90.0, 0.0]))
            model.prior.means.copy_(minigen.full((4, 3), 50.0))
        assert model.sample(6).shape == (6, 1, 4, 4)
        assert minigen.tensor(model.draw_latents(6, None)).numpy().min() > 40


def test_a_model_trained_on_several_importance_samples_takes_a_mixture() -> None:
    model = VAE((1, 4, 4), (6,), 3, prior="mixture", importance_samples=5)
    terms = model.terms(Generator(2).uniform((5, 1, 4, 4)), generator=Generator(0))
    assert terms["loss"].item() < terms["reconstruction"].item() + terms["kl"].item()


def test_free_bits_of_each_variable_are_refused_where_the_kl_has_no_parts() -> None:
    with pytest.raises(ValueError, match=r"with prior 'mixture' leave free_bits 0, got 0\.5"):
        VAE((1, 4, 4), (6,), 3, prior="mixture", free_bits=0.5)
