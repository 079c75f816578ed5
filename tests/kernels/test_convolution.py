"""The kernels of convolution compute what the ops' own text says."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import functional as F
from minigen.kernels import convolution as kernels
from minigen.kernels.convolution import batch_first
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Windows
from tests.numeric import draw

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")


@dataclass(frozen=True)
class Layer:
    """A layer whose rows of windows share what they see."""

    inputs: int
    outputs: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    batch: int = 8

    @property
    def windows(self) -> Windows:
        return Windows(self.kernel, self.stride, self.padding)

    def images(self, dtype: str = "float64") -> npt.NDArray[Any]:
        return held((self.batch, self.inputs, *self.size), dtype)

    def weight(self, dtype: str = "float64") -> npt.NDArray[Any]:
        return drawn((self.outputs, self.inputs, *self.kernel), dtype)

    def cotangent(self, dtype: str = "float64") -> npt.NDArray[Any]:
        return held((self.batch, self.outputs, *self.windows.fitting(self.size)), dtype)

    @property
    def options(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding}

    @property
    def transposed_options(self) -> dict[str, Any]:
        return {**self.options, "output_padding": self.windows.left_over(self.size)}


LAYERS = [
    Layer(3, 4, (8, 8), (4, 4), (2, 2), (1, 1)),
    Layer(2, 3, (7, 9), (4, 4), (2, 2), (1, 1)),  # a row and a column are left over
    Layer(2, 3, (6, 7), (3, 3), (1, 1), (1, 1)),
    Layer(1, 2, (9, 6), (5, 2), (1, 3), (0, 1)),
    Layer(2, 2, (11, 8), (6, 3), (2, 2), (4, 0)),  # three bands; more padding than a band
    Layer(2, 1, (5, 5), (4, 1), (2, 1), (3, 2)),
]


def drawn(shape: tuple[int, ...], dtype: str = "float64") -> npt.NDArray[Any]:
    return np.random.default_rng([len(shape), *shape]).standard_normal(shape).astype(dtype)


def held(shape: tuple[int, ...], dtype: str = "float64") -> npt.NDArray[Any]:
    """Draw images (N, C, H, W) that are held with the batch innermost."""
    batch, *rest = shape
    images: npt.NDArray[Any] = batch_first(drawn((*rest, batch), dtype))
    return images


@pytest.fixture(autouse=True)
def _serve_small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LEAST_ROW_BYTES", 0)


def assert_served_and_equal(found: Any, expected: npt.NDArray[Any]) -> None:
    assert found is not NotImplemented
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


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


NOT_SERVED = {
    "integers": (drawn((8, 3, 8, 8)).astype(int), drawn((4, 3, 4, 4)).astype(int), None),
    "two dtypes": (drawn((8, 3, 8, 8), "float32"), drawn((4, 3, 4, 4)), None),
    "other channels": (drawn((8, 2, 8, 8)), drawn((4, 3, 4, 4)), None),
    "another bias": (drawn((8, 3, 8, 8)), drawn((4, 3, 4, 4)), drawn((1,))),
    "no images": (drawn((3, 8, 8)), drawn((4, 3, 4, 4)), None),
    "an empty batch": (drawn((0, 3, 8, 8)), drawn((4, 3, 4, 4)), None),
    "many channels for few windows": (drawn((1, 3, 4, 4)), drawn((64, 3, 4, 4)), None),
    "a kernel that is no multiple": (drawn((8, 3, 8, 8)), drawn((4, 3, 3, 3)), None),
    "windows that share nothing": (drawn((8, 3, 8, 8)), drawn((4, 3, 2, 2)), None),
}


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


NO_IMAGES = ["integers", "two dtypes", "other channels", "another bias", "no images"]


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_no_convolution_of_one_type_is_not_served_in_blocks_either(name: str) -> None:
    x, weight, bias = NOT_SERVED[name]
    options: dict[str, Any] = {"stride": 2, "padding": 1}
    assert kernels.conv2d_in_blocks(x, weight, bias, **options) is NotImplemented
    back = {**options, "output_padding": 0}
    backwards = weight.swapaxes(0, 1)
    assert kernels.conv_transpose2d_in_blocks(x, backwards, bias, **back) is NotImplemented


@pytest.mark.parametrize(
    "kernel", [kernels.conv_transpose2d_in_bands, kernels.conv_transpose2d_in_blocks]
)
def test_output_padding_adds_rows_below_and_columns_on_the_right(kernel: Any) -> None:
    layer = LAYERS[0]
    g, weight = layer.cotangent(), layer.weight()
    for output_padding in (0, 1, (0, 1), (1, 0)):
        options: Any = {**layer.options, "output_padding": output_padding}
        found = kernel(g, weight, None, **options)
        below, beside = np.broadcast_to(output_padding, 2)
        assert found.shape[2:] == (8 + below, 8 + beside)
        assert_served_and_equal(found, conv_transpose2d.forward(g, weight, None, **options))
    for output_padding in (-1, 2, (0, 2)):
        with pytest.raises(ValueError, match="output_padding must be"):
            kernel(g, weight, None, **layer.options, output_padding=output_padding)


DILATED = [
    Windows((3, 2), (1, 2), (2, 1), (2, 3)),
    Windows((4, 4), (2, 2), (1, 1), (1, 2)),
    Windows.of(3, 1, "same", 2),
    Windows.of((2, 4), 1, "same"),
]


@pytest.mark.parametrize("windows", DILATED, ids=str)
def test_dilated_windows_and_those_of_one_size_are_served_in_blocks(windows: Windows) -> None:
    same = any(windows.surplus) or windows.stride == (1, 1) == windows.dilation
    options: Any = {
        "stride": windows.stride,
        "padding": "same" if any(windows.surplus) else windows.padding,
        "dilation": windows.dilation,
    }
    x, weight = held((8, 3, 9, 8)), drawn((4, 3, *windows.kernel))
    g = held((8, 4, *windows.fitting((9, 8))))
    found: Any = kernels.conv2d_in_blocks(x, weight, None, **options)
    assert_served_and_equal(found, conv2d.forward(x, weight, None, **options))
    assert found.shape[2:] == (9, 8) or not same
    kernel: Any = {"kernel_size": windows.kernel, **options}
    found = kernels.conv2d_weight_in_blocks(x, g, **kernel)
    assert_served_and_equal(found, conv2d_weight.forward(x, g, **kernel))
    left_over: Any = {**options, "output_padding": windows.left_over((9, 8))}
    found = kernels.conv_transpose2d_in_blocks(g, weight, None, **left_over)
    assert_served_and_equal(found, conv_transpose2d.forward(g, weight, None, **left_over))
    assert found.shape[2:] == (9, 8)
    if windows.dilation != (1, 1):
        assert kernels.conv2d_in_bands(x, weight, None, **options) is NotImplemented
        assert kernels.conv2d_weight_in_bands(x, g, **kernel) is NotImplemented
        assert kernels.conv_transpose2d_in_bands(g, weight, None, **left_over) is NotImplemented


def test_groups_are_left_to_the_op() -> None:
    x, weight, g = held((8, 4, 8, 8)), drawn((6, 2, 4, 4)), held((8, 6, 4, 4))
    options: Any = {"stride": 2, "padding": 1, "groups": 2}
    for kernel in (kernels.conv2d_in_blocks, kernels.conv2d_in_bands):
        assert kernel(x, weight, None, **options) is NotImplemented
    for kernel in (kernels.conv2d_weight_in_blocks, kernels.conv2d_weight_in_bands):
        assert kernel(x, g, kernel_size=4, **options) is NotImplemented
    for kernel in (kernels.conv_transpose2d_in_blocks, kernels.conv_transpose2d_in_bands):
        assert kernel(g, weight, None, output_padding=0, **options) is NotImplemented


def test_groups_are_left_to_the_op_with_weights_of_any_shape() -> None:
    x, weight, g = held((8, 4, 8, 8)), drawn((6, 4, 4, 4)), held((8, 6, 4, 4))
    options: Any = {"stride": 2, "padding": 1, "groups": 2}
    for kernel in (kernels.conv2d_in_blocks, kernels.conv2d_in_bands):
        assert kernel(x, weight, None, **options) is NotImplemented
    for kernel in (kernels.conv_transpose2d_in_blocks, kernels.conv_transpose2d_in_bands):
        assert kernel(g, weight, None, output_padding=0, **options) is NotImplemented


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


def test_images_held_with_the_batch_last_are_not_copied() -> None:
    memory = draw(2, 3, 4, 5)
    shown = kernels.batch_first(memory)
    assert shown.shape == (5, 2, 3, 4)
    assert np.shares_memory(kernels.batch_last(shown), memory)
    copied = kernels.batch_last(draw(5, 2, 3, 4))
    assert copied.flags.c_contiguous
    assert copied.shape == (2, 3, 4, 5)


@pytest.mark.parametrize("windows", [DILATED[0], DILATED[3]], ids=["both sides", "more below"])
def test_zeros_stand_around_images_held_with_the_batch_last(windows: Windows) -> None:
    x = draw(2, 3, 4, 5)
    around = [(p, p + more) for p, more in zip(windows.padding, windows.surplus, strict=True)]
    expected = np.pad(x, ((0, 0), (0, 0), *around))
    np.testing.assert_array_equal(batch_first(kernels.padded(x, windows)), expected)


@pytest.mark.parametrize(("rows", "bytes_a_row"), [(7, 2**20), (7, 1), (7, 2**30), (3, 0), (0, 5)])
def test_blocks_cover_every_row_once(rows: int, bytes_a_row: int) -> None:
    blocks = list(kernels.row_blocks(rows, bytes_a_row, np))
    assert [row for block in blocks for row in range(rows)[block]] == list(range(rows))
    assert all(
        (block.stop - block.start) * bytes_a_row <= kernels.COLUMN_BYTES
        or block.stop - block.start == 1
        for block in blocks
    )


@pytest.mark.parametrize(("size", "xp"), [(2**21, np), (2**28, object())], ids=["CPU", "GPU"])
def test_a_block_is_filled_before_the_next_begins(size: int, xp: object) -> None:
    assert len(list(kernels.row_blocks(size, 1, xp))) == 1
    assert len(list(kernels.row_blocks(size + 1, 1, xp))) == 2


def test_a_gpu_gets_larger_blocks() -> None:
    assert len(list(kernels.row_blocks(8, 2**20, np))) == 4
    assert len(list(kernels.row_blocks(8, 2**20, object()))) == 1


@pytest.mark.parametrize("shape", [(1, 1), (15, 4), (16, 3), (17, 5), (40, 64), (0, 3), (3, 0)])
def test_a_matrix_is_written_transposed(shape: tuple[int, int]) -> None:
    matrix, out = draw(*shape), draw(*shape[::-1])
    kernels.write_transposed(matrix, into=out)
    np.testing.assert_array_equal(out, matrix.T)


@pytest.mark.derivation("conv2d.im2col")
def test_columns_hold_what_each_window_sees() -> None:
    x = draw(3, 2, 4, 5)
    windows = Windows.of((2, 3), 1, (1, 0))
    memory = kernels.padded(x, windows)
    ((rows, matrix),) = kernels.columns(memory, windows, range(5), 3)
    assert rows == slice(0, 5)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    columns = matrix.reshape(2, 2, 3, 5, 3, 3)
    for a, b, i, j in np.ndindex(2, 3, 5, 3):
        np.testing.assert_array_equal(columns[:, a, b, i, j].T, padded[:, :, i + a, j + b])


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("column_bytes", [1, 2**21])
def test_the_versions_in_blocks_agree_with_the_ops(
    layer: Layer, has_bias: bool, column_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "COLUMN_BYTES", column_bytes)
    x, weight, g = layer.images(), layer.weight(), layer.cotangent()
    bias, shift = (drawn((n,)) if has_bias else None for n in (layer.outputs, layer.inputs))
    found = kernels.conv2d_in_blocks(x, weight, bias, **layer.options)
    assert_served_and_equal(found, conv2d.forward(x, weight, bias, **layer.options))
    options = {"kernel_size": layer.kernel, **layer.options}
    found = kernels.conv2d_weight_in_blocks(x, g, **options)
    assert_served_and_equal(found, conv2d_weight.forward(x, g, **options))
    options = layer.transposed_options
    found = kernels.conv_transpose2d_in_blocks(g, weight, shift, **options)
    assert_served_and_equal(found, conv_transpose2d.forward(g, weight, shift, **options))


def test_rows_are_shared_by_two_threads_on_the_cpu_and_by_none_on_a_gpu() -> None:
    assert kernels._parts(5, np) == [range(3), range(3, 5)]
    assert kernels._parts(5, object()) == [range(5)]
