from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import metrics
from minigen.models import VAE, Autoencoder, ConditionalVAE


def images(count: int) -> npt.NDArray[Any]:
    drawn: npt.NDArray[Any] = minigen.Generator(0).uniform((count, 1, 2, 2))
    return drawn


def test_every_image_counts_the_same_whatever_the_batches() -> None:
    model = Autoencoder((1, 2, 2), (8,), 2)
    x = images(11)
    with minigen.no_grad():
        alone = [model.loss(x[i : i + 1]).item() for i in range(11)]
    for batch_size in (1, 4, 11, 100):
        terms = metrics.average_terms(model, x, batch_size=batch_size)
        assert terms["loss"] == pytest.approx(np.mean(alone), rel=1e-6)


def test_the_negative_elbo_is_the_bound_whatever_beta_was_trained_with() -> None:
    values = []
    for beta in (0.0, 1.0, 4.0):
        model = VAE((1, 2, 2), (8,), 2, beta=beta, generator=minigen.Generator(1))
        values.append(metrics.evaluate(model, images(20), generator=minigen.Generator(2)))
    assert values[0] == values[1] == values[2]
    assert list(values[0]) == ["negative_elbo", "reconstruction", "kl"]
    assert values[0]["negative_elbo"] == values[0]["reconstruction"] + values[0]["kl"]


def test_with_beta_one_it_is_the_loss() -> None:
    model = VAE((1, 2, 2), (8,), 2)
    terms = metrics.average_terms(model, images(20), generator=minigen.Generator(2))
    values = metrics.evaluate(model, images(20), generator=minigen.Generator(2))
    assert values["negative_elbo"] == pytest.approx(terms["loss"], rel=1e-6)


def test_an_autoencoder_has_a_reconstruction_and_no_bound() -> None:
    model = Autoencoder((1, 2, 2), (8,), 2)
    assert list(metrics.evaluate(model, images(3))) == ["reconstruction"]


def test_the_noise_comes_from_the_generator() -> None:
    model = VAE((1, 2, 2), (8,), 2)
    first, same, other = (
        metrics.evaluate(model, images(20), generator=minigen.Generator(seed)) for seed in (0, 0, 1)
    )
    assert first == same
    assert first["reconstruction"] != other["reconstruction"]
    assert first["kl"] == other["kl"]  # in closed form


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        metrics.average_terms(VAE((1, 2, 2)), images(0))


def test_a_label_an_image_is_expected() -> None:
    model = ConditionalVAE((1, 2, 2), 3, (3,), 2)
    with pytest.raises(ValueError, match="a label an image is expected, got 2 for 3"):
        metrics.average_terms(model, np.zeros((3, 1, 2, 2), np.float32), np.zeros(2, np.int64))
