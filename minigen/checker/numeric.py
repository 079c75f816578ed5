r"""Numerical derivatives: central differences at two steps, extrapolated, and watched for kinks.

The central difference :math:`D(h) = (f(x+h) - f(x-h)) / 2h` errs by :math:`h^2 f''' / 6` and higher
even powers. Two steps cancel the square, Richardson (1911):

.. math:: \frac{4 D(h/2) - D(h)}{3} = f'(x) - \frac{h^4}{480} f^{(5)}(x) + \dots

Rounding adds about :math:`\epsilon |f| / h`. The two meet near :math:`h = \epsilon^{1/5} \approx
7 \cdot 10^{-4}`; the step here is a little smaller, for functions that bend faster than on the
scale of 1, and leaves some :math:`10^{-12}` of either.

At a kink the slope jumps, and there is no derivative. A numerical one taken across a kink is a
mixture of two slopes, and whether it agrees with the analytic one is chance. So kinks are looked
for wherever the points of a difference depart from a smooth curve. Zooming in decides: the slopes
of a smooth curve become equal, those beside a kink stay apart, at one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigen.checker.settings import Settings, Vector

STEP = 2.0**-12
"""The default step, in units of max(1, abs(x))."""

FINER = tuple(16.0**-k for k in range(5))
"""The shares of the step tried in turn where the function bends too fast for the first."""

UNDERTOLERANCE = 0.1
"""The share of the tolerance that the two steps' derivatives may disagree by.

A kink that this test overlooks changes the derivative by less than half of the tolerance.
"""

CELLS = 8
"""Cells that the interval is cut into at each zoom."""

ZOOMS = 5
"""How many intervals are looked at, each the three cells about the last one's sharpest bend."""

CONCENTRATION = 20.0
"""How many times sharper than the median bend a kink is; on smooth curves all are much alike."""


_EPSILON = float(np.finfo(np.float64).eps)
_ROUNDING = 1000 * _EPSILON


@dataclass(frozen=True)
class Kink:
    """A jump of the slope, or of the function itself.

    Attributes
    ----------
    output : int
        Which output, counted through.
    offset : float
        How far along the line from the point it lies.
    left, right : float
        The slopes on both sides.
    jump : float
        By how much the function itself jumps; 0 at a kink.
    """

    output: int
    offset: float
    left: float
    right: float
    jump: float = 0.0


@dataclass(frozen=True)
class Derivative:
    """The derivative of each output along a line, NaN where none was found, and a kink.

    `doubt` says how far off the derivative may be where every step was too long; else it is 0.
    """

    slope: Vector
    doubt: Vector
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
    doubtful = np.ones(centre.shape, bool)
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
            return Derivative(slope, doubt, kink)
    return Derivative(slope, np.where(doubtful, doubt, 0.0))


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


def find_kink(along: Callable[[float], Vector], output: int, h: float) -> Kink | None:
    """Find the sharpest kink of one output between -h and h; None if it is smooth there.

    Examples
    --------
    >>> kink = find_kink(lambda t: np.array([t**2, abs(t - 0.25)]), 1, 1.0)
    >>> round(kink.offset, 6), round(kink.left, 6), round(kink.right, 6)
    (0.25, -1.0, 1.0)
    >>> find_kink(lambda t: np.array([t**3]), 0, 1.0) is None
    True
    """
    low, high = -h, h
    for zoom in range(ZOOMS):
        places = np.linspace(low, high, CELLS + 1)
        values = np.array([along(t)[output] for t in places.tolist()])
        if not np.isfinite(values).all():
            return None
        slopes = np.diff(values) / np.diff(places)
        bends = np.abs(np.diff(slopes))
        sharpest = int(bends.argmax())
        cell = (high - low) / CELLS
        if zoom < ZOOMS - 1:
            middle = float(places[sharpest + 1])
            low, high = max(middle - 1.5 * cell, -h), min(middle + 1.5 * cell, h)
    rounding = _ROUNDING * float(np.abs(values).max()) / cell
    if bends[sharpest] <= max(CONCENTRATION * float(np.median(bends)), rounding):
        return None
    left, right = float(slopes[0]), float(slopes[-1])
    if bends[sharpest] > 4 * abs(right - left):  # the slopes agree, and a step lies between
        cliff = float(places[np.abs(slopes).argmax()]) + cell / 2
        return Kink(output, cliff, left, right, float(values[-1] - values[0]))
    corner = values[-1] - values[0] + left * low - right * high  # where the two lines meet
    return Kink(output, float(corner / (left - right)), left, right)
