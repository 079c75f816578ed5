"""Where windows lie on images, and how images lie in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.ops import windows
from minigen.ops.windows import Windows, pair
from tests.numeric import draw


@pytest.mark.derivation("windows.meeting")
@given(
    st.integers(1, 5), st.integers(1, 5), st.integers(0, 4), st.integers(1, 12), st.integers(0, 3)
)
def test_a_tap_meets_the_image_where_the_formula_says(
    kernel: int, stride: int, padding: int, size: int, first: int
) -> None:
    lying = Windows.of(kernel, stride, padding)
    count = 6
    for tap in range(kernel):
        on_image, among = (
            slices[1] for slices in lying.meeting((tap, 0), (size, size), (count, count), first)
        )
        expected = [
            (stride * i + tap - padding, i - first)
            for i in range(first, first + count)
            if 0 <= stride * i + tap - padding < size
        ]
        found = list(zip(range(size)[on_image], range(count)[among], strict=True))
        assert found == expected


@pytest.mark.derivation("conv2d.output_size")
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 4), st.integers(1, 20))
def test_as_many_windows_fit_as_can_be_counted(
    kernel: int, stride: int, padding: int, size: int
) -> None:
    if size + 2 * padding < kernel:
        return
    starts = range(-padding, size + padding, stride)
    count = sum(start + kernel <= size + padding for start in starts)
    assert Windows.of(kernel, stride, padding).fitting((size, size)) == (count, count)


@pytest.mark.derivation("conv_transpose2d.output_size")
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 4), st.integers(1, 20))
def test_the_extent_undoes_the_fitting(kernel: int, stride: int, padding: int, size: int) -> None:
    lying = Windows.of(kernel, stride, padding)
    if size + 2 * padding < kernel:
        with pytest.raises(ValueError, match="the kernel is larger than the padded input"):
            lying.fitting((size, size))
        return
    left_over = lying.left_over((size, size))
    assert lying.extent(lying.fitting((size, size)), left_over) == (size, size)


def test_images_held_with_the_batch_last_are_not_copied() -> None:
    memory = draw(2, 3, 4, 5)
    shown = windows.batch_first(memory)
    assert shown.shape == (5, 2, 3, 4)
    assert np.shares_memory(windows.batch_last(shown), memory)
    copied = windows.batch_last(draw(5, 2, 3, 4))
    assert copied.flags.c_contiguous
    assert copied.shape == (2, 3, 4, 5)


@pytest.mark.parametrize(("rows", "bytes_a_row"), [(7, 2**20), (7, 1), (7, 2**30), (3, 0), (0, 5)])
def test_blocks_cover_every_row_once(rows: int, bytes_a_row: int) -> None:
    blocks = list(windows.row_blocks(rows, bytes_a_row, np))
    assert [row for block in blocks for row in range(rows)[block]] == list(range(rows))
    assert all(
        (block.stop - block.start) * bytes_a_row <= windows.COLUMN_BYTES
        or block.stop - block.start == 1
        for block in blocks
    )


def test_a_gpu_gets_larger_blocks() -> None:
    assert len(list(windows.row_blocks(8, 2**20, np))) == 4
    assert len(list(windows.row_blocks(8, 2**20, object()))) == 1


@pytest.mark.parametrize("shape", [(1, 1), (15, 4), (16, 3), (17, 5), (40, 64), (0, 3), (3, 0)])
def test_a_matrix_is_written_transposed(shape: tuple[int, int]) -> None:
    matrix, out = draw(*shape), draw(*shape[::-1])
    windows.write_transposed(matrix, into=out)
    np.testing.assert_array_equal(out, matrix.T)


@pytest.mark.derivation("conv2d.im2col")
def test_columns_hold_what_each_window_sees() -> None:
    x = draw(3, 2, 4, 5)
    ((rows, matrix),) = windows.columns(x, Windows.of((2, 3), 1, (1, 0)))
    assert rows == slice(0, 5)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    columns = matrix.reshape(2, 2, 3, 5, 3, 3)
    for a, b, i, j in np.ndindex(2, 3, 5, 3):
        np.testing.assert_array_equal(columns[:, a, b, i, j].T, padded[:, :, i + a, j + b])


@pytest.mark.parametrize("value", [0, 1.5, "3", (1,), (1, 2, 3), (1, 0), None, True, (1, 2.0)])
def test_what_is_no_size_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="kernel_size must be an integer of at least 1, or two"):
        pair("kernel_size", value, 1)


def test_numbers_and_pairs_are_read_alike() -> None:
    assert pair("stride", 3, 1) == pair("stride", [3, 3], 1) == (3, 3)
    numpys: Any = (np.int64(1), 2)
    assert pair("stride", numpys, 1) == (1, 2)
