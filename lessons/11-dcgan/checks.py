"""Checks of the exercises of lesson 11, DCGAN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_gradient
from minigen.engine.random import Generator


def check_summed_slopes(answer: Callable[..., Any]) -> None:
    """Check two targets, scores of both signs, and batches of other lengths."""
    for seed, count, a in ((1, 5, 0.0), (2, 3, -1.0)):
        s = 2 * Generator(seed).normal((count,), np.float64)
        expect_array(
            answer(s, a),
            (2 * s - a - 1) / count,
            f"the summed slope for the target {a:g}",
            mistakes={
                "the mean is missing: each sample has the weight 1/N": 2 * s - a - 1,
                "the generator's loss alone; the discriminator's reaches it, too": (s - 1) / count,
                "the discriminator's loss alone": (s - a) / count,
                "the difference of the slopes: gradients are added up": (a - 1) / count + 0 * s,
                "both targets are a; the generator's is 1": 2 * (s - a) / count,
                "both targets are 1; the discriminator's is a": 2 * (s - 1) / count,
                "twice too large: the losses have a factor 1/2": 2 * (2 * s - a - 1) / count,
                "the sign: these are slopes, not the steps against them": (a + 1 - 2 * s) / count,
            },
        )


def check_partly_labelled_scores(answer: Callable[..., Any]) -> None:
    """Check known and unknown classes, all lengths different."""
    source = Generator(3)
    h, w = source.normal((6, 4), np.float64), source.normal((4,), np.float64)
    vectors, b = source.normal((3, 4), np.float64), 0.7
    labels = np.array([2, -1, 0, 1, -1, 2], np.int32)
    plain, all_classes = h @ w + b, h @ vectors.T
    known = np.where(labels < 0, 0.0, all_classes[np.arange(6), labels])
    unknown = labels < 0
    right = plain + np.where(unknown, all_classes.mean(axis=1), known)
    expect_array(
        answer(h, labels, w, b, vectors),
        right,
        "the scores",
        mistakes={
            "-1 was taken for the last class: NumPy counts from the end": (
                plain + all_classes[np.arange(6), labels]
            ),
            "for images of no known class the part of the class is left out; asked for is the mean "
            "of the scores for all classes": plain + known,
            "for images of no known class the vectors are added up: take their mean": (
                plain + np.where(unknown, all_classes.sum(axis=1), known)
            ),
            "the bias is missing": right - b,
            "w . h is missing": right - h @ w,
            "the class is left out": plain,
        },
    )
    every = answer(h[:2], np.array([-1, -1], np.int32), w, b, vectors)
    expect_array(
        every, plain[:2] + all_classes[:2].mean(axis=1), "the scores where no class is known"
    )


def check_corrected_average(answer: Callable[..., Any]) -> None:
    """Check a few steps, weights that do not move, and a decay of 0."""
    weights = Generator(4).normal((5, 2, 3), np.float64)
    for decay in (0.9, 0.5):
        m, from_the_first = np.zeros((2, 3)), weights[0]
        for theta in weights:
            m = decay * m + (1 - decay) * theta
        for theta in weights[1:]:
            from_the_first = decay * from_the_first + (1 - decay) * theta
        backwards = np.tensordot(decay ** np.arange(5), weights, axes=1) * (1 - decay)
        expect_array(
            answer(weights, decay),
            m / (1 - decay**5),
            f"the average with the decay {decay:g}",
            mistakes={
                "it is not corrected: divide by 1 - d^T": m,
                "it begins with the first weights, and is drawn to them": from_the_first,
                "the oldest weights count most: theta_t has the factor d^(T - t)": (
                    backwards / (1 - decay**5)
                ),
                "corrected by 1 - d: that is the sum after one step": m / (1 - decay),
                "corrected by one step too few: T weights were seen": m / (1 - decay**4),
                "corrected by one step too many: T weights were seen": m / (1 - decay**6),
                "all weights count alike": weights.mean(axis=0),
            },
        )
    still = np.full((3, 2), 4.0)
    expect_array(answer(still, 0.99), np.full(2, 4.0), "the average of weights that stay")
    expect_array(answer(weights, 0.0), weights[-1], "the average with the decay 0")


def check_r1_of_a_quadratic(answer: Callable[..., Any]) -> None:
    """Check the value and both gradients, with a matrix that is not symmetric."""
    source = Generator(5)
    matrix, vector, x = (source.normal(shape, np.float64) for shape in ((3, 3), (3,), (4, 3)))

    def r1(g: Any) -> Any:
        return (g**2).sum() / 8

    g = x @ (matrix + matrix.T) / 2 + vector
    outer = g.T @ x / 4
    value, of_matrix, of_vector = answer(matrix, vector, x)
    expect_array(
        value,
        r1(g),
        "R1",
        mistakes={
            "the factor 1/2 is missing": 2 * r1(g),
            "the mean over the images is missing": 4 * r1(g),
            "the gradient of D is A x + b only if A is symmetric": r1(x @ matrix.T + vector),
            "the gradient of D is A^T x + b only if A is symmetric": r1(x @ matrix + vector),
            "twice the gradient of the quadratic part: D has a factor 1/2": (
                r1(x @ (matrix + matrix.T) + vector)
            ),
            "a mean over the pixels, too: the squares of an image are added up": r1(g) / 3,
        },
    )
    expect_gradient(
        of_matrix,
        (outer + outer.T) / 2,
        "A",
        mistakes={
            "A reaches the gradient of D twice, as A and as A^T: half of both": outer,
            "transposed, and one half only: A reaches the gradient of D twice": outer.T,
            "half of one part: A reaches the gradient of D twice": outer / 2,
        },
    )
    expect_gradient(of_vector, g.mean(axis=0), "b")


def check_factor_per_round(answer: Callable[..., Any]) -> None:
    """Check the plain game, every step, lazily, and a game that leaves."""
    expect_array(
        answer(0.2, 0.0, 1),
        1.0,
        "the factor without R1",
        mistakes={"the sides move at once; in turns the generator sees the new psi": 1.01**0.5},
    )
    for rate, gamma, interval in ((0.1, 0.5, 1), (0.1, 0.5, 4), (0.1, 3.0, 1), (0.1, 3.0, 8)):
        measured = _measured(rate, gamma, interval)
        found = float(np.asarray(answer(rate, gamma, interval)))
        name = f"the factor for eta = {rate:g}, gamma = {gamma:g}, k = {interval}"
        expect(
            interval == 1 or not np.isclose(found, measured**interval, rtol=1e-6),
            f"{name}: this is that of k rounds; asked for is one round's, the k-th root",
        )
        expect_array(
            found,
            measured,
            name,
            mistakes={
                "the penalty has the weight gamma in its round; lazily it is k gamma": (
                    _measured(rate, gamma / interval, interval)
                ),
                "the penalty is taken in every round": _measured(rate, gamma, 1),
                "the sides move at once; in turns the generator sees the new psi": (
                    _measured(rate, gamma, interval, at_once=True)
                ),
                "the logarithm of the factor": np.log(measured),
            },
        )


def _measured(rate: float, gamma: float, interval: int, *, at_once: bool = False) -> float:
    """Return the factor per round: play k rounds from both unit vectors, and solve for lambda."""
    theta, psi = np.eye(2)
    for step in range(interval):
        weight = 0.0 if step else interval * gamma
        new = psi - rate * (theta / 2 + weight * psi)
        theta, psi = theta + rate / 2 * (psi if at_once else new), new
    middle = (theta[0] + psi[1]) / 2
    product = theta[0] * psi[1] - theta[1] * psi[0]
    root = np.sqrt(complex(middle**2 - product))
    return float(max(abs(middle - root), abs(middle + root)) ** (1 / interval))
