"""The objectives that variational autoencoders share."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen.models import VAE, ConvVAE, Model
from minigen.models.variational import Objective
from minigen.random import Generator


def images(count: int = 5) -> np.ndarray:
    return Generator(2).uniform((count, 1, 4, 4))  # type: ignore[no-any-return]


def vae(**objective: float) -> VAE:
    return VAE((1, 4, 4), (6,), 3, generator=Generator(1), **objective)  # type: ignore[arg-type]


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
    assert model.objective.share == 1.0


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
