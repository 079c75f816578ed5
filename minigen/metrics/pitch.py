r"""The pitch of sounds, and how clear it is: YIN, a judge of generated sounds.

A sound with a period looks the same one period later. YIN compares a stretch of it with what comes
a lag :math:`\tau` later,

.. math:: d(\tau) = \sum_{t=0}^{W-1} (x_t - x_{t+\tau})^2, \qquad
          d'(\tau) = \frac{d(\tau)}{\frac1\tau \sum_{j=1}^{\tau} d(j)},

which is 0 at every multiple of the period. The second form is 1 on average up to each lag, so
that small lags, at which anything resembles itself, do not win. The period is at the first minimum
of :math:`d'` below a threshold, or else at the lowest one, and between samples where a parabola
through its neighbours is lowest. What is left there is the *aperiodicity*: about the share of the
power that has another period or none.

References
----------
de Cheveigné, Kawahara (2002), "YIN, a fundamental frequency estimator for speech and music", J.
Acoust. Soc. Am. 111(4), equations 6 and 8, steps 3 to 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

THRESHOLD: Final = 0.1
"""The first minimum below it is the period."""

CLEAR: Final = 0.2
"""At most so large is the aperiodicity of a sound whose pitch is called clear."""

RANGE: Final = (70.0, 1000.0)
"""The lowest and the highest pitch that are looked for, in Hz."""

_SECONDS: Final = 0.02
"""How long the stretch is that is compared, W."""

_HOP: Final = 0.008
"""How far apart stretches begin of which the loudest is taken."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pitch:
    """What `find_pitch` found.

    Attributes
    ----------
    frequency : array of float64, shape (N,)
        In Hz.
    aperiodicity : array of float64, shape (N,)
        0 for a sound that repeats itself, about 1 for noise. Silence has 1.
    time : array of float64, shape (N,)
        When, in seconds: the middle of what was compared.
    """

    frequency: Floats
    aperiodicity: Floats
    time: Floats

    def clear(self, low: float, high: float) -> npt.NDArray[np.bool_]:
        """Tell whose pitch is clear, and from `low` to `high` Hz."""
        inside = (low <= self.frequency) & (self.frequency <= high)
        return inside & (self.aperiodicity <= CLEAR)


def find_pitch(samples: npt.ArrayLike, rate: int, span: tuple[float, float] = RANGE) -> Pitch:
    """Estimate the pitch of sounds where each is loudest, by YIN.

    Parameters
    ----------
    samples : array, shape (..., L)
        Sounds; all axes but the last are taken for one.
    rate : int
        How many samples a second has.
    span : pair of float
        The lowest and the highest pitch that are looked for, in Hz.

    Raises
    ------
    ValueError
        If the span is none, or sounds are too short for it.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(1024) / 8000
    >>> found = find_pitch(np.sin(2 * np.pi * 196 * t) + np.sin(2 * np.pi * 392 * t), 8000)
    >>> found.frequency.round(), bool(found.aperiodicity[0] < 0.01)
    (array([196.]), True)
    """
    low, high = span
    x = np.asarray(samples, np.float64)
    x = x.reshape(-1, x.shape[-1])
    window, longest = round(_SECONDS * rate), -int(-rate // low) + 1
    if not 0 < low < high <= rate / 2 or x.shape[1] < window + longest:
        raise ValueError(
            f"find_pitch: pitches from {low:g} to {high:g} Hz in sounds of {x.shape[1]} samples at "
            f"{rate} Hz: the highest must be half the rate at most, and sounds "
            f"{window + longest} samples long at least"
        )
    starts = _loudest(x, window, longest, max(1, round(_HOP * rate)))
    places = starts[:, np.newaxis] + np.arange(window + longest)
    stretch = np.take_along_axis(x, places, axis=1)
    differences = _differences(stretch, window, longest)
    periods, left = _periods(differences, _normalized(differences), max(2, int(rate / high)))
    time = (starts + (window + periods) / 2) / rate
    return Pitch(rate / periods, left, time)


def _loudest(x: Floats, window: int, longest: int, hop: int) -> npt.NDArray[np.int64]:
    """Return where in each sound the stretch begins that has the most power."""
    power = np.pad(np.cumsum(x**2, axis=1), [(0, 0), (1, 0)])
    starts = np.arange(0, x.shape[1] - window - longest + 1, hop)
    loudest: npt.NDArray[np.int64] = starts[
        (power[:, starts + window] - power[:, starts]).argmax(axis=1)
    ]
    return loudest


def _differences(stretch: Floats, window: int, longest: int) -> Floats:
    """Return d of the lags 0 to `longest`, shape (N, longest + 1)."""
    first = stretch[:, :window]
    lagging = (stretch[:, lag : lag + window] for lag in range(longest + 1))
    return np.stack([((first - later) ** 2).sum(axis=1) for later in lagging], axis=1)


def _normalized(differences: Floats) -> Floats:
    """Return d', given d; 1 where nothing is heard."""
    lags, sums = np.arange(1, differences.shape[1]), np.cumsum(differences[:, 1:], axis=1)
    normed = np.ones_like(differences)
    np.divide(differences[:, 1:] * lags, sums, out=normed[:, 1:], where=sums > 0)
    return normed


def _periods(differences: Floats, compared: Floats, shortest: int) -> tuple[Floats, Floats]:
    """Return the period of each sound in samples, and d' there.

    The parabola is one through d: one through d' has its minimum too early.
    """
    inner = compared[:, shortest:-1]
    minima = (inner <= compared[:, shortest - 1 : -2]) & (inner < compared[:, shortest + 1 :])
    below = minima & (inner < THRESHOLD)
    values = np.where(minima, inner, np.inf)
    chosen = np.where(below.any(1), below.argmax(1), values.argmin(1)) + shortest
    rows = np.arange(len(compared))
    before, at, after = (differences[rows, chosen + step] for step in (-1, 0, 1))
    bend = before - 2 * at + after
    offset: Any = np.zeros_like(at)
    np.divide((before - after) / 2, bend, out=offset, where=bend > 0)
    offset = np.clip(offset, -0.5, 0.5)
    lowest = np.clip(at - (before - after) * offset / 4, 0, None)
    left = compared[rows, chosen].copy()
    np.divide(left * lowest, at, out=left, where=at > 0)
    return chosen + offset, left
