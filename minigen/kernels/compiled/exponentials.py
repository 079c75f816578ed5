r"""The decay :math:`e^{-|x|}`, and the logarithm of 1 more, on which logistic functions rest.

NumPy has a vectorised exponential on every processor, but a vectorised ``log1p`` on those with
AVX-512 alone; elsewhere it takes ten times as long. A decay d lies in [0, 1], where

.. math:: \ln(1 + d) = 2\,\mathrm{artanh}\,s
          = 2 s \Big(1 + \frac{s^2}{3} + \frac{s^4}{5} + \dots\Big),
          \qquad s = \frac{d}{2 + d} \le \frac13,

and the terms after :math:`s^{16}` are less than float32 can tell. Since :math:`2 s = d - s d`, the
sum is :math:`d - s (d - 2 s^2/3 - 2 s^4/5 - \dots)`, in which d is exact and the rest small.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import Loop

COST: Final = 16
"""What a decay costs, as `share` counts it."""

TWO: Final = np.float32(2)  # a number of Python's would make float64 of all

SERIES: Final = tuple(np.float32(2 / (2 * k + 1)) for k in range(8, 0, -1))
r"""The coefficients of :math:`s^{16}, s^{14}, \dots, s^2`, twice."""


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
