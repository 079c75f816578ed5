from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import metrics


def all_factors(*sizes: int) -> npt.NDArray[np.int64]:
    """Every combination of values once, so that the factors are independent: (product, K)."""
    return np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), axis=-1).reshape(
        -1, len(sizes)
    )


def noise(count: int, latents: int) -> npt.NDArray[Any]:
    drawn: npt.NDArray[Any] = minigen.Generator(0).normal((count, latents))
    return drawn


@pytest.mark.derivation("mutual_information_gap")
def test_a_latent_for_each_factor_has_the_gap_one() -> None:
    factors = all_factors(3, 6, 8)
    # In another order, at another scale.
    latents = np.column_stack([factors[:, 2] * -0.1, factors[:, 0], factors[:, 1] + 5.0])
    found = metrics.mutual_information_gap(latents, factors)
    assert found.value == pytest.approx(1)
    assert found.gaps == pytest.approx([1, 1, 1])
    assert found.entropies == pytest.approx(np.log([3, 6, 8]))
    expected = np.zeros((3, 3))
    expected[[1, 2, 0], [0, 1, 2]] = np.log([3, 6, 8])
    assert found.information == pytest.approx(expected, abs=1e-12)


def test_independent_noise_has_a_gap_near_zero_and_the_information_of_its_finite_sample() -> None:
    factors = np.tile(all_factors(4, 5), (500, 1))
    count, latents = len(factors), 200
    found = metrics.mutual_information_gap(noise(count, latents), factors, bins=20)
    occupied = 20  # some bins at the ends hold next to nothing, so the estimate is a little high
    for k, values in enumerate((4, 5)):
        freedom = (occupied - 1) * (values - 1)
        bias = freedom / (2 * count)
        assert found.information[:, k].mean() == pytest.approx(bias, rel=0.15)
        # Of many latents the two that chance favours most are close to each other.
        assert 0 <= found.gaps[k] < 3 * math.sqrt(2 * freedom) / (2 * count) / math.log(values)
    assert found.value < 0.002


def test_the_bias_falls_with_the_number_of_images() -> None:
    few, many = (
        metrics.mutual_information_gap(noise(20 * n, 10), np.tile(all_factors(4, 5), (n, 1)))
        for n in (10, 1000)
    )
    assert few.information.mean() > 30 * many.information.mean()
    assert few.value > 10 * many.value


def test_a_factor_that_two_latents_name_has_no_gap() -> None:
    factors = all_factors(3, 4)
    latents = np.column_stack([factors[:, 0], factors[:, 0], factors[:, 1]]).astype(np.float32)
    found = metrics.mutual_information_gap(latents, factors)
    assert found.gaps == pytest.approx([0, 1])
    assert found.value == pytest.approx(0.5)


def test_a_latent_that_names_two_factors_loses_nothing() -> None:
    factors = all_factors(3, 4)
    latents = np.column_stack([factors @ [4, 1], np.zeros(12)])
    assert metrics.mutual_information_gap(latents, factors).gaps == pytest.approx([1, 1])


def test_a_constant_latent_says_nothing() -> None:
    factors = all_factors(3, 4)
    latents = np.column_stack([np.full(12, 7.5), factors]).astype(np.float32)
    found = metrics.mutual_information_gap(latents, factors)
    assert found.information[0].tolist() == [0, 0]
    assert found.value == pytest.approx(1)


@pytest.mark.derivation("mutual_information_gap")
def test_half_the_information_is_half_the_gap() -> None:
    factors = all_factors(4)
    latents = np.column_stack([factors // 2, np.zeros(4)])  # one bit of two
    assert metrics.mutual_information_gap(latents, factors).value == pytest.approx(0.5)


@pytest.mark.derivation("mutual_information")
def test_latents_are_cut_into_bins_of_equal_width() -> None:
    # Between 0, 0.25, 0.5, 0.75 and 1 the first two values share a bin; bins of equal counts would
    # have one value each.
    latents = np.array([[0.0, 0], [0.2, 0], [0.35, 0], [1.0, 0]])
    factors = np.array([[0], [1], [2], [3]])
    found = metrics.mutual_information_gap(latents, factors, bins=4)
    assert found.information[0, 0] == pytest.approx(1.5 * math.log(2))
    finer = metrics.mutual_information_gap(latents, factors, bins=10)
    assert finer.information[0, 0] == pytest.approx(2 * math.log(2))


@given(
    st.integers(2, 40), st.integers(2, 5), st.integers(1, 4), st.integers(2, 9), st.integers(0, 99)
)
def test_information_lies_between_nothing_and_the_entropy(
    count: int, latents: int, factors: int, bins: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    v = random.integers(-3, 4, (count, factors))
    v[:2] = [[0], [1]]  # each factor varies
    found = metrics.mutual_information_gap(random.normal(size=(count, latents)), v, bins=bins)
    assert (found.information >= -1e-12).all()
    assert (found.information <= np.minimum(found.entropies, math.log(bins)) + 1e-12).all()
    assert 0 <= found.value <= 1 + 1e-12
    assert found.value == pytest.approx(found.gaps.mean())


def test_names_of_values_and_order_of_images_do_not_count() -> None:
    factors, latents = all_factors(3, 4), noise(12, 3)
    expected = metrics.mutual_information_gap(latents, factors).gaps
    renamed = np.array([70, -3, 12, 0])[factors]
    order = minigen.Generator(1).permutation(12)
    found = metrics.mutual_information_gap(latents[order], renamed[order])
    assert found.gaps == pytest.approx(expected)


def test_tensors_are_taken_too() -> None:
    factors = all_factors(3, 4)
    found = metrics.mutual_information_gap(
        minigen.tensor(factors.astype(np.float32)), minigen.tensor(factors)
    )
    assert found.value == pytest.approx(1)


def test_a_factor_with_one_value_is_refused() -> None:
    factors = all_factors(3, 1, 4)
    with pytest.raises(ValueError, match="factor 1 has the same value in all 12 rows"):
        metrics.mutual_information_gap(factors.astype(float), factors)


@pytest.mark.parametrize(
    ("latents", "factors"),
    [((5, 2), (4, 1)), ((5, 1), (5, 1)), ((5,), (5, 1)), ((5, 2), (5,)), ((0, 2), (0, 1))],
)
def test_shapes_that_do_not_fit_are_refused(
    latents: tuple[int, ...], factors: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"L of at least 2 .* are expected, got \("):
        metrics.mutual_information_gap(np.zeros(latents), np.zeros(factors, int))


def test_factors_that_are_no_integers_are_refused() -> None:
    with pytest.raises(TypeError, match="integers that name values, got float64"):
        metrics.mutual_information_gap(noise(5, 2), np.zeros((5, 1)))


def test_fewer_than_two_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two bins are expected, got 1"):
        metrics.mutual_information_gap(noise(12, 2), all_factors(3, 4), bins=1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_latents_that_are_not_finite_are_refused(value: float) -> None:
    latents = noise(12, 2)
    latents[3, 1] = value
    with pytest.raises(ValueError, match="NaN or infinite"):
        metrics.mutual_information_gap(latents, all_factors(3, 4))
