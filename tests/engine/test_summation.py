"""Sums of float32 are those of float64, along any axis and in any memory order."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen.engine.summation import (
    DEPTH,
    ROWS,
    RUN,
    blocked_dot,
    blocked_mean,
    blocked_sum,
    in_runs,
)

pytestmark = pytest.mark.host_only("on a GPU the library sums in trees")

PROMISED = 1e-6

LENGTHS = st.sampled_from([1, 2, 3, 17, 33, 64, 65, 100, 127, 128, 200, 1021])


@st.composite
def sums(draw: st.DrawFn) -> tuple[npt.NDArray[Any], tuple[int, ...] | None]:
    """Draw an array, held in some order or a view with gaps or repetitions, and axes."""
    shape = draw(st.lists(LENGTHS, min_size=1, max_size=4))
    while np.prod(shape) > 300_000:
        shape[np.argmax(shape)] = 2
    if draw(st.booleans()):
        x = np.full(shape, draw(st.floats(1, 2, width=32)), np.float32)
    else:
        seed = draw(st.integers(0, 1000))
        x = np.random.default_rng(seed).uniform(0.01, 1, shape).astype(np.float32)
    match draw(st.sampled_from(["as it is", "transposed", "strided", "broadcast"])):
        case "transposed":
            x = x.transpose(draw(st.permutations(range(x.ndim))))
        case "strided":
            steps = [draw(st.sampled_from([1, 2, -1])) for _ in shape]
            x = x[tuple(slice(None, None, step) for step in steps)]
        case "broadcast":
            x = np.broadcast_to(x[:1], (draw(st.sampled_from([3, 70, 130])), *x.shape[1:]))
    axes = draw(st.sets(st.integers(0, x.ndim - 1), min_size=1))
    return x, draw(st.sampled_from([None, tuple(axes), tuple(a - x.ndim for a in axes)]))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(sums(), st.booleans())
def test_a_sum_is_that_of_float64_over_any_axes_in_any_order(
    drawn: tuple[npt.NDArray[Any], Any], keepdims: bool
) -> None:
    x, axes = drawn
    exact = x.sum(axes, np.float64, keepdims=keepdims)
    found = blocked_sum(x, axes, keepdims)
    assert (found.dtype, found.shape) == (np.float32, exact.shape)
    np.testing.assert_allclose(found, exact, rtol=PROMISED)
    mean = blocked_mean(x, axes, keepdims)
    assert (mean.dtype, mean.shape) == (np.float32, exact.shape)
    np.testing.assert_allclose(mean, x.mean(axes, np.float64, keepdims=keepdims), rtol=PROMISED)


@pytest.mark.parametrize("summand", [1.0, 0.1, 1.9999998807907104])
@pytest.mark.parametrize("rows", [65, 127, 128, 1000, 1021, 100_003])
def test_equal_summands_whose_roundings_add_up_are_no_worse(rows: int, summand: float) -> None:
    x = np.full((rows, 3), summand, np.float32)
    np.testing.assert_allclose(blocked_sum(x, 0), rows * np.float64(x[0]), rtol=PROMISED)


def test_the_worst_summand_of_all_keeps_the_promise() -> None:
    summands = np.linspace(1, 2, 20_000, dtype=np.float32)
    for rows in (DEPTH, DEPTH + 1, 127, 128, 16 * ROWS, 16 * ROWS + 1):
        x = np.broadcast_to(summands, (rows, len(summands))).copy()
        errors = np.abs(blocked_sum(x, 0) / (rows * summands.astype(np.float64)) - 1)
        assert errors.max() < (PROMISED if rows == DEPTH else 0.85 * PROMISED)


@pytest.mark.parametrize("shape", [(DEPTH, 7), (3, 1000), (DEPTH // 2, 3, 50), (5,), ()])
@pytest.mark.parametrize("axis", [0, None])
def test_sums_of_few_rows_are_numpys_own(shape: tuple[int, ...], axis: int | None) -> None:
    if shape or axis is None:
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        np.testing.assert_array_equal(blocked_sum(x, axis), x.sum(axis))
        np.testing.assert_array_equal(blocked_mean(x, axis), x.mean(axis))


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint8, np.bool_])
def test_other_dtypes_are_summed_as_numpy_does(dtype: Any) -> None:
    x = np.random.default_rng(0).integers(0, 2, (1000, 3)).astype(dtype)
    assert blocked_sum(x, 0).dtype == x.sum(0).dtype
    np.testing.assert_array_equal(blocked_sum(x, 0), x.sum(0))


def test_half_precision_is_rounded_once() -> None:
    x = np.ones((100_000, 2), np.float16)
    assert blocked_mean(x, 0).tolist() == [1, 1]
    assert blocked_mean(x, 0).dtype == blocked_sum(x[:4096], 0).dtype == np.float16
    assert blocked_sum(x[:4096], 0).tolist() == [4096, 4096]


def test_nothing_is_summed_to_zero() -> None:
    assert blocked_sum(np.zeros((0, 3), np.float32), 0).tolist() == [0, 0, 0]
    assert blocked_sum(np.zeros((100, 0), np.float32), 0).shape == (0,)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 777, 1020])
def test_what_is_not_finite_passes(value: float, row: int) -> None:
    x = np.ones((1021, 2), np.float32)
    x[row, 0] = value
    np.testing.assert_array_equal(blocked_sum(x, 0), np.array([value, 1021], np.float32))


@pytest.mark.parametrize("axis", [2, -3, (0, 0), (1, -1), (0, 2)])
def test_axes_that_numpy_refuses_are_refused(axis: Any) -> None:
    x = np.ones((200, 3), np.float32)
    with pytest.raises((ValueError, IndexError)) as numpys:
        x.sum(axis)
    with pytest.raises(type(numpys.value), match="axis"):
        blocked_sum(x, axis)


@pytest.mark.parametrize(
    "x",
    [
        np.ones((100_000, 20), np.float32),
        np.ones((20, 100_000), np.float32).T,
        np.ones((100_000, 40), np.float32)[:, ::2],
        np.ones((100_000, 4, 5), np.float32).transpose(1, 0, 2),
    ],
    ids=["rows", "columns", "strided", "in the middle"],
)
def test_the_array_is_not_copied(x: npt.NDArray[np.float32]) -> None:
    axis = int(np.argmax(x.shape))
    tracemalloc.start()
    try:
        blocked_sum(x, axis)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes / 16


@pytest.mark.parametrize("length", [0, 1, RUN - 1, RUN, 3 * RUN + 5, 100 * RUN])
def test_a_product_of_vectors_is_that_of_float64(length: int) -> None:
    a, b = np.random.default_rng(0).uniform(0.1, 1, (2, 3, length)).astype(np.float32)
    for other in (b, b[0]):
        exact = (a.astype(np.float64) * other).sum(-1)
        found = blocked_dot(a, other)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, exact, rtol=PROMISED)
    assert blocked_dot(a[0], b[0]).shape == ()


def test_a_product_of_long_equal_vectors_keeps_the_promise() -> None:
    x = np.full(3_000_000, 0.1137, np.float32)
    np.testing.assert_allclose(blocked_dot(x, x), x.size * np.float64(x[0]) ** 2, rtol=PROMISED)


@pytest.mark.parametrize("length", [0, 1, RUN, RUN + 1, 1021, 6272, 25_088, 1_000_003])
def test_runs_and_their_rest_are_the_whole(length: int) -> None:
    x = np.arange(2 * length).reshape(2, length)
    runs, rest = in_runs(x)
    assert runs.shape[-1] <= RUN
    assert runs.base is not None  # a view
    np.testing.assert_array_equal(np.concatenate([runs.reshape(2, -1), rest], axis=1), x)
