"""Where windows lie on images."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
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
    st.integers(1, 6),
)
@example(1, 2, 2, 1, 5, 0, 1)  # all windows begin before the image, and the next would be on it
def test_a_tap_meets_the_image_where_the_formula_says(
    kernel: int, stride: int, padding: int, dilation: int, size: int, first: int, count: int
) -> None:
    lying = Windows.of(kernel, stride, padding, dilation)
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


@pytest.mark.derivation("max_pool2d.ceil_mode")
@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(0, 2), st.integers(1, 3), st.integers(1, 9)
)
def test_rounded_up_every_row_is_seen_but_no_window_begins_behind_the_image(
    kernel: int, stride: int, padding: int, dilation: int, size: int
) -> None:
    padding, span = min(padding, kernel // 2), dilation * (kernel - 1) + 1
    windows = Windows.of(kernel, stride, padding, dilation).rounded_up((size, size))
    starts = [s for s in range(-padding, size, stride) if s + span < size + padding + stride]
    if not starts:
        with pytest.raises(ValueError, match="the kernel is larger"):
            windows.fitting((size, size))
        return
    assert windows.fitting((size, size)) == (len(starts), len(starts))
    assert windows.surplus == (0, 0) or windows.left_over((size, size)) == (0, 0)


@pytest.mark.derivation("conv_transpose2d.output_size")
@given(
    st.integers(1, 6), st.integers(1, 5), st.integers(0, 4), st.integers(0, 1), st.integers(1, 20)
)
def test_the_extent_undoes_the_fitting(
    kernel: int, stride: int, padding: int, surplus: int, size: int
) -> None:
    lying = Windows.of(kernel, stride, padding, surplus=surplus)
    if size + 2 * padding + surplus < kernel:
        with pytest.raises(ValueError, match="the kernel is larger than the padded input"):
            lying.fitting((size, size))
        return
    left_over = lying.left_over((size, size))
    assert lying.extent(lying.fitting((size, size)), left_over) == (size, size)
    assert lying.reaching((size, size), lying.fitting((size, size))) == left_over


Size = tuple[int, int]


def sizes(low: int, high: int) -> st.SearchStrategy[Size]:
    """Draw two numbers, for height and width."""
    return st.tuples(st.integers(low, high), st.integers(low, high))


def result_or_words(call: Callable[[], Any]) -> Any:
    """Return what a call gives, or what its error says."""
    try:
        return call()
    except ValueError as error:
        return str(error)


@given(sizes(1, 4), sizes(1, 3), sizes(0, 2), sizes(1, 3), sizes(0, 1), sizes(0, 9), sizes(0, 4))
def test_height_and_width_follow_one_formula_each_with_its_own_numbers(
    kernel: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
    surplus: Size,
    size: Size,
    count: Size,
) -> None:
    lying = Windows.of(kernel, stride, padding, dilation, surplus)
    rows, columns = (
        Windows.of(*numbers)
        for numbers in zip(kernel, stride, padding, dilation, surplus, strict=True)
    )
    high, wide = ((n, n) for n in size)
    many, more = ((n, n) for n in count)
    left_over = rows.left_over(high)[0], columns.left_over(wide)[0]
    assert lying.span == (rows.span[0], columns.span[0])
    assert lying.left_over(size) == left_over
    up = rows.rounded_up(high), columns.rounded_up(wide)
    assert lying.rounded_up(size).surplus == (up[0].surplus[0], up[1].surplus[0])
    for of_both, of_rows, of_columns in (
        (
            lambda: lying.fitting(size),
            lambda: rows.fitting(high),
            lambda: columns.fitting(wide),
        ),
        (
            lambda: lying.extent(count, left_over),
            lambda: rows.extent(many, (left_over[0],) * 2),
            lambda: columns.extent(more, (left_over[1],) * 2),
        ),
    ):
        found, down, across = (result_or_words(call) for call in (of_both, of_rows, of_columns))
        if isinstance(down, str):
            assert found == down
        elif isinstance(across, str):
            assert found == across.replace("height", "width")
        else:
            assert found == (down[0], across[0])
    for a, b in lying.taps():
        (_, *on_image), (_, *among) = lying.meeting((a, b), size, count, 1)
        (_, *on_rows), (_, *among_rows) = rows.meeting((a, a), high, many, 1)
        (_, *on_columns), (_, *among_columns) = columns.meeting((b, b), wide, more)
        assert on_image == [on_rows[0], on_columns[0]]
        assert among == [among_rows[0], among_columns[0]]


def test_windows_are_dense_and_padded_alike_on_all_sides_unless_it_is_said() -> None:
    assert Windows.of(3, 2, 1) == Windows((3, 3), (2, 2), (1, 1))
    assert Windows.of(3, 2, 1) == Windows.of(3, 2, 1, dilation=1, surplus=0)
    assert Windows.of(3, 1, 0).meeting((0, 0), (5, 5), (3, 3))[1] == (..., *(slice(0, 3),) * 2)


@pytest.mark.parametrize("axis", [0, 1])
def test_what_is_left_over_is_less_than_a_stride(axis: int) -> None:
    windows = Windows.of(3, (2, 4), 1)
    least, most, count = (5, 5), (6, 8), (3, 2)
    assert windows.extent(count, (0, 0)) == least
    assert windows.extent(count, (1, 3)) == most
    assert windows.reaching(least, count) == (0, 0)
    assert windows.reaching(most, count) == (1, 3)
    stride, too_little, too_much = [0, 0], list(least), list(most)
    stride[axis] = windows.stride[axis]
    with pytest.raises(ValueError, match="output_padding must be smaller than stride"):
        windows.extent(count, stride)
    too_little[axis] -= 1
    too_much[axis] += 1
    for size in (too_little, too_much):
        with pytest.raises(ValueError, match=re.escape("lie between (5, 5) and (6, 8)")):
            windows.reaching(size, count)


def test_an_image_has_one_element_at_least_and_so_have_its_windows() -> None:
    one = Windows.of(1, 1, 0)
    assert one.fitting((1, 1)) == one.extent((1, 1), (0, 0)) == (1, 1)
    assert one.reaching(1, (1, 1)) == (0, 0)
    for count in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="would be"):
            Windows.of(5, 1, 0).extent(count, (0, 0))
    for size, name in (((0, 1), "height"), ((1, 0), "width")):
        with pytest.raises(ValueError, match=f"the {name} is 0$"):
            Windows.of(1, 1, 1).fitting(size)


@pytest.mark.parametrize("size", [(1, 9), (2, 9), (9, 1), (9, 4), (5, 4)])
def test_an_image_that_is_too_small_is_refused_by_what_does_not_fit(size: Size) -> None:
    name = "height" if size[0] < 5 else "width"
    with pytest.raises(ValueError, match=f"the output's {name} would be .*padded input$"):
        Windows.of(5, 1, 0).fitting(size)
    with pytest.raises(ValueError, match=r"padded input; 3 elements 2 apart span 5$"):
        Windows.of(3, 1, 0, 2).fitting(size)
    assert Windows.of(5, 1, 0).fitting((5, 9)) == (1, 5)


@pytest.mark.derivation("conv2d.same")
@given(sizes(1, 5), sizes(1, 3))
def test_same_pads_alike_on_both_sides_or_one_more_below_and_beside(
    kernel: Size, dilation: Size
) -> None:
    windows = Windows.of(kernel, 1, "same", dilation)
    for span, padding, more in zip(windows.span, windows.padding, windows.surplus, strict=True):
        assert more in (0, 1)
        assert 2 * padding + more == span - 1
    assert Windows.of(kernel, 1, "valid", dilation) == Windows.of(kernel, 1, 0, dilation)


@pytest.mark.parametrize("stride", [(1, 2), (2, 1)])
def test_same_needs_stride_1_and_other_words_are_refused(stride: Size) -> None:
    with pytest.raises(ValueError, match=re.escape(f"needs stride 1, got stride {stride}")):
        Windows.of(3, stride, "same")
    with pytest.raises(ValueError, match="or 'same' or 'valid', got 'full'"):
        Windows.of(3, stride, "full")
    assert Windows.of(3, stride, "valid").padding == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "role"),
    [
        ((0, 1, 0), "kernel_size must be an integer of at least 1"),
        ((1, 0, 0), "stride must be an integer of at least 1"),
        ((1, 1, -1), "padding must be an integer of at least 0"),
        ((1, 1, 0, 0), "dilation must be an integer of at least 1"),
        ((1, 1, 0, 1, -1), "surplus must be an integer of at least 0"),
    ],
)
def test_numbers_that_place_no_windows_are_refused_by_name(arguments: Any, role: str) -> None:
    with pytest.raises(ValueError, match=role):
        Windows.of(*arguments)


@pytest.mark.parametrize("value", [0, 1.5, "3", (1,), (1, 2, 3), (1, 0), None, True, (1, 2.0)])
def test_what_is_no_size_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="kernel_size must be an integer of at least 1, or two"):
        pair("kernel_size", value, 1)


def test_numbers_and_pairs_are_read_alike() -> None:
    assert pair("stride", 1, 1) == pair("stride", (1, 1), 1) == (1, 1)
    assert pair("stride", 3, 1) == pair("stride", [3, 3], 1) == (3, 3)
    numpys: Any = (np.int64(1), 2)
    assert pair("stride", numpys, 1) == (1, 2)
