"""The dense GAN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import nn, optim
from minigen.engine.random import Generator
from minigen.models import GAN


def kinds(network: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in network.children()]


def test_images_end_in_a_tanh_and_points_in_nothing() -> None:
    images, points = GAN((1, 4, 4), (8,), 3), GAN((2,), (8,), 3)
    assert kinds(images.generator)[-3:] == ["Dense", "Tanh", "Unflatten"]
    assert kinds(points.generator)[-2:] == ["ReLU", "Dense"]


def test_batch_norm_follows_hidden_layers_but_the_discriminators_first() -> None:
    model = GAN((2,), (8, 6), 3, batch_norm=True)
    assert kinds(model.generator) == [*["Dense", "BatchNorm1d", "ReLU"] * 2, "Dense"]
    assert kinds(model.discriminator) == (
        ["Flatten", "Dense", "LeakyReLU", "Dense", "BatchNorm1d", "LeakyReLU", "Dense"]
    )
    usual = GAN((2,), (8, 6), 3)
    assert kinds(usual.generator) == kinds(model.generator)
    assert "BatchNorm1d" not in kinds(usual.discriminator)
    plain = GAN((2,), (8, 6), 3, batch_norm=False)
    assert kinds(plain.generator) == ["Dense", "ReLU", "Dense", "ReLU", "Dense"]
    assert all(layer.bias is not None for layer in plain.modules() if isinstance(layer, nn.Dense))


def test_the_discriminator_mirrors_the_generator() -> None:
    model = GAN((1, 4, 4), (8, 6), 3, packing=2)
    widths = [
        [layer.in_features for layer in network.children() if isinstance(layer, nn.Dense)]
        for network in (model.generator, model.discriminator)
    ]
    assert widths == [[3, 8, 6], [32, 6, 8]]


def test_no_hidden_layer_is_allowed() -> None:
    model = GAN((2,), (), 2)
    assert model.sample(3).shape == (3, 2)
    assert model.discriminate(Generator(0).normal((4, 2))).shape == (4,)


def test_spectral_norm_is_in_every_layer_of_the_discriminator_and_none_of_the_generators() -> None:
    model = GAN((2,), (8, 6), 3, spectral_norm=True)
    assert kinds(model.discriminator).count("ParametrizedDense") == 3
    assert "Dense" not in kinds(model.discriminator)
    assert "BatchNorm1d" not in kinds(model.discriminator)
    assert kinds(model.generator).count("Dense") == 3


def test_images_and_rows_are_taken_alike() -> None:
    model = GAN((1, 4, 4), (8,), 3)
    x = Generator(0).uniform((5, 1, 4, 4))
    np.testing.assert_array_equal(
        model.discriminate(x).numpy(), model.discriminate(x.reshape(5, 16)).numpy()
    )


def test_images_have_a_recipe_of_their_own_and_points_what_the_objective_has() -> None:
    images, points = GAN((1, 4, 4), (8,), 3), GAN((2,), (8,), 3)
    recipe = {"lr": 3e-3, "betas": (0.0, 0.99), "batch_size": 64, "schedule": "linear"}
    assert images.training_defaults() == recipe
    assert (images.config()["r1"], images.config()["average"]) == (1.0, 0.999)
    assert points.training_defaults() == {"lr": 2e-4, "betas": (0.5, 0.999)}
    assert (points.config()["r1"], points.averaged_generator) == (0.0, None)


@pytest.mark.parametrize("objective", ["least-squares", "wasserstein-gp"])
def test_without_r1_images_have_a_lower_rate(objective: str) -> None:
    images, points = (GAN(shape, (8,), 3, objective=objective) for shape in ((1, 4, 4), (2,)))
    assert images.game.r1 == 0
    recipe = {"lr": 1e-3, "betas": (0.0, 0.99), "batch_size": 64, "schedule": "linear"}
    assert images.training_defaults() == recipe
    assert points.training_defaults()["lr"] < 1e-3


def test_clipping_is_as_it_was_published_on_images_too() -> None:
    model = GAN((1, 4, 4), (8,), 3, objective="wasserstein")
    assert model.training_defaults() == {"lr": 5e-5, "betas": (0.0, 0.99)}
    assert (model.game.critic_steps, model.game.clip, model.averaged_generator) == (5, 0.01, None)


@pytest.mark.host_only("that it learns is the same there; that it runs, other tests show")
@pytest.mark.parametrize("seed", range(3))
def test_training_brings_samples_to_where_the_data_are(seed: int) -> None:
    """R1 makes the game converge, and the average does not circle."""
    generator = Generator(seed)
    model = GAN((2,), (16,), 2, r1=1.0, average=0.98, batch_norm=False, generator=generator)
    optimizers = {
        side: optim.Adam(network.parameters(), lr=4e-3, betas=(0.0, 0.9))
        for side, network in model.sides().items()
    }
    centre = np.array([2.0, -1.0], np.float32)
    for step in range(400):
        x = centre + 0.3 * generator.normal((64, 2))
        for side in model.turns(step):
            optimizers[side].zero_grad()
            next(iter(model.side_terms(side, x, generator=generator).values())).backward()
            optimizers[side].step()
            model.finish_turn(side)
    made = model.sample(500, generator=generator).numpy()
    np.testing.assert_allclose(made.mean(0), centre, atol=0.3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (8, 8)}, "three positive lengths"),
        ({"image_shape": (0,)}, r"a positive length \(D,\) is expected, got \(0,\)"),
        ({"image_shape": (2,), "latent": 0}, "GAN: latent must be positive, got 0"),
        ({"image_shape": (2,), "packing": 0}, "GAN: packing must be positive, got 0"),
        ({"image_shape": (2,), "average": 1.0}, r"GAN: average must lie in \[0, 1\), got 1.0"),
        ({"image_shape": (2,), "hidden": (0,)}, "GAN: hidden layers need features"),
        ({"image_shape": (2,), "objective": "zero-sum"}, "unknown objective"),
    ],
)
def test_impossible_configurations_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GAN(**arguments)
