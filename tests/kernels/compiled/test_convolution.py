"""Convolutions by compiled loops are the ops that one reads, and do not depend on threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import functional as F
from minigen.engine import choice
from minigen.kernels.compiled import convolution as kernels
from minigen.kernels.compiled.tile import LANES, ROWS
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Windows

from .helpers import Array, batch_last, examples, numbers, seeds

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

layers = st.fixed_dictionaries(
    {
        "batch": st.sampled_from([8, 15, 16, 33, 64, 70]),
        "inputs": st.sampled_from([1, 4, 9, 16, 40]),
        "outputs": st.sampled_from([1, 4, 7, 8, 17, 48]),
        "size": st.tuples(st.integers(4, 9), st.integers(4, 9)),
        "kernel": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "padding": st.tuples(st.integers(0, 3), st.integers(0, 3)),
    }
)


class Layer:
    """Images, kernels, bias and cotangents of float32, and what the ops make of them in float64."""

    def __init__(self, given: Any, seed: int = 0) -> None:
        self.kernel = given["kernel"]
        self.options = {"stride": given["stride"], "padding": given["padding"]}
        self.windows = Windows(self.kernel, given["stride"], given["padding"])
        self.left_over = self.windows.left_over(given["size"])
        rows, columns = self.windows.fitting(given["size"])
        batch, inputs, outputs = given["batch"], given["inputs"], given["outputs"]
        self.x = batch_last(numbers((batch, inputs, *given["size"]), "float32", seed))
        self.g = batch_last(numbers((batch, outputs, rows, columns), "float32", seed + 1))
        self.weight = numbers((outputs, inputs, *self.kernel), "float32", seed + 2)
        self.bias = numbers(outputs, "float32", seed + 3)
        self.bias_of_inputs = numbers(inputs, "float32", seed + 4)

    def outputs(self) -> tuple[Any, Array]:
        given = self.x, self.weight, self.bias
        found = kernels.conv2d_kernel(*given, **self.options)
        return found, conv2d.forward(*exact(given), **self.options)

    def painted(self) -> tuple[Any, Array]:
        given = self.g, self.weight, self.bias_of_inputs
        options: Any = {**self.options, "output_padding": self.left_over}
        found = kernels.conv_transpose2d_kernel(*given, **options)
        return found, conv_transpose2d.forward(*exact(given), **options)

    def gradient_of_weight(self) -> tuple[Any, Array]:
        options: Any = {**self.options, "kernel_size": self.kernel}
        found = kernels.conv2d_weight_kernel(self.x, self.g, **options)
        return found, conv2d_weight.forward(*exact((self.x, self.g)), **options)


KINDS = [Layer.outputs, Layer.painted, Layer.gradient_of_weight]


def exact(arrays: Any) -> list[Array]:
    return [array.astype("float64") for array in arrays]


def drawn(**changes: Any) -> Layer:
    """Return a layer whose channels and images do not fill their tiles."""
    usual = {"batch": 40, "inputs": 12, "outputs": 20, "size": (7, 6), "kernel": (4, 4)}
    return Layer({**usual, "stride": (2, 2), "padding": (1, 1), **changes})


@pytest.mark.parametrize("kind", KINDS)
@examples
@given(given_layer=layers, seed=seeds)
def test_they_are_the_ops(kind: Any, given_layer: Any, seed: int) -> None:
    found, expected = kind(Layer(given_layer, seed % 2**31))
    if found is NotImplemented:  # too few channels: a test below says which
        return
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=3e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_most_layers_are_served(kind: Any) -> None:
    found, expected = kind(drawn())
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_a_single_output_channel_is_served() -> None:
    found, expected = drawn(outputs=1).outputs()
    np.testing.assert_allclose(found, expected, atol=1e-4)
    found, expected = drawn(inputs=1).painted()
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_same_padding_has_more_zeros_on_one_side() -> None:
    layer = drawn(kernel=(4, 3), stride=(1, 1))
    found = kernels.conv2d_kernel(layer.x, layer.weight, None, stride=1, padding="same")
    given = layer.x.astype("float64"), layer.weight.astype("float64"), None
    np.testing.assert_allclose(found, conv2d.forward(*given, stride=1, padding="same"), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_images_in_another_order_are_copied(kind: Any) -> None:
    layer = drawn()
    one = kind(layer)[0]
    layer.x, layer.g = np.ascontiguousarray(layer.x), np.ascontiguousarray(layer.g)
    np.testing.assert_array_equal(kind(layer)[0], one)


def test_outputs_are_held_with_the_batch_innermost() -> None:
    for kind in (Layer.outputs, Layer.painted):
        assert np.moveaxis(kind(drawn())[0], 0, -1).flags.c_contiguous
    assert drawn().gradient_of_weight()[0].flags.c_contiguous


@pytest.mark.parametrize("kind", KINDS)
def test_they_do_not_depend_on_threads(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = drawn(size=(9, 9), outputs=70)
    found = []
    for threads in "123":
        monkeypatch.setenv("MINIGEN_THREADS", threads)
        found.append(kind(layer)[0])
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


@pytest.mark.parametrize("kind", KINDS)
def test_two_threads_give_the_same_a_thousand_times(kind: Any) -> None:
    layer = drawn(batch=16)
    first = kind(layer)[0]
    options: Any = {**layer.options, "output_padding": layer.left_over}
    again: Any = {
        Layer.outputs: lambda: kernels.conv2d_kernel(
            layer.x, layer.weight, layer.bias, **layer.options
        ),
        Layer.painted: lambda: kernels.conv_transpose2d_kernel(
            layer.g, layer.weight, layer.bias_of_inputs, **options
        ),
        Layer.gradient_of_weight: lambda: kernels.conv2d_weight_kernel(
            layer.x, layer.g, kernel_size=layer.kernel, **layer.options
        ),
    }[kind]
    for _ in range(1000):
        np.testing.assert_array_equal(again(), first)


@pytest.mark.parametrize("kind", KINDS)
def test_rounding_is_no_worse_than_that_of_a_product_of_matrices(kind: Any) -> None:
    layer = drawn(batch=64, inputs=64, outputs=64, size=(14, 14))
    found, expected = kind(layer)
    with choice.using(choice.NUMPY):
        args: Any = {
            Layer.outputs: (conv2d, (layer.x, layer.weight, layer.bias), {}),
            Layer.painted: (
                conv_transpose2d,
                (layer.g, layer.weight, layer.bias_of_inputs),
                {"output_padding": layer.left_over},
            ),
            Layer.gradient_of_weight: (
                conv2d_weight, (layer.x, layer.g), {"kernel_size": layer.kernel},
            ),
        }[kind]  # fmt: skip
        op, given, options = args
        direct = op.forward(*given, **layer.options, **options)
    error, of_product = (np.abs(y - expected).mean() for y in (found, direct))
    assert error < 3 * of_product


def test_what_they_do_not_serve_is_left_to_others() -> None:
    layer, options = drawn(), drawn().options
    x, weight, g = layer.x, layer.weight, layer.g

    def left(*given: Any, **more: Any) -> bool:
        return kernels.conv2d_kernel(*given, **{**options, **more}) is NotImplemented

    assert left(x.astype("float64"), weight.astype("float64"), None)
    assert left(x, weight, None, groups=2)
    assert left(x, weight, None, dilation=2, padding=3)
    assert left(x, weight[:, :3], None)
    assert left(x, weight, layer.bias[:1])
    assert left(x[:7], weight, None)
    assert left(x, weight[:3], None)
    for found in (
        kernels.conv2d_weight_kernel(x[:, :3], g, kernel_size=4, **options),
        kernels.conv2d_weight_kernel(x, g[:, :7], kernel_size=4, **options),
        kernels.conv2d_weight_kernel(x, g[:, :, 1:], kernel_size=4, **options),
        kernels.conv_transpose2d_kernel(g, weight[:, :3], None, output_padding=0, **options),
        kernels.conv_transpose2d_kernel(g, weight[1:], None, output_padding=0, **options),
    ):
        assert found is NotImplemented


def test_nothing_is_written_behind_the_end() -> None:
    """A tile that reaches over the end of the channels, or of the batch, writes what is within."""
    layer = drawn(outputs=2 * ROWS.compiled + 1, batch=2 * LANES.compiled + 3)
    for kind in KINDS:
        found, expected = kind(layer)
        np.testing.assert_allclose(found, expected, atol=2e-4)


def test_tensors_are_trained_through_them() -> None:
    layer = drawn()
    gradients = []
    for use in (choice.COMPILED, choice.READABLE):
        with choice.using(use):
            x, weight = (minigen.tensor(a, requires_grad=True) for a in (layer.x, layer.weight))
            y = F.conv2d(x, weight, stride=2, padding=1)
            F.conv_transpose2d(y, weight, stride=2, padding=1).square().sum().backward()
            gradients.append([np.asarray(given.grad) for given in (x, weight)])
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.abs(other).max())
