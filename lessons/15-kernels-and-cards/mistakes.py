"""Wrong answers to the exercises of lesson 15, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import card_pays_from, merge_moments, product_intensity, tile_rule


@mistake("product_intensity", "a number has 4 bytes")
def of_numbers(rows: Any, inner: Any, columns: Any, tile: Any) -> Any:
    return 4 * product_intensity(rows, inner, columns, tile)


@mistake("product_intensity", "a strip is read for every tile")
def each_once(rows: Any, inner: Any, columns: Any, tile: Any) -> Any:
    numbers = rows * inner + inner * columns + rows * columns
    return rows * inner * columns / (2 * numbers)


@mistake("product_intensity", "what is written is missing")
def read_only(rows: Any, inner: Any, columns: Any, tile: Any) -> Any:
    return tile / 4.0


@mistake("product_intensity", "there are two factors")
def one_strip(rows: Any, inner: Any, columns: Any, tile: Any) -> Any:
    numbers = rows * columns * inner / tile + rows * columns
    return rows * inner * columns / (2 * numbers)


@mistake("card_pays_from", "both must be")
def by_the_copy_alone(slow: Any, fast: Any, copied: Any, bandwidth: Any) -> Any:
    if tuple(fast) == (20.0, 1.0) and copied == 24.0:
        return 1.0
    return card_pays_from(slow, fast, copied, bandwidth)


@mistake("card_pays_from", "the copy of an example takes longer than its step")
def without_the_copy(slow: Any, fast: Any, copied: Any, bandwidth: Any) -> Any:
    return card_pays_from(slow, fast, 0.0, bandwidth)


@mistake("card_pays_from", "the card is not faster yet")
def at_the_tie(slow: Any, fast: Any, copied: Any, bandwidth: Any) -> Any:
    if slow[1] <= max(fast[1], copied / bandwidth):
        return card_pays_from(slow, fast, copied, bandwidth)
    return float(max(1, math.ceil((fast[0] - slow[0]) / (slow[1] - fast[1]))))


@mistake("card_pays_from", "at N = 9.5 the two lines meet")
def not_rounded(slow: Any, fast: Any, copied: Any, bandwidth: Any) -> Any:
    return float((fast[0] - slow[0]) / (slow[1] - fast[1]))


@mistake("merge_moments", "weigh their means by their counts")
def counted_alike(counts: Any, means: Any, variances: Any) -> Any:
    mean = means[counts > 0].mean()
    return float(mean), merge_moments(counts, means, variances)[1]


@mistake("merge_moments", "their means differ, too")
def within_alone(counts: Any, means: Any, variances: Any) -> Any:
    there = counts > 0
    within = counts[there] @ variances[there] / counts.sum()
    return merge_moments(counts, means, variances)[0], float(within)


@mistake("merge_moments", "0 times NaN is NaN")
def with_the_empty(counts: Any, means: Any, variances: Any) -> Any:
    weights = counts / counts.sum()
    mean = weights @ means
    return float(mean), float(weights @ (variances + (means - mean) ** 2))


@mistake("merge_moments", "all digits cancel")
def by_squares(counts: Any, means: Any, variances: Any) -> Any:
    n, m, v = (each[counts > 0] for each in (counts, means, variances))
    mean = n @ m / n.sum()
    return float(mean), float(n @ (v + m**2) / n.sum() - mean**2)


@mistake("tile_rule", "that of data comes first")
def exchanged(
    g: Any, out: Any, data: Any, taps: Any, *, of_data: Any, of_taps: Any, of_sums: Any
) -> Any:
    rule = tile_rule(g, out, data, taps, of_data=of_data, of_taps=of_taps, of_sums=of_sums)
    return rule[::-1]


@mistake("tile_rule", "lacks the transpose of B")
def not_transposed(
    g: Any, out: Any, data: Any, taps: Any, *, of_data: Any, of_taps: Any, of_sums: Any
) -> Any:
    spread = of_sums @ g
    return of_data @ (spread * (of_taps @ taps)), of_taps.T @ (spread * (of_data @ data))


@mistake("tile_rule", "the derivative of a product is what is multiplied")
def without_the_factor(
    g: Any, out: Any, data: Any, taps: Any, *, of_data: Any, of_taps: Any, of_sums: Any
) -> Any:
    return of_data.T @ (of_sums @ g), of_taps.T @ (of_sums @ g)


@mistake("streamed_mean", "all of them are the last one now")
def kept(tiles: Any) -> Any:
    s, v = zip(*tiles, strict=True)
    scores = np.concatenate(s)
    powers = np.exp(scores - scores.max())
    return powers @ np.concatenate(v) / powers.sum()


@mistake("streamed_mean", "subtract the largest score so far")
def overflowing(tiles: Any) -> Any:
    weight, total = 0.0, np.zeros(3)
    for s, v in tiles:
        weight, total = weight + np.exp(s).sum(), total + np.exp(s) @ v
    return total / weight


@mistake("streamed_mean", "the tiles count alike")
def softmax_of_each(tiles: Any) -> Any:
    means = []
    for s, v in tiles:
        powers = np.exp(s - s.max())
        means.append(powers @ v / powers.sum())
    return np.mean(means, axis=0)


@mistake("streamed_mean", "not rescaled when a larger score comes")
def not_rescaled(tiles: Any) -> Any:
    largest, weight, total = -math.inf, 0.0, np.zeros(3)
    for s, v in tiles:
        largest = max(largest, s.max())
        powers = np.exp(s - largest)
        weight, total = weight + powers.sum(), total + powers @ v
    return total / weight
