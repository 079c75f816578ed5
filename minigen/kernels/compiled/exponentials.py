r"""The decay :math:`e^{-|x|}`, and the logarithm of 1 more, on which logistic functions rest.

NumPy has a vectorised exponential on every processor, but a vectorised ``log1p`` on those with
AVX-512 alone; elsewhere it takes ten times as long. A decay d lies in [0, 1], where

.. math:: \ln(1 + d) = 2\,\mathrm{artanh}\,s
          = 2 s \Big(1 + \frac{s^2}{3} + \frac{s^4}{5} + \dots\Big),
          \qquad s = \frac{d}{2 + d} \le \frac13,

and the terms after :math:`s^{16}` are less than float32 can tell. Since :math:`2 s = d - s d`, the
sum is :math:`d - s (d - 2 s^2/3 - 2 s^4/5 - \dots)`, in which d is exact and the rest small.

A power of two is that of the nearest integer n, which is written into a float's exponent, times

.. math:: 2^r = 1 + r \ln 2 + \frac{(r \ln 2)^2}{2!} + \frac{(r \ln 2)^3}{3!} + \dots,
          \qquad |r| \le \frac12,

of which the terms after :math:`r^7` are less than float32 can tell.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import Loop

COST: Final = 16
"""What a decay costs, as `share` counts it."""

TWO: Final = np.float32(2)  # a number of Python's would make float64 of all

SERIES: Final = tuple(np.float32(2 / (2 * k + 1)) for k in range(8, 0, -1))
r"""The coefficients of :math:`s^{16}, s^{14}, \dots, s^2`, twice."""

ONE: Final = np.float32(1)
POWERS: Final = tuple(np.float32(math.log(2) ** k / math.factorial(k)) for k in range(7, 0, -1))
r"""The coefficients of :math:`r^7, r^6, \dots, r`."""

LEAST_POWER, MOST_POWER = np.float32(-126), np.float32(127)
"""To what two can be raised in float32: below, powers are subnormal, above, infinite."""

BIAS, MANTISSA = np.int32(127), np.int32(23)
"""What is added to the exponent of a float32, and how many bits stand below it."""


def decay(x: Array, out: Array) -> None:
    """Write the decay of each element into another array."""
    _negative_magnitude.run(x, out)
    np.exp(out, out=out)


@Loop
def _negative_magnitude(x: Array, out: Array) -> None:
    for i in range(x.size):
        out[i] = -abs(x[i])


@Loop
def log1p_of_decay(d: Any) -> Any:
    """Return ln(1 + d) for a d in [0, 1] of float32, to 1.3 units of its last place."""
    s = d / (TWO + d)
    square, total = s * s, SERIES[0]
    for coefficient in SERIES[1:]:
        total = total * square + coefficient
    return d - s * (d - square * total)


@Loop
def power_of_two(x: Any) -> Any:
    """Return 2 to the power of an x from -126 to 127 of float32, to 1.5 units of its last place."""
    nearest = np.rint(x)
    r, total = x - nearest, POWERS[0]
    for coefficient in POWERS[1:]:
        total = total * r + coefficient
    exponent = (np.int32(nearest) + BIAS) << MANTISSA
    return (total * r + ONE) * np.int32(exponent).view(np.float32)
