"""Checks of the exercises of lesson 06, autoencoders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_gradient
from minigen.engine.random import Generator


def check_best_linear(answer: Callable[..., Any]) -> None:
    """Check the projection, since the axes within the subspace are free."""
    scales = np.array([0.3, 3.0, 1.0, 2.0])
    x = Generator(1).normal((40, 4), np.float64) * scales + np.array([5.0, -1.0, 4.0, 2.0])
    x[:10, 0] += 6  # a few rows, which count much, lie elsewhere
    x[:10] *= np.array([4.0, 1.0, 1.0, 1.0])
    shares = np.where(np.arange(40) < 10, 0.07, 0.01)
    mean = shares @ x

    def directions(rows: Any) -> Any:
        return np.linalg.svd(rows)[2]

    def copies(basis: Any, m: Any = mean) -> Any:
        return m + (x - m) @ basis.T @ basis

    m, basis = (np.asarray(each, np.float64) for each in answer(x.copy(), shares.copy(), 2))
    expect(
        basis.shape != (4, 2),
        "W has shape (4, 2), expected (2, 4): transposed; its rows are the directions",
    )
    expect(
        basis.shape == (2, 4), f"W has shape {basis.shape}, expected (2, 4): J rows of D numbers"
    )
    expect(m.shape == (4,), f"the mean has shape {m.shape}, expected (4,)")
    weighted = directions(np.sqrt(shares)[:, None] * (x - mean))
    expect(
        not np.allclose(abs(basis @ weighted[2:].T @ weighted[2:] @ basis.T), np.eye(2), atol=1e-6),
        "W spans the directions in which the data vary least: eigh sorts its eigenvalues upwards",
    )
    expect(
        np.allclose(basis @ basis.T, np.eye(2), atol=1e-8),
        "the rows of W are not orthonormal: W times its transpose is not the identity",
    )
    plain = x.mean(axis=0)
    expect_array(
        copies(basis, m),
        copies(weighted[:2]),
        "the copy of the data",
        mistakes={
            "m and W are those of rows that count alike: weigh mean and squares by the shares": (
                copies(directions(x - plain)[:2], plain)
            ),
            "m is weighted, but W is found as if all rows counted alike": (
                copies(directions(x - mean)[:2])
            ),
            "W is weighted, but m is the plain mean": (
                copies(directions(np.sqrt(shares)[:, None] * (x - plain))[:2], plain)
            ),
            "the rows are multiplied by their shares, which square with them: take the roots": (
                copies(directions(shares[:, None] * (x - mean))[:2])
            ),
            "W is found before the mean is subtracted, and so points to it": (
                copies(directions(np.sqrt(shares)[:, None] * x)[:2])
            ),
        },
    )
    twice, half = np.repeat(x, 2, axis=0), np.repeat(shares, 2) / 2
    many = answer(twice, half, 3)[1]
    expect(np.shape(many) == (3, 4), f"for J = 3, W has shape {np.shape(many)}, expected (3, 4)")


def check_linear_gradients(answer: Callable[..., Any]) -> None:
    """Check both gradients, with lengths that all differ."""
    noisy, x, encoder, decoder = (
        Generator(seed).normal(shape, np.float64)
        for seed, shape in ((1, (5, 4)), (2, (5, 4)), (3, (4, 3)), (4, (3, 4)))
    )
    decay, code = 0.3, noisy @ encoder

    def gradients(target: Any, a: float = 2 * decay, n: float = len(x)) -> Any:
        error = 2 * (code @ decoder - target) / n
        return noisy.T @ error @ decoder.T + a * encoder, code.T @ error + a * decoder

    found = answer(noisy, x, encoder, decoder, decay)
    expect(
        np.shape(found[0]) != decoder.shape or np.shape(found[1]) != encoder.shape,
        "the two gradients are exchanged: that of the encoder comes first",
    )
    for i, name in enumerate(("encoder", "decoder")):
        right = gradients(x)[i]
        expect_gradient(
            found[i],
            right,
            name,
            mistakes={
                "the target is the clean row, not the noisy one": gradients(noisy)[i],
                "the target's part is missing: the error is the copy minus x": gradients(0 * x)[i],
                "the penalty is missing": gradients(x, 0.0)[i],
                "the penalty's derivative lacks the 2 of the square": gradients(x, decay)[i],
                "the penalty is divided by the batch, too: it stands beside the mean": (
                    gradients(x, 2 * decay / len(x))[i]
                ),
                "the mean over features, too: the loss is summed over them": (
                    gradients(x, n=len(x) * 4)[i]
                ),
                "the sum over the batch, where the loss has the mean": gradients(x, n=1)[i],
                "the squared error's derivative lacks the 2": gradients(x, n=2 * len(x))[i],
            },
        )


def check_best_denoised(answer: Callable[..., Any]) -> None:
    """Check near the points, between them, and where every weight underflows."""
    points = Generator(5).normal((6, 2), np.float64)
    noisy, s = Generator(6).normal((4, 2), np.float64), np.array([0.5, 1.2])

    def weighed(exponents: Any) -> Any:
        weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True) @ points

    def squares(rows: Any, s: Any = s) -> Any:
        return ((rows[:, None] - points) ** 2 / s**2).sum(axis=2)

    near = squares(noisy)
    right = weighed(-near / 2)
    expect_array(
        answer(noisy, points, s),
        right,
        "the denoised rows",
        mistakes={
            "the nearest point: the mean weighs all that may have been": points[
                near.argmin(axis=1)
            ],
            "the weights do not sum to 1: divide by their sum": np.exp(-near / 2) @ points,
            "the exponent lacks the 2 of 2 s^2": weighed(-near),
            "the exponent has s in place of s^2": weighed(-squares(noisy, np.sqrt(s)) / 2),
            "all features have the mean of the noise; each has its own": (
                weighed(-squares(noisy, np.full(2, s.mean())) / 2)
            ),
            "all features have the noise of the first; each has its own": (
                weighed(-squares(noisy, np.full(2, s[0])) / 2)
            ),
            "the mean of all points, however far they are": np.tile(points.mean(axis=0), (4, 1)),
            "the correction, not the denoised row: add the noisy row": right - noisy,
        },
    )
    far = np.array([[300.0, 40.0]])
    with np.errstate(all="ignore"):
        found = np.asarray(answer(far, points, s), np.float64)
    expect(
        np.isfinite(found).all(),
        "far away from the points every weight has become 0: subtract the largest exponent of each "
        "row before np.exp",
    )
    expect_array(found, weighed(-squares(far) / 2), "the row far away")


def check_coverage(answer: Callable[..., Any]) -> None:
    """Check with images that lie on a part of the data only."""
    data = Generator(7).normal((30, 3), np.float64)
    images = 0.6 * Generator(8).normal((20, 3), np.float64) + np.array([0.8, 0.0, 0.0])

    def distances(a: Any, b: Any) -> Any:
        return np.sqrt(((a[:, None] - b) ** 2).sum(axis=2))

    between, within = distances(data, images), np.sort(distances(data, data), axis=1)
    for k in (1, 4):
        right = (between.min(axis=1) <= within[:, k]).mean()
        by_image = (between.T.min(axis=1) <= np.median(within[:, k])).mean()
        expect_array(
            answer(images, data, k),
            right,
            f"the coverage for k = {k}",
            mistakes={
                "the nearest row to each row of the data is the row itself: leave it out": (
                    (between.min(axis=1) <= within[:, k - 1]).mean()
                ),
                "that of rows which are not covered; asked is that of the others": 1 - right,
                "the share of images that lie in some ball; asked is that of balls with an image": (
                    (between <= within[:, [k]]).any(axis=0).mean()
                ),
                "one radius for all rows; each ball has its own": (
                    (between.min(axis=1) <= np.median(within[:, k])).mean()
                ),
                "the share of images near the data; asked is that of the data": by_image,
                "a ball counts only if all images lie in it; one is enough": (
                    (between.max(axis=1) <= within[:, k]).mean()
                ),
                "a number of rows, not their share": right * len(data),
                "in per cent, where a number between 0 and 1 is asked for": 100 * right,
                "the mean number of images in a ball, where it counts whether there is one": (
                    (between <= within[:, [k]]).sum(axis=1).mean()
                ),
            },
        )
    expect_array(answer(data + 0, data, 1), 1.0, "the coverage by the data themselves")
