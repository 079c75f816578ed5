"""Solutions of the exercises of lesson 14c, sound and defects."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def detection_rate(good: Array, bad: Array, alarms: float) -> float:
    """Try the good scores from the smallest on: the share above them falls."""
    candidates = np.sort(good)
    above = len(good) - np.searchsorted(candidates, candidates, side="right")
    threshold = candidates[np.argmax(above <= alarms * len(good))]
    return float((bad > threshold).mean())


def distortion_ratio(made: Array, target: Array) -> Array:
    """Project the reconstruction onto the target: the scale is that of least squares."""
    scale = (made * target).sum(axis=1) / (target**2).sum(axis=1)
    wanted = scale[:, None] * target
    power, distortion = ((each**2).sum(axis=1) for each in (wanted, made - wanted))
    ratio: Array = 10 * np.log10(power / distortion)
    return ratio


def log_magnitude_rule(g: Array, out: Array, parts: Array, *, eps: float) -> tuple[Array]:
    """Divide each part by the square under the root, which is e to twice the result."""
    return ((g * np.exp(-2 * out))[..., None] * parts,)


def joined(frames: Array, window: Array, hop: int, length: int) -> Array:
    """Add frame by frame into a signal with its zeros, then cut these off."""
    half = frames.shape[1] // 2
    whole = np.zeros(length + 2 * half)
    for t, frame in enumerate(frames * window):
        whole[t * hop : t * hop + len(frame)] += frame
    return whole[half : half + length]


def weighted_area(scores: Array, positive: Array, weights: Array) -> float:
    """Look each positive score up in the sums of the negatives' weights, from both sides."""
    negative = ~positive
    order = np.argsort(scores[negative])
    values = scores[negative][order]
    below = np.concatenate([[0], np.cumsum(weights[negative][order])])
    sides = (np.searchsorted(values, scores[positive], side) for side in ("left", "right"))
    beaten = sum(below[side] for side in sides) / 2
    return float((weights[positive] @ beaten) / (weights[positive].sum() * below[-1]))
