"""Pooling and upsampling as modules."""

from __future__ import annotations

from typing import Any

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
        (
            nn.AvgPool2d(4, 4, 1, ceil_mode=True, count_include_pad=False),
            F.avg_pool2d(X, 4, 4, 1, ceil_mode=True, count_include_pad=False),
        ),
        (nn.MaxPool2d(2, 3, 1, 2, ceil_mode=True), F.max_pool2d(X, 2, 3, 1, 2, True)),
        (nn.AdaptiveAvgPool2d((1, 1)), F.adaptive_avg_pool2d(X, 1)),
        (nn.AdaptiveAvgPool2d((4, None)), F.adaptive_avg_pool2d(X, (4, 6))),
        (nn.Upsample(scale_factor=(1, 2)), F.upsample(X, (1, 2))),
        (nn.Upsample((4, 7)), F.interpolate(X, (4, 7))),
        (
            nn.Upsample(None, 1.5, "bilinear", True),
            F.interpolate(X, scale_factor=1.5, mode="bilinear", align_corners=True),
        ),
    ]
    for layer, expected in pairs:
        np.testing.assert_array_equal(layer(X).array, expected.array)


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0)"),
        (
            nn.AvgPool2d(3, 2, 1),
            "AvgPool2d(kernel_size=3, stride=2, padding=1, count_include_pad=True)",
        ),
        (nn.AdaptiveAvgPool2d(1), "AdaptiveAvgPool2d(output_size=1)"),
        (nn.MaxPool2d(2, dilation=2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=2)"),
        (
            nn.AvgPool2d(2, ceil_mode=True),
            "AvgPool2d(kernel_size=2, stride=2, padding=0, ceil_mode=True, count_include_pad=True)",
        ),
        (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2, mode='nearest')"),
        (
            nn.Upsample((4, 5), mode="bilinear", align_corners=False),
            "Upsample(size=(4, 5), mode='bilinear', align_corners=False)",
        ),
    ],
)
def test_options_are_shown_and_named_in_errors(layer: nn.Module, shown: str) -> None:
    assert repr(layer) == shown
    with pytest.raises(ValueError, match=r"\(N, C, H, W\) are expected") as caught:
        layer(X[0, 0])
    assert str(caught.value).startswith(shown)


@pytest.mark.parametrize("layer", [nn.MaxPool2d(3, 2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(4)])
def test_one_image_is_pooled_as_a_batch_of_one(layer: nn.Module) -> None:
    np.testing.assert_array_equal(layer(X[0]).array, layer(X[:1])[0].array)


def test_one_image_is_not_resized_since_its_axes_are_anothers() -> None:
    with pytest.raises(ValueError, match=r"give one image as x.unsqueeze\(0\)"):
        nn.Upsample(scale_factor=2)(X[0])


WRONG: Any = [
    (nn.MaxPool2d, (0,), "kernel_size must be an integer of at least 1"),
    (nn.MaxPool2d, ("2",), "kernel_size must be an integer .* got '2'"),
    (nn.MaxPool2d, (2.0,), "kernel_size must be an integer .* got 2.0"),
    (nn.MaxPool2d, (2, 0), "stride must be an integer of at least 1"),
    (nn.MaxPool2d, (2, 2, 2), "padding must be at most half of kernel_size, got 2 and 2"),
    (nn.MaxPool2d, (2, 2, "same"), "padding must be an integer .* got 'same'"),
    (nn.MaxPool2d, (2, 2, 0, 0), "dilation must be an integer of at least 1"),
    (nn.AvgPool2d, (2, -1), "stride must be an integer of at least 1"),
    (nn.AvgPool2d, ((2, 3, 4),), "kernel_size must be an integer .*, or two"),
    (nn.AdaptiveAvgPool2d, (0,), ".* output_size must be a positive integer"),
    (nn.AdaptiveAvgPool2d, ("7",), ".* got '7'"),
    (nn.AdaptiveAvgPool2d, ((7, 7, 7),), r".* got \(7, 7, 7\)"),
    (nn.Upsample, (), ".* either size or scale_factor must be given"),
    (nn.Upsample, (4, 2), ".* either size or scale_factor must be given, and not both"),
    (nn.Upsample, (None, -2), ".* scale_factor must be a positive number"),
    (nn.Upsample, (None, "2"), ".* scale_factor must be a positive number"),
    (nn.Upsample, (None, float("nan")), ".* scale_factor must be a positive number"),
    (nn.Upsample, (2.5,), ".* size must be an integer of at least 1"),
    (
        nn.Upsample,
        (2, None, "cubic"),
        ".* mode must be 'nearest', .* or 'bicubic', got 'cubic'",
    ),
    (nn.Upsample, (2, None, "nearest", True), ".* align_corners says"),
]


@pytest.mark.parametrize(("kind", "arguments", "message"), WRONG)
def test_options_that_mean_nothing_are_refused_when_the_layer_is_made(
    kind: Any, arguments: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{kind.__name__}: {message}"):
        kind(*arguments)
