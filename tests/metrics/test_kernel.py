from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import Generator
from minigen.metrics import kernel_distance, samples

Floats = npt.NDArray[np.float64]


def normal(*shape: int, seed: int = 0) -> Floats:
    drawn: Floats = Generator(seed).normal(shape, np.float64)
    return drawn


def kernel(a: Floats, b: Floats) -> float:
    return float((a @ b / len(a) + 1) ** 3)


def distance(x: Any, y: Any, seed: int = 0) -> float:
    return kernel_distance(x, y, generator=Generator(seed)).value


def test_it_is_the_estimate_of_its_definition() -> None:
    x, y = normal(21, 3), normal(25, 3, seed=1) + 0.5
    expected = (
        sum(kernel(a, b) for a, b in itertools.permutations(x, 2)) / (21 * 20)
        + sum(kernel(a, b) for a, b in itertools.permutations(y, 2)) / (25 * 24)
        - 2 * sum(kernel(a, b) for a, b in itertools.product(x, y)) / (21 * 25)
    )
    assert distance(x, y) == pytest.approx(expected, rel=1e-10)


def test_of_two_points_it_is_their_squared_distance_in_the_kernels_space() -> None:
    a, b = np.array([1.0, 2, -1, 0]), np.array([0.0, 1, 3, 1])
    x, y = np.tile(a, (20, 1)), np.tile(b, (30, 1))
    expected = kernel(a, a) + kernel(b, b) - 2 * kernel(a, b)
    found = kernel_distance(x, y, generator=Generator(0))
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert found.standard_error == pytest.approx(0, abs=1e-12)


def test_of_one_distribution_it_is_nothing_on_average_however_few_the_samples() -> None:
    values = [distance(*normal(2, 20, 4, seed=seed)) for seed in range(400)]
    assert min(values) < 0 < max(values)
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(len(values))


def test_its_average_does_not_depend_on_the_number_of_samples() -> None:
    def values(count: int, repeats: int) -> Floats:
        drawn = (normal(2, count, 4, seed=seed) for seed in range(repeats))
        return np.array([distance(x, y + 0.5) for x, y in drawn])

    few, many = values(20, 400), values(1000, 20)
    # With P = N(0, I) and Q = N(m, I), E k(x, y) follows from the moments of Gaussians.
    expected = squared_discrepancy_of_shifted_normals(np.full(4, 0.5))
    for found in (few, many):
        error = found.std() / math.sqrt(len(found))
        assert found.mean() == pytest.approx(expected, abs=3 * error)


def squared_discrepancy_of_shifted_normals(shift: Floats) -> float:
    r"""Return the true value for N(0, I) and N(m, I).

    With c = x'y / D, E[(c + 1)^3] = 1 + 3 E[c] + 3 E[c^2] + E[c^3], whose terms are inner products
    of the first three moments of the two distributions.
    """
    size = len(shift)

    def moments(mean: Floats) -> tuple[Floats, Floats, Floats]:
        one = np.eye(size)
        second = one + np.multiply.outer(mean, mean)
        third = np.einsum("i,j,k->ijk", mean, mean, mean) + sum(
            np.einsum(order, mean, one) for order in ("i,jk->ijk", "j,ik->ijk", "k,ij->ijk")
        )
        return mean, second, third

    difference = [a - b for a, b in zip(moments(np.zeros(size)), moments(shift), strict=True)]
    return math.fsum(
        factor * float((part**2).sum()) / size**power
        for factor, power, part in zip((3, 3, 1), (1, 2, 3), difference, strict=True)
    )


def test_it_grows_with_a_difference_of_means_variances_and_skews() -> None:
    x, y = normal(2, 2000, 4)
    skewed = (y**2 - 1) / math.sqrt(2)  # of mean 0 and variance 1, too
    for other in (y + 0.3, 1.3 * y, skewed):
        found = kernel_distance(x, other, generator=Generator(0))
        assert found.value > 5 * found.standard_error


def test_the_standard_error_covers_the_spread_and_shrinks_with_the_samples() -> None:
    shift = np.array([0, 0.3]).reshape(2, 1, 1)
    drawn = (normal(2, 200, 4, seed=seed) + shift for seed in range(60))
    found = [kernel_distance(x, y, generator=Generator(0)) for x, y in drawn]
    spread = np.std([one.value for one in found])
    errors = np.mean([one.standard_error for one in found])
    assert 0.8 * spread < errors < 2 * spread
    x, y = normal(2, 3200, 4)
    assert kernel_distance(x, y + 0.3, generator=Generator(0)).standard_error < errors / 2


def test_the_value_depends_on_neither_order_nor_generator_and_the_error_on_the_generator() -> None:
    x, y = normal(2, 100, 4)
    first, second = (kernel_distance(x, y, generator=Generator(seed)) for seed in (0, 1))
    again = kernel_distance(x, y, generator=Generator(0))
    assert first == again
    assert first.value == second.value
    assert first.standard_error != second.standard_error
    assert distance(x[::-1], y) == pytest.approx(first.value, rel=1e-9)
    assert distance(y, x) == pytest.approx(first.value, rel=1e-9)


def test_without_a_generator_the_default_one_draws() -> None:
    x, y = normal(2, 100, 4)
    minigen.manual_seed(3)
    assert kernel_distance(x, y) == kernel_distance(x, y, generator=Generator(3))


def test_blocks_change_nothing_but_the_last_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(2, 100, 4)
    whole = distance(x, y)
    monkeypatch.setattr(samples, "_BLOCK", 700)
    assert distance(x, y) == pytest.approx(whole, rel=1e-9, abs=1e-12)


def test_each_subset_needs_two_samples() -> None:
    with pytest.raises(ValueError, match=r"^kernel_distance: .* N of at least 20"):
        kernel_distance(normal(19, 3), normal(20, 3))
    kernel_distance(normal(8, 3), normal(9, 3), subsets=4)


def test_one_subset_has_no_spread() -> None:
    with pytest.raises(ValueError, match=r"^kernel_distance: at least two subsets .* got 1"):
        kernel_distance(normal(30, 3), normal(30, 3), subsets=1)
