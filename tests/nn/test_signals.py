"""The convolution layers of signals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn
from tests.numeric import draw

LAYERS = [nn.Conv1d, nn.ConvTranspose1d]


def signals(*shape: int) -> minigen.Tensor:
    return minigen.tensor(draw(*shape), dtype="float32")


def test_the_layers_call_the_functions_with_their_options() -> None:
    x = signals(2, 4, 9)
    layer = nn.Conv1d(4, 6, 3, 1, 2, 2, 2)
    expected = F.conv1d(x, layer.weight, layer.bias, 1, 2, 2, 2)
    np.testing.assert_array_equal(layer(x).array, expected.array)
    up = nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2, True, 2)
    expected = F.conv_transpose1d(x, up.weight, up.bias, 2, 1, 1, 2, 2)
    np.testing.assert_array_equal(up(x).array, expected.array)


@pytest.mark.parametrize("kind", LAYERS)
def test_first_weights_are_those_of_the_layer_of_images_with_one_row(kind: Any) -> None:
    of_images = {nn.Conv1d: nn.Conv2d, nn.ConvTranspose1d: nn.ConvTranspose2d}[kind]
    layer = kind(4, 8, 3, generator=minigen.Generator(0))
    other = of_images(4, 8, (1, 3), generator=minigen.Generator(0))
    np.testing.assert_array_equal(layer.weight.array, other.weight.array[:, :, 0])
    np.testing.assert_array_equal(layer.bias.array, other.bias.array)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("shape", [(2, 4, 5), (5,), (1, 2, 3, 5)])
def test_a_wrong_shape_is_named_with_the_layer(kind: Any, shape: tuple[int, ...]) -> None:
    expected = rf"{kind.__name__}\(3, 2, kernel_size=\(3,\).*\(N, 3, L\) is expected"
    with pytest.raises(ValueError, match=expected):
        kind(3, 2, 3)(signals(*shape))


def test_impossible_sizes_are_refused_when_the_layer_is_made() -> None:
    pair: Any = (3, 3)
    with pytest.raises(ValueError, match="Conv1d: kernel_size must be an integer of at least 1"):
        nn.Conv1d(1, 1, pair)
    with pytest.raises(ValueError, match="ConvTranspose1d: output_padding must be smaller"):
        nn.ConvTranspose1d(1, 1, 3, 2, 1, 2)


def test_a_call_can_name_the_length_that_is_wanted() -> None:
    layer, x = nn.ConvTranspose1d(3, 4, 3, stride=2), signals(1, 3, 4)
    size: Any
    for size in (9, 10, (10,), (1, 4, 9)):
        length = size if isinstance(size, int) else size[-1]
        assert layer(x, output_size=size).shape == (1, 4, length)
    with pytest.raises(ValueError, match=r"ConvTranspose1d\(3, 4, .*output_size must lie between"):
        layer(x, output_size=11)


def test_options_are_shown() -> None:
    assert repr(nn.ConvTranspose1d(1, 2, 4, 2, 1, dilation=2)) == (
        "ConvTranspose1d(1, 2, kernel_size=(4,), stride=(2,), padding=(1,), dilation=(2,), "
        "bias=True, output_padding=(0,))"
    )
