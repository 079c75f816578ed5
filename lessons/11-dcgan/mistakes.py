"""Wrong answers to the exercises of lesson 11, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import (
    corrected_average,
    factor_per_round,
    partly_labelled_scores,
    r1_of_a_quadratic,
    summed_slopes,
)


@mistake("summed_slopes", "each sample has the weight 1/N")
def without_mean(scores: Any, label: float) -> Any:
    return summed_slopes(scores, label) * len(scores)


@mistake("summed_slopes", "the discriminator's reaches it, too")
def as_if_detached(scores: Any, label: float) -> Any:
    return (scores - 1) / len(scores)


@mistake("summed_slopes", "the discriminator's loss alone")
def of_one_loss(scores: Any, label: float) -> Any:
    return (scores - label) / len(scores)


@mistake("summed_slopes", "the losses have a factor 1/2")
def without_half(scores: Any, label: float) -> Any:
    return 2 * summed_slopes(scores, label)


@mistake("summed_slopes", "not the steps against them")
def against(scores: Any, label: float) -> Any:
    return -summed_slopes(scores, label)


@mistake("partly_labelled_scores", "-1 was taken for the last class")
def last_class(h: Any, labels: Any, w: Any, b: float, vectors: Any) -> Any:
    return h @ w + b + (vectors[labels] * h).sum(axis=1)


@mistake("partly_labelled_scores", "asked for is the mean of the scores for all classes")
def no_class(h: Any, labels: Any, w: Any, b: float, vectors: Any) -> Any:
    known = np.where(labels[:, None] < 0, 0.0, vectors[labels])
    return h @ w + b + (known * h).sum(axis=1)


@mistake("partly_labelled_scores", "take their mean")
def all_added(h: Any, labels: Any, w: Any, b: float, vectors: Any) -> Any:
    chosen = np.where(labels[:, None] < 0, vectors.sum(axis=0), vectors[labels])
    return h @ w + b + (chosen * h).sum(axis=1)


@mistake("partly_labelled_scores", "the bias is missing")
def without_bias(h: Any, labels: Any, w: Any, b: float, vectors: Any) -> Any:
    return partly_labelled_scores(h, labels, w, 0.0, vectors)


@mistake("corrected_average", "divide by 1 - d^T")
def not_corrected(weights: Any, decay: float) -> Any:
    return corrected_average(weights, decay) * (1 - decay ** len(weights))


@mistake("corrected_average", "is drawn to them")
def from_the_first(weights: Any, decay: float) -> Any:
    average = weights[0]
    for theta in weights[1:]:
        average = decay * average + (1 - decay) * theta
    return average


@mistake("corrected_average", "the oldest weights count most")
def turned_round(weights: Any, decay: float) -> Any:
    return corrected_average(weights[::-1], decay)


@mistake("corrected_average", "all weights count alike")
def plain_mean(weights: Any, decay: float) -> Any:
    return weights.mean(axis=0)


@mistake("r1_of_a_quadratic", "the factor 1/2 is missing")
def without_the_half(matrix: Any, vector: Any, x: Any) -> Any:
    value, of_matrix, of_vector = r1_of_a_quadratic(matrix, vector, x)
    return 2 * value, of_matrix, of_vector


@mistake("r1_of_a_quadratic", "is A x + b only if A is symmetric")
def as_if_symmetric(matrix: Any, vector: Any, x: Any) -> Any:
    g = x @ matrix.T + vector
    return float((g**2).sum() / (2 * len(x))), g.T @ x / len(x), g.mean(axis=0)


@mistake("r1_of_a_quadratic", "A reaches the gradient of D twice")
def one_way_only(matrix: Any, vector: Any, x: Any) -> Any:
    value, _, of_vector = r1_of_a_quadratic(matrix, vector, x)
    g = x @ (matrix + matrix.T) / 2 + vector
    return value, g.T @ x / len(x), of_vector


@mistake("r1_of_a_quadratic", "the squares of an image are added up")
def mean_over_pixels(matrix: Any, vector: Any, x: Any) -> Any:
    value, of_matrix, of_vector = r1_of_a_quadratic(matrix, vector, x)
    return value / x.shape[1], of_matrix, of_vector


@mistake("factor_per_round", "the k-th root")
def of_all_rounds(rate: float, gamma: float, interval: int) -> Any:
    return factor_per_round(rate, gamma, interval) ** interval


@mistake("factor_per_round", "lazily it is k gamma")
def weight_not_raised(rate: float, gamma: float, interval: int) -> Any:
    return factor_per_round(rate, gamma / interval, interval)


@mistake("factor_per_round", "in turns the generator sees the new psi")
def at_once(rate: float, gamma: float, interval: int) -> Any:
    product = np.eye(2)
    for step in range(interval):
        weight = interval * gamma if step == 0 else 0.0
        both = np.array([[1.0, rate / 2], [-rate / 2, 1 - rate * weight]])
        product = both @ product
    return float(np.abs(np.linalg.eigvals(product)).max() ** (1 / interval))


@mistake("factor_per_round", "the penalty is taken in every round")
def never_lazy(rate: float, gamma: float, interval: int) -> Any:
    return factor_per_round(rate, gamma, 1)
