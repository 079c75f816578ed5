r"""Numerical derivatives: central differences at two steps, extrapolated, and watched for kinks.

The central difference :math:`D(h) = (f(x+h) - f(x-h)) / 2h` errs by :math:`h^2 f''' / 6` and higher
even powers. Two steps cancel the square, Richardson (1911):

.. math:: \frac{4 D(h/2) - D(h)}{3} = f'(x) - \frac{h^4}{480} f^{(5)}(x) + \dots

Rounding adds about :math:`\epsilon |f| / h`. The two meet near :math:`h = \epsilon^{1/5} \approx
7 \cdot 10^{-4}`; the step here is a little smaller, for functions that bend faster than on the
scale of 1, and leaves some :math:`10^{-12}` of either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigen.gradcheck.kinks import Kink, find_kink
from minigen.gradcheck.settings import Settings, Vector

STEP = 2.0**-12
"""The default step, in units of max(1, abs(x))."""

FINER = tuple(16.0**-k for k in range(5))
"""The shares of the step tried in turn where the function bends too fast for the first."""

UNDERTOLERANCE = 0.1
"""The share of the tolerance that the two steps' derivatives may disagree by.

A kink that this test overlooks changes the derivative by less than half of the tolerance.
"""

_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Derivative:
    """The derivative of each output along a line, NaN where none was found, and a kink."""

    slope: Vector
    kink: Kink | None = None


def step_for(x: Vector, eps: float | None) -> Vector:
    """Return the step of each element: `eps`, or one in proportion to its magnitude."""
    return np.full(x.shape, eps) if eps is not None else STEP * scale_of(x)


def scale_of(x: Vector) -> Vector:
    """Return the length on which an element is taken to vary: its magnitude, at least 1."""
    return np.maximum(1.0, np.abs(x))


def derivative(
    along: Callable[[float], Vector], centre: Vector, step: float, settings: Settings
) -> Derivative:
    """Differentiate the vector function `along` at 0, where its value is `centre`.

    Where the two steps disagree, either a kink lies between the points, and is returned, or the
    function bends fast, and a finer step is taken (never where the user chose the step).
    """
    slope = np.full(centre.shape, np.nan)
    doubt = np.full(centre.shape, np.inf)
    rounding = 16 * _EPSILON * float(np.abs(centre).max(initial=0.0))
    for share in FINER if settings.eps is None else (1.0,):
        h = step * share
        estimate, disagreement = _extrapolated(along, centre, h)
        better = disagreement < doubt  # not so where it is NaN
        slope = np.where(better, estimate, slope)
        doubt = np.where(better, disagreement, doubt)
        allowed = UNDERTOLERANCE * settings.tolerance(slope) + rounding / h
        doubtful = ~(doubt <= allowed)
        if not doubtful.any():
            break
        kink = _worst_kink(along, h, np.where(doubtful & better, doubt / allowed, 0.0))
        if kink is not None:
            return Derivative(slope, kink)
    return Derivative(slope)


def _extrapolated(
    along: Callable[[float], Vector], centre: Vector, h: float
) -> tuple[Vector, Vector]:
    """Return Richardson's derivative, and by how much the points depart from a parabola.

    The departure is that of the two central differences from each other, or the fourth difference,
    whichever is larger: one kink cannot hide from both.

    Derivation: gradcheck.richardson
    """
    far_left, left, right, far_right = (along(t) for t in (-h, -h / 2, h / 2, h))
    coarse = (far_right - far_left) / (2 * h)
    fine = (right - left) / h
    bend = (far_left - 4 * left + 6 * centre - 4 * right + far_right) / h
    return (4 * fine - coarse) / 3, np.maximum(np.abs(coarse - fine), np.abs(bend))


def _worst_kink(along: Callable[[float], Vector], h: float, suspicion: Vector) -> Kink | None:
    """Look for a kink in the three outputs that are most suspicious, in that order."""
    most = np.argsort(-suspicion, kind="stable")[:3].tolist()
    found = (find_kink(along, output, h) for output in most if suspicion[output] > 0)
    return next((kink for kink in found if kink is not None), None)
