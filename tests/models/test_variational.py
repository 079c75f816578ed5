"""The objectives that variational autoencoders share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen.engine.random import Generator
from minigen.models import VAE, ConvVAE, Model
from minigen.models.vae import Objective, _negative_bound


def images(count: int = 5) -> np.ndarray:
    return Generator(2).uniform((count, 1, 4, 4))  # type: ignore[no-any-return]


def vae(**objective: float) -> VAE:
    return VAE((1, 4, 4), (6,), 3, generator=Generator(1), **objective)


def test_the_kl_weight_warms_up_from_zero_to_beta() -> None:
    model, x, noise = vae(beta=2.0, warmup=4.0), images(), Generator(3).normal((5, 3))
    for epochs, share in ((0.0, 0.0), (1.0, 0.25), (4.0, 1.0), (9.0, 1.0)):
        model.anneal(epochs)
        terms = model.terms(x, noise=noise)
        expected = terms["reconstruction"].item() + 2 * share * terms["kl"].item()
        assert terms["loss"].item() == pytest.approx(expected, rel=1e-6)


def test_without_warmup_the_weight_is_whole_from_the_start() -> None:
    model = vae()
    model.anneal(0.0)
    assert model.share == 1.0


@pytest.mark.derivation("vae.free_bits")
def test_free_bits_charge_each_latent_variable_for_what_it_uses_beyond_them() -> None:
    model, x, noise = vae(free_bits=0.3), images(), Generator(3).normal((5, 3))
    with minigen.no_grad():  # one latent variable uses much, the others next to nothing
        model.to_mu.weight.copy_(model.to_mu.weight * 0)
        assert model.to_mu.bias is not None
        model.to_mu.bias.copy_(minigen.tensor([3.0, 0.0, 0.1]))
    terms = model.terms(x, noise=noise)
    mu, logvar = (t.numpy() for t in model.encode(x))
    each = (0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)).mean(0)
    charged = np.maximum(each, 0.3).sum()
    assert terms["kl"].item() == pytest.approx(each.sum(), rel=1e-5)
    assert terms["loss"].item() == pytest.approx(terms["reconstruction"].item() + charged, rel=1e-5)


def test_a_latent_variable_within_its_free_bits_feels_no_pull_to_the_prior() -> None:
    model = vae(free_bits=50.0)
    mu = minigen.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    logvar = minigen.zeros(1, 3)
    model._kl_beyond_free_bits(mu, logvar).backward()
    assert mu.grad is not None
    assert mu.grad.tolist() == [[0.0, 0.0, 0.0]]


def test_training_on_several_importance_samples_minimises_the_tighter_bound() -> None:
    model, x = vae(importance_samples=7), images()
    noise = Generator(3).normal((7, 5, 3))
    terms = model.terms(x, noise=noise)
    assert terms["loss"].item() == pytest.approx(
        model.importance_weighted_loss(x, 7, noise=noise).item(), rel=1e-6
    )
    many, fresh = np.repeat(images(1), 4000, axis=0), Generator(4)
    tight = model.terms(many, generator=fresh)["loss"].item()
    loose = vae().terms(many, generator=fresh)["loss"].item()
    assert tight < loose


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beta": -1.0}, "beta must not be negative"),
        ({"warmup": -1.0}, "warmup must not be negative"),
        ({"free_bits": -0.1}, "free_bits must not be negative"),
        ({"importance_samples": 0}, "importance_samples must be at least 1"),
        ({"importance_samples": 5, "beta": 4.0}, "has no KL term of its own"),
        ({"importance_samples": 5, "free_bits": 1.0}, "has no KL term of its own"),
    ],
)
def test_impossible_objectives_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Objective(**arguments)  # type: ignore[arg-type]


def test_latents_with_leading_axes_decode_to_rows_with_the_same_axes() -> None:
    convolutional = ConvVAE((1, 4, 4), (2,), (6,), 3, generator=Generator(1))
    for model in (vae(), convolutional):
        z = Generator(5).normal((2, 5, 3))
        rows = model.decode(z)
        assert rows.shape == (2, 5, 16)
        np.testing.assert_allclose(
            rows[1, 3].numpy(), model.decode(z[1, 3:4])[0].numpy(), rtol=1e-5, atol=1e-6
        )


def test_other_models_take_no_notice_of_time_and_show_images_as_they_are() -> None:
    x = minigen.tensor(images())
    model: Model = vae()
    Model.anneal(model, 3.0)
    assert model.corrupt(x) is x


def one_latent() -> tuple[VAE, np.ndarray]:
    """Return a model with one latent variable, in float64, and images of four binary pixels."""
    model = VAE((1, 2, 2), (6,), 1, activation="tanh", generator=Generator(5)).to(np.float64)
    with minigen.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter * 2)
    return model, Generator(6).bernoulli(0.5, (6, 1, 2, 2), np.float64)


@pytest.mark.derivation("vae.identity", "vae.elbo")
def test_the_bound_lies_below_the_likelihood_by_the_divergence_from_the_posterior() -> None:
    model, x = one_latent()
    z = np.linspace(-40, 40, 16_001)
    step = z[1] - z[0]
    mu, logvar = (t.numpy() for t in model.encode(x))
    logits = model.decode(z[:, None]).numpy()
    pixels = x.reshape(6, 1, 4)
    log_joint = (pixels * logits - np.logaddexp(0, logits)).sum(-1) - z**2 / 2
    log_joint -= math.log(2 * math.pi) / 2
    likelihood = np.exp(log_joint).sum(1) * step
    log_q = -((z - mu) ** 2) / (2 * np.exp(logvar)) - (logvar + math.log(2 * math.pi)) / 2
    divergence = (np.exp(log_q) * (log_q - log_joint + np.log(likelihood)[:, None])).sum(1) * step
    nodes = np.linspace(-9, 9, 401)  # of the library's noise, over which its loss is averaged
    weights = np.exp(-(nodes**2) / 2)
    losses = [model.terms(x, noise=np.full((6, 1), node))["loss"].item() for node in nodes]
    loss = float(np.dot(weights, losses) / weights.sum())
    assert divergence.min() > 1e-4
    assert -loss + divergence.mean() == pytest.approx(np.log(likelihood).mean(), rel=1e-8)


@pytest.mark.derivation("vae.rate_distortion", "vae.beta")
@pytest.mark.parametrize(("beta", "spread"), [(1.0, 2.0), (4.0, 3.0), (9.0, 0.5)])
def test_a_linear_model_is_at_rest_where_the_rate_is_that_of_the_closed_form(
    beta: float, spread: float
) -> None:
    """Data N(0, s^2), decoder N(wz, v), encoder N(ax, t^2); the last case collapses."""
    noise_variance = 0.3
    kept = min(1.0, beta * noise_variance / spread**2)  # t^2
    a = math.sqrt(1 - kept) / spread
    w = a * spread**2
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    share = np.outer(weights, weights) / weights.sum() ** 2
    x, noise = spread * nodes[:, None], nodes[None, :]
    leaves = [minigen.tensor(np.array(v), requires_grad=True) for v in (w, a, math.log(kept))]

    def objective() -> tuple[Any, Any]:
        mu, logvar = leaves[1] * x, F.broadcast_to(leaves[2], (5, 1))
        z = F.reparameterize(
            F.broadcast_to(mu, (5, 5)), F.broadcast_to(logvar, (5, 5)), noise=noise + 0 * x
        )
        distortion = F.gaussian_nll(
            leaves[0] * z, x + 0 * noise, np.log(noise_variance), reduction="none"
        )
        rate = F.kl_standard_normal(mu, logvar, reduction="none")
        return (distortion * share).sum(), (rate * share.sum(1, keepdims=True)).sum()

    distortion, rate = objective()
    (distortion + Objective(beta=beta).beta * rate).backward()
    for leaf in leaves:
        assert leaf.grad is not None
        assert leaf.grad.item() == pytest.approx(0, abs=1e-10)
    assert rate.item() == pytest.approx(
        0.5 * math.log(max(1, spread**2 / (beta * noise_variance))), abs=1e-10
    )
    error = (distortion.item() - 0.5 * math.log(2 * math.pi * noise_variance)) * 2 * noise_variance
    assert error == pytest.approx(min(spread**2, beta * noise_variance), rel=1e-10)


@pytest.mark.derivation("vae.importance_weighted_bound.grad")
def test_the_gradient_of_the_tighter_bound_weighs_draws_by_their_weights() -> None:
    log_weights = minigen.tensor(Generator(0).normal((4, 3), np.float64), requires_grad=True)
    _negative_bound(log_weights).backward()
    weights = np.exp(log_weights.numpy())
    assert log_weights.grad is not None
    np.testing.assert_allclose(log_weights.grad.numpy(), -weights / weights.sum(0) / 3, rtol=1e-12)
