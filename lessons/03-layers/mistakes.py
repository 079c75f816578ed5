"""Wrong answers to the exercises of lesson 03, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import prelu_rule, rms_norm_rule, tied_rule


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


@mistake("tied_rule", "what comes from the second layer alone")
def second_layer_alone(g: Any, out: Any, x: Any, weight: Any) -> Any:
    return g @ weight.T @ weight, weight @ x.T @ g


@mistake("tied_rule", "what comes from the first layer alone")
def first_layer_alone(g: Any, out: Any, x: Any, weight: Any) -> Any:
    return g @ weight.T @ weight, weight @ g.T @ x


@mistake("tied_rule", "d loss / d weight is transposed")
def weight_transposed(g: Any, out: Any, x: Any, weight: Any) -> Any:
    grad_x, grad_weight = tied_rule(g, out, x, weight)
    return grad_x, grad_weight.T


@mistake("tied_rule", "where the chain rule has a sum")
def averaged(g: Any, out: Any, x: Any, weight: Any) -> Any:
    grad_x, grad_weight = tied_rule(g, out, x, weight)
    return grad_x, grad_weight / len(x)


@mistake("tied_rule", "add both")
def mean_of_the_uses(g: Any, out: Any, x: Any, weight: Any) -> Any:
    grad_x, grad_weight = tied_rule(g, out, x, weight)
    return grad_x, grad_weight / 2


@mistake("tied_rule", "a tuple of 1; expected a tuple of two arrays")
def no_weight(g: Any, out: Any, x: Any, weight: Any) -> Any:
    return tied_rule(g, out, x, weight)[:1]


@mistake("initial_std", "this is the variance")
def variance(fan_in: int, keep: float) -> Any:
    return 2 * keep / fan_in


@mistake("initial_std", "dropout changes the mean square, too")
def without_dropout(fan_in: int, keep: float) -> Any:
    return math.sqrt(2 / fan_in)


@mistake("initial_std", "the weights have to be smaller")
def wrong_way_round(fan_in: int, keep: float) -> Any:
    return math.sqrt(2 / (fan_in * keep))


@mistake("initial_std", "only the share q of them is left")
def all_divided(fan_in: int, keep: float) -> Any:
    return keep * math.sqrt(2 / fan_in)


@mistake("initial_std", "the ReLU keeps half")
def without_activation(fan_in: int, keep: float) -> Any:
    return math.sqrt(keep / fan_in)


@mistake("rms_norm_rule", "takes the root for a constant")
def root_constant(g: Any, out: Any, x: Any, weight: Any) -> Any:
    root = np.sqrt((x**2).mean(axis=1, keepdims=True) + 0.01)
    return g * weight / root, rms_norm_rule(g, out, x, weight)[1]


@mistake("rms_norm_rule", "lacks the factor gamma")
def gamma_forgotten(g: Any, out: Any, x: Any, weight: Any) -> Any:
    grad_x, _ = rms_norm_rule(g, out, x, np.ones_like(weight))
    return grad_x, rms_norm_rule(g, out, x, weight)[1]


@mistake("rms_norm_rule", "epsilon is missing in the rule")
def without_epsilon(g: Any, out: Any, x: Any, weight: Any) -> Any:
    root = np.sqrt((x**2).mean(axis=1, keepdims=True))
    standard, scaled = x / root, g * weight
    shared = standard * (scaled * standard).mean(axis=1, keepdims=True)
    return (scaled - shared) / root, (g * standard).sum(axis=0)


@mistake("rms_norm_rule", "here each row is by itself")
def over_the_batch(g: Any, out: Any, x: Any, weight: Any) -> Any:
    root = np.sqrt((x**2).mean(axis=0) + 0.01)
    standard, scaled = x / root, g * weight
    return (scaled - standard * (scaled * standard).mean(axis=0)) / root, (g * standard).sum(axis=0)


@mistake("rms_norm_rule", "uses the output y")
def output_for_standardised(g: Any, out: Any, x: Any, weight: Any) -> Any:
    return rms_norm_rule(g, out, x, weight)[0], (g * out).sum(axis=0)


@mistake("rms_norm_rule", "the scale was broadcast to all")
def weight_not_summed(g: Any, out: Any, x: Any, weight: Any) -> Any:
    return rms_norm_rule(g, out, x, weight)[0], g * out / weight


@mistake("rms_norm_rule", "where the root has the mean")
def sum_for_mean(g: Any, out: Any, x: Any, weight: Any) -> Any:
    root = np.sqrt((x**2).mean(axis=1, keepdims=True) + 0.01)
    standard, scaled = x / root, g * weight
    shared = standard * (scaled * standard).sum(axis=1, keepdims=True)
    return (scaled - shared) / root, (g * standard).sum(axis=0)
