"""Convolution with fewer multiplications computes what the ops' own text says."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels import tiles, winograd
from minigen.kernels.convolution import batch_first
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Windows

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")


@pytest.fixture(autouse=True)
def _serve_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "LEAST_SAVED", -np.inf)
    monkeypatch.setattr(tiles, "LEAST_COLUMNS", 1)


class Layer:
    """A convolution, its images and the cotangent of what it makes of them."""

    def __init__(
        self,
        channels: tuple[int, int],
        size: tuple[int, int],
        kernel: int,
        stride: int,
        padding: tuple[int, int],
        batch: int = 3,
        dtype: str = "float64",
    ) -> None:
        rng = np.random.default_rng([*channels, *size, kernel, stride, *padding, batch])

        def held(channels: int, size: tuple[int, int]) -> Any:
            return batch_first(rng.standard_normal((channels, *size, batch)).astype(dtype))

        self.windows = Windows((kernel, kernel), (stride, stride), padding)
        self.x = held(channels[0], size)
        self.g = held(channels[1], self.windows.fitting(size))
        self.weight = rng.standard_normal((*channels[::-1], kernel, kernel)).astype(dtype)
        self.biases = [rng.standard_normal(n).astype(dtype) for n in channels[::-1]]
        self.options = {"stride": (stride, stride), "padding": padding}
        self.left_over = self.windows.left_over(size)

    def results(self, forward: Any, weight: Any, transposed: Any) -> list[npt.NDArray[Any]]:
        """Return what three functions make of the layer: outputs, kernels' and images' gradients.

        The last one, a layer of its own, has a bias, too.
        """
        back = {**self.options, "output_padding": self.left_over}
        return [
            forward(self.x, self.weight, self.biases[0], **self.options),
            forward(self.x, self.weight, None, **self.options),
            weight(self.x, self.g, kernel_size=self.windows.kernel, **self.options),
            transposed(self.g, self.weight, self.biases[1], **back),
            transposed(self.g, self.weight, None, **back),
        ]

    def readable(self) -> list[npt.NDArray[Any]]:
        """Return what the ops' own functions make of it."""
        return self.results(conv2d.forward, conv2d_weight.forward, conv_transpose2d.forward)

    def fast(self) -> list[npt.NDArray[Any]]:
        """Return what the kernels make of it."""
        return self.results(
            winograd.conv2d_in_tiles,
            winograd.conv2d_weight_in_tiles,
            winograd.conv_transpose2d_in_tiles,
        )


def assert_equal(layer: Layer) -> None:
    for found, expected in zip(layer.fast(), layer.readable(), strict=True):
        assert found is not NotImplemented
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * layer.weight.size)


@given(
    channels=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    size=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    taps=st.sampled_from([2, 3]),
    stride=st.integers(1, 3),
    padding=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    batch=st.integers(1, 3),
)
def test_kernels_are_equal_to_the_ops(
    channels: tuple[int, int],
    size: tuple[int, int],
    taps: int,
    stride: int,
    padding: tuple[int, int],
    batch: int,
) -> None:
    kernel = taps * stride
    if any(n + 2 * p < kernel for n, p in zip(size, padding, strict=True)):
        return
    if any(
        (n + 2 * p - kernel) // stride * stride - 2 * p + kernel < 1
        for n, p in zip(size, padding, strict=True)
    ):
        return  # no image has so few windows: the transposed one would paint nothing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "LEAST_SAVED", -np.inf)
        patch.setattr(tiles, "LEAST_COLUMNS", 1)
        assert_equal(Layer(channels, size, kernel, stride, padding, batch))


def test_images_in_any_memory_order_are_served() -> None:
    layer = Layer((2, 3), (8, 6), 4, 2, (1, 1))
    layer.x, layer.g = np.ascontiguousarray(layer.x), np.asfortranarray(layer.g)
    assert_equal(layer)


@pytest.mark.parametrize(("kernel", "stride", "channels"), [(4, 2, 128), (3, 1, 256)])
def test_in_float32_errors_are_at_most_three_times_those_of_the_direct_form(
    kernel: int, stride: int, channels: int
) -> None:
    size = (8, 8)
    layer = Layer((channels, 32), size, kernel, stride, (1, 1), batch=8, dtype="float32")
    exact = Layer((channels, 32), size, kernel, stride, (1, 1), batch=8)
    for name in ("x", "g", "weight", "biases"):
        value = getattr(layer, name)
        wide = [v.astype("float64") for v in value] if name == "biases" else value.astype("float64")
        setattr(exact, name, wide)
    for found, direct, true in zip(layer.fast(), layer.readable(), exact.readable(), strict=True):
        error, of_direct = (np.sqrt(np.mean((y - true) ** 2)) for y in (found, direct))
        assert error <= 3 * of_direct


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38])
def test_what_is_not_finite_is_left_to_the_direct_form(value: float) -> None:
    layer = Layer((2, 2), (8, 8), 4, 2, (1, 1), dtype="float32")
    layer.x[0, 0, 3, 3] = layer.g[0, 0, 1, 1] = value
    assert all(found is NotImplemented for found in layer.fast())


NOT_SERVED = {
    "a stride that does not divide the kernel": {"kernel": 3, "stride": 2},
    "one tap": {"kernel": 2, "stride": 2},
    "four taps": {"kernel": 4, "stride": 1},
}


@pytest.mark.parametrize("windows", NOT_SERVED.values(), ids=NOT_SERVED)
def test_other_windows_are_left_to_other_kernels(windows: dict[str, int]) -> None:
    layer = Layer((2, 2), (8, 8), windows["kernel"], windows["stride"], (1, 1))
    assert all(found is NotImplemented for found in layer.fast())


def test_kernels_of_two_sizes_dilation_and_groups_are_left_to_other_kernels() -> None:
    layer = Layer((2, 2), (8, 8), 4, 2, (1, 1))
    x, weight, g = layer.x, layer.weight, layer.g
    for given_options in ({"dilation": 2}, {"groups": 2}, {"stride": (2, 1)}):
        options = {**layer.options, **given_options}
        assert winograd.conv2d_in_tiles(x, weight, None, **options) is NotImplemented
        sizes = {"kernel_size": 4, **options}
        assert winograd.conv2d_weight_in_tiles(x, g, **sizes) is NotImplemented
        back = {"output_padding": 0, **options}
        assert winograd.conv_transpose2d_in_tiles(g, weight, None, **back) is NotImplemented
    narrow = weight[..., :2]
    assert winograd.conv2d_in_tiles(x, narrow, None, **layer.options) is NotImplemented


def test_shapes_and_dtypes_that_do_not_fit_are_left_to_the_op_and_its_errors() -> None:
    layer = Layer((2, 3), (8, 8), 4, 2, (1, 1))
    x, weight, g, options = layer.x, layer.weight, layer.g, layer.options
    back = {**options, "output_padding": 0}
    refused = [
        winograd.conv2d_in_tiles(x[:, :1], weight, None, **options),
        winograd.conv2d_in_tiles(x, weight, np.ones(2), **options),
        winograd.conv2d_in_tiles(x.astype("float32"), weight, None, **options),
        winograd.conv2d_in_tiles(x.tolist(), weight, None, **options),
        winograd.conv2d_weight_in_tiles(x, g[:, :, :3], kernel_size=4, **options),
        winograd.conv2d_weight_in_tiles(x, g.astype("float32"), kernel_size=4, **options),
        winograd.conv_transpose2d_in_tiles(g[:, :2], weight, None, **back),
        winograd.conv_transpose2d_in_tiles(g, weight, np.ones(3), **back),
    ]
    assert all(result is NotImplemented for result in refused)


def test_what_is_saved_is_counted_between_the_layers_channels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = Layer((5, 3), (8, 10), 4, 2, (1, 1))
    divided = tiles.tiles_of(layer.windows, (8, 10), batch=3, channels=5, outputs=3)
    assert divided is not None
    saved = divided.saved(4 * 5, 3)  # the stride makes four images of one
    monkeypatch.setattr(tiles, "LEAST_SAVED", saved)
    assert all(found is not NotImplemented for found in layer.fast())
    monkeypatch.setattr(tiles, "LEAST_SAVED", np.nextafter(saved, np.inf))
    assert all(found is NotImplemented for found in layer.fast())


def test_float16_is_left_to_other_kernels() -> None:
    layer = Layer((2, 3), (8, 8), 4, 2, (1, 1), dtype="float16")
    assert all(found is NotImplemented for found in layer.fast())


@pytest.mark.parametrize("kernel", [2, 3])
def test_as_many_zeros_as_keep_the_size_are_served(kernel: int) -> None:
    layer = Layer((2, 3), (7, 6), kernel, 1, (0, 0))
    options = {"stride": 1, "padding": "same"}
    found = winograd.conv2d_in_tiles(layer.x, layer.weight, None, **options)
    expected = conv2d.forward(layer.x, layer.weight, None, **options)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    back = {**options, "output_padding": 0}
    found = winograd.conv_transpose2d_in_tiles(expected, layer.weight, None, **back)
    of_op = conv_transpose2d.forward(expected, layer.weight, None, **back)
    np.testing.assert_allclose(found, of_op, atol=1e-12)
    sizes = {**options, "kernel_size": kernel}
    found = winograd.conv2d_weight_in_tiles(layer.x, expected, **sizes)
    of_op = conv2d_weight.forward(layer.x, expected, **sizes)
    np.testing.assert_allclose(found, of_op, atol=1e-12 * expected.size)


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (3, 1)])
def test_results_do_not_depend_on_the_number_of_threads(
    kernel: int, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Layer((16, 8), (11, 13), kernel, stride, (1, 1), batch=8, dtype="float32")
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("MINIGEN_THREADS", threads)
        found.append(layer.fast())
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_thousand_repetitions_on_two_threads_give_the_same_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    layer = Layer((4, 4), (8, 8), 4, 2, (1, 1), batch=4, dtype="float32")
    first = layer.fast()
    for _ in range(1000):
        for found, expected in zip(layer.fast(), first, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_two_programs_at_once_do_not_disturb_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    layers = [Layer((4, 4), (8, 8), k, s, (1, 1), dtype="float32") for k, s in ((4, 2), (3, 1))]
    expected = [layer.fast() for layer in layers]
    wrong: list[int] = []

    def program(number: int) -> None:
        for _ in range(100):
            pairs = zip(layers[number].fast(), expected[number], strict=True)
            if not all(np.array_equal(found, right) for found, right in pairs):
                wrong.append(number)

    programs = [threading.Thread(target=program, args=(number,)) for number in (0, 1)]
    for thread in programs:
        thread.start()
    for thread in programs:
        thread.join()
    assert not wrong
