"""Checks of the exercises of the primer; each says which lines to read again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import AnswerError, expect, expect_array
from minigen.engine.random import Generator

Check = Callable[[Callable[..., Any]], None]


def _read_again(*paragraphs: str) -> Callable[[Check], Check]:
    """Let a check add to its message which paragraphs of the primer to read again."""

    def made(check: Check) -> Check:
        @functools.wraps(check)
        def checked(answer: Callable[..., Any]) -> None:
            try:
                check(answer)
            except AnswerError as wrong:
                named = " and ".join(f'"{paragraph}"' for paragraph in paragraphs)
                raise AnswerError(f"{wrong}\nRead again in the primer: {named}.") from wrong

        return checked

    return made


@_read_again("Axes and sums", "Broadcasting")
def check_per_column(answer: Callable[..., Any]) -> None:
    """Check columns of different means and sizes, and square input, where axes look alike."""
    draw = Generator(1)
    for shape in ((5, 3), (4, 4)):
        x = 3 * draw.normal(shape, np.float64) + np.arange(float(shape[1]))
        columns = x - x.mean(axis=0)
        mistakes = {
            "mean and deviation are those of all numbers together; take them along axis 0": (
                (x - x.mean()) / x.std()
            ),
            "these are rows of mean 0, not columns: axis 0 is the one that has to disappear": (
                (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
            ),
            "the variance was divided by, not its root, the standard deviation": (
                columns / x.var(axis=0)
            ),
            "the columns have mean 0, but not yet the deviation 1": columns,
        }
        expect_array(answer(x.copy()), columns / x.std(axis=0), "the result", mistakes=mistakes)


@_read_again("The matrix product", "Broadcasting")
def check_scores_of(answer: Callable[..., Any]) -> None:
    """Check sizes that all differ, and equal ones, where a transpose that is missing fits."""
    draw = Generator(1)
    for rows, inputs, outputs in ((5, 4, 3), (3, 3, 3)):
        x = draw.normal((rows, inputs), np.float64)
        weights, bias = draw.normal((outputs, inputs), np.float64), draw.normal((outputs,))
        right = np.einsum("ni,oi->no", x, weights)
        mistakes = {"the bias is missing": right, "it is transposed": (right + bias).T}
        if rows == inputs == outputs:
            mistakes["W is not transposed: the sum is over its second index"] = x @ weights + bias
            mistakes["these are products of elements; a sum over i is asked for"] = (
                x * weights + bias
            )
            mistakes["each bias belongs to a score, a column, not to a row"] = right + bias[:, None]
        expect_array(answer(x, weights, bias), right + bias, "the scores", mistakes=mistakes)


@_read_again("The derivative", "The chain rule")
def check_slope_of_chain(answer: Callable[..., Any]) -> None:
    """Check both signs."""
    x = np.linspace(-2, 2, 7)
    grown = np.exp(3 * x)
    expect_array(
        answer(x),
        3 * grown / (1 + grown),
        "the derivative",
        mistakes={
            "the factor 3 is missing: the exponent has a derivative, too": grown / (1 + grown),
            "this is the derivative of the logarithm alone: multiply by that of what is in it": (
                1 / (1 + grown)
            ),
            "this is the derivative of what is in the logarithm: divide by 1 + e^(3x)": 3 * grown,
            "this is the function itself": np.log(1 + grown),
        },
    )


@_read_again("The chain rule", "Partial derivatives and the gradient")
def check_gradient_of_error(answer: Callable[..., Any]) -> None:
    """Check four weights."""
    draw = Generator(1)
    w, x, t = draw.normal((4,), np.float64), draw.normal((4,), np.float64), 0.7
    error = w @ x - t
    expect_array(
        answer(w, x, t),
        2 * error * x,
        "the gradient",
        mistakes={
            "the factor 2 of the square is missing": error * x,
            "this is the derivative with respect to x; asked for is that with respect to w": (
                2 * error * w
            ),
            "the derivative of the sum, x, is missing: a number came out, not one for each w": (
                2 * error
            ),
            "the sign is wrong: the sum is positive in the error": -2 * error * x,
            "the sum comes before the square": 2 * (w * x - t) * x,
        },
    )


@_read_again("Partial derivatives and the gradient", "The Jacobian")
def check_jacobian_vector(answer: Callable[..., Any]) -> None:
    """Check one point and one direction without zeros."""
    x, v = np.array([2.0, -3.0, 0.5]), np.array([0.3, 0.7, -1.1])
    jacobian = np.array([[x[1], x[0], 0.0], [1.0, 0.0, 2 * x[2]]])
    moved = np.array([(x + v)[0] * (x + v)[1], (x + v)[0] + (x + v)[2] ** 2])
    expect_array(
        answer(x, v),
        jacobian @ v,
        "J v",
        mistakes={
            "the derivative of x_1 x_2 with respect to x_1 is x_2, and the other way round": (
                np.array([[x[0], x[1], 0.0], [1.0, 0.0, 2 * x[2]]]) @ v
            ),
            "the derivative of x_3 squared is 2 x_3": (
                np.array([[x[1], x[0], 0.0], [1.0, 0.0, x[2]]]) @ v
            ),
            "this is the function at x + v, less that at x; J v is what it is for small v": (
                moved - np.array([x[0] * x[1], x[0] + x[2] ** 2])
            ),
            "this is J itself: multiply it by v": jacobian,
            "these are products before the sum: use the matrix product": jacobian * v,
        },
    )


@_read_again("Expectation and variance")
def check_mean_and_variance(answer: Callable[..., Any]) -> None:
    """Check values that are not equally likely."""
    values, probabilities = np.array([-1.0, 0.0, 4.0]), np.array([0.5, 0.3, 0.2])
    mean = probabilities @ values
    variance = probabilities @ (values - mean) ** 2
    found = answer(values, probabilities)
    expect(
        isinstance(found, tuple | list) and len(found) == 2,
        "a tuple of the mean and the variance is expected",
    )
    expect_array(
        found,
        [mean, variance],
        "the pair of mean and variance",
        mistakes={
            "all values were taken as equally likely: weigh each with its probability": [
                values.mean(),
                values.var(),
            ],
            "the second is the standard deviation, the root of the variance": [
                mean,
                np.sqrt(variance),
            ],
            "the second is the mean of the squares: subtract the square of the mean": [
                mean,
                probabilities @ values**2,
            ],
            "the deviations are not weighed with the probabilities": [
                mean,
                np.mean((values - mean) ** 2),
            ],
        },
    )


@_read_again("Logarithm and exponential", "The normal distribution")
def check_log_density(answer: Callable[..., Any]) -> None:
    """Check points near the mean and far from it, for a deviation that is not 1."""
    x, mean, std = np.array([-100.0, 0.0, 1.0, 2.5]), 1.0, 0.5
    square = (x - mean) ** 2 / (2 * std**2)
    front = np.log(np.sqrt(2 * np.pi) * std)
    found = np.asarray(answer(x, mean, std), np.float64)
    expect(
        np.isfinite(found).all(),
        "far from the mean it is minus infinity: the density was computed, which is 0 there, and "
        "then its logarithm; write the logarithm of the formula instead",
    )
    expect_array(
        found,
        -front - square,
        "the logarithm",
        mistakes={
            "this is the density itself": np.exp(-front - square),
            "the factor in front of the exponential is missing": -square,
            "sigma is missing in the factor in front": -np.log(np.sqrt(2 * np.pi)) - square,
            "the exponent is divided by sigma, not by its square": (
                -front - (x - mean) ** 2 / (2 * std)
            ),
            "the exponent lacks the 2 in the denominator": -front - 2 * square,
        },
    )


@_read_again("Bayes' rule")
def check_turned_round(answer: Callable[..., Any]) -> None:
    """Check three causes that are not equally likely."""
    prior, likelihood = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.5, 0.8])
    both = prior * likelihood
    expect_array(
        answer(prior, likelihood),
        both / both.sum(),
        "the list of probabilities",
        mistakes={
            "these are the probabilities of both; divide by that of the observation": both,
            "the prior is missing: how likely each cause was before counts, too": (
                likelihood / likelihood.sum()
            ),
            "it is the product that is divided by its sum, not by the sum of the likelihoods": (
                both / likelihood.sum()
            ),
            "the two are multiplied, not added": (prior + likelihood) / (prior + likelihood).sum(),
        },
    )
