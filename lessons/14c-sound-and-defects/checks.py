"""Checks of the exercises of lesson 14c, sound and defects."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen import Generator
from minigen.course.expectations import expect, expect_array, expect_rule


def _quietly(answer: Callable[..., Any], *inputs: Any) -> Any:
    """Call an answer without its warnings about division."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return answer(*inputs)


def check_detection_rate(answer: Callable[..., Any]) -> None:
    """Check shares that fall between two scores, and equal scores."""
    good = np.array([0.1, 0.4, 0.2, 0.9, 0.3, 0.5, 0.35, 0.6, 0.45, 0.7])
    bad = np.array([0.58, 0.6, 0.65, 0.95, 0.2, 0.8, 0.7, 0.99])
    for alarms, threshold in ((0.2, 0.6), (0.25, 0.6), (0.0, 0.9)):
        expect_array(
            answer(good, bad, alarms),
            (bad > threshold).mean(),
            f"the share for {alarms:g} false alarms",
            mistakes={
                "scores at the threshold are counted, too: an alarm is *above* it": (
                    (bad >= threshold).mean()
                ),
                "this is the share that is missed": (bad <= threshold).mean(),
                "a quantile between two scores: the threshold is one of the good scores": (
                    (bad > np.quantile(good, 1 - alarms)).mean()
                ),
                "the threshold was taken from the bad scores": (
                    (bad > np.sort(bad)[len(bad) - 1 - int(alarms * len(bad))]).mean()
                ),
                "from the low end: the good ones *above* it are few": (
                    (bad > np.quantile(good, alarms)).mean()
                ),
                "a count, not a share": (bad > threshold).sum(),
            },
        )
    level = np.array([0.2, 0.5, 0.5, 0.5, 0.5])
    expect_array(
        answer(level, np.array([0.3, 0.5, 0.6, 0.7]), 0.4),
        0.5,
        "the share if four good scores are equal: none of them is above the others",
        mistakes={"equal scores of good ones are counted as above": 0.75},
    )


def check_distortion_ratio(answer: Callable[..., Any]) -> None:
    """Check sounds of several scales, one of them of the opposite sign."""
    target = Generator(1).normal((3, 40), np.float64)
    noise = 0.3 * Generator(2).normal((3, 40), np.float64)
    made = np.array([[0.5], [1.0], [-2.0]]) * target + noise
    scale = ((made * target).sum(axis=1) / (target**2).sum(axis=1))[:, None]
    of_made = ((made * target).sum(axis=1) / (made**2).sum(axis=1))[:, None]

    def ratio(signal: Any, rest: Any) -> Any:
        return (signal**2).sum(axis=1) / (rest**2).sum(axis=1)

    right = 10 * np.log10(ratio(scale * target, made - scale * target))
    one = (made * target).sum() / (target**2).sum()
    expect_array(
        answer(made, target),
        right,
        "the ratio",
        mistakes={
            "the target is not scaled: a quieter sound is not a worse one": (
                10 * np.log10(ratio(target, made - target))
            ),
            "the reconstruction is scaled: scale the target": (
                10 * np.log10(ratio(target, target - of_made * made))
            ),
            "20 log10 is for magnitudes; these are powers": 2 * right,
            "a natural logarithm: decibels have 10 log10": np.log(10) * right,
            "upside down: the signal's power stands above": -right,
            "above stands the target as it is: scale it there, too": (
                10 * np.log10(ratio(target, made - scale * target))
            ),
            "above stands the power of what was made": (
                10 * np.log10(ratio(made, made - scale * target))
            ),
            "one scale for all sounds: each row has its own": (
                10 * np.log10(ratio(one * target, made - one * target))
            ),
            "one ratio for all sounds: each row has its own": (
                10 * np.log10(((scale * target) ** 2).sum() / ((made - scale * target) ** 2).sum())
            ),
        },
    )


def check_log_magnitude_rule(answer: Callable[..., Any]) -> None:
    """Check the whole Jacobian, near silence, too."""
    parts = Generator(3).normal((2, 3, 2), np.float64)
    parts[0, 0] *= 0.1

    def forward(parts: Any, *, eps: float) -> Any:
        return 0.5 * np.log((parts**2).sum(axis=-1) + eps**2)

    def rule(factor: Callable[..., Any]) -> Callable[..., Any]:
        """Return a rule that multiplies the parts by g and a factor of the square."""

        def wrong(g: Any, _out: Any, parts: Any, *, eps: float) -> Any:
            square = (parts**2).sum(axis=-1)
            return ((g * factor(square, eps))[..., None] * parts,)

        return wrong

    expect_rule(
        forward,
        answer,
        [parts],
        eps=0.3,
        mistakes={
            "this is the magnitude's rule: the logarithm divides once more": (
                rule(lambda square, eps: 1 / np.sqrt(square + eps**2))
            ),
            "twice too large: the root is half the logarithm": (
                rule(lambda square, eps: 2 / (square + eps**2))
            ),
            "epsilon is left out of the denominator": rule(lambda square, _eps: 1 / square),
            "epsilon stands under the root as its square": (
                rule(lambda square, eps: 1 / (square + eps))
            ),
        },
    )


def _cut(x: Any, window: Any, hop: int) -> Any:
    """Return windowed frames of a signal with zeros around it."""
    size = len(window)
    padded = np.pad(x, size // 2)
    count = (len(padded) - size) // hop + 1
    return np.stack([window * padded[t * hop : t * hop + size] for t in range(count)])


def check_joined(answer: Callable[..., Any]) -> None:
    """Check hops that divide the frame and that do not; frames that do not reach the end."""
    for length, size, hop in ((11, 4, 2), (13, 6, 4), (9, 4, 5)):
        window = 0.2 + Generator(length).normal((size,), np.float64) ** 2
        shape = _cut(np.zeros(length), window, hop).shape
        frames = Generator(size).normal(shape, np.float64)
        right = np.array([(frames * _cut(unit, window, hop)).sum() for unit in np.eye(length)])
        whole = np.zeros(length + size)
        plain, late = whole.copy(), whole.copy()
        for t, frame in enumerate(frames):
            part = slice(t * hop, t * hop + size)
            whole[part] += window * frame
            plain[part] += frame
            late[part] = window * frame
        inside = slice(size // 2, size // 2 + length)
        cover = np.zeros(length + size)
        for t in range(len(frames)):
            cover[t * hop : t * hop + size] += window**2
        with np.errstate(all="ignore"):
            inverse = np.where(cover > 0, whole / cover, 0)[inside]
        expect_array(
            answer(frames, window, hop, length),
            right,
            f"the signal of {length} samples, of frames of {size} with a hop of {hop}",
            mistakes={
                "the window is missing: it multiplies on the way back, too": plain[inside],
                "later frames replace earlier ones: add them": late[inside],
                "the zeros at the beginning are not left out": whole[:length],
                "divided by the sum of squared windows: that is the inverse, not the adjoint": (
                    inverse
                ),
                "the zeros are left in: return the signal alone": whole,
            },
        )


def check_weighted_area(answer: Callable[..., Any]) -> None:
    """Check equal scores, weights that differ, and a number of examples that forbids pairs."""
    scores = np.array([0.3, 0.7, 0.5, 0.5, 0.9, 0.1, 0.7, 0.2])
    positive = np.array([0, 1, 1, 0, 1, 0, 0, 1], bool)
    weights = np.array([1.0, 2.0, 0.5, 3.0, 1.5, 0.7, 2.5, 1.2])
    pairs = np.sign(scores[positive][:, None] - scores[~positive]) / 2 + 0.5
    both = weights[positive][:, None] * weights[~positive]
    right = (pairs * both).sum() / both.sum()
    expect_array(
        answer(scores, positive, weights),
        right,
        "the area",
        mistakes={
            "all examples count alike": pairs.mean(),
            "equal scores count nothing: they count half": (
                ((pairs == 1) * both).sum() / both.sum()
            ),
            "equal scores count whole: they count half": ((pairs > 0) * both).sum() / both.sum(),
            "this is 1 less the area: are positives and negatives exchanged?": 1 - right,
            "the negatives' weights are not heeded": (
                (weights[positive] @ pairs.mean(axis=1)) / weights[positive].sum()
            ),
            "the positives' weights are not heeded": (
                (pairs @ weights[~positive]).mean() / weights[~positive].sum()
            ),
            "not normalised: divide by the product of both sums of weights": (pairs * both).sum(),
        },
    )
    many = Generator(5).normal((100_000,), np.float64)
    start = time.process_time()
    _many(answer, many)
    expect(
        time.process_time() - start < 2,
        "100,000 examples take more than two seconds: sort, and do not compare all pairs",
    )


def _many(answer: Callable[..., Any], scores: Any) -> None:
    """Call an answer with many examples; what does not fit the memory takes too long, as well."""
    positive = scores + Generator(6).normal(scores.shape, np.float64) > 0
    try:
        _quietly(answer, scores, positive, np.ones(len(scores)))
    except MemoryError:
        expect(False, "100,000 examples do not fit the memory: sort, and do not compare all pairs")
