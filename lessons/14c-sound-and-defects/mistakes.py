"""Wrong answers to the exercises of lesson 14c, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import detection_rate, distortion_ratio, joined, log_magnitude_rule, weighted_area


@mistake("detection_rate", "an alarm is *above* it")
def at_the_threshold(good: Any, bad: Any, alarms: float) -> Any:
    candidates = np.sort(good)
    threshold = candidates[len(good) - 1 - int(alarms * len(good))]
    return float((bad >= threshold).mean())


@mistake("detection_rate", "the share that is missed")
def missed(good: Any, bad: Any, alarms: float) -> Any:
    return 1 - detection_rate(good, bad, alarms)


@mistake("detection_rate", "one of the good scores")
def quantile(good: Any, bad: Any, alarms: float) -> Any:
    return float((bad > np.quantile(good, 1 - alarms)).mean())


@mistake("detection_rate", "taken from the bad scores")
def of_the_bad(good: Any, bad: Any, alarms: float) -> Any:
    return float((bad > np.sort(bad)[len(bad) - 1 - int(alarms * len(bad))]).mean())


@mistake("distortion_ratio", "the target is not scaled")
def unscaled(made: Any, target: Any) -> Any:
    return 10 * np.log10((target**2).sum(axis=1) / ((made - target) ** 2).sum(axis=1))


@mistake("distortion_ratio", "scale the target")
def scaled_other(made: Any, target: Any) -> Any:
    scale = (made * target).sum(axis=1) / (made**2).sum(axis=1)
    rest = target - scale[:, None] * made
    return 10 * np.log10((target**2).sum(axis=1) / (rest**2).sum(axis=1))


@mistake("distortion_ratio", "these are powers")
def magnitudes(made: Any, target: Any) -> Any:
    return 2 * distortion_ratio(made, target)


@mistake("distortion_ratio", "a natural logarithm")
def natural(made: Any, target: Any) -> Any:
    return math.log(10) * distortion_ratio(made, target)


@mistake("distortion_ratio", "upside down")
def upside_down(made: Any, target: Any) -> Any:
    return -distortion_ratio(made, target)


@mistake("distortion_ratio", "one scale for all sounds")
def one_scale(made: Any, target: Any) -> Any:
    wanted = (made * target).sum() / (target**2).sum() * target
    return 10 * np.log10((wanted**2).sum(axis=1) / ((made - wanted) ** 2).sum(axis=1))


@mistake("log_magnitude_rule", "the logarithm divides once more")
def of_magnitude(g: Any, out: Any, parts: Any, *, eps: float) -> Any:
    return ((g * np.exp(-out))[..., None] * parts,)


@mistake("log_magnitude_rule", "the root is half the logarithm")
def twice(g: Any, out: Any, parts: Any, *, eps: float) -> Any:
    return (2 * log_magnitude_rule(g, out, parts, eps=eps)[0],)


@mistake("log_magnitude_rule", "epsilon is left out")
def without_epsilon(g: Any, out: Any, parts: Any, *, eps: float) -> Any:
    return (g[..., None] * parts / (parts**2).sum(axis=-1, keepdims=True),)


@mistake("joined", "the window is missing")
def no_window(frames: Any, window: Any, hop: int, length: int) -> Any:
    return joined(frames, np.ones_like(window), hop, length)


@mistake("joined", "add them")
def replaced(frames: Any, window: Any, hop: int, length: int) -> Any:
    size = len(window)
    whole = np.zeros(length + size)
    for t, frame in enumerate(frames):
        whole[t * hop : t * hop + size] = window * frame
    return whole[size // 2 : size // 2 + length]


@mistake("joined", "not left out")
def from_the_start(frames: Any, window: Any, hop: int, length: int) -> Any:
    size = len(window)
    whole = np.zeros(length + size)
    for t, frame in enumerate(frames):
        whole[t * hop : t * hop + size] += window * frame
    return whole[:length]


@mistake("joined", "the inverse, not the adjoint")
def inverse(frames: Any, window: Any, hop: int, length: int) -> Any:
    cover = joined(np.tile(window, (len(frames), 1)), window, hop, length)
    added = joined(frames, window, hop, length)
    return np.where(cover > 0, added / np.where(cover > 0, cover, 1), 0)


@mistake("weighted_area", "all examples count alike")
def unweighted(scores: Any, positive: Any, weights: Any) -> Any:
    return weighted_area(scores, positive, np.ones_like(weights))


@mistake("weighted_area", "equal scores count nothing")
def strictly(scores: Any, positive: Any, weights: Any) -> Any:
    above = scores[positive][:, None] > scores[~positive]
    both = weights[positive][:, None] * weights[~positive]
    return float((above * both).sum() / both.sum())


@mistake("weighted_area", "1 less the area")
def exchanged(scores: Any, positive: Any, weights: Any) -> Any:
    return weighted_area(scores, ~positive, weights)


@mistake("weighted_area", "the negatives' weights")
def half_weighted(scores: Any, positive: Any, weights: Any) -> Any:
    return weighted_area(scores, positive, np.where(positive, weights, 1.0))


@mistake("weighted_area", "the positives' weights")
def other_half(scores: Any, positive: Any, weights: Any) -> Any:
    return weighted_area(scores, positive, np.where(positive, 1.0, weights))
