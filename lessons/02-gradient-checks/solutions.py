"""Solutions to the exercises of lesson 02, gradient checks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def numerical_jacobian(f: Callable[[Array], Array], x: Array, h: float) -> Array:
    """Nudge a copy, so that x stays as it is whatever happens."""
    jacobian = np.zeros(np.shape(f(x)) + x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        jacobian[..., *index] = (f(x + step) - f(x - step)) / (2 * h)
    return jacobian


def one_sided(f: Callable[[float], float], x: float, h: float) -> float:
    """Weigh so that the sum of weights is 1, and that of the terms with h is 0: 2 and -1."""

    def forward(h: float) -> float:
        return (f(x + h) - f(x)) / h

    return 2 * forward(h / 2) - forward(h)


def rule_is_right(
    forward: Callable[[Array], Array],
    rule: Callable[[Array, Array, Array], tuple[Array]],
    x: Array,
) -> bool:
    """Use float64, a random cotangent, every element, and a tolerance in proportion."""
    x = x.astype(np.float64)
    out = forward(x)
    g = np.random.default_rng(0).normal(size=out.shape)
    (found,) = rule(g, out, x)
    numeric = numerical_jacobian(lambda x: np.asarray(np.sum(g * forward(x))), x, 1e-5)
    return found.shape == x.shape and np.allclose(found, numeric, rtol=1e-5, atol=1e-7)


def directions_needed(error: Array, tolerance: float, risk: float) -> int:
    """Use that the sum is normal, with mean 0 and the Euclidean norm for standard deviation."""
    missed = math.erf(tolerance / (math.sqrt(2) * float(np.linalg.norm(error))))
    return max(1, math.ceil(math.log(risk) / math.log(missed)))
