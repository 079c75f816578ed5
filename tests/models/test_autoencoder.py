"""The plain autoencoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.engine.random import Generator
from minigen.models import Autoencoder, ability, build, can


def small_autoencoder(**options: Any) -> Autoencoder:
    return Autoencoder((1, 3, 3), (6,), 2, generator=Generator(1), **options)


def images(count: int = 5) -> np.ndarray:
    return Generator(2).uniform((count, 1, 3, 3))  # type: ignore[no-any-return]


@pytest.mark.derivation("autoencoder.objective")
def test_the_loss_is_the_reconstruction_error_in_nats_an_image() -> None:
    model, x = small_autoencoder(), images()
    terms = model.terms(x)
    p = model.reconstruct(x).numpy().astype(np.float64)
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).reshape(5, 9).sum(1).mean()
    assert terms["loss"].item() == pytest.approx(expected, rel=1e-5)
    assert terms["reconstruction"] is terms["loss"]
    assert model.loss(x).item() == terms["loss"].item()


def test_every_parameter_gets_a_gradient() -> None:
    for decoder in ("bernoulli", "gaussian"):
        model = small_autoencoder(decoder=decoder)
        model.loss(images()).backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert np.abs(parameter.grad.numpy()).max() > 0, name


def test_the_code_has_the_length_asked_for() -> None:
    assert small_autoencoder().encode(images()).shape == (5, 2)


def test_rows_and_images_are_taken_alike() -> None:
    model, x = small_autoencoder(), images()
    assert model.loss(x).item() == model.loss(x.reshape(5, 9)).item()


def test_it_refuses_to_sample_and_says_why() -> None:
    assert not can(Autoencoder, "sample")
    with pytest.raises(TypeError, match="no prior"):
        ability(small_autoencoder(), "sample")(3)


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    model = Autoencoder((3, 4, 4), (8, 6), 3, decoder="gaussian")
    again = build(model.name, **model.config())
    assert again.config() == model.config()
    again.load_state_dict(model.state_dict())


def test_an_unknown_model_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        ValueError, match="unknown model 'vea': use one of autoencoder, conv-autoencoder"
    ):
        build("vea")


def test_codes_decode_to_images_of_the_pixels_means() -> None:
    model, x = small_autoencoder(), images()
    decoded = model.decode_images(model.encode(x))
    assert decoded.shape == (5, 1, 3, 3)
    assert (decoded.numpy() == model.reconstruct(x).numpy()).all()
    logits = model.decode(model.encode(x)).numpy()
    np.testing.assert_allclose(decoded.numpy().reshape(5, 9), 1 / (1 + np.exp(-logits)), rtol=1e-5)
