"""Wrong answers to the exercises of the primer, and what their checks have to say."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake


@mistake("per_column", "of all numbers together")
def all_together(x: Any) -> Any:
    return (x - x.mean()) / x.std()


@mistake("per_column", "these are rows of mean 0")
def per_row(x: Any) -> Any:
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


@mistake("per_column", "not its root")
def by_the_variance(x: Any) -> Any:
    return (x - x.mean(axis=0)) / x.var(axis=0)


@mistake("scores_of", "the bias is missing")
def no_bias(x: Any, weights: Any, bias: Any) -> Any:
    return x @ weights.T


@mistake("scores_of", "it is transposed")
def turned(x: Any, weights: Any, bias: Any) -> Any:
    return weights @ x.T + bias[:, None]


@mistake("slope_of_chain", "the factor 3 is missing")
def outer_and_half_the_inner(x: Any) -> Any:
    return np.exp(3 * x) / (1 + np.exp(3 * x))


@mistake("slope_of_chain", "of the logarithm alone")
def outer_alone(x: Any) -> Any:
    return 1 / (1 + np.exp(3 * x))


@mistake("gradient_of_error", "the factor 2")
def no_two(w: Any, x: Any, t: float) -> Any:
    return (w @ x - t) * x


@mistake("gradient_of_error", "with respect to x")
def with_respect_to_x(w: Any, x: Any, t: float) -> Any:
    return 2 * (w @ x - t) * w


@mistake("gradient_of_error", "the sum comes before the square")
def each_squared(w: Any, x: Any, t: float) -> Any:
    return 2 * (w * x - t) * x


@mistake("jacobian_vector", "and the other way round")
def factors_exchanged(x: Any, v: Any) -> Any:
    return np.array([x[0] * v[0] + x[1] * v[1], v[0] + 2 * x[2] * v[2]])


@mistake("jacobian_vector", "is 2 x_3")
def square_without_two(x: Any, v: Any) -> Any:
    return np.array([x[1] * v[0] + x[0] * v[1], v[0] + x[2] * v[2]])


@mistake("mean_and_variance", "equally likely")
def equally_likely(values: Any, probabilities: Any) -> Any:
    return values.mean(), values.var()


@mistake("mean_and_variance", "the root of the variance")
def deviation(values: Any, probabilities: Any) -> Any:
    mean = probabilities @ values
    return mean, np.sqrt(probabilities @ (values - mean) ** 2)


@mistake("mean_and_variance", "the mean of the squares")
def mean_of_squares(values: Any, probabilities: Any) -> Any:
    return probabilities @ values, probabilities @ values**2


@mistake("log_density", "minus infinity")
def logarithm_of_nothing(x: Any, mean: float, std: float) -> Any:
    density = np.exp(-((x - mean) ** 2) / (2 * std**2)) / (np.sqrt(2 * np.pi) * std)
    with np.errstate(divide="ignore"):
        return np.log(density)


@mistake("log_density", "sigma is missing")
def no_sigma(x: Any, mean: float, std: float) -> Any:
    return -np.log(np.sqrt(2 * np.pi)) - (x - mean) ** 2 / (2 * std**2)


@mistake("turned_round", "the probabilities of both")
def not_divided(prior: Any, likelihood: Any) -> Any:
    return prior * likelihood


@mistake("turned_round", "the prior is missing")
def no_prior(prior: Any, likelihood: Any) -> Any:
    return likelihood / likelihood.sum()
