"""Convolutional autoencoders and VAEs: shapes, gradients, weights in the places of PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen import models, nn, optim
from minigen.engine.random import Generator
from minigen.models import ConvAutoencoder, ConvVAE

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 8, 16)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_images_go_in_and_images_of_the_same_shape_come_out(
    shape: tuple[int, int, int], batch_norm: bool
) -> None:
    x = Generator(0).uniform((3, *shape))
    for kind in (ConvAutoencoder, ConvVAE):
        model = kind(shape, (4, 8), (16,), 5, batch_norm=batch_norm, generator=Generator(1))
        made = model.reconstruct(x)
        assert made.shape == x.shape
        assert 0 <= made.numpy().min() <= made.numpy().max() <= 1
        assert model.loss(x, generator=Generator(2)).shape == ()


@pytest.mark.parametrize("kind", [ConvAutoencoder, ConvVAE])
@pytest.mark.parametrize("decoder", ["bernoulli", "gaussian"])
def test_every_parameter_gets_a_gradient_and_moves(kind: Any, decoder: str) -> None:
    model = kind((1, 8, 8), (4, 8), (16,), 3, batch_norm=True, decoder=decoder)
    before = {name: p.numpy() for name, p in model.named_parameters()}
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    x = Generator(0).uniform((6, 1, 8, 8))
    model.loss(x, generator=Generator(1)).backward()
    optimizer.step()
    assert [name for name, p in model.named_parameters() if (p.numpy() == before[name]).all()] == []


def test_rows_and_images_are_taken_alike() -> None:
    model = ConvAutoencoder((2, 4, 4), (3,), (6,), 2, generator=Generator(1))
    x = Generator(0).uniform((5, 2, 4, 4))
    assert model.loss(x).item() == model.loss(x.reshape(5, 32)).item()


@pytest.mark.derivation("conv_transpose2d.overlap")
def test_every_element_of_an_image_is_painted_equally_often_but_for_the_border() -> None:
    """Kernels that their stride does not divide paint checkerboards."""

    def counts(kernel: int, stride: int, padding: int) -> set[float]:
        points, taps = np.ones((1, 1, 8, 8)), np.ones((1, 1, kernel, kernel))
        painted: Any = F.conv_transpose2d(points, taps, None, stride, padding)
        return set(painted[0, 0, 4:-4, 4:-4].ravel().tolist())

    decoders = [
        models.ConvVAE((1, 8, 8), (3, 4), (), 2).decoder,
        models.ConvAutoencoder((1, 8, 8), (3, 4), (), 2).decoder,
        models.DCGAN((1, 8, 8), (4,), 5).generator,
    ]
    layers = [
        m for decoder in decoders for m in decoder.modules() if isinstance(m, nn.ConvTranspose2d)
    ]
    assert layers
    for layer in layers:
        assert counts(layer.kernel_size[0], layer.stride[0], layer.padding[0]) == {4}
    assert counts(3, 2, 1) == {1, 2, 4}
    assert counts(5, 2, 2) == {4, 6, 9}


def test_no_dense_layer_beside_the_code_is_allowed() -> None:
    model = ConvVAE((1, 4, 4), (3,), (), 2)
    assert model.sample(4).shape == (4, 1, 4, 4)


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    for model in (
        ConvVAE((1, 8, 8), (2, 4), (8, 6), 3, batch_norm=True, free_bits=0.5, decoder="gaussian"),
        ConvAutoencoder((3, 8, 8), (2,), (8,), 3, corruption=0.2),
    ):
        again = models.build(model.name, **model.config())
        assert again.config() == model.config()
        again.load_state_dict(model.state_dict())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1, 30, 30), (2, 4, 8)), "divisible by 8, got 30 and 30"),
        (((1, 28, 28), ()), "channels must be positive"),
        (((1, 28, 28), (4, 0)), "channels must be positive"),
        (((1, 28, 28), (4,), (0,)), "hidden layers need features"),
        (((1, 28, 28), (4,), (8,), 0), "latent must be positive"),
    ],
)
def test_impossible_configurations_are_refused(arguments: Any, message: str) -> None:
    for kind in (ConvAutoencoder, ConvVAE):
        with pytest.raises(ValueError, match=message):
            kind(*arguments)


@pytest.mark.derivation("autoencoder.objective")
def test_a_denoising_autoencoder_sees_noise_and_is_judged_by_the_clean_image() -> None:
    for model in (
        models.Autoencoder((1, 4, 4), (6,), 2, corruption=0.5, generator=Generator(1)),
        ConvAutoencoder((1, 4, 4), (3,), (6,), 2, corruption=0.5, generator=Generator(1)),
    ):
        x, noise = Generator(0).uniform((5, 1, 4, 4)), Generator(3).normal((5, 1, 4, 4))
        seen = np.clip(x + 0.5 * noise, 0, 1)
        p = model.reconstruct(seen).numpy().astype(np.float64)
        expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).reshape(5, -1).sum(1).mean()
        assert model.terms(x, noise=noise)["loss"].item() == pytest.approx(expected, rel=1e-5)
        drawn = model.corrupt(x, generator=Generator(3))
        np.testing.assert_array_equal(drawn, seen)


def test_without_corruption_images_are_seen_as_they_are() -> None:
    model = ConvAutoencoder((1, 4, 4), (3,), (6,), 2)
    x = minigen.rand(5, 1, 4, 4)
    assert model.corrupt(x) is x
    with pytest.raises(ValueError, match="corruption must not be negative"):
        ConvAutoencoder((1, 4, 4), (3,), (6,), 2, corruption=-1.0)


def test_evaluation_uses_the_running_statistics_and_leaves_them_alone() -> None:
    model = ConvVAE((1, 4, 4), (3,), (6,), 2, batch_norm=True)
    x = Generator(0).uniform((5, 1, 4, 4))
    model.loss(x, generator=Generator(1)).backward()
    model.eval()
    before = {name: b.numpy() for name, b in model.named_buffers()}
    with minigen.no_grad():
        alone = model.reconstruct(x[:1]).numpy()
        together = model.reconstruct(x).numpy()
    np.testing.assert_allclose(alone[0], together[0], rtol=1e-5, atol=1e-6)
    assert all((b.numpy() == before[name]).all() for name, b in model.named_buffers())
