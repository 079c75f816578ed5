"""Updates of a whole parameter in one pass; the equations are those of `minigen.optim`.

Each function changes weights and moments in place, or returns NotImplemented for arrays that it
does not serve. Rounding by rounding it does what the optimiser's `update` does.

A moment that an optimiser has with some options only is None without them; Numba compiles a version
for each case, without the branch. `decay` is what part of the weights is added to the gradient.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import LEAST, Loop, at_hand, share, vectors

COST: Final = 4
"""What the update of an element costs, as `share` counts it."""


def adam(
    weights: Array,
    gradient: Array,
    mean: Array,
    square: Array,
    largest: Array | None,
    *,
    beta1: float,
    beta2: float,
    eps: float,
    rate: float,
    shrink: float,
    decay: float,
) -> Any:
    """Update by adaptive moments; `largest` is AMSGrad's.

    `eps` and `rate` have the corrections for moments that start at 0 in them; `shrink` is what the
    weights are multiplied with first.
    """
    numbers = beta1, 1 - beta1, beta2, 1 - beta2, eps, rate, shrink, decay
    return _update(_adam, [weights, gradient, mean, square, largest], numbers)


@Loop
def _adam(
    weights: Array,
    gradient: Array,
    mean: Array,
    square: Array,
    largest: Array | None,
    beta1: Any,
    rest1: Any,
    beta2: Any,
    rest2: Any,
    eps: Any,
    rate: Any,
    shrink: Any,
    decay: Any,
) -> None:
    for i in range(weights.size):
        w, g = weights[i] * shrink, gradient[i]
        if decay != 0:
            g += w * decay
        m = mean[i] * beta1 + g * rest1
        v = square[i] * beta2 + g * g * rest2
        mean[i], square[i] = m, v
        if largest is not None:
            if v > largest[i] or v != v:  # NaN is passed on  # noqa: PLR0124
                largest[i] = v
            v = largest[i]
        weights[i] = w - m / (np.sqrt(v) + eps) * rate


def sgd(
    weights: Array,
    gradient: Array,
    buffer: Array | None,
    *,
    rate: float,
    momentum: float,
    dampening: float,
    nesterov: bool,
    decay: float,
    first: bool,
) -> Any:
    """Update by gradient descent; `buffer` is that of momentum, and is set in the first step."""
    numbers = rate, momentum, 1 - dampening, decay
    return _update(_sgd, [weights, gradient, buffer], numbers, nesterov, first)


@Loop
def _sgd(
    weights: Array,
    gradient: Array,
    buffer: Array | None,
    rate: Any,
    momentum: Any,
    taken: Any,
    decay: Any,
    nesterov: bool,
    first: bool,
) -> None:
    for i in range(weights.size):
        g = gradient[i]
        if decay != 0:
            g += weights[i] * decay
        if buffer is not None:
            b = g if first else buffer[i] * momentum + g * taken
            buffer[i] = b
            g = g + b * momentum if nesterov else b
        weights[i] -= g * rate


def rmsprop(
    weights: Array,
    gradient: Array,
    square: Array,
    mean: Array | None,
    buffer: Array | None,
    *,
    rate: float,
    alpha: float,
    eps: float,
    momentum: float,
    decay: float,
) -> Any:
    """Update by a running root of the mean square.

    `mean` is there if that is centred, `buffer` if there is momentum.
    """
    numbers = rate, alpha, 1 - alpha, eps, momentum, decay
    return _update(_rmsprop, [weights, gradient, square, mean, buffer], numbers)


@Loop
def _rmsprop(
    weights: Array,
    gradient: Array,
    square: Array,
    mean: Array | None,
    buffer: Array | None,
    rate: Any,
    alpha: Any,
    rest: Any,
    eps: Any,
    momentum: Any,
    decay: Any,
) -> None:
    for i in range(weights.size):
        g = gradient[i]
        if decay != 0:
            g += weights[i] * decay
        v = square[i] * alpha + g * g * rest
        square[i] = v
        if mean is not None:
            m = mean[i] * alpha + g * rest
            mean[i] = m
            v -= m * m
            if v < 0:  # rounding can make a variance of 0 negative
                v -= v
        direction = g / (np.sqrt(v) + eps)
        if buffer is not None:
            direction = buffer[i] * momentum + direction
            buffer[i] = direction
        weights[i] -= direction * rate


def _update(loop: Loop, arrays: list[Any], numbers: tuple[float, ...], *switches: bool) -> Any:
    """Run a loop on what it serves, with numbers of the dtype of the arrays.

    It takes less time than the ten calls of NumPy, however small the arrays; but Numba is not
    imported for small ones alone.
    """
    given = [array for array in arrays if array is not None]
    flat = vectors(*given, least=1 if at_hand() else LEAST)
    if flat is None:
        return NotImplemented
    found = iter(flat)
    views = [None if array is None else next(found) for array in arrays]
    share(loop.run, *views, *map(flat[0].dtype.type, numbers), *switches, cost=COST)
    return None
