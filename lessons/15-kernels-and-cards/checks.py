"""Checks of the exercises of lesson 15, what a step costs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.engine.random import Generator
from minigen.kernels.tiles import THREE_TAPS


def _quietly(answer: Callable[..., Any], *arguments: Any) -> Any:
    """Call an answer whose overflows the check's own message is about."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return answer(*arguments)


def check_product_intensity(answer: Callable[..., Any]) -> None:
    """Check lengths that differ, and the smallest and the largest tile."""
    for rows, inner, columns, tile in ((12, 35, 20, 4), (6, 7, 10, 1), (8, 5, 8, 8)):
        operations, results = 2 * rows * inner * columns, rows * columns
        strips = 2 * results * inner / tile
        right = operations / (4 * (strips + results))
        once = rows * inner + inner * columns + results
        expect_array(
            answer(rows, inner, columns, tile),
            right,
            f"the intensity for N, I, O = {rows}, {inner}, {columns} and t = {tile}",
            mistakes={
                "operations a number; a number has 4 bytes": 4 * right,
                "that is if each matrix travels once: with tiles, a strip is read for every tile "
                "that needs it": operations / (4 * once),
                "what is written is missing": operations / (4 * strips),
                "one strip is read for each tile; there are two factors": (
                    operations / (4 * (strips / 2 + results))
                ),
                "bytes an operation: turn the quotient round": 1 / right,
                "half the operations: a product and an addition are two": right / 2,
                "the result is also read; it is only written": (
                    operations / (4 * (strips + 2 * results))
                ),
            },
        )


def check_card_pays_from(answer: Callable[..., Any]) -> None:
    """Check a card with launches to pay, one that is late to pay, copies too slow, and ties."""
    slow = np.array([1.0, 3.0])
    for fast, copied, bandwidth, right, why in (
        ((20.0, 1.0), 4.0, 4.0, 10.0, "at N = 9.5 the two lines meet"),
        ((20.0, 1.0), 24.0, 10.0, 10.0, "the copy is the faster of the two; both must be"),
        ((5.0, 2.0), 8.0, 2.0, math.inf, "the copy of an example takes longer than its step"),
        ((7.0, 1.0), 2.0, 2.0, 4.0, "at N = 3 both take 10 seconds: the card is not faster yet"),
        ((0.5, 1.0), 2.0, 2.0, 1.0, "a batch has at least one example"),
        ((5.0, 3.0), 1.0, 2.0, math.inf, "the lines are parallel: the card stays behind"),
        ((0.0, 4.0), 1.0, 2.0, math.inf, "it would have been faster below one example only"),
        ((2.0, 1.0), 13.0, 4.0, 1.0, "later the copy is too slow, but at one example it is not"),
        ((9.0, 1.0), 13.0, 4.0, math.inf, "where the step is faster, the copy is too slow"),
    ):
        found = _quietly(answer, slow, np.array(fast), copied, bandwidth)
        case = f"processor (1, 3), card ({fast[0]:g}, {fast[1]:g}), {copied:g} bytes at "
        expect(
            found == right,
            f"{case}{bandwidth:g} a second: the card pays from {found:g} on, expected {right:g} "
            f"({why})",
        )


def check_merge_moments(answer: Callable[..., Any]) -> None:
    """Check parts of different sizes, an empty one, and a mean that is large."""
    parts = [Generator(n).normal((size,), np.float64) + n for n, size in enumerate((5, 2, 9))]
    for shift in (0.0, 1e8):
        whole = np.concatenate(parts) + shift
        counts = np.array([5.0, 2.0, 0.0, 9.0])
        means, variances = (
            np.array([f(parts[0] + s), f(parts[1] + s), np.nan, f(parts[2] + s)])
            for f, s in ((np.mean, shift), (np.var, 0.0))
        )
        mean, variance = _quietly(answer, counts, means, variances)
        there = counts > 0
        n, m, v = counts[there], means[there], variances[there]
        expect(
            np.isfinite([mean, variance]).all(),
            "an empty part makes the result NaN: 0 times NaN is NaN, so leave it out",
        )
        where = f"means near {shift:g}: " if shift else ""
        within = n @ v / n.sum()
        expect_array(
            mean,
            whole.mean(),
            f"{where}the mean",
            mistakes={"the parts count alike: weigh their means by their counts": m.mean()},
            rtol=1e-12,
        )
        expect_array(
            variance,
            (whole - shift).var(),
            f"{where}the variance",
            mistakes={
                "only what the parts have within themselves: their means differ, too": within,
                "the parts count alike: weigh them by their counts": (
                    (v + (m - whole.mean()) ** 2).mean()
                ),
                "divided by the count less one": whole.var() * 16 / 15,
                "the squares of the distances of the means are not weighted": (
                    within + ((m - whole.mean()) ** 2).sum()
                ),
                "mean of squares minus square of the mean: for large means all digits cancel": (
                    n @ (v + m**2) / n.sum() - (n @ m / n.sum()) ** 2 if shift else np.nan
                ),
            },
            rtol=1e-6,
        )


def check_tile_rule(answer: Callable[..., Any]) -> None:
    """Check the library's four products for six, against finite differences."""
    matrices = {
        "of_data": np.array(THREE_TAPS.of_images, float),
        "of_taps": np.array(THREE_TAPS.of_kernels) * np.array(THREE_TAPS.scale).reshape(-1, 1),
        "of_sums": np.array(THREE_TAPS.of_outputs, float),
    }
    by, gy, ay = matrices.values()

    def forward(data: Any, taps: Any, *, of_data: Any, of_taps: Any, of_sums: Any) -> Any:
        return of_sums.T @ ((of_taps @ taps) * (of_data @ data))

    def rule(to_data: Callable[..., Any], to_taps: Callable[..., Any]) -> Callable[..., Any]:
        """Return a rule of the cotangent of the products, and what they are products of."""

        def wrong(g: Any, _out: Any, data: Any, taps: Any, **_options: Any) -> Any:
            products = ay @ g, gy @ taps, by @ data
            return to_data(*products), to_taps(*products)

        return wrong

    def not_spread(g: Any, _out: Any, data: Any, taps: Any, **_options: Any) -> Any:
        spread = np.repeat(g, 2)
        return by.T @ (spread * (gy @ taps)), gy.T @ (spread * (by @ data))

    expect_rule(
        forward,
        answer,
        [Generator(n).normal((n,), np.float64) for n in (4, 3)],
        mistakes={
            "the two cotangents are exchanged: that of data comes first": (
                rule(lambda s, _w, x: gy.T @ (s * x), lambda s, w, _x: by.T @ (s * w))
            ),
            "the cotangent of data lacks the transpose of B: data went through B on the way in": (
                rule(lambda s, w, _x: by @ (s * w), lambda s, _w, x: gy.T @ (s * x))
            ),
            "the cotangents lack the other factor: the derivative of a product is what is "
            "multiplied": rule(lambda s, _w, _x: by.T @ s, lambda s, _w, _x: gy.T @ s),
            "the cotangent of y is not spread over the products: multiply it by A": not_spread,
        },
        **matrices,
    )


def check_streamed_mean(answer: Callable[..., Any]) -> None:
    """Check tiles of different lengths in one memory that is used again, and scores far out."""
    source, lengths = Generator(3), (3, 1, 4, 2)
    scores = [2 * source.normal((length,), np.float64) for length in lengths]
    rows = [source.normal((length, 3), np.float64) for length in lengths]
    far = [np.array([-2.0, 0.0, 1.0]) + shift for shift in (-1000.0, 1000.0)]
    first_empty = [np.full(3, -np.inf), *scores[1:]]
    for what, given in (
        ("the mean", scores),
        ("the mean, if the largest score comes first", sorted(scores, key=lambda s: -s.max())),
        ("the mean of tiles with scores near -1000 and 1000", far),
        ("the mean of tiles with scores near 1000 and -1000", far[::-1]),
        ("the mean, if all scores of a tile are minus infinity", first_empty),
    ):
        values = [rows[n][np.arange(len(s)) % len(rows[n])] for n, s in enumerate(given)]
        right = _softmax_mean(given, values)
        found = _quietly(answer, _reused(given, values))
        expect(
            np.shape(found) != (3,) or np.isfinite(found).all(),
            f"{what} is no number: subtract the largest score so far before each exponential, and "
            "mind minus infinity less minus infinity",
        )
        expect_array(
            found,
            right,
            what,
            mistakes={
                "tiles were kept: memory is used again, and all of them are the last one now": (
                    _softmax_mean(*_all_like_the_last(given, values))
                ),
                "each tile has a softmax of its own, and the tiles count alike": np.mean(
                    [_softmax_mean([s], [v]) for s, v in zip(given, values, strict=True)], axis=0
                )
                if np.isfinite(given[0]).all()
                else np.nan,
                "the sum of rows is not divided by the sum of weights": (
                    right * _weight(given) if len(given) == 4 else np.nan
                ),
                "the sums are not rescaled when a larger score comes": _not_rescaled(given, values),
            },
        )


def _reused(scores: list[Any], rows: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield tiles that all stand in one memory."""
    memory = np.empty(8), np.empty((8, 3))
    for s, v in zip(scores, rows, strict=True):
        tile = memory[0][: len(s)], memory[1][: len(s)]
        tile[0][...], tile[1][...] = s, v
        yield tile
        memory[0][...], memory[1][...] = np.roll(memory[0], 1), 0
        tile[0][...], tile[1][...] = s, v


def _all_like_the_last(scores: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return what a list of the tiles holds when all have come."""
    tiles = list(_reused(scores, rows))
    return [s for s, _ in tiles], [v for _, v in tiles]


def _softmax_mean(scores: list[Any], rows: list[Any]) -> Any:
    s = np.concatenate(scores)
    powers = np.exp(s - s.max())
    return powers @ np.concatenate(rows) / powers.sum()


def _weight(scores: list[Any]) -> float:
    s = np.concatenate(scores)
    return float(np.exp(s - s.max()).sum())


def _not_rescaled(scores: list[Any], rows: list[Any]) -> Any:
    largest, weight, total = -math.inf, 0.0, np.zeros(3)
    with np.errstate(all="ignore"):
        for s, v in zip(scores, rows, strict=True):
            largest = max(largest, float(s.max()))
            powers = np.exp(s - largest)
            weight, total = weight + powers.sum(), total + powers @ v
        return total / weight
