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
from minigen.metrics import frechet_distance, frechet_distance_of_gaussians

Floats = npt.NDArray[np.float64]


def normal(*shape: int, seed: int = 0) -> Floats:
    drawn: Floats = minigen.Generator(seed).normal(shape, np.float64)
    return drawn


def rotation(size: int, seed: int = 1) -> Floats:
    """Return a random orthogonal matrix."""
    return np.linalg.qr(normal(size, size, seed=seed))[0]


def samples_with(mean: Floats, covariance: Floats, count: int = 50, seed: int = 0) -> Floats:
    """Return samples whose own mean and covariance (over N - 1) are exactly those."""
    drawn = normal(count, len(mean), seed=seed)
    drawn -= drawn.mean(axis=0)
    whitened = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T)).T)
    return whitened @ np.linalg.cholesky(covariance).T + mean


def test_of_diagonal_gaussians_it_is_the_distance_of_means_and_deviations() -> None:
    mean_x, mean_y = np.array([1.0, -2, 0]), np.array([3.0, 0, 0.5])
    deviation_x, deviation_y = np.array([1.0, 2, 3]), np.array([2.0, 2, 0.5])
    expected = ((mean_x - mean_y) ** 2).sum() + ((deviation_x - deviation_y) ** 2).sum()
    found = frechet_distance_of_gaussians(
        mean_x, np.diag(deviation_x**2), mean_y, np.diag(deviation_y**2)
    )
    assert found == pytest.approx(expected, rel=1e-12)


def test_covariances_that_do_not_commute_have_the_known_distance_in_two_dimensions() -> None:
    # In two dimensions Tr M^(1/2) = sqrt(Tr M + 2 sqrt(det M)), with M = S_x S_y.
    x, y = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([[1.0, -0.8], [-0.8, 3.0]])
    product = x @ y
    assert abs(product - product.T).max() > 0.3
    root = math.sqrt(np.trace(product) + 2 * math.sqrt(np.linalg.det(product)))
    expected = np.trace(x) + np.trace(y) - 2 * root
    found = frechet_distance_of_gaussians(np.zeros(2), x, np.zeros(2), y)
    assert found == pytest.approx(expected, rel=1e-12)


@given(st.integers(1, 6), st.integers(0, 99))
def test_turning_and_moving_both_gaussians_changes_nothing(size: int, seed: int) -> None:
    mean_x, mean_y, roots = (
        normal(size, seed=seed),
        normal(size, seed=seed + 1),
        normal(2, size, size, seed=seed + 2),
    )
    x, y = roots @ roots.transpose(0, 2, 1)
    turn, move = rotation(size, seed=seed + 3), normal(size, seed=seed + 4)
    before = frechet_distance_of_gaussians(mean_x, x, mean_y, y)
    after = frechet_distance_of_gaussians(
        turn @ mean_x + move, turn @ x @ turn.T, turn @ mean_y + move, turn @ y @ turn.T
    )
    assert after == pytest.approx(before, rel=1e-9, abs=1e-9)
    other_way = frechet_distance_of_gaussians(mean_y, y, mean_x, x)
    assert other_way == pytest.approx(before, rel=1e-9, abs=1e-9)


def test_of_samples_it_is_that_of_their_means_and_covariances_over_n_minus_1() -> None:
    turn = rotation(4)
    x = turn @ np.diag([1.0, 4, 9, 16]) @ turn.T
    y = turn @ np.diag([4.0, 4, 1, 1]) @ turn.T
    mean = np.array([1.0, 0, 0, 0])
    found = frechet_distance(
        samples_with(np.zeros(4), x), samples_with(mean, y, seed=5)
    )  # the deviations are 1, 2, 3, 4 and 2, 2, 1, 1
    assert found == pytest.approx(1 + (1 + 0 + 4 + 9), rel=1e-9)


def test_of_a_set_with_itself_it_is_nothing() -> None:
    x = normal(300, 8)
    assert frechet_distance(x, x) < 1e-10
    assert frechet_distance(x, x[::-1]) < 1e-10


@pytest.mark.parametrize("count", [2, 5, 64])
def test_singular_covariances_lose_no_digits(count: int) -> None:
    x = normal(count, 64)
    assert frechet_distance(x, x) < 1e-9
    assert frechet_distance(x, x + 2) == pytest.approx(4 * 64, rel=1e-9)
    # Against a set shrunk to its mean only the trace of the covariance is left.
    still = np.broadcast_to(x.mean(axis=0), x.shape)
    assert frechet_distance(x, still) == pytest.approx(np.trace(np.cov(x.T)), rel=1e-6)


def test_two_samples_of_one_distribution_differ_less_the_more_there_are() -> None:
    def between(count: int) -> float:
        return frechet_distance(*normal(2, count, 16))

    few, some, many = between(50), between(500), between(5000)
    # The bias is about proportional to 1/N.
    assert few > 5 * some > 25 * many > 0


def test_float32_features_are_measured_in_float64() -> None:
    x = (normal(500, 4) + 1000).astype(np.float32)
    exact = frechet_distance(x[:250].astype(np.float64), x[250:].astype(np.float64))
    assert frechet_distance(x[:250], x[250:]) == exact
    assert frechet_distance(minigen.tensor(x[:250]), minigen.tensor(x[250:])) == exact


def test_different_numbers_of_samples_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^frechet_distance: equal numbers .* 300 x and 200 y"):
        frechet_distance(normal(300, 4), normal(200, 4))


@pytest.mark.parametrize("count", [0, 1])
def test_a_covariance_needs_two_samples(count: int) -> None:
    with pytest.raises(ValueError, match=r"^frechet_distance: .* N of at least 2"):
        frechet_distance(np.zeros((count, 3)), np.zeros((count, 3)))


ONE = np.eye(2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(3), ONE, np.zeros(2), ONE), r"means \(D,\) .* got mean_x \(3,\), covariance_x"),
        ((np.zeros(2), ONE, np.zeros(2), np.eye(3)), r"covariance_y \(3, 3\)"),
        ((np.zeros((1, 2)), ONE, np.zeros((1, 2)), ONE), r"got mean_x \(1, 2\)"),
        ((np.array([0, np.nan]), ONE, np.zeros(2), ONE), "a mean is NaN or infinite"),
        (
            (np.zeros(2), np.full((2, 2), np.inf), np.zeros(2), ONE),
            "covariance_x holds a number that is NaN",
        ),
        (
            (np.zeros(2), ONE, np.zeros(2), np.array([[1.0, 0.5], [0, 1]])),
            "covariance_y is not symmetric",
        ),
        (
            (np.zeros(2), np.diag([1.0, -0.5]), np.zeros(2), ONE),
            "covariance_x has the negative eigenvalue -0.5",
        ),
    ],
)
def test_what_is_no_gaussian_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^frechet_distance_of_gaussians: .*{message}"):
        frechet_distance_of_gaussians(*arguments)


def test_eigenvalues_that_rounding_made_negative_count_as_nothing() -> None:
    nearly = np.diag([1.0, -1e-17])
    expected = metrics.frechet_distance_of_gaussians(
        np.zeros(2), np.diag([1.0, 0]), np.zeros(2), ONE
    )
    found = frechet_distance_of_gaussians(np.zeros(2), nearly, np.zeros(2), ONE)
    assert found == pytest.approx(expected) == pytest.approx(1.0)


def test_it_agrees_with_the_root_of_the_symmetric_product() -> None:
    roots = normal(2, 5, 5)
    x, y = roots @ roots.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(x)
    root = vectors * np.sqrt(values) @ vectors.T
    overlap = np.sqrt(np.linalg.eigvalsh(root @ y @ root)).sum()
    found = frechet_distance_of_gaussians(np.zeros(5), x, np.zeros(5), y)
    assert found == pytest.approx(np.trace(x) + np.trace(y) - 2 * overlap, rel=1e-9)
