"""Wrong answers to the exercises of lesson 03b, and what their checks have to say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import mean_without_its_start as right_mean
from .solutions import warmup_cosine_rate as right_rate


@mistake("warmup_cosine_rate", "the first rate is 0")
def begins_with_nothing(step: int, steps: int, warmup: int, peak: float, floor: float) -> Any:
    return peak * step / warmup if step < warmup else right_rate(step, steps, warmup, peak, floor)


@mistake("warmup_cosine_rate", "it begins where the warm-up ends")
def counted_from_the_first(step: int, steps: int, warmup: int, peak: float, floor: float) -> Any:
    if step < warmup:
        return peak * (step + 1) / warmup
    wave = (1 + math.cos(math.pi * min(step / steps, 1))) / 2
    return floor + (peak - floor) * wave


@mistake("warmup_cosine_rate", "its height is the peak less the floor")
def too_high(step: int, steps: int, warmup: int, peak: float, floor: float) -> Any:
    if step < warmup:
        return peak * (step + 1) / warmup
    way = min((step - warmup) / (steps - warmup), 1)
    return floor + peak * (1 + math.cos(math.pi * way)) / 2


@mistake("warmup_cosine_rate", "rises again")
def never_ends(step: int, steps: int, warmup: int, peak: float, floor: float) -> Any:
    if step < warmup:
        return peak * (step + 1) / warmup
    wave = (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2
    return floor + (peak - floor) * wave


@mistake("adagrad_step", "the present gradient belongs to it")
def sum_before(weights: Any, gradient: Any, total: Any, lr: float, eps: float) -> Any:
    return weights - lr * gradient / (np.sqrt(total) + eps), total + gradient**2


@mistake("adagrad_step", "inside the root")
def epsilon_inside(weights: Any, gradient: Any, total: Any, lr: float, eps: float) -> Any:
    total = total + gradient**2
    return weights - lr * gradient / np.sqrt(total + eps), total


@mistake("adagrad_step", "the root is missing")
def no_root(weights: Any, gradient: Any, total: Any, lr: float, eps: float) -> Any:
    total = total + gradient**2
    return weights - lr * gradient / (total + eps), total


@mistake("adagrad_step", "this is RMSprop's mean")
def forgets(weights: Any, gradient: Any, total: Any, lr: float, eps: float) -> Any:
    total = 0.9 * total + 0.1 * gradient**2
    return weights - lr * gradient / (np.sqrt(total) + eps), total


@mistake("adagrad_step", "changed in place")
def in_place(weights: Any, gradient: Any, total: Any, lr: float, eps: float) -> Any:
    total += gradient**2
    return weights - lr * gradient / (np.sqrt(total) + eps), total


@mistake("mean_without_its_start", "Adam's correction")
def for_a_start_at_zero(values: Any, beta: float, start: Any) -> Any:
    mean = start
    for value in values:
        mean = beta * mean + (1 - beta) * value
    return mean / (1 - beta ** len(values))


@mistake("mean_without_its_start", "not corrected")
def uncorrected(values: Any, beta: float, start: Any) -> Any:
    mean = start
    for value in values:
        mean = beta * mean + (1 - beta) * value
    return mean


@mistake("mean_without_its_start", "the whole start was taken away")
def all_of_the_start(values: Any, beta: float, start: Any) -> Any:
    share = beta ** len(values)
    mean = right_mean(values, beta, start) * (1 - share) + share * start
    return (mean - start) / (1 - share)


@mistake("mean_without_its_start", "don't sum to 1 yet")
def not_divided(values: Any, beta: float, start: Any) -> Any:
    return right_mean(values, beta, start) * (1 - beta ** len(values))


@mistake("mean_without_its_start", "all values count alike")
def plain_mean(values: Any, beta: float, start: Any) -> Any:
    return np.mean(values, axis=0)


def descent(
    gradient: Any, start: Any, lr: float, momentum: float, steps: int, ahead: float, sign: float
) -> Any:
    point, velocity = start, np.zeros_like(start)
    points = [point]
    for _ in range(steps):
        velocity = momentum * velocity + sign * lr * gradient(point + ahead * velocity)
        point = point + velocity
        points.append(point)
    return np.array(points)


@mistake("nesterov_descent", "Polyak's momentum")
def not_ahead(gradient: Any, start: Any, lr: float, momentum: float, steps: int) -> Any:
    return descent(gradient, start, lr, momentum, steps, 0.0, -1)


@mistake("nesterov_descent", "by the whole velocity")
def too_far_ahead(gradient: Any, start: Any, lr: float, momentum: float, steps: int) -> Any:
    return descent(gradient, start, lr, momentum, steps, 1.0, -1)


@mistake("nesterov_descent", "it climbs")
def climbs(gradient: Any, start: Any, lr: float, momentum: float, steps: int) -> Any:
    return descent(gradient, start, lr, momentum, steps, momentum, 1)


@mistake("nesterov_descent", "T + 1 points")
def without_the_start(gradient: Any, start: Any, lr: float, momentum: float, steps: int) -> Any:
    return descent(gradient, start, lr, momentum, steps, momentum, -1)[1:]
