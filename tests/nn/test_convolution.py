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
    np.testing.assert_array_equal(layer(x).array, expected.array)
    up = nn.ConvTranspose2d(3, 2, (3, 2), 2, (1, 0), (1, 0))
    expected = F.conv_transpose2d(x, up.weight, up.bias, 2, (1, 0), (1, 0))
    np.testing.assert_array_equal(up(x).array, expected.array)


def test_weights_are_laid_out_as_pytorchs() -> None:
    assert nn.Conv2d(3, 5, (2, 4)).weight.shape == (5, 3, 2, 4)
    assert nn.ConvTranspose2d(3, 5, (2, 4)).weight.shape == (3, 5, 2, 4)
    assert nn.Conv2d(3, 5, 2, bias=False).bias is None
    assert [name for name, _ in nn.Conv2d(3, 5, 2).named_parameters()] == ["weight", "bias"]


@pytest.mark.parametrize(("kind", "fan"), [(nn.Conv2d, 16 * 9), (nn.ConvTranspose2d, 64 * 9)])
def test_first_weights_are_uniform_within_the_bound_of_the_fan_in(kind: Any, fan: int) -> None:
    layer = kind(16, 64, 3, generator=minigen.Generator(0))
    bound = 1 / math.sqrt(fan)
    assert 0.99 * bound < np.abs(layer.weight.array).max() <= bound
    assert layer.weight.array.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert 0.9 * bound < np.abs(layer.bias.array).max() <= bound


@pytest.mark.parametrize("kind", LAYERS)
def test_a_generator_decides_the_first_weights(kind: Any) -> None:
    one, same, other = (kind(2, 3, 3, generator=minigen.Generator(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.weight.array, same.weight.array)
    np.testing.assert_array_equal(one.bias.array, same.bias.array)
    assert (one.weight.array != other.weight.array).any()


@pytest.mark.parametrize("kind", LAYERS)
def test_the_dtype_is_that_of_parameters_inputs_and_outputs(kind: Any) -> None:
    layer = kind(1, 2, 2, dtype=np.float64)
    assert layer.weight.dtype == layer.bias.dtype == np.float64
    assert layer(draw(1, 1, 3, 3)).dtype == np.float64
    with pytest.raises(TypeError, match=r"\(1, 2, kernel_size.*float64 is expected.*got float32"):
        layer(images(1, 1, 3, 3))


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 4, 5, 5), (5, 5), (1, 2, 3, 5, 5)])
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
        ((3, 8, "3"), "kernel_size must be an integer of at least 1, or two, got '3'"),
        ((3, 8, 3.0), "kernel_size must be an integer of at least 1, or two, got 3.0"),
        (("3", 8, 3), "in_channels must be a positive integer, got '3'"),
        ((2, 2, 3, 2, "same"), "padding='same' keeps the size of an image, so that it needs"),
        ((2, 2, 3, 1, "valud"), "padding must be .* 'same' or 'valid', got 'valud'"),
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


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dilation": 0}, "dilation must be an integer of at least 1"),
        ({"dilation": "2"}, "dilation must be an integer of at least 1"),
        ({"groups": 0}, "groups must be a positive integer, got 0"),
        ({"groups": 2.0}, "groups must be a positive integer, got 2.0"),
        ({"groups": 3}, "groups must divide the channels, in and out, got 3 groups of 6 and 4"),
        ({"groups": 4}, "groups must divide the channels, in and out, got 4 groups of 6 and 4"),
    ],
)
def test_groups_and_dilation_are_checked_when_the_layer_is_made(
    kind: Any, options: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__}: {message}"):
        kind(6, 4, 3, **options)


def test_weights_hold_the_channels_of_a_group() -> None:
    assert nn.Conv2d(6, 4, (2, 3), groups=2).weight.shape == (4, 3, 2, 3)
    assert nn.ConvTranspose2d(6, 4, (2, 3), groups=2).weight.shape == (6, 2, 2, 3)
    bound = 1 / math.sqrt(3 * 6)
    weight = nn.Conv2d(6, 64, (2, 3), groups=2, generator=minigen.Generator(0)).weight
    assert 0.98 * bound < np.abs(weight.array).max() <= bound


def test_arguments_come_in_pytorchs_order() -> None:
    x = images(1, 4, 7, 7)
    layer = nn.Conv2d(4, 2, 3, 1, "same", 2, 2, False)
    assert layer.bias is None
    assert layer(x).shape == (1, 2, 7, 7)
    up = nn.ConvTranspose2d(4, 2, 3, 2, 1, 1, 2, False, 2)
    assert up.bias is None
    assert up(x).shape == (1, 2, 16, 16)


@pytest.mark.parametrize("kind", LAYERS)
def test_one_image_passes_as_a_batch_of_one(kind: Any) -> None:
    layer, x = kind(3, 2, 3, groups=1, dilation=2), images(1, 3, 6, 7)
    np.testing.assert_array_equal(layer(x[0]).array, layer(x)[0].array)


def test_a_call_can_name_the_size_that_is_wanted() -> None:
    layer, x = nn.ConvTranspose2d(3, 4, 3, stride=2), images(1, 3, 4, 4)
    for size in [(9, 9), (10, 10), (9, 10), [1, 4, 10, 9], minigen.zeros(1, 4, 10, 10).shape]:
        assert layer(x, output_size=size).shape == (1, 4, *size[-2:])
    expected = F.conv_transpose2d(x, layer.weight, layer.bias, 2, 0, (1, 0))
    np.testing.assert_array_equal(layer(x, [10, 9]).array, expected.array)
    assert layer(x[0], output_size=(10, 9)).shape == (4, 10, 9)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((11, 10), r"between \(9, 9\) and \(10, 10\) .* stride \(2, 2\), got \(11, 10\)"),
        ((8, 9), r"output_size must lie between \(9, 9\) and \(10, 10\) for an input of 4 by 4"),
        ((9,), "output_size must be .* two"),
        ((9.0, 9), "output_size must be an integer"),
        ((1, 2, 3, 9, 9), "output_size"),
    ],
)
def test_a_size_that_no_stride_gives_is_refused(size: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"ConvTranspose2d\(3, 4, .*{message}"):
        nn.ConvTranspose2d(3, 4, 3, stride=2)(images(1, 3, 4, 4), output_size=size)


def test_options_are_shown() -> None:
    assert repr(nn.Conv2d(4, 2, 3, padding="same", dilation=2, groups=2)) == (
        "Conv2d(4, 2, kernel_size=(3, 3), stride=(1, 1), padding='same', dilation=(2, 2), "
        "groups=2, bias=True)"
    )
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


@pytest.mark.derivation("pad.modes")
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize(
    "options",
    [
        {"padding": (1, 2), "stride": 2, "kernel_size": 3},
        {"padding": "same", "dilation": 2, "kernel_size": (2, 3)},
        {"padding": "valid", "kernel_size": 3},
    ],
)
def test_a_border_of_another_kind_is_pytorchs(mode: str, options: Any) -> None:
    torch = pytest.importorskip("torch")
    ours = nn.Conv2d(2, 3, padding_mode=mode, dtype="float64", **options)
    theirs = torch.nn.Conv2d(2, 3, padding_mode=mode, dtype=torch.float64, **options)
    ours.load_state_dict({name: each.numpy() for name, each in theirs.state_dict().items()})
    images = draw(2, 2, 6, 5)
    expected = theirs(torch.from_numpy(images)).detach().numpy()
    np.testing.assert_allclose(ours(images).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours(images[0]).detach().numpy(), expected[0], atol=1e-12)
    assert f"padding_mode='{mode}'" in repr(ours)


def test_a_border_of_signals_repeats_their_ends() -> None:
    layer = nn.Conv1d(1, 1, 3, padding=1, padding_mode="replicate", bias=False)
    nn.init.ones_(layer.weight)
    assert layer(minigen.tensor([[[1.0, 2.0, 4.0]]])).tolist() == [[[4.0, 7.0, 10.0]]]


def test_a_border_that_does_not_exist_or_is_too_wide_is_refused() -> None:
    with pytest.raises(ValueError, match="Conv2d: unknown padding_mode 'mirror': use one of zeros"):
        nn.Conv2d(1, 1, 3, padding_mode="mirror")
    with pytest.raises(ValueError, match=r"Conv2d\(1, 1, .*padding_mode='reflect'.*: pad"):
        nn.Conv2d(1, 1, 3, padding=2, padding_mode="reflect")(minigen.zeros(1, 1, 2, 2))
