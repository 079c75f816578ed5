"""Wrong answers to the exercises of lesson 14, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import best_denoiser, least_cycle_loss, quantile_rule, smooth_filling


@mistake("quantile_rule", "each pixel has the weight 1/N")
def without_mean(g: Any, out: Any, answer: Any, target: Any, *, level: float) -> Any:
    return tuple(each * len(answer) for each in quantile_rule(g, out, answer, target, level=level))


@mistake("quantile_rule", "one that is too small costs t")
def exchanged(g: Any, out: Any, answer: Any, target: Any, *, level: float) -> Any:
    return quantile_rule(g, out, answer, target, level=1 - level)


@mistake("quantile_rule", "the negative of the answer's")
def one_sign(g: Any, out: Any, answer: Any, target: Any, *, level: float) -> Any:
    slope, _ = quantile_rule(g, out, answer, target, level=level)
    return slope, slope


@mistake("quantile_rule", "the level is not heeded")
def median(g: Any, out: Any, answer: Any, target: Any, *, level: float) -> Any:
    return quantile_rule(g, out, answer, target, level=0.5)


@mistake("least_cycle_loss", "the mean is the answer to squared errors")
def by_mean(greys: Any, codes: Any) -> Any:
    means = np.array([greys[codes == code].mean() for code in codes])
    return float(np.abs(greys - means).mean())


@mistake("least_cycle_loss", "a code may have an answer of its own")
def one_answer(greys: Any, codes: Any) -> Any:
    return float(np.abs(greys - np.median(greys)).mean())


@mistake("least_cycle_loss", "take the mean")
def summed(greys: Any, codes: Any) -> Any:
    return least_cycle_loss(greys, codes) * len(greys)


@mistake("best_denoiser", "the prior is not heeded")
def even(seen: Any, pictures: Any, prior: Any, sigma: float) -> Any:
    return best_denoiser(seen, pictures, np.full(len(prior), 1 / len(prior)), sigma)


@mistake("best_denoiser", "asked for is the mean")
def most_likely(seen: Any, pictures: Any, prior: Any, sigma: float) -> Any:
    gaps = ((seen[:, None] - pictures) ** 2).sum(axis=-1)
    return pictures[(np.log(prior) - gaps / (2 * sigma**2)).argmax(axis=1)]


@mistake("best_denoiser", "the 2 of 2 sigma^2 is missing")
def without_two(seen: Any, pictures: Any, prior: Any, sigma: float) -> Any:
    return best_denoiser(seen, pictures, prior, sigma / 2**0.5)


@mistake("best_denoiser", "subtract the largest exponent")
def underflowing(seen: Any, pictures: Any, prior: Any, sigma: float) -> Any:
    gaps = ((seen[:, None] - pictures) ** 2).sum(axis=-1)
    weights = prior * np.exp(-gaps / (2 * sigma**2))
    return weights @ pictures / weights.sum(axis=1, keepdims=True)


@mistake("smooth_filling", "one round of means is not the solution")
def once(image: Any, hole: Any) -> Any:
    known = np.where(hole, np.nan, image)
    padded = np.pad(known, 1, constant_values=np.nan)
    around = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    count = np.maximum((~np.isnan(around)).sum(axis=0), 1)
    return np.where(hole, np.nansum(around, axis=0) / count, image)


@mistake("smooth_filling", "is divided by 4")
def divided_by_four(image: Any, hole: Any) -> Any:
    padded = np.pad(image, 1, constant_values=0.0)
    missing = np.pad(hole, 1)
    inner = smooth_filling(padded, missing)
    return inner[1:-1, 1:-1]
