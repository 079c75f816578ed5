"""Pooling, upsampling, and the ops on windows that they are made of."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
import minigen.functional as F
from minigen.ops import pooling, reference
from minigen.ops.windows import Windows
from tests.numeric import assert_gradients, draw, gradient_of, leaf

from .cases import apart


@settings(max_examples=60)
@given(
    st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(0, 5), st.integers(0, 5)
)
def test_the_fast_versions_equal_the_loops(
    kernel: int, stride: int, padding: int, below: int, beside: int
) -> None:
    padding = min(padding, kernel // 2)
    x = draw(2, 2, kernel + below, kernel + beside)
    for name in ("max_pool2d", "avg_pool2d"):
        expected = getattr(reference, name)(x, kernel, stride, padding)
        found = getattr(F, name)(x, kernel, stride, padding)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


GEOMETRIES: list[Any] = [((2, 3), 1, 0), ((3, 2), (2, 3), (1, 0)), (2, 3, 1), (1, 2, 0)]


@pytest.mark.parametrize("options", GEOMETRIES, ids=str)
def test_summing_and_spreading_picking_and_putting_are_adjoint(options: Any) -> None:
    x = draw(2, 3, 6, 7)
    y: Any = pooling.window_sum(x, *options)
    g = draw(*y.shape, seed=1)
    spread = pooling.window_spread(g, (6, 7), *options)
    assert (spread * x).sum() == pytest.approx((g * y).sum(), rel=1e-12)
    taps = len(list(Windows.of(*options).taps()))
    choice = np.random.default_rng(0).integers(0, taps, g.shape)
    picked: Any = pooling.window_pick(x, choice, *options)
    put = pooling.window_put(g, choice, (6, 7), *options)
    assert (put * x).sum() == pytest.approx((g * picked).sum(), rel=1e-12)


def test_windows_are_one_apart_and_dense_without_padding_by_default() -> None:
    x, g, plain = draw(1, 2, 4, 5), draw(1, 2, 3, 4, seed=1), (2, 1, 0, 1, 0)
    choice = np.random.default_rng(0).integers(0, 4, g.shape)
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (pooling.window_sum, (x,)),
        (pooling.window_spread, (g, (4, 5))),
        (pooling.window_pick, (x, choice)),
        (pooling.window_put, (g, choice, (4, 5))),
    ]
    for function, arguments in calls:
        np.testing.assert_array_equal(function(*arguments, 2), function(*arguments, *plain))


def test_numbers_go_back_to_images_of_one_row_or_one_column() -> None:
    g = np.array([[[[3.0, 4.0]]]])
    assert pooling.window_spread(g, (1, 3), (1, 2)).tolist() == [[[[3, 7, 4]]]]
    put = pooling.window_put(g.swapaxes(2, 3), np.array([[[[1], [0]]]]), (3, 1), (2, 1))
    assert put.tolist() == [[[[0], [7], [0]]]]


def test_one_image_is_a_batch_of_one() -> None:
    x, g, choice = draw(2, 5, 4), draw(2, 4, 3, seed=1), draw(2, 4, 3, low=0, high=4).astype(int)
    calls: list[tuple[Any, Any]] = [
        (lambda one, _: pooling.window_sum(one, 2), x),
        (lambda one, _: pooling.window_spread(one, (5, 4), 2), g),
        (lambda one, chosen: pooling.window_pick(one, chosen, 2), x),
        (lambda one, chosen: pooling.window_put(one, chosen, (5, 4), 2), g),
        (lambda one, _: F.max_pool2d(one, 2), x),
        (lambda one, _: F.avg_pool2d(one, 2, 1, 1, count_include_pad=False), x),
        (lambda one, _: F.adaptive_avg_pool2d(one, (2, 3)), x),
        (lambda one, _: F.adaptive_avg_pool2d(one, 1), x),
    ]
    for call, image in calls:
        alone, batch = leaf(image), leaf(image[None])
        found, expected = call(alone, choice), call(batch, choice[None])
        np.testing.assert_array_equal(found.numpy(), expected.numpy()[0])
        cotangent = draw(*found.shape, seed=2)
        found.backward(cotangent)
        expected.backward(cotangent[None])
        np.testing.assert_array_equal(gradient_of(alone), gradient_of(batch)[0])


def test_what_is_not_chosen_is_zero_even_beside_infinity() -> None:
    choice = np.array([[[[3]]]])
    put = pooling.window_put(np.full((1, 1, 1, 1), np.inf), choice, (2, 2), 2)
    assert put.tolist() == [[[[0, 0], [0, np.inf]]]]
    x = np.array([[[[np.inf, np.nan], [np.inf, 2.0]]]])
    assert pooling.window_pick(x, choice, 2).tolist() == [[[[2]]]]


def test_windows_of_a_pooling_are_dense_and_lie_side_by_side_by_default() -> None:
    assert pooling.pooling_windows((2, 3), None, 0) == Windows.of((2, 3), (2, 3), 0, 1)


# --- max pooling ----------------------------------------------------------------------------------


def test_the_gradient_goes_to_the_largest_and_to_the_first_of_equals() -> None:
    x = leaf([[[[1.0, 3.0, 0.0, 0.0], [2.0, 3.0, 0.0, 0.0]]]])
    F.max_pool2d(x, 2).backward(np.array([[[[5.0, 7.0]]]]))
    assert gradient_of(x).tolist() == [[[[0, 5, 7, 0], [0, 0, 0, 0]]]]


def test_windows_that_share_their_maximum_add_their_cotangents() -> None:
    x = leaf([[[[0.0, 9.0, 1.0]]]])
    F.max_pool2d(x, (1, 2), 1).backward(np.array([[[[5.0, 7.0]]]]))
    assert gradient_of(x).tolist() == [[[[0, 12, 0]]]]


def test_padding_is_never_the_maximum() -> None:
    x = leaf(np.full((1, 1, 2, 2), -5.0))
    y = F.max_pool2d(x, 3, 2, 1)
    assert y.tolist() == [[[[-5.0]]]]
    y.backward()
    assert gradient_of(x).sum() == 1


def test_integers_become_floats_and_float32_stays() -> None:
    assert F.max_pool2d(np.arange(4).reshape(1, 1, 2, 2), 2).dtype == np.float32
    assert F.avg_pool2d(np.arange(4).reshape(1, 1, 2, 2), 2).dtype == np.float32
    x = np.ones((1, 1, 3, 3), np.float32)
    assert F.avg_pool2d(x, 2, 1, 1, count_include_pad=False).dtype == np.float32


# --- average pooling and upsampling ---------------------------------------------------------------


def test_zeros_of_the_padding_count_or_do_not() -> None:
    x = np.ones((1, 1, 2, 2))
    assert F.avg_pool2d(x, 2, 1, 1).tolist()[0][0][0] == [0.25, 0.5, 0.25]
    assert (F.avg_pool2d(x, 2, 1, 1, count_include_pad=False) == 1).all()
    assert (F.avg_pool2d(minigen.tensor(x), 2, 1, 1, count_include_pad=False).array == 1).all()


def test_a_window_over_the_end_takes_what_there_is() -> None:
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert F.max_pool2d(x, 2, ceil_mode=True).tolist() == [[[[5, 6], [8, 9]]]]
    assert F.avg_pool2d(x, 2, ceil_mode=True).tolist() == [[[[3, 4.5], [7.5, 9]]]]


def test_what_lies_behind_the_padding_never_counts_in_a_mean() -> None:
    x = np.ones((1, 1, 1, 4))
    whole = F.avg_pool2d(x, (1, 4), (1, 3), (0, 1), ceil_mode=True)
    assert whole.tolist() == [[[[0.75, 2 / 3]]]]  # 3 of 4; 2 of 3, the fourth behind the padding
    inside = F.avg_pool2d(x, (1, 4), (1, 3), (0, 1), ceil_mode=True, count_include_pad=False)
    assert inside.tolist() == [[[[1, 1]]]]
    column = F.avg_pool2d(x.swapaxes(2, 3), (4, 1), (3, 1), (1, 0), ceil_mode=True)
    np.testing.assert_array_equal(column, whole.swapaxes(2, 3))


@pytest.mark.parametrize("size", [(3, 4), (4, 3), (3, 3)])
def test_a_window_over_the_end_of_either_axis_takes_the_mean_of_what_there_is(size: Any) -> None:
    assert (F.avg_pool2d(np.ones((1, 1, *size)), 2, ceil_mode=True) == 1).all()


@pytest.mark.parametrize("output_size", [2, 3, (5, 1), (2, 1), (1, 2), (None, 3), (7, 9)])
def test_adaptive_windows_cover_the_image_evenly(output_size: Any) -> None:
    x = draw(2, 3, 4, 5)
    height, width = (
        wanted or size for wanted, size in zip(np.broadcast_to(output_size, 2), (4, 5), strict=True)
    )
    expected = np.zeros((2, 3, height, width))
    for i, j in np.ndindex(height, width):
        rows = slice(i * 4 // height, -(-(i + 1) * 4 // height))
        columns = slice(j * 5 // width, -(-(j + 1) * 5 // width))
        expected[..., i, j] = x[..., rows, columns].mean((2, 3))
    np.testing.assert_allclose(F.adaptive_avg_pool2d(x, output_size), expected, rtol=1e-12)


def test_counting_the_padding_matters_only_where_there_is_some() -> None:
    x = draw(1, 1, 4, 4)
    plain = F.avg_pool2d(x, 2)
    np.testing.assert_array_equal(F.avg_pool2d(x, 2, count_include_pad=False), plain)
    for padding in ((1, 0), (0, 1)):  # at one axis is enough
        counted = F.avg_pool2d(np.ones((1, 1, 4, 4)), 2, padding=padding)
        inside = F.avg_pool2d(np.ones((1, 1, 4, 4)), 2, padding=padding, count_include_pad=False)
        assert np.min(counted) == 0.5
        assert (inside == 1).all()


def test_upsampling_repeats_every_pixel() -> None:
    x = draw(2, 3, 2, 3)
    expected = x.repeat(2, axis=2).repeat(3, axis=3)
    np.testing.assert_array_equal(F.upsample(x, (2, 3)), expected)
    np.testing.assert_allclose(F.avg_pool2d(F.upsample(x, 3), 3), x, rtol=1e-12)


def test_global_average_is_the_mean_of_each_channel() -> None:
    x = draw(2, 3, 4, 5)
    found = F.adaptive_avg_pool2d(x, (1, 1))
    np.testing.assert_allclose(found, x.mean((2, 3), keepdims=True), rtol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.max_pool2d(x, 3, 1, 1),
        lambda x: F.avg_pool2d(x, (2, 3), 2, 1),
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        lambda x: F.max_pool2d(x, 2, 3, 1, 2),
        lambda x: F.max_pool2d(x, 2, 3, ceil_mode=True),
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True),
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        lambda x: F.avg_pool2d(x[0], 2),
        lambda x: F.max_pool2d(x[0], 2),
        lambda x: F.adaptive_avg_pool2d(x, 1),
        lambda x: F.adaptive_avg_pool2d(x, (3, None)),
        lambda x: F.upsample(x, (1, 2)),
        lambda x: F.max_pool2d(F.upsample(F.tanh(x), 2), 3),
    ],
)
def test_gradients_of_both_orders(function: Any) -> None:
    assert_gradients(function, apart(2, 1, 4, 4))


# --- errors ---------------------------------------------------------------------------------------


FRACTION: Any = 1.5
WORD: Any = "same"
X = np.zeros((1, 2, 4, 4))
NUMBERS = np.zeros((1, 2, 2, 2))
CHOICE = np.zeros((1, 2, 2, 2), int)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.max_pool2d(X, 5), "max_pool2d: the output's height would be floor(("),
        (lambda: F.max_pool2d(X, 2, 1, 2), "padding must be at most half of kernel_size, got 2"),
        (
            lambda: F.max_pool2d(X[0, 0], 2),
            "images of shape (N, C, H, W) are expected, or one of shape (C, H, W), got (4, 4)",
        ),
        (lambda: F.avg_pool2d(X[0, 0], 2), "images of shape (N, C, H, W) are expected"),
        (lambda: F.max_pool2d(X, 3, dilation=2), "3 elements 2 apart span 5"),
        (lambda: F.max_pool2d(X, 2, padding=WORD), "padding must be an integer of at least 0"),
        (lambda: F.avg_pool2d(X, 2, 1, 2), "padding must be at most half"),
        (lambda: F.avg_pool2d(X, 0), "kernel_size must be an integer of at least 1"),
        (lambda: F.adaptive_avg_pool2d(X, 0), "output_size must be a positive integer"),
        (lambda: F.adaptive_avg_pool2d(X, (2, FRACTION)), "either may be None, got (2, 1.5)"),
        (lambda: F.adaptive_avg_pool2d(X[:, :, :0], 1), "no elements to average"),
        (lambda: F.adaptive_avg_pool2d(X[..., :0], 2), "no elements to average"),
        (lambda: F.upsample(X, 0), "scale_factor must be an integer of at least 1"),
        (lambda: F.upsample(X, FRACTION), "got 1.5"),
        (lambda: F.upsample(X, 2, "bilinear"), "mode 'bilinear' is not supported"),
        (lambda: F.upsample(X[0], 2), "images of shape (N, C, H, W) are expected"),
        (lambda: pooling.window_spread(X, (4, 4), 2, 2), "shape (N, C, 2, 2) is expected"),
        (
            lambda: pooling.window_pick(X, CHOICE[:, :1], 2, 2),
            "choice of shape (1, 2, 2, 2) is expected, got (1, 1, 2, 2)",
        ),
        (lambda: pooling.window_put(NUMBERS, CHOICE[..., :1], (4, 4), 2, 2), "choice of shape"),
    ],
)
def test_impossible_shapes_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
