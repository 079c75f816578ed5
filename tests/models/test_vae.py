"""The dense VAE: its objective, its samples, and the mistakes that others make."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn
from minigen.engine.random import Generator
from minigen.models import VAE, Autoencoder


def small_vae(**options: object) -> VAE:
    return VAE((1, 3, 3), (6,), 2, generator=Generator(1), **options)


def images(count: int = 5) -> np.ndarray:
    return Generator(2).uniform((count, 1, 3, 3))  # type: ignore[no-any-return]


@pytest.mark.derivation("vae.elbo")
def test_the_loss_is_the_negative_elbo_summed_over_pixels_and_latents_averaged_over_images() -> (
    None
):
    model, x = small_vae(), images()
    noise = Generator(3).normal((5, 2))
    terms = model.terms(x, noise=noise)
    mu, logvar = (t.numpy().astype(np.float64) for t in model.encode(x))
    z = (mu + np.exp(logvar / 2) * noise).astype(np.float32)
    logits = model.decode(z).numpy().astype(np.float64)
    flat = x.reshape(5, 9)
    p = 1 / (1 + np.exp(-logits))
    reconstruction = -(flat * np.log(p) + (1 - flat) * np.log(1 - p)).sum(1).mean()
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(1).mean()
    assert terms["reconstruction"].item() == pytest.approx(reconstruction, rel=1e-5)
    assert terms["kl"].item() == pytest.approx(kl, rel=1e-5)
    assert terms["loss"].item() == pytest.approx(reconstruction + kl, rel=1e-5)


def test_the_loss_does_not_depend_on_how_many_images_share_the_batch() -> None:
    model, x = small_vae(), images(4)
    noise = Generator(3).normal((4, 2))
    once = model.terms(x, noise=noise)["loss"].item()
    twice = model.terms(np.concatenate([x, x]), noise=np.concatenate([noise, noise]))["loss"].item()
    assert once == pytest.approx(twice, rel=1e-6)


@pytest.mark.derivation("vae.beta")
def test_beta_weighs_the_kl_term_alone() -> None:
    x, noise = images(), Generator(3).normal((5, 2))
    plain, weighted = small_vae(), small_vae(beta=4.0)
    weighted.load_state_dict(plain.state_dict())
    a, b = plain.terms(x, noise=noise), weighted.terms(x, noise=noise)
    assert a["kl"].item() == b["kl"].item()
    assert b["loss"].item() == pytest.approx(
        a["reconstruction"].item() + 4 * a["kl"].item(), rel=1e-6
    )


def test_latents_are_drawn_with_the_variance_that_the_encoder_states() -> None:
    """exp(logvar) in the place of exp(logvar / 2) passes a gradient check, and fails here."""
    model = small_vae()
    with minigen.no_grad():
        assert model.to_logvar.bias is not None
        model.to_logvar.bias.copy_(minigen.tensor([math.log(4.0), math.log(0.25)]))
        model.to_logvar.weight.copy_(minigen.zeros(2, 6))
    mu, logvar = model.encode(np.repeat(images(1), 40_000, axis=0))
    z = F.reparameterize(mu, logvar, generator=Generator(4)).numpy()
    np.testing.assert_allclose(z.var(axis=0), [4.0, 0.25], rtol=0.03)


def test_every_parameter_gets_a_gradient() -> None:
    for decoder in ("bernoulli", "gaussian"):
        model = small_vae(decoder=decoder)
        model.loss(images(), generator=Generator(0)).backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert np.abs(parameter.grad.numpy()).max() > 0, name


def test_gradient_descent_lowers_the_negative_elbo() -> None:
    """A wrong sign of the objective or of its KL term makes it rise."""
    model, x = small_vae(), images()
    noise = Generator(3).normal((5, 2))
    before = model.terms(x, noise=noise)["loss"]
    before.backward()
    with minigen.no_grad():
        for parameter in model.parameters():
            assert parameter.grad is not None
            parameter.data -= 0.01 * parameter.grad.array
    assert model.terms(x, noise=noise)["loss"].item() < before.item()


def test_the_importance_weighted_loss_with_one_sample_estimates_the_negative_elbo() -> None:
    model, x = small_vae(), images(2)
    noise = Generator(3).normal((1, 2, 2))
    mu, logvar = model.encode(x)
    z = mu.array + np.exp(logvar.array / 2) * noise[0]
    reconstruction = F.binary_cross_entropy_with_logits(model.decode(z), x.reshape(2, 9))
    log_q = (-0.5 * (math.log(2 * math.pi) + logvar.array + noise[0] ** 2)).sum()
    log_p = (-0.5 * (math.log(2 * math.pi) + z**2)).sum()
    expected = reconstruction.item() + (log_q - log_p) / 2
    assert model.importance_weighted_loss(x, 1, noise=noise).item() == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.derivation("vae.importance_weighted_bound")
def test_the_importance_weighted_bound_tightens_with_more_samples_towards_the_likelihood() -> None:
    """With one latent variable ln p(x) is an integral that a grid of z gives to six digits."""
    model = VAE((1, 2, 2), (6,), 1, generator=Generator(5)).to(np.float64)
    with minigen.no_grad():  # a posterior far from the true one: a loose bound
        assert model.to_mu.bias is not None
        model.to_mu.bias.copy_(minigen.tensor([0.7]))
    x = Generator(6).bernoulli(0.5, (1, 1, 2, 2), np.float64)
    grid = np.linspace(-9, 9, 4001).reshape(-1, 1)
    logits = model.decode(grid).numpy()
    log_likelihood = (x.reshape(1, 4) * logits - np.logaddexp(0, logits)).sum(1)
    log_prior = -0.5 * (grid[:, 0] ** 2 + math.log(2 * math.pi))
    exact = -math.log(np.exp(log_likelihood + log_prior).sum() * (grid[1, 0] - grid[0, 0]))
    many = np.repeat(x, 20_000, axis=0)
    loose, tighter, tightest = (
        model.importance_weighted_loss(many, k, generator=Generator(7)).item() for k in (1, 5, 50)
    )
    assert loose > tighter > tightest > exact - 1e-3
    assert tightest == pytest.approx(exact, abs=0.01)


def test_log_weights_have_one_row_a_sample_and_one_column_an_image() -> None:
    assert small_vae().log_weights(images(), 7, generator=Generator(0)).shape == (7, 5)


def test_samples_and_reconstructions_are_images_in_the_unit_interval() -> None:
    for decoder in ("bernoulli", "gaussian"):
        model = small_vae(decoder=decoder)
        for made in (model.sample(4, generator=Generator(0)), model.reconstruct(images(4))):
            assert made.shape == (4, 1, 3, 3)
            assert 0 <= made.numpy().min() <= made.numpy().max() <= 1


def test_latents_decode_to_images_of_the_pixels_means() -> None:
    model = small_vae()
    z = Generator(5).normal((4, 2))
    decoded = model.decode_images(z)
    assert decoded.shape == (4, 1, 3, 3)
    probabilities = 1 / (1 + np.exp(-model.decode(z).numpy()))
    np.testing.assert_allclose(decoded.numpy().reshape(4, 9), probabilities, rtol=1e-5)
    mu, _ = model.encode(images())
    assert (model.decode_images(mu).numpy() == model.reconstruct(images()).numpy()).all()


def test_samples_repeat_with_the_generators_seed_and_differ_without() -> None:
    model = small_vae()
    same = [model.sample(2, generator=Generator(1)).tolist() for _ in range(2)]
    assert same[0] == same[1]
    assert model.sample(2).tolist() != model.sample(2).tolist()


def test_a_float64_model_samples_in_float64() -> None:
    assert small_vae().to("float64").sample(2).dtype == np.float64


def test_the_gaussian_decoders_loss_counts_its_constants() -> None:
    model, x = small_vae(decoder="gaussian"), images()
    terms = model.terms(x, noise=np.zeros((5, 2), np.float32))
    mean = model.reconstruct(x).numpy()
    squared = ((mean - x) ** 2).reshape(5, 9).sum(1).mean()
    variance = 1 / 12  # at the start: that of pixels spread evenly over [0, 1]
    expected = 0.5 * (squared / variance + 9 * math.log(2 * math.pi * variance))
    assert terms["reconstruction"].item() == pytest.approx(expected, rel=1e-5)


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    model = VAE((1, 4, 4), (8, 6), 3, decoder="gaussian", beta=2.0)
    again = VAE(**model.config())
    assert again.config() == model.config()
    again.load_state_dict(model.state_dict())


def test_the_activation_follows_every_hidden_layer() -> None:
    model = VAE((1, 4, 4), (8, 6), 3, activation="tanh")
    for stack in (model.encoder, model.decoder):
        assert [type(layer) for layer in stack.children()] == [nn.Dense, nn.Tanh] * 2


def test_no_hidden_layer_is_allowed() -> None:
    model = VAE((1, 2, 2), (), 2)
    assert model.sample(3).shape == (3, 1, 2, 2)
    assert isinstance(model.encoder, nn.Sequential)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (8, 8)}, "three positive lengths"),
        ({"image_shape": (1, 0, 8)}, "three positive lengths"),
        ({"image_shape": (1, 8, 8), "latent": 0}, "latent must be positive"),
        ({"image_shape": (1, 8, 8), "hidden": (0,)}, "hidden"),
        ({"image_shape": (1, 8, 8), "beta": -1.0}, "beta must not be negative"),
        ({"image_shape": (1, 8, 8), "activation": "sine"}, "unknown activation 'sine'"),
        ({"image_shape": (1, 8, 8), "decoder": "poisson"}, "unknown decoder 'poisson'"),
    ],
)
def test_impossible_configurations_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VAE(**arguments)  # type: ignore[arg-type]


def test_images_of_another_shape_are_refused_with_both_shapes() -> None:
    with pytest.raises(ValueError, match=r"\(N, 1, 3, 3\).*got \(5, 1, 4, 4\)"):
        small_vae().loss(Generator(0).uniform((5, 1, 4, 4)))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("decoder", ["bernoulli", "gaussian"])
def test_images_in_minus_one_to_one_are_refused_whatever_the_decoder(decoder: str) -> None:
    scaled = images() * 2 - 1
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got -0.*scale_images"):
        small_vae(decoder=decoder).loss(scaled)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got .* to 255"):
        Autoencoder((1, 3, 3), (6,), 2, decoder=decoder).loss(np.full((2, 1, 3, 3), 255.0))


def test_no_images_encode_to_no_latents() -> None:
    mu, logvar = small_vae().encode(images()[:0])
    assert mu.shape == logvar.shape == (0, 2)
    small_vae().expect_unit_interval(images()[:0])
