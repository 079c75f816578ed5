"""The kernels in bands compute what the ops' own text says."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen.kernels import bands as kernels
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Windows
from tests.kernels.layers import (
    LAYERS,
    NOT_SERVED,
    Layer,
    assert_served_and_equal,
    drawn,
    held,
)

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")


@pytest.fixture(autouse=True)
def _serve_small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LEAST_ROW_BYTES", 0)


def outputs(layer: Layer, dtype: str) -> Any:
    bias = drawn((layer.outputs,), dtype)
    return kernels.conv2d_in_bands(layer.images(dtype), layer.weight(dtype), bias, **layer.options)


def gradient_of_weight(layer: Layer, dtype: str) -> Any:
    given = layer.images(dtype), layer.cotangent(dtype)
    return kernels.conv2d_weight_in_bands(*given, kernel_size=layer.kernel, **layer.options)


def painted(layer: Layer, dtype: str) -> Any:
    bias = drawn((layer.inputs,), dtype)
    return kernels.conv_transpose2d_in_bands(
        layer.cotangent(dtype), layer.weight(dtype), bias, **layer.transposed_options
    )


BY_KERNEL = [outputs, gradient_of_weight, painted]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("has_bias", [True, False])
def test_the_kernel_of_conv2d_agrees_with_the_op(layer: Layer, has_bias: bool) -> None:
    bias = drawn((layer.outputs,)) if has_bias else None
    given = layer.images(), layer.weight(), bias
    found = kernels.conv2d_in_bands(*given, **layer.options)
    assert_served_and_equal(found, conv2d.forward(*given, **layer.options))
    assert np.moveaxis(found, 0, -1).flags.c_contiguous


@pytest.mark.parametrize("layer", LAYERS)
def test_the_kernel_of_the_weights_gradient_agrees_with_the_op(layer: Layer) -> None:
    given = layer.images(), layer.cotangent(), layer.kernel
    x, g, kernel_size = given
    found = kernels.conv2d_weight_in_bands(x, g, kernel_size=kernel_size, **layer.options)
    assert_served_and_equal(found, conv2d_weight.forward(*given, **layer.options))
    assert found.flags.c_contiguous
    assert found.base is None  # so that it need not be copied to become a gradient


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("has_bias", [True, False])
def test_the_kernel_of_the_transposed_one_agrees_with_the_op(layer: Layer, has_bias: bool) -> None:
    bias = drawn((layer.inputs,)) if has_bias else None
    given = layer.cotangent(), layer.weight(), bias
    found = kernels.conv_transpose2d_in_bands(*given, **layer.transposed_options)
    assert_served_and_equal(found, conv_transpose2d.forward(*given, **layer.transposed_options))
    assert np.moveaxis(found, 0, -1).flags.c_contiguous


@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_is_left_of_what_stood_in_memory_before(
    layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [computed(layer, "float32") for computed in BY_KERNEL]
    monkeypatch.setattr(np, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    for computed, numbers in zip(BY_KERNEL, expected, strict=True):
        np.testing.assert_array_equal(computed(layer, "float32"), numbers)


def test_a_hundred_times_two_threads_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Layer(3, 5, (14, 14), (4, 4), (2, 2), (1, 1), batch=32)  # seven rows of windows
    monkeypatch.setenv("MINIGEN_THREADS", "1")
    expected = [computed(layer, "float32") for computed in BY_KERNEL]
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    for _ in range(100):
        for computed, numbers in zip(BY_KERNEL, expected, strict=True):
            np.testing.assert_array_equal(computed(layer, "float32"), numbers)


@pytest.mark.parametrize("size", [(14, 6), (6, 14), (11, 8)])
def test_two_threads_give_what_one_gives_for_high_and_for_wide_images(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Layer(3, 5, size, (4, 4), (2, 2), (1, 1), batch=32)
    monkeypatch.setenv("MINIGEN_THREADS", "1")
    expected = [computed(layer, "float32") for computed in BY_KERNEL]
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    for computed, numbers in zip(BY_KERNEL, expected, strict=True):
        np.testing.assert_array_equal(computed(layer, "float32"), numbers)


def test_images_in_any_memory_order_are_served() -> None:
    layer = LAYERS[0]
    x, weight, g = (
        np.ascontiguousarray(a) for a in (layer.images(), layer.weight()[::-1], layer.cotangent())
    )
    expected = conv2d.forward(x, weight, None, **layer.options)
    assert_served_and_equal(kernels.conv2d_in_bands(x, weight, None, **layer.options), expected)
    painted = conv_transpose2d.forward(g, weight, None, **layer.options)
    assert_served_and_equal(
        kernels.conv_transpose2d_in_bands(g, weight, None, **layer.transposed_options), painted
    )


def test_gradients_through_the_kernels_agree_with_finite_differences() -> None:
    layer = dataclasses.replace(LAYERS[0], inputs=1, outputs=1, size=(6, 6), batch=5)
    inputs = [minigen.tensor(a) for a in (layer.images(), layer.weight(), drawn((1,)))]
    assert minigen.gradcheck(lambda *given: F.conv2d(*given, **layer.options), inputs, order=2).ok
    inputs[0] = minigen.tensor(layer.cotangent())
    assert minigen.gradcheck(
        lambda *given: F.conv_transpose2d(*given, **layer.options), inputs, order=2
    ).ok


@pytest.mark.parametrize("given", NOT_SERVED.values(), ids=NOT_SERVED)
def test_what_is_not_served_is_left_to_the_op(given: Any) -> None:
    x, weight, bias = given
    options: dict[str, Any] = {"stride": 2, "padding": 1}
    assert kernels.conv2d_in_bands(x, weight, bias, **options) is NotImplemented
    backwards = weight.swapaxes(0, 1)
    assert (
        kernels.conv_transpose2d_in_bands(x, backwards, bias, output_padding=0, **options)
        is NotImplemented
    )


def test_kernels_that_the_stride_does_not_divide_are_left_to_the_op() -> None:
    x, weight = held((8, 3, 13, 13)), drawn((5, 3, 5, 5))
    found = kernels.conv2d_in_bands(x, weight, None, stride=2, padding=1)
    assert found is NotImplemented


def test_groups_are_left_to_the_op() -> None:
    x, weight, g = held((8, 4, 8, 8)), drawn((6, 4, 4, 4)), held((8, 6, 4, 4))
    options: Any = {"stride": 2, "padding": 1, "groups": 2}
    assert kernels.conv2d_in_bands(x, weight, None, **options) is NotImplemented
    assert kernels.conv2d_weight_in_bands(x, g, kernel_size=4, **options) is NotImplemented
    found = kernels.conv_transpose2d_in_bands(g, weight, None, output_padding=0, **options)
    assert found is NotImplemented


def test_cotangents_of_another_dtype_are_left_to_the_op() -> None:
    layer = LAYERS[0]
    given = layer.images(), layer.cotangent("float32")
    found = kernels.conv2d_weight_in_bands(*given, kernel_size=layer.kernel, **layer.options)
    assert found is NotImplemented


def test_cotangents_of_other_windows_are_left_to_the_op() -> None:
    layer = LAYERS[0]
    g = drawn((layer.batch, layer.outputs, 3, 3))
    found = kernels.conv2d_weight_in_bands(
        layer.images(), g, kernel_size=layer.kernel, **layer.options
    )
    assert found is NotImplemented


def test_small_rows_are_left_to_products_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = LAYERS[0]
    x, weight, g = layer.images(), layer.weight(), layer.cotangent()
    for kernel, given, options in (
        (kernels.conv2d_in_bands, (x, weight, None), layer.options),
        (kernels.conv2d_weight_in_bands, (x, g), {"kernel_size": 4, **layer.options}),
        (kernels.conv_transpose2d_in_bands, (g, weight, None), layer.transposed_options),
    ):
        row_bytes = 4 * layer.batch * (3 * 4 * 4 * 8)
        monkeypatch.setattr(kernels, "LEAST_ROW_BYTES", row_bytes + 1)
        assert kernel(*given, **options) is NotImplemented
        monkeypatch.setattr(kernels, "LEAST_ROW_BYTES", row_bytes)
        assert kernel(*given, **options) is not NotImplemented


def test_bands_pay_where_less_of_images_is_copied_than_more_of_kernels() -> None:
    windows = Windows((4, 4), (2, 2), (1, 1))
    saved = 4 * 8 / 2  # of two bands, one is not copied again
    channels = int(saved / (2 * 2))  # two copies of each, counted twice
    assert kernels._pays(windows, 4, 8, channels - 1, 1)
    assert not kernels._pays(windows, 4, 8, channels, 1)
