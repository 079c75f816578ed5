"""Checks of the exercises of lesson 09, convolutional VAEs and likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.random import Generator


def _log_mean_exp(x: Any, axis: int) -> Any:
    largest = x.max(axis=axis, keepdims=True)
    return (largest + np.log(np.exp(x - largest).mean(axis=axis, keepdims=True))).squeeze(axis)


def _bound(log_weights: Any) -> Any:
    return _log_mean_exp(log_weights, 0).mean()


def check_importance_weighted_bound(answer: Callable[..., Any]) -> None:
    """Check near 0, where every way of computing works, and far below it."""
    log_weights = 2 * Generator(1).normal((4, 3), np.float64)
    draws, images = log_weights.shape
    right = _bound(log_weights)
    expect_array(
        answer(log_weights.copy()),
        right,
        "the bound",
        mistakes={
            "the mean of the logarithms, which is the ELBO for every K: the logarithm belongs "
            "outside the mean over the draws": log_weights.mean(),
            "the logarithm of the mean over draws and images together: take it for each image, "
            "and then the mean": _log_mean_exp(log_weights.ravel(), 0),
            "the axes are exchanged: draws lie along the first, images along the second": (
                _log_mean_exp(log_weights, 1).mean()
            ),
            "the logarithm of the sum: divide by K": right + math.log(draws),
            "the sum over the images: divide by N": right * images,
            "the sign is flipped: this is the loss": -right,
        },
    )
    found = np.asarray(answer(log_weights - 2000), np.float64)
    expect(
        np.isfinite(found).all(),
        f"the bound of log-weights near -2000 is {float(found):g}: their exponentials are 0 as "
        "floats. Take the largest out first",
    )
    expect_array(found, right - 2000, "the bound of log-weights near -2000")
    low = np.array([[-2000.0, 0.0], [-2001.0, 1.0]])
    found = np.asarray(answer(low), np.float64)
    expect(
        np.isfinite(found).all(),
        "the bound is not finite where one image is far less probable than another: take out "
        "the largest of each image, not of all",
    )
    expect_array(found, _bound(low), "the bound of two very different images")


def check_importance_weighted_rule(answer: Callable[..., Any]) -> None:
    """Check the rule against finite differences, and far below 0."""

    def shares(log_weights: Any) -> Any:
        weights = np.exp(log_weights - log_weights.max(axis=0))
        return weights / weights.sum(axis=0)

    expect_rule(
        _bound,
        answer,
        [2 * Generator(2).normal((4, 3), np.float64)],
        mistakes={
            "every draw has the same weight: this is the gradient of the ELBO": (
                lambda g, _out, log_weights: (g * np.ones_like(log_weights) / log_weights.size,)
            ),
            "the shares are of the weights of all images: normalise over the draws of each": (
                lambda g, _out, log_weights: (g * np.exp(log_weights) / np.exp(log_weights).sum(),)
            ),
            "the mean over the N images is missing: divide by N": (
                lambda g, _out, log_weights: (g * shares(log_weights),)
            ),
            "without the cotangent: multiply by g": (
                lambda _g, _out, log_weights: (shares(log_weights) / log_weights.shape[1],)
            ),
            "the shares are those along the second axis, the images": (
                lambda g, _out, log_weights: (g * shares(log_weights.T).T / log_weights.shape[1],)
            ),
        },
    )
    low = np.array([[-2000.0], [-2001.0]])
    found = np.asarray(answer(np.asarray(1.0), np.asarray(_bound(low)), low)[0], np.float64)
    expect(
        np.isfinite(found).all(),
        "the gradient is not finite for log-weights near -2000: take the largest out before the "
        "exponential",
    )
    expect_array(found, shares(low), "the gradient at log-weights near -2000")


def check_level_log_probabilities(answer: Callable[..., Any]) -> None:
    """Check losses of any sign and size."""
    losses = 3 * Generator(3).normal((5, 2, 4), np.float64)

    def log_softmax(x: Any, axis: int | None) -> Any:
        largest = x.max(axis=axis, keepdims=True)
        return x - largest - np.log(np.exp(x - largest).sum(axis=axis, keepdims=True))

    right = log_softmax(-losses, 0)
    expect_array(
        answer(losses.copy()),
        right,
        "ln P",
        mistakes={
            "the sign of the losses: a level with a large loss is improbable": (
                log_softmax(losses, 0)
            ),
            "the probabilities themselves: take the logarithm": np.exp(right),
            "not normalised: subtract the logarithm of the sum over the levels": -losses,
            "normalised over the pixels: levels lie along the first axis": log_softmax(-losses, 2),
            "normalised over all elements together: each pixel has its own sum": (
                log_softmax(-losses, None)
            ),
            "this is -ln P": -right,
            "the logarithm of the sum has the wrong sign": -2 * losses - right,
        },
    )
    found = np.asarray(answer(losses + 2000), np.float64)
    expect(
        np.isfinite(found).all(),
        "ln P is not finite for losses near 2000: take the least loss of each pixel out before "
        "the exponential",
    )
    expect_array(found, right, "ln P of losses near 2000")


def check_bits_per_pixel(answer: Callable[..., Any]) -> None:
    """Check digits, bytes, and a density that is negative as a loss."""
    for nats, pixels, levels in ((-30.0, 64, 17), (120.0, 64, 17), (-1756.0, 3072, 256)):
        right = (nats + pixels * math.log(levels - 1)) / (pixels * math.log(2))
        expect_array(
            answer(nats, pixels, levels),
            right,
            f"the bits of {nats:g} nats, {pixels} pixels and {levels} levels",
            mistakes={
                "in nats: divide by ln 2": right * math.log(2),
                "of the whole image: divide by the pixels": right * pixels,
                "the density's own value: multiply the density by the distance of two levels "
                "first": nats / (pixels * math.log(2)),
                "the sign of the change of unit: a density of pixels in [0, 1] is larger than the "
                "probability of a level, and its negative logarithm smaller": (
                    (nats - pixels * math.log(levels - 1)) / (pixels * math.log(2))
                ),
                "the change of unit for one pixel alone: every pixel has it": (
                    (nats + math.log(levels - 1)) / (pixels * math.log(2))
                ),
                f"from 0 to 1 there are {levels - 1} distances between {levels} levels": (
                    (nats + pixels * math.log(levels)) / (pixels * math.log(2))
                ),
                "multiplied by ln 2: a bit is ln 2 nats, so divide": right * math.log(2) ** 2,
            },
        )
