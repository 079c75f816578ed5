"""Wrong answers to the exercises of lesson 03, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import batch_norm_rule, linear_rule, prelu_rule


@mistake("linear_rule", "a transpose is missing")
def weight_transposed(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return g @ weight, x.T @ g, g.sum(axis=0)


@mistake("linear_rule", "the bias was broadcast to every row")
def bias_not_summed(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return g @ weight, g.T @ x, g


@mistake("linear_rule", "where the chain rule has sums")
def averaged(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return g @ weight, g.T @ x / len(x), g.mean(axis=0)


@mistake("linear_rule", "each output has a bias of its own")
def bias_summed_over_all(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return g @ weight, g.T @ x, g.sum()


@mistake("linear_rule", "d loss / d x is twice too large everywhere")
def doubled(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return 2 * g @ weight, g.T @ x, g.sum(axis=0)


@mistake("linear_rule", "returns 2 cotangents; expected a tuple with the cotangent of each")
def no_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return linear_rule(g, out, x, weight, bias)[:2]


@mistake("prelu_rule", "it looks at the sign of the output")
def sign_of_the_output(g: Any, out: Any, x: Any, slope: Any) -> Any:
    negative = out <= 0
    return np.where(negative, g * slope, g), (g * x * negative).sum(axis=0)


@mistake("prelu_rule", "each slope was broadcast to all of them")
def slope_not_summed(g: Any, out: Any, x: Any, slope: Any) -> Any:
    return prelu_rule(g, out, x, slope)[0], g * x * (x <= 0)


@mistake("prelu_rule", "each has a slope of its own")
def slope_summed_over_all(g: Any, out: Any, x: Any, slope: Any) -> Any:
    return prelu_rule(g, out, x, slope)[0], (g * x * (x <= 0)).sum()


@mistake("prelu_rule", "has a mean over the rows")
def slope_averaged(g: Any, out: Any, x: Any, slope: Any) -> Any:
    return prelu_rule(g, out, x, slope)[0], (g * x * (x <= 0)).mean(axis=0)


@mistake("prelu_rule", "there the output does not depend on the slope")
def positive_counted(g: Any, out: Any, x: Any, slope: Any) -> Any:
    return prelu_rule(g, out, x, slope)[0], (g * x).sum(axis=0)


@mistake("prelu_rule", "d loss / d x")
def of_relu(g: Any, out: Any, x: Any, slope: Any) -> Any:
    return g * (x > 0), prelu_rule(g, out, x, slope)[1]


@mistake("initial_std", "this is the variance")
def variance(fan_in: int, negative_slope: float) -> Any:
    return 2 / (fan_in * (1 + negative_slope**2))


@mistake("initial_std", "keeps a part of the mean square only")
def without_activation(fan_in: int, negative_slope: float) -> Any:
    return 1 / math.sqrt(fan_in)


@mistake("initial_std", "keeps a^2 of the negative half")
def of_a_relu(fan_in: int, negative_slope: float) -> Any:
    return math.sqrt(2 / fan_in)


@mistake("initial_std", "the slope enters a mean square as a^2")
def slope_not_squared(fan_in: int, negative_slope: float) -> Any:
    return math.sqrt(2 / (fan_in * (1 + negative_slope)))


@mistake("initial_std", "not repeat it")
def wrong_way_round(fan_in: int, negative_slope: float) -> Any:
    return math.sqrt((1 + negative_slope**2) / 2 / fan_in)


@mistake("initial_std", "it keeps a third")
def of_the_library_default(fan_in: int, negative_slope: float) -> Any:
    return 1 / math.sqrt(3 * fan_in)


def standardised(x: Any) -> tuple[Any, Any]:
    scale = np.sqrt(x.var(axis=0) + 0.01)
    return (x - x.mean(axis=0)) / scale, scale


@mistake("batch_norm_rule", "takes mean and variance for constants")
def statistics_constant(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    standard, scale = standardised(x)
    return g * weight / scale, (g * standard).sum(axis=0), g.sum(axis=0)


@mistake("batch_norm_rule", "takes the variance for a constant")
def variance_constant(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    standard, scale = standardised(x)
    grad_x = weight / scale * (g - g.mean(axis=0))
    return grad_x, (g * standard).sum(axis=0), g.sum(axis=0)


@mistake("batch_norm_rule", "takes the mean for a constant")
def mean_constant(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    standard, scale = standardised(x)
    grad_x = weight / scale * (g - standard * (g * standard).mean(axis=0))
    return grad_x, (g * standard).sum(axis=0), g.sum(axis=0)


@mistake("batch_norm_rule", "lacks the factor gamma")
def gamma_forgotten(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    grad_x, grad_weight, grad_bias = batch_norm_rule(g, out, x, weight, bias)
    return grad_x / weight, grad_weight, grad_bias


@mistake("batch_norm_rule", "uses the output y")
def output_for_standardised(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    grad_x, _, grad_bias = batch_norm_rule(g, out, x, weight, bias)
    return grad_x, (g * out).sum(axis=0), grad_bias


@mistake("batch_norm_rule", "epsilon is missing in the rule")
def without_epsilon(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    scale = x.std(axis=0)
    standard = (x - x.mean(axis=0)) / scale
    grad_weight, grad_bias = (g * standard).sum(axis=0), g.sum(axis=0)
    grad_x = weight / scale * (g - (grad_bias + standard * grad_weight) / len(x))
    return grad_x, grad_weight, grad_bias


def tracked(batches: Any, momentum: float, ddof: int = 1, start: float = 1.0) -> Any:
    mean, variance = np.zeros(batches[0].shape[1]), np.full(batches[0].shape[1], start)
    for batch in batches:
        mean = (1 - momentum) * mean + momentum * batch.mean(axis=0)
        variance = (1 - momentum) * variance + momentum * batch.var(axis=0, ddof=ddof)
    return mean, variance


@mistake("running_statistics", "the shares are exchanged")
def shares_exchanged(batches: Any, momentum: float) -> Any:
    return tracked(batches, 1 - momentum)


@mistake("running_statistics", "the variance has the divisor N")
def divisor_n(batches: Any, momentum: float) -> Any:
    return tracked(batches, momentum, ddof=0)


@mistake("running_statistics", "begins with 1")
def begins_with_zero(batches: Any, momentum: float) -> Any:
    return tracked(batches, momentum, start=0.0)


@mistake("running_statistics", "those of the last batch")
def last_batch(batches: Any, momentum: float) -> Any:
    return batches[-1].mean(axis=0), batches[-1].var(axis=0, ddof=1)


@mistake("running_statistics", "those of all rows together")
def all_rows(batches: Any, momentum: float) -> Any:
    rows = np.concatenate(batches)
    return rows.mean(axis=0), rows.var(axis=0, ddof=1)
