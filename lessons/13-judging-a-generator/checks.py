"""Checks of the exercises of lesson 13, judging a generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array
from minigen.engine.random import Generator


def check_independent_distance(answer: Callable[..., Any]) -> None:
    """Check sets of two sizes, with features that are far from independent."""
    source = Generator(0)
    x = source.normal((7, 3), np.float64) * [1, 2, 0.5]
    y = source.normal((5, 3), np.float64) @ np.array([[1, 0.9, 0], [0, 1, 0], [0, 0, 2]]) + 1
    means = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum()
    variances = [each.var(axis=0, ddof=1) for each in (x, y)]
    biased = [each.std(axis=0) for each in (x, y)]
    spread = (np.sqrt(variances[0]) - np.sqrt(variances[1])) ** 2
    right = means + spread.sum()
    expect_array(
        answer(x, y),
        right,
        "the distance",
        mistakes={
            "the variances divide by N: ask for N - 1 with ddof=1": (
                means + ((biased[0] - biased[1]) ** 2).sum()
            ),
            "the difference of the variances: of a line, it is that of the standard deviations": (
                means + ((variances[0] - variances[1]) ** 2).sum()
            ),
            "the means are missing": spread.sum(),
            "the deviations are missing": means,
            "the root of it: the distance of the lesson is squared": np.sqrt(right),
            "a mean over the features: add them up": right / 3,
            "the variances add up, and their roots have to be taken off twice": (
                means + (variances[0] + variances[1]).sum()
            ),
        },
    )


def check_limit_of_distances(answer: Callable[..., Any]) -> None:
    """Check distances on a line, and others beside it."""
    counts = np.array([100, 200, 500, 1000, 4000])
    line = 1.5 + 300 / counts
    expect_array(
        answer(counts, line),
        1.5,
        "the limit of 1.5 + 300/N",
        mistakes={
            "the slope b; asked for is a": 300.0,
            "the last distance: it still has the bias of its N": line[-1],
            "the mean of the distances": line.mean(),
        },
    )
    scattered = line + np.array([0.4, -0.5, 0.2, -0.1, 0.05])

    def limit(weights: Any) -> float:
        """Return the intercept by the normal equations."""
        u = 1 / counts
        total = weights.sum()
        mean_u, mean_d = (weights @ u) / total, (weights @ scattered) / total
        slope = (weights * (u - mean_u)) @ (scattered - mean_d) / (weights @ (u - mean_u) ** 2)
        return float(mean_d - slope * mean_u)

    expect_array(
        answer(counts, scattered),
        limit(counts.astype(np.float64)),
        "the limit of scattered distances",
        mistakes={
            "all sets weigh alike: the weight of a square is N": limit(np.ones(5)),
            "the weight of a square is N; this has N squared (np.polyfit squares its weights)": (
                limit(counts.astype(np.float64) ** 2)
            ),
            "the weight of a square is N; this has 1/N": limit(1 / counts),
            "the weight of a square is N; this has its root": limit(np.sqrt(counts)),
        },
        rtol=1e-6,
    )


def check_two_sample_accuracy(answer: Callable[..., Any]) -> None:
    """Check clouds that overlap, clouds apart, and copies."""
    source = Generator(3)
    real, made = source.normal((9, 2), np.float64), source.normal((9, 2), np.float64) + 0.7
    samples = np.concatenate([real, made])
    gaps = np.linalg.norm(samples[:, None] - samples, axis=-1)
    kinds = np.arange(18) < 9
    others = np.where(np.eye(18, dtype=bool), np.inf, gaps)
    own = kinds[others.argmin(axis=1)] == kinds
    across = np.where(kinds[:, None] == kinds, np.inf, gaps)
    expect_array(
        answer(real, made),
        own.mean(),
        "the share",
        mistakes={
            "each sample is its own nearest neighbour: leave it out": 1.0,
            "the share that is wrong": 1 - own.mean(),
            "only the real samples are asked": own[:9].mean(),
            "only the generated samples are asked": own[9:].mean(),
            "a number of samples: divide by 2N": own.sum(),
            "neighbours of the other kind alone are looked at": float(
                (kinds[across.argmin(axis=1)] == kinds).mean()
            ),
        },
    )
    expect_array(answer(real, made + 50), 1.0, "the share for clouds far apart")
    copies = real + 1e-4 * source.normal((9, 2), np.float64)
    expect(
        abs(float(np.asarray(answer(real, copies)))) < 1e-9,
        "for copies of the real samples the share is not 0: the nearest neighbour of each is its "
        "copy, of the other kind",
    )


def check_sliced_distance(answer: Callable[..., Any]) -> None:
    """Check directions of several lengths, and a shift, which is known."""
    source = Generator(5)
    x, y = source.normal((6, 3), np.float64), 2 * source.normal((6, 3), np.float64) + 0.5
    directions = source.normal((4, 3), np.float64) * [[1], [3], [0.2], [2]]
    units = directions / np.linalg.norm(directions, axis=1, keepdims=True)

    def distance(along: Any, arranged: Callable[[Any], Any]) -> Any:
        """Return all squared differences, shape (N, K)."""
        return (arranged(x @ along.T) - arranged(y @ along.T)) ** 2

    def in_order(projected: Any) -> Any:
        return np.sort(projected, axis=0)

    squares = distance(units, in_order)
    expect_array(
        answer(x, y, directions),
        squares.mean(),
        "the distance",
        mistakes={
            "the directions are no unit vectors: divide each by its length": (
                distance(directions, in_order).mean()
            ),
            "the projections are compared as they come: sort them": (
                distance(units, lambda projected: projected).mean()
            ),
            "sorted along the directions: sort the samples of each direction": (
                distance(units, lambda projected: np.sort(projected, axis=1)).mean()
            ),
            "absolute differences: square them": np.sqrt(squares).mean(),
            "a sum over the samples: take the mean": squares.sum(axis=0).mean(),
            "a sum over the directions: take the mean": squares.mean(axis=0).sum(),
            "its root: the squared distance is asked for": np.sqrt(squares.mean()),
            "all directions are divided by one length": (
                distance(directions / np.linalg.norm(directions), in_order).mean()
            ),
        },
    )
    shifted = answer(
        x, x[::-1] + np.array([3.0, 0.0, 0.0]), np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    )
    expect_array(shifted, 4.5, "the distance of a shift by 3, seen from along it and from across")
