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
    mean = x.mean(axis=0)

    def directions(rows: Any) -> Any:
        return np.linalg.svd(rows)[2]

    def copies(basis: Any, m: Any = mean) -> Any:
        return m + (x - m) @ basis.T @ basis

    found = answer(x.copy(), 2)
    expect(
        isinstance(found, tuple | list) and len(found) == 2,
        "two arrays are expected: the mean, and the matrix W",
    )
    m, basis = (np.asarray(each, np.float64) for each in found)
    expect(
        basis.shape != (4, 2),
        "W has shape (4, 2), expected (2, 4): its rows are the directions, not its columns",
    )
    expect(
        basis.shape == (2, 4), f"W has shape {basis.shape}, expected (2, 4): J rows of D numbers"
    )
    expect(m.shape == (4,), f"the mean has shape {m.shape}, expected (4,)")
    centred = directions(x - mean)
    expect(
        not np.allclose(abs(basis @ centred[2:].T @ centred[2:] @ basis.T), np.eye(2), atol=1e-6),
        "W spans the directions in which the data vary least: eigh sorts its eigenvalues upwards",
    )
    expect(
        np.allclose(basis @ basis.T, np.eye(2), atol=1e-8),
        "the rows of W are not orthonormal: W times its transpose is not the identity",
    )
    zero, uncentred = np.zeros(4), directions(x)
    expect_array(
        copies(basis, m),
        copies(centred[:2]),
        "the copy of the data",
        mistakes={
            "m and W are those of data whose mean is 0: subtract the mean first": (
                copies(uncentred[:2], zero)
            ),
            "W is found before the mean is subtracted, and so points to it": copies(uncentred[:2]),
            "W is found from centred data, but the mean that is returned is 0": (
                copies(centred[:2], zero)
            ),
        },
    )
    many = answer(np.repeat(x, 3, axis=0), 3)[1]
    expect(np.shape(many) == (3, 4), f"for J = 3, W has shape {np.shape(many)}, expected (3, 4)")


def check_linear_gradients(answer: Callable[..., Any]) -> None:
    """Check both gradients, with lengths that all differ."""
    x, encoder, decoder = (
        Generator(seed).normal(shape, np.float64)
        for seed, shape in ((2, (5, 4)), (3, (4, 3)), (4, (3, 4)))
    )
    error = 2 * (x @ encoder @ decoder - x) / len(x)
    of_encoder, of_decoder = x.T @ error @ decoder.T, (x @ encoder).T @ error
    found = answer(x, encoder, decoder)
    expect(
        isinstance(found, tuple | list) and len(found) == 2,
        "two arrays are expected: the gradients by the encoder and by the decoder",
    )
    expect(
        np.shape(found[0]) != decoder.shape or np.shape(found[1]) != encoder.shape,
        "the two gradients are exchanged: that of the encoder comes first",
    )
    copy = x @ encoder @ decoder
    for name, got, right, wrong in (
        ("encoder", found[0], of_encoder, {
            "the target's part is missing: the error is the copy minus x": (
                2 * x.T @ copy @ decoder.T / len(x)
            ),
            "as if the decoder were no part of the way: multiply the error by B transposed": (
                2 * x.T @ (x @ encoder - x @ decoder.T) / len(x)
            ),
        }),
        ("decoder", found[1], of_decoder, {
            "the target's part is missing: the error is the copy minus x": (
                2 * (x @ encoder).T @ copy / len(x)
            ),
        }),
    ):  # fmt: skip
        expect_gradient(
            got,
            right,
            name,
            mistakes={
                "the mean over features, too: the loss is summed over them": right / 4,
                "the sum over the batch, where the loss has the mean": right * len(x),
                **wrong,
            },
        )


def check_best_denoised(answer: Callable[..., Any]) -> None:
    """Check near the points, between them, and where every weight underflows."""
    points = Generator(5).normal((6, 2), np.float64)
    noisy, s = Generator(6).normal((4, 2), np.float64), 0.6

    def weighed(exponents: Any) -> Any:
        weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True) @ points

    def squares(rows: Any) -> Any:
        return ((rows[:, None] - points) ** 2).sum(axis=2)

    near = squares(noisy)
    expect_array(
        answer(noisy, points, s),
        weighed(-near / (2 * s**2)),
        "the denoised rows",
        mistakes={
            "the nearest point: the mean weighs all that may have been": points[
                near.argmin(axis=1)
            ],
            "the weights do not sum to 1: divide by their sum": np.exp(-near / (2 * s**2)) @ points,
            "the exponent lacks the 2 of 2 s^2": weighed(-near / s**2),
            "the exponent has s in place of s^2": weighed(-near / (2 * s)),
            "the exponent has the distance, where it is squared": (
                weighed(-np.sqrt(near) / (2 * s**2))
            ),
            "the mean of all points, however far they are": np.tile(points.mean(axis=0), (4, 1)),
            "the correction, not the denoised row: add the noisy row": (
                weighed(-near / (2 * s**2)) - noisy
            ),
        },
    )
    far = np.array([[300.0, 40.0]])
    with np.errstate(all="ignore"):
        found = np.asarray(answer(far, points, s), np.float64)
    right = weighed(-squares(far) / (2 * s**2))
    expect(
        np.isfinite(found).all() and np.allclose(found, right),
        f"far from all points the denoised row is {found.round(3).tolist()}, expected "
        f"{right.round(3).tolist()}: every weight has become 0; subtract the largest exponent of "
        "each row first",
    )


def check_share_in_holes(answer: Callable[..., Any]) -> None:
    """Check with usual images that are rather far from the data."""
    data = Generator(7).normal((30, 3), np.float64)
    usual = Generator(8).normal((40, 3), np.float64)
    images = 2 * Generator(9).normal((50, 3), np.float64)

    def distances(rows: Any) -> Any:
        return np.sqrt(((rows[:, None] - data) ** 2).sum(axis=2))

    def share(of_images: Any, of_usual: Any, quantile: float) -> Any:
        return (of_images > np.quantile(of_usual, quantile)).mean()

    for quantile in (0.8, 0.95):
        nearest, nearest_usual = distances(images).min(axis=1), distances(usual).min(axis=1)
        right = share(nearest, nearest_usual, quantile)
        expect_array(
            answer(images, data, usual, quantile),
            right,
            f"the share for the quantile {quantile}",
            mistakes={
                "that of images which are as usual; asked is that of the others": 1 - right,
                "the limit is the largest distance of usual images, not their quantile": (
                    share(nearest, nearest_usual, 1.0)
                ),
                "the limit is the quantile of the images themselves, which they exceed by "
                "definition": share(nearest, nearest, quantile),
                "the mean distance to the data, where the nearest row counts": (
                    share(distances(images).mean(axis=1), distances(usual).mean(axis=1), quantile)
                ),
                "the nearest image of each row, where the nearest row of each image is asked for": (
                    share(distances(images).min(axis=0), distances(usual).min(axis=0), quantile)
                ),
                "the limit is a quantile of the distances within the data, which are 0": (
                    share(nearest, distances(data).min(axis=1), quantile)
                ),
                "a number of images, not their share": right * len(images),
                "in per cent, where a number between 0 and 1 is asked for": 100 * right,
            },
        )
