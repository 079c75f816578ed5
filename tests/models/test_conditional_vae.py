from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import data, metrics, optim
from minigen.engine.random import Generator
from minigen.models import VAE, ConditionalVAE, build

LABELS = np.array([2, 0, 1, 2, 1])


def conditional(**options: Any) -> ConditionalVAE:
    return ConditionalVAE((1, 4, 4), 3, (6,), 2, generator=Generator(1), **options)


def images(count: int = 5) -> Any:
    return Generator(2).uniform((count, 1, 4, 4))


def test_the_class_reaches_both_networks_as_a_one_hot_vector() -> None:
    """With the columns that see the class set to 0, it is the plain VAE of the other columns."""
    model, plain = conditional(), VAE((1, 4, 4), (6,), 2, generator=Generator(1))
    with minigen.no_grad():
        for stack, inputs in ((model.encoder, 16), (model.decoder, 2)):
            weight = next(stack.parameters())
            weight[:, inputs:] = 0.0
    weights = model.state_dict()
    for name, inputs in (("encoder.0.weight", 16), ("decoder.0.weight", 2)):
        weights[name] = weights[name][:, :inputs]
    plain.load_state_dict(weights)
    noise = Generator(3).normal((5, 2))
    expected = {name: term.item() for name, term in plain.terms(images(), noise=noise).items()}
    found = {name: term.item() for name, term in model.terms(images(), LABELS, noise=noise).items()}
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.derivation("vae.conditional_elbo")
def test_the_loss_is_the_negative_elbo_given_the_class() -> None:
    model, x, noise = conditional(), images(), Generator(3).normal((5, 2))
    mu, logvar = (t.numpy().astype(np.float64) for t in model.encode(x, LABELS))
    z = (mu + np.exp(logvar / 2) * noise).astype(np.float32)
    logits = model.decode(z, LABELS).numpy().reshape(5, 16).astype(np.float64)
    reconstruction = (np.logaddexp(0, logits) - x.reshape(5, 16) * logits).sum(1).mean()
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(1).mean()
    loss = model.terms(x, LABELS, noise=noise)["loss"].item()
    assert loss == pytest.approx(reconstruction + kl, rel=1e-5)


def test_the_class_changes_what_is_encoded_and_decoded() -> None:
    model, x = conditional(), images()
    other = (LABELS + 1) % 3
    assert not np.allclose(model.encode(x, LABELS)[0].numpy(), model.encode(x, other)[0].numpy())
    z = Generator(3).normal((5, 2))
    assert not np.allclose(model.decode(z, LABELS).numpy(), model.decode(z, other).numpy())


def test_every_importance_sample_of_an_image_has_its_class() -> None:
    model, x, noise = conditional(), images(), Generator(3).normal((4, 5, 2))
    together = model.log_weights(x, 4, LABELS, noise=noise).numpy()
    for image in range(5):
        one = slice(image, image + 1)
        alone = model.log_weights(x[one], 4, LABELS[one], noise=noise[:, one]).numpy()
        np.testing.assert_allclose(together[:, one], alone, rtol=1e-5)


def test_the_importance_weighted_objective_takes_labels() -> None:
    model, noise = conditional(importance_samples=4), Generator(3).normal((4, 5, 2))
    loss = model.terms(images(), LABELS, noise=noise)["loss"].item()
    bound = model.importance_weighted_loss(images(), 4, LABELS, noise=noise).item()
    assert loss == pytest.approx(bound, rel=1e-6)


def test_by_default_samples_are_of_one_class_after_the_other() -> None:
    model = conditional()
    default = model.sample(7, generator=Generator(4)).numpy()
    named = model.sample(7, np.array([0, 1, 2, 0, 1, 2, 0]), generator=Generator(4)).numpy()
    assert np.array_equal(default, named)


def test_labels_are_wanted_and_an_unconditional_model_refuses_them() -> None:
    model, plain = conditional(), VAE((1, 4, 4), (6,), 2)
    for call in (model.loss, model.encode, model.reconstruct):
        with pytest.raises(TypeError, match="ConditionalVAE is conditional"):
            call(images())
    for call in (plain.loss, plain.encode, plain.reconstruct):
        with pytest.raises(TypeError, match="VAE takes no labels"):
            call(images(), LABELS)
    with pytest.raises(TypeError, match="takes no labels"):
        plain.sample(5, LABELS)


def test_one_class_is_no_condition() -> None:
    with pytest.raises(ValueError, match="at least two classes are expected, got 1"):
        ConditionalVAE((1, 4, 4), 1)


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    model = conditional(decoder="gaussian", beta=2.0, activation="tanh")
    again = build("cvae", **model.config())
    assert again.config() == model.config()
    again.load_state_dict(model.state_dict())


@pytest.mark.host_only("that it learns is the same there; that it runs, other tests show")
def test_it_needs_fewer_nats_than_the_plain_vae_and_draws_the_digit_that_it_is_told() -> None:
    """The latent variables need not say the class, and the class decides what is drawn."""
    digits, test = data.load("digits"), data.load("digits", "test")
    models = {
        "vae": VAE((1, 8, 8), (64,), 4, generator=Generator(0)),
        "cvae": ConditionalVAE((1, 8, 8), 10, (64,), 4, generator=Generator(0)),
    }
    bounds = {}
    for name, model in models.items():
        optimizer = optim.Adam(model.parameters(), lr=3e-3)
        generator = Generator(1)
        batches = data.Batches(
            (digits.scaled(), digits.labels), 128, shuffle=True, generator=generator
        )
        for _ in range(30):
            for x, labels in batches:
                optimizer.zero_grad()
                given = labels if model.conditional else None
                model.loss(x, given, generator=generator).backward()
                optimizer.step()
        known = test.labels if model.conditional else None
        values = metrics.evaluate(model, test.scaled(), known, generator=Generator(2))
        bounds[name] = values["negative_elbo"]
    assert bounds["cvae"] < bounds["vae"] - 0.5
    means = np.stack([digits.scaled()[digits.labels == label].mean(0) for label in range(10)])
    drawn = models["cvae"].sample(100, generator=Generator(3)).numpy()
    distances = ((drawn[:, None] - means) ** 2).sum((2, 3, 4))
    assert (distances.argmin(1) == np.arange(100) % 10).mean() > 0.8
    assert math.isfinite(bounds["cvae"])
