"""The kernels of convolution compute what the ops' own text says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.kernels import bands
from minigen.kernels import convolution as kernels
from minigen.kernels.convolution import batch_first
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
from tests.numeric import draw

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")


@pytest.fixture(autouse=True)
def _serve_small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands, "LEAST_ROW_BYTES", 0)


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
    "kernel", [bands.conv_transpose2d_in_bands, kernels.conv_transpose2d_in_blocks]
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
        assert bands.conv2d_in_bands(x, weight, None, **options) is NotImplemented
        assert bands.conv2d_weight_in_bands(x, g, **kernel) is NotImplemented
        assert bands.conv_transpose2d_in_bands(g, weight, None, **left_over) is NotImplemented


def test_groups_are_left_to_the_op() -> None:
    x, weight, g = held((8, 4, 8, 8)), drawn((6, 2, 4, 4)), held((8, 6, 4, 4))
    options: Any = {"stride": 2, "padding": 1, "groups": 2}
    for kernel in (kernels.conv2d_in_blocks, bands.conv2d_in_bands):
        assert kernel(x, weight, None, **options) is NotImplemented
    for kernel in (kernels.conv2d_weight_in_blocks, bands.conv2d_weight_in_bands):
        assert kernel(x, g, kernel_size=4, **options) is NotImplemented
    for kernel in (kernels.conv_transpose2d_in_blocks, bands.conv_transpose2d_in_bands):
        assert kernel(g, weight, None, output_padding=0, **options) is NotImplemented


def test_groups_are_left_to_the_op_with_weights_of_any_shape() -> None:
    x, weight, g = held((8, 4, 8, 8)), drawn((6, 4, 4, 4)), held((8, 6, 4, 4))
    options: Any = {"stride": 2, "padding": 1, "groups": 2}
    for kernel in (kernels.conv2d_in_blocks, bands.conv2d_in_bands):
        assert kernel(x, weight, None, **options) is NotImplemented
    for kernel in (kernels.conv_transpose2d_in_blocks, bands.conv_transpose2d_in_bands):
        assert kernel(g, weight, None, output_padding=0, **options) is NotImplemented


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
