r"""Finding kinks: places where a function's slope jumps, so that it has no derivative.

A numerical derivative taken across a kink is a mixture of two slopes, and whether it agrees with
the analytic one is chance. So kinks are looked for wherever the points of a difference depart from
a smooth curve. Zooming in decides: the slopes of a smooth curve become equal, those beside a kink
stay apart, at one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigen.gradcheck.settings import Vector

CELLS = 8
"""Cells that the interval is cut into at each zoom."""

ZOOMS = 5
"""How many intervals are looked at, each the three cells about the last one's sharpest bend."""

CONCENTRATION = 20.0
"""How many times sharper than the median bend a kink is; on smooth curves all are much alike."""

_ROUNDING = 1000 * float(np.finfo(np.float64).eps)


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
