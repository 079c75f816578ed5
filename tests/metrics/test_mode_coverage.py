from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import Generator
from minigen.data import Mixture, load
from minigen.metrics import mode_coverage

MIXTURES: tuple[Literal["ring", "grid"], ...] = ("ring", "grid")
CENTRES = np.array([[0.0, 0], [10, 0], [0, 10], [10, 10]])


def measure(mixture: Mixture, points: npt.NDArray[np.float32]) -> tuple[int, float, float]:
    found = mode_coverage(points, mixture.centres, mixture.sigma)
    assert found.total == len(mixture.centres)
    return found.modes, found.high_quality, found.reverse_kl


@pytest.mark.parametrize("name", MIXTURES)
def test_the_mixture_itself_is_all_but_perfect(name: Literal["ring", "grid"]) -> None:
    mixture = load(name, "test")
    modes, high_quality, reverse_kl = measure(mixture, mixture.points)
    count, total = len(mixture), len(mixture.centres)
    assert modes == total
    assert high_quality == pytest.approx(1 - math.exp(-4.5), abs=4 * 0.105 / math.sqrt(count))
    # 2 N KL is about chi-squared with M - 1 degrees of freedom.
    freedom = total - 1
    assert 2 * count * reverse_kl == pytest.approx(freedom, abs=4 * math.sqrt(2 * freedom))


@pytest.mark.parametrize("name", MIXTURES)
def test_a_generator_collapsed_to_one_mode_is_ln_m_away(name: Literal["ring", "grid"]) -> None:
    mixture = load(name, "test")
    modes, high_quality, reverse_kl = measure(mixture, mixture.points[mixture.labels == 3])
    assert modes == 1
    assert high_quality > 0.95
    assert reverse_kl == pytest.approx(math.log(len(mixture.centres)), rel=1e-12)


@pytest.mark.parametrize(("some", "of"), [(1, 8), (4, 8), (7, 8)])
def test_even_coverage_of_some_modes_is_the_logarithm_of_the_share(some: int, of: int) -> None:
    ring = load("ring", "test")
    points = np.repeat(ring.centres[:some], 10, axis=0)
    found = mode_coverage(points, ring.centres, ring.sigma)
    assert (found.modes, found.total, found.high_quality) == (some, of, 1)
    assert found.reverse_kl == pytest.approx(math.log(of / some), rel=1e-12)


def test_noise_reaches_modes_by_chance_but_has_no_quality() -> None:
    grid = load("grid", "test")
    noise = Generator(0).uniform((20_000, 2)) * 12 - 6
    modes, high_quality, reverse_kl = measure(grid, noise)
    assert modes == 25
    # 25 discs of radius 0.15 in a square of side 12.
    share = 25 * math.pi * 0.15**2 / 144
    assert high_quality == pytest.approx(share, rel=0.2)
    # The cells of the outer modes are larger: 2 x 2 inside, 3 x 2 and 3 x 3 at the border.
    cells = np.multiply.outer([3, 2, 2, 2, 3], [3, 2, 2, 2, 3]) / 144
    assert reverse_kl == pytest.approx(float((cells * np.log(25 * cells)).sum()), rel=0.1)


def test_three_sigma_is_a_distance_and_its_end_counts() -> None:
    sigma = 0.5
    inside, corner, outside = [1.5, 0.0], [1.4, 1.4], [1.5001, 0.0]
    for point, near in ((inside, 1), (corner, 0), (outside, 0)):
        found = mode_coverage(np.array([point]), CENTRES, sigma)
        assert (found.modes, found.high_quality) == (near, near)


def test_one_sample_is_enough_for_a_mode() -> None:
    points = np.concatenate([np.tile(CENTRES[0], (999, 1)), CENTRES[1:2]])
    found = mode_coverage(points, CENTRES, 0.1)
    assert found.modes == 2
    expected = 0.999 * math.log(4 * 0.999) + 0.001 * math.log(4 * 0.001)
    assert found.reverse_kl == pytest.approx(expected, rel=1e-12)


def test_far_samples_count_in_the_divergence_and_for_no_mode() -> None:
    points = np.array([[4.0, 0], [6, 0]])
    found = mode_coverage(points, CENTRES, 0.1)
    assert (found.modes, found.high_quality) == (0, 0)
    assert found.reverse_kl == pytest.approx(math.log(2), rel=1e-12)


@given(st.integers(1, 30), st.integers(1, 9), st.integers(0, 99))
def test_every_measure_keeps_its_range(count: int, total: int, seed: int) -> None:
    drawn = Generator(seed).normal((count + total, 3))
    found = mode_coverage(drawn[:count], drawn[count:], 0.2)
    assert 0 <= found.modes <= min(found.total, total)
    assert (found.modes > 0) == (found.high_quality > 0)
    assert found.high_quality <= 1
    assert 0 <= found.reverse_kl <= math.log(total) + 1e-12
    assert math.copysign(1, found.reverse_kl) == 1


def test_tensors_are_taken_too() -> None:
    found = mode_coverage(minigen.tensor(CENTRES), minigen.tensor(CENTRES), 0.1)
    assert (found.modes, found.reverse_kl) == (4, 0)


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
def test_sigma_is_positive_and_finite(sigma: float) -> None:
    with pytest.raises(ValueError, match="mode_coverage: a positive, finite sigma is expected"):
        mode_coverage(CENTRES, CENTRES, sigma)


@pytest.mark.parametrize(
    ("points", "centres"), [((0, 2), (4, 2)), ((3, 2), (4, 3)), ((2,), (1, 2))]
)
def test_shapes_that_do_not_fit_are_refused(
    points: tuple[int, ...], centres: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"^mode_coverage: rows \(N, D\) .* got points .* centres"):
        mode_coverage(np.zeros(points), np.zeros(centres), 1.0)
