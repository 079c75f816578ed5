r"""Exponential functions of large arrays, on two threads, and without ``log1p`` where it is slow.

NumPy has a vectorised ``exp`` and ``log`` on every processor, but a vectorised ``log1p`` in float32
on those with AVX-512 alone; elsewhere it takes five times as long. With the float u nearest to
1 + d,

.. math:: \ln(1 + d) = \ln u + \ln\Big(1 + \frac{d - (u - 1)}{u}\Big)
          \approx \ln u + \frac{d - (u - 1)}{u},

in which u - 1 is exact, and what is left out is less than a rounding. Where d is so small that u is
1, it is d.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.elementwise import SHARED, of_each, serves
from minigen.ops.activation import sigmoid, softplus, tanh
from minigen.ops.arithmetic import exp
from minigen.ops.losses import logits_cross_entropy

COST: Final = 4
"""What an exponential costs, as `of_each` counts it."""

LONG: Final = SHARED // COST
"""From how many elements on an exponential alone is shared between threads."""

LEAST: Final = 4096
"""From how many elements on it pays to use arrays again."""


@exp.kernel
def exp_kernel(x: Array) -> Any:
    """Compute the op's function."""
    return of_each(np.exp, x, cost=COST, least=LONG)


@tanh.kernel
def tanh_kernel(x: Array) -> Any:
    """Compute the op's function."""
    return of_each(np.tanh, x, cost=COST, least=LONG)


@sigmoid.kernel
def sigmoid_kernel(x: Array) -> Any:
    """Compute the op's function in two arrays."""
    return of_each(_sigmoid, x, cost=COST, least=LEAST)


def _sigmoid(x: Array, out: Array) -> None:
    _decay(x, out)
    below = 1 + out
    np.maximum(out, x >= 0, out=out)
    out /= below


@sigmoid.kernel_vjp
def sigmoid_kernel_vjp(g: Array, out: Array, _x: Array) -> Any:
    """Compute the op's rule in one array."""
    return _only(of_each(_sigmoid_slope, g, out, least=LEAST))


def _sigmoid_slope(g: Array, y: Array, out: Array) -> None:
    np.subtract(1, y, out=out)
    out *= y
    out *= g


@softplus.kernel
def softplus_kernel(x: Array) -> Any:
    """Compute the op's function, the logarithm as the processor has it."""
    return of_each(_softplus, x, cost=COST, least=LEAST)


def _softplus(x: Array, out: Array) -> None:
    _decay(x, out)
    log1p_of_decay(out)
    out += np.maximum(x, 0)


@softplus.kernel_vjp
def softplus_kernel_vjp(g: Array, _out: Array, x: Array) -> Any:
    """Compute the op's rule: the sigmoid, times the cotangent."""
    return _only(of_each(_sigmoid_times, x, g, cost=COST, least=LEAST))


def _sigmoid_times(x: Array, g: Array, out: Array) -> None:
    _sigmoid(x, out)
    out *= g


@logits_cross_entropy.kernel
def logits_cross_entropy_kernel(logits: Array, target: Array) -> Any:
    """Compute the op's function, the logarithm as the processor has it."""
    return of_each(_logits_cross_entropy, logits, target, cost=COST, least=LEAST)


def _logits_cross_entropy(logits: Array, target: Array, out: Array) -> None:
    _decay(logits, out)
    log1p_of_decay(out)
    linear = logits * target
    np.subtract(np.maximum(logits, 0), linear, out=linear)
    out += linear  # apart, they would cancel with rounding


@logits_cross_entropy.kernel_vjp
def logits_cross_entropy_kernel_vjp(g: Array, _out: Array, logits: Array, target: Array) -> Any:
    """Compute the op's rule, the gradient of the logits in one array."""
    if not serves(logits, target, least=LEAST):
        return NotImplemented
    if type(g) is not np.ndarray or g.dtype != logits.dtype:
        return NotImplemented

    def grad_logits() -> Array:
        found = of_each(_sigmoid_minus, logits, target, cost=COST)
        return np.multiply(found, g, out=found)  # often one number, broadcast

    return grad_logits, lambda: -g * logits


def _sigmoid_minus(logits: Array, target: Array, out: Array) -> None:
    _sigmoid(logits, out)
    out -= target


def _only(found: Any) -> Any:
    """Return the entries of a rule with one input."""
    return found if found is NotImplemented else (found,)


def _decay(x: Array, out: Array) -> None:
    """Write exp(-|x|), which lies in [0, 1]."""
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)


def log1p_of_decay(d: Array) -> None:
    """Replace numbers in [0, 1] by ln(1 + d)."""
    if d.dtype != np.float32 or has_vectorized_log1p():
        np.log1p(d, out=d)
        return
    u = d + 1
    rest = u - 1
    np.subtract(d, rest, out=rest)
    rest /= u
    np.log(u, out=u)
    np.add(u, rest, out=d)


@functools.cache
def has_vectorized_log1p() -> bool:
    """Tell whether NumPy's ``log1p`` of float32 computes several numbers at a time here."""
    from numpy.lib import introspect

    found = introspect.opt_func_info(func_name="^log1p$", signature="float32")
    versions = found.get("log1p", {}).values()
    return any(not version["current"].startswith("baseline") for version in versions)
