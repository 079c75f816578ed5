from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen.data
from minigen.data import binarize, binarize_statically, sample_bernoulli
from minigen.engine.random import Generator, manual_seed

Binarization = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]

WAYS: dict[str, Binarization] = {
    "binarize": binarize,
    "binarize_statically": lambda images: binarize_statically(images, seed=0),
    "sample_bernoulli": lambda images: sample_bernoulli(images, Generator(0)),
}
each_way = pytest.mark.parametrize("name", WAYS)
GREY = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    hnp.array_shapes(max_side=6, min_side=0),
    elements=st.floats(0, 1, width=32),
)


@each_way
@given(images=GREY)
def test_the_outcome_is_zeros_and_ones_in_the_images_shape_and_type(
    name: str, images: npt.NDArray[Any]
) -> None:
    binary = WAYS[name](images)
    assert binary.shape == images.shape
    assert binary.dtype == images.dtype
    assert set(np.unique(binary)) <= {0, 1}


@each_way
@given(images=hnp.arrays(np.float32, (5, 4), elements=st.sampled_from([0.0, 1.0])))
def test_black_and_white_images_stay_as_they_are(name: str, images: npt.NDArray[Any]) -> None:
    np.testing.assert_array_equal(WAYS[name](images), images)


@each_way
@pytest.mark.parametrize("outside", [-0.001, 1.001, np.nan, np.inf])
def test_values_outside_the_unit_interval_are_refused(name: str, outside: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: grey values in \[0, 1\] wanted, found "):
        WAYS[name](np.array([0.5, outside]))


@each_way
def test_the_refusal_tells_the_range_and_the_way_out(name: str) -> None:
    pixels = np.array([3, 200], np.uint8)
    with pytest.raises(ValueError, match="found 3 to 200; scale_images"):
        WAYS[name](pixels)


@each_way
def test_integers_give_float32(name: str) -> None:
    assert WAYS[name](np.array([0, 1, 1])).dtype == np.float32


def test_the_threshold_itself_becomes_zero() -> None:
    grey = np.array([0.0, 0.3, 0.5, np.nextafter(0.5, 1), 1.0])
    assert binarize(grey).tolist() == [0, 0, 0, 1, 1]
    assert binarize(grey, threshold=0.2).tolist() == [0, 1, 1, 1, 1]
    assert binarize(grey, threshold=0).tolist() == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("threshold", [-0.1, 1.0, 128.0, np.nan])
def test_a_threshold_that_separates_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"threshold in \[0, 1\) wanted"):
        binarize(np.zeros(3), threshold=threshold)


def grey_digits() -> npt.NDArray[np.float32]:
    return minigen.data.load("digits").scaled()


def test_static_draws_are_named_by_their_seed() -> None:
    first, again, other = (binarize_statically(grey_digits(), seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_static_draws_of_the_first_images_do_not_depend_on_the_rest() -> None:
    grey = grey_digits()
    whole = binarize_statically(grey, seed=0)
    np.testing.assert_array_equal(binarize_statically(grey[:100], seed=0), whole[:100])


def test_static_draws_leave_the_default_generator_alone() -> None:
    state = manual_seed(0).get_state()
    binarize_statically(grey_digits(), seed=0)
    assert minigen.random.default_generator().get_state() == state


def test_dynamic_draws_are_new_each_time_and_reproducible_from_the_generator() -> None:
    grey, generator = grey_digits(), Generator(0)
    first, second = (sample_bernoulli(grey, generator) for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(first, sample_bernoulli(grey, Generator(0)))


def test_without_a_generator_the_librarys_default_draws() -> None:
    grey = grey_digits()
    manual_seed(5)
    np.testing.assert_array_equal(sample_bernoulli(grey), sample_bernoulli(grey, Generator(5)))


@pytest.mark.parametrize("name", ["binarize_statically", "sample_bernoulli"])
@pytest.mark.parametrize("probability", [0.01, 0.3, 0.5, 0.99])
def test_a_pixel_is_white_with_its_grey_value_as_probability(name: str, probability: float) -> None:
    draws = 200_000
    white = WAYS[name](np.full(draws, probability)).mean()
    deviation = np.sqrt(probability * (1 - probability) / draws)
    assert abs(white - probability) < 4 * deviation
