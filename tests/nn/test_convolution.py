"""The convolution layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn, optim
from tests.numeric import draw

LAYERS = [nn.Conv2d, nn.ConvTranspose2d]


def images(*shape: int) -> minigen.Tensor:
    return minigen.tensor(draw(*shape), dtype="float32")


def test_the_layers_call_the_functions_with_their_options() -> None:
    x = images(2, 3, 5, 4)
    layer = nn.Conv2d(3, 2, (3, 2), (2, 1), (1, 0))
    expected = F.conv2d(x, layer.weight, layer.bias, (2, 1), (1, 0))
    np.testing.assert_array_equal(layer(x).data, expected.data)
    up = nn.ConvTranspose2d(3, 2, (3, 2), 2, (1, 0), (1, 0))
    expected = F.conv_transpose2d(x, up.weight, up.bias, 2, (1, 0), (1, 0))
    np.testing.assert_array_equal(up(x).data, expected.data)


def test_weights_are_laid_out_as_pytorchs() -> None:
    assert nn.Conv2d(3, 5, (2, 4)).weight.shape == (5, 3, 2, 4)
    assert nn.ConvTranspose2d(3, 5, (2, 4)).weight.shape == (3, 5, 2, 4)
    assert nn.Conv2d(3, 5, 2, bias=False).bias is None
    assert [name for name, _ in nn.Conv2d(3, 5, 2).named_parameters()] == ["weight", "bias"]


@pytest.mark.parametrize(("kind", "fan"), [(nn.Conv2d, 16 * 9), (nn.ConvTranspose2d, 64 * 9)])
def test_first_weights_are_uniform_within_the_bound_of_the_fan_in(kind: Any, fan: int) -> None:
    layer = kind(16, 64, 3, generator=minigen.Generator(0))
    bound = 1 / math.sqrt(fan)
    assert 0.99 * bound < np.abs(layer.weight.data).max() <= bound
    assert layer.weight.data.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert 0.9 * bound < np.abs(layer.bias.data).max() <= bound


@pytest.mark.parametrize("kind", LAYERS)
def test_a_generator_decides_the_first_weights(kind: Any) -> None:
    one, same, other = (kind(2, 3, 3, generator=minigen.Generator(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.weight.data, same.weight.data)
    np.testing.assert_array_equal(one.bias.data, same.bias.data)
    assert (one.weight.data != other.weight.data).any()


@pytest.mark.parametrize("kind", LAYERS)
def test_the_dtype_is_that_of_parameters_inputs_and_outputs(kind: Any) -> None:
    layer = kind(1, 2, 2, dtype=np.float64)
    assert layer.weight.dtype == layer.bias.dtype == np.float64
    assert layer(draw(1, 1, 3, 3)).dtype == np.float64
    with pytest.raises(TypeError, match=r"\(1, 2, kernel_size.*float64 is expected.*got float32"):
        layer(images(1, 1, 3, 3))


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 4, 5, 5), (3, 5, 5)])
def test_a_wrong_shape_is_named_with_the_layer(kind: Any, shape: tuple[int, ...]) -> None:
    expected = rf"{kind.__name__}\(3, 2, kernel_size=\(3, 3\).*\(N, 3, H, W\) is expected"
    with pytest.raises(ValueError, match=expected):
        kind(3, 2, 3)(images(*shape))


def test_an_image_too_small_is_named_with_the_layer_and_the_formula() -> None:
    with pytest.raises(ValueError, match=r"Conv2d\(3, 2, .*conv2d: the output's height would be"):
        nn.Conv2d(3, 2, 4)(images(1, 3, 2, 9))
    with pytest.raises(ValueError, match=r"ConvTranspose2d\(3, 2, .*the output's width would be"):
        nn.ConvTranspose2d(3, 2, 2, 1, (0, 1))(images(1, 3, 2, 1))


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 2, 3), "in_channels must be a positive integer"),
        ((2, 1.5, 3), "out_channels must be a positive integer"),
        ((2, 2, 0), "kernel_size must be an integer of at least 1"),
        ((2, 2, 3, 0), "stride must be an integer of at least 1"),
        ((2, 2, 3, 1, -1), "padding must be an integer of at least 0"),
    ],
)
def test_impossible_sizes_are_refused_when_the_layer_is_made(
    kind: Any, arguments: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__}: {message}"):
        kind(*arguments)


@pytest.mark.parametrize("output_padding", [2, (0, 2), -1])
def test_output_padding_is_smaller_than_the_stride(output_padding: Any) -> None:
    with pytest.raises(ValueError, match="ConvTranspose2d: output_padding must be"):
        nn.ConvTranspose2d(1, 1, 3, 2, 1, output_padding)


def test_options_are_shown() -> None:
    assert repr(nn.ConvTranspose2d(1, 2, 4, 2, 1)) == (
        "ConvTranspose2d(1, 2, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1), bias=True, "
        "output_padding=(0, 0))"
    )


def test_a_small_network_learns() -> None:
    generator = minigen.Generator(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 4, 2, 1, generator=generator),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(4, 1, 4, 2, 1, generator=generator),
    )
    x = images(8, 1, 8, 8)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), x, reduction="mean")
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
