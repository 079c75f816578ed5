"""Where windows lie on images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.ops.windows import Windows, pair


@pytest.mark.derivation("windows.meeting")
@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(1, 3),
    st.integers(1, 12),
    st.integers(0, 3),
)
def test_a_tap_meets_the_image_where_the_formula_says(
    kernel: int, stride: int, padding: int, dilation: int, size: int, first: int
) -> None:
    lying = Windows.of(kernel, stride, padding, dilation)
    count = 6
    for tap in range(kernel):
        on_image, among = (
            slices[1] for slices in lying.meeting((tap, 0), (size, size), (count, count), first)
        )
        expected = [
            (stride * i + dilation * tap - padding, i - first)
            for i in range(first, first + count)
            if 0 <= stride * i + dilation * tap - padding < size
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


@pytest.mark.derivation("conv2d.span")
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))
def test_a_dilated_window_lies_where_one_that_is_as_long_does(
    kernel: int, stride: int, padding: int, dilation: int
) -> None:
    dilated = Windows.of(kernel, stride, padding, dilation)
    taps = [dilation * tap for tap in range(kernel)]
    long = Windows.of(max(taps) + 1, stride, padding)
    assert dilated.span == long.kernel
    for size in range(max(1, max(taps) + 1 - 2 * padding), 15):
        assert dilated.fitting((size, size)) == long.fitting((size, size))
        assert dilated.left_over((size, size)) == long.left_over((size, size))
        assert dilated.rounded_up((size, size)).surplus == long.rounded_up((size, size)).surplus


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
    assert lying.reaching((size, size), lying.fitting((size, size))) == left_over


@pytest.mark.parametrize("value", [0, 1.5, "3", (1,), (1, 2, 3), (1, 0), None, True, (1, 2.0)])
def test_what_is_no_size_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="kernel_size must be an integer of at least 1, or two"):
        pair("kernel_size", value, 1)


def test_numbers_and_pairs_are_read_alike() -> None:
    assert pair("stride", 3, 1) == pair("stride", [3, 3], 1) == (3, 3)
    numpys: Any = (np.int64(1), 2)
    assert pair("stride", numpys, 1) == (1, 2)
