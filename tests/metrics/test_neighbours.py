from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import Generator
from minigen.metrics import density_coverage, precision_recall, samples

Floats = npt.NDArray[np.float64]


def normal(*shape: int, seed: int = 0) -> Floats:
    drawn: Floats = Generator(seed).normal(shape, np.float64)
    return drawn


def column(*values: float) -> Floats:
    return np.array(values, np.float64)[:, np.newaxis]


def test_balls_reach_to_the_kth_neighbour_in_their_own_set() -> None:
    # Real radii with k = 1: 1, 1, 2, 2; balls [-1, 1], [0, 2], [8, 12], [10, 14].
    real = column(0, 1, 10, 12)
    # Generated radii: 0.5, 0.5, 6, 14; balls [-1, 0], [-1.5, -0.5], [0, 12], [6, 34].
    generated = column(-0.5, -1, 6, 20)
    found = precision_recall(real, generated, neighbours=1)
    assert found.precision == 2 / 4  # -0.5 and -1
    assert found.recall == 4 / 4
    filled = density_coverage(real, generated, neighbours=1)
    assert filled.density == 2 / 4  # -0.5 and -1, each in one ball
    assert filled.coverage == 1 / 4  # the first


def test_a_second_neighbour_makes_larger_balls() -> None:
    # With k = 2: radii 10, 9, 9, 11; balls [-10, 10], [-8, 10], [1, 19], [1, 23].
    real, generated = column(0, 1, 10, 12), column(-9, -0.5, 5, 25)
    filled = density_coverage(real, generated, neighbours=2)
    assert filled.density == (1 + 2 + 4 + 0) / (2 * 4)
    assert filled.coverage == 1


@given(st.integers(6, 40), st.integers(1, 5), st.integers(0, 99))
def test_a_set_and_itself_have_everything_in_common(count: int, size: int, seed: int) -> None:
    x = normal(count, size, seed=seed)
    order = Generator(seed).permutation(count)
    found = precision_recall(x, x[order])
    assert (found.precision, found.recall) == (1, 1)
    filled = density_coverage(x, x[order])
    assert filled.coverage == 1
    # Each ball holds its own centre and up to five neighbours.
    assert 1 <= filled.density <= 6 / 5 + 1e-12


def test_sets_far_apart_have_nothing_in_common() -> None:
    x, y = normal(50, 3), normal(50, 3, seed=1) + 100
    found, filled = precision_recall(x, y), density_coverage(x, y)
    assert (found.precision, found.recall, filled.density, filled.coverage) == (0, 0, 0, 0)


def test_a_collapsed_generator_is_precise_and_recalls_little() -> None:
    x, y = normal(1000, 2), 0.05 * normal(1000, 2, seed=1)
    found, filled = precision_recall(x, y), density_coverage(x, y)
    assert found.precision > 0.95
    assert found.recall < 0.05
    assert filled.density > 0.8
    assert filled.coverage < 0.05


def test_a_generator_of_one_sample_recalls_nothing() -> None:
    x = normal(100, 2)
    found = precision_recall(x, np.tile(x[:1], (100, 1)))
    assert (found.precision, found.recall) == (1, 1 / 100)
    assert density_coverage(x, np.tile(x[:1], (100, 1))).coverage < 0.2


def test_copies_count_as_copies_whatever_rounding_makes_of_their_distance() -> None:
    # Every real sample occurs often, so every ball has the radius 0.
    x = np.repeat(normal(7, 60) * 100 + 5, 6, axis=0)
    found, filled = precision_recall(x, x[::-1]), density_coverage(x, x[::-1])
    assert (found.precision, found.recall, filled.coverage) == (1, 1, 1)
    assert filled.density == 6 / 5


def test_half_of_the_modes_are_half_of_the_recall() -> None:
    modes = np.arange(400) % 2 * 100.0
    x, y = normal(2, 400, 2) + modes[:, np.newaxis]
    some = y[modes == 0]
    half = np.concatenate([some, normal(200, 2, seed=5)])
    found, filled = precision_recall(x, half), density_coverage(x, half)
    assert found.precision > 0.9
    assert 0.4 < found.recall <= 0.5
    assert 0.4 < filled.coverage <= 0.5


def test_an_outlier_spoils_precision_and_hardly_density() -> None:
    x, y = normal(500, 2), normal(500, 2, seed=1) + np.array([8, 0])
    with_outlier = np.concatenate([x[:-1], [[20.0, 0]]])
    assert precision_recall(x, y).precision < 0.02
    assert precision_recall(with_outlier, y).precision > 0.9
    assert density_coverage(with_outlier, y).density < 0.25
    assert density_coverage(with_outlier, y).coverage < 0.02


DISTRIBUTIONS: list[Callable[[int, int], Floats]] = [
    lambda count, seed: normal(count, 3, seed=seed),
    lambda count, seed: np.exp(2 * normal(count, 1, seed=seed)),  # skewed, with a heavy tail
]


@pytest.mark.parametrize("draw", DISTRIBUTIONS)
@pytest.mark.parametrize(("real", "generated", "k"), [(30, 30, 5), (20, 50, 3), (60, 15, 1)])
def test_of_one_distribution_density_and_coverage_have_the_expectations_of_theory(
    draw: Callable[[int, int], Floats], real: int, generated: int, k: int
) -> None:
    repeats = 400
    found = [
        density_coverage(draw(real, 2 * seed), draw(generated, 2 * seed + 1), neighbours=k)
        for seed in range(repeats)
    ]
    missed = math.prod((real - i) / (real + generated - i) for i in range(1, k + 1))
    expected = {"density": 1.0, "coverage": 1 - missed}
    for name, expectation in expected.items():
        values = np.array([getattr(one, name) for one in found])
        assert values.mean() == pytest.approx(
            expectation, abs=4 * values.std() / math.sqrt(repeats)
        )


def test_coverage_of_a_perfect_generator_is_nearly_one_minus_two_to_the_minus_k() -> None:
    x, y = normal(2, 3000, 4)
    assert density_coverage(x, y).coverage == pytest.approx(1 - 2**-5, abs=0.01)


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
def test_moving_turning_and_scaling_both_changes_nothing(metric: Callable[..., Any]) -> None:
    x, y = normal(100, 4), normal(100, 4, seed=1) + 1
    turn = np.linalg.qr(normal(4, 4, seed=2))[0]
    assert metric(7 * x @ turn + 1e4, 7 * y @ turn + 1e4) == metric(x, y)


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
def test_blocks_change_nothing(metric: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(100, 4), normal(100, 4, seed=1) + 1
    whole = metric(x, y)
    monkeypatch.setattr(samples, "_BLOCK", 700)
    assert metric(x, y) == whole


def test_precision_and_recall_exchange_with_the_sets() -> None:
    x, y = normal(60, 2), 2 * normal(60, 2, seed=1)
    found, exchanged = precision_recall(x, y), precision_recall(y, x)
    assert (found.precision, found.recall) == (exchanged.recall, exchanged.precision)


def test_precision_wants_as_many_of_one_as_of_the_other() -> None:
    with pytest.raises(ValueError, match=r"^precision_recall: .* 50 real and 40 generated"):
        precision_recall(normal(50, 2), normal(40, 2))


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
def test_more_samples_than_neighbours_are_needed(metric: Callable[..., Any]) -> None:
    name = metric.__name__
    with pytest.raises(ValueError, match=f"^{name}: .* N of at least 4, got real"):
        metric(normal(3, 2), normal(3, 2), neighbours=3)
    with pytest.raises(ValueError, match=f"^{name}: at least one neighbour is expected, got 0"):
        metric(normal(3, 2), normal(3, 2), neighbours=0)
