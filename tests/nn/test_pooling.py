"""Pooling and upsampling as modules."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn
from tests.numeric import draw

X = minigen.tensor(draw(2, 3, 6, 6))


def test_the_layers_call_the_functions_with_their_options() -> None:
    pairs = [
        (nn.MaxPool2d(3, 2, 1), F.max_pool2d(X, 3, 2, 1)),
        (nn.MaxPool2d((2, 3)), F.max_pool2d(X, (2, 3))),
        (nn.AvgPool2d(3, 1, 1), F.avg_pool2d(X, 3, 1, 1)),
        (nn.AvgPool2d(3, 1, 1, count_include_pad=False), F.avg_pool2d(X, 3, 1, 1, False)),
        (nn.AdaptiveAvgPool2d((1, 1)), F.adaptive_avg_pool2d(X, 1)),
        (nn.Upsample(scale_factor=(1, 2)), F.upsample(X, (1, 2))),
    ]
    for layer, expected in pairs:
        np.testing.assert_array_equal(layer(X).data, expected.data)


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0)"),
        (
            nn.AvgPool2d(3, 2, 1),
            "AvgPool2d(kernel_size=3, stride=2, padding=1, count_include_pad=True)",
        ),
        (nn.AdaptiveAvgPool2d(1), "AdaptiveAvgPool2d(output_size=1)"),
        (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2, mode='nearest')"),
    ],
)
def test_options_are_shown_and_named_in_errors(layer: nn.Module, shown: str) -> None:
    assert repr(layer) == shown
    with pytest.raises(ValueError, match=r"\(N, C, H, W\) are expected") as caught:
        layer(X[0])
    assert str(caught.value).startswith(shown)


def test_other_outputs_than_the_mean_are_refused() -> None:
    with pytest.raises(ValueError, match=r"AdaptiveAvgPool2d\(.*only output_size 1 is supported"):
        nn.AdaptiveAvgPool2d(2)(X)
