"""Checks of the exercises of lesson 09, convolutional VAEs and likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.engine.random import Generator


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


def check_continuous_bernoulli_nll(answer: Callable[..., Any]) -> None:
    """Check moderate logits, then 0, then large ones."""
    logits = 3 * Generator(4).normal((3, 5), np.float64)
    x = Generator(5).uniform((3, 5), np.float64)
    cross_entropy = np.logaddexp(0, logits) - x * logits
    constant = np.log(np.tanh(logits / 2) / logits)
    expect_array(
        answer(logits.copy(), x.copy()),
        cross_entropy + constant,
        "the loss",
        mistakes={
            "the cross-entropy alone: its exponential does not integrate to 1": cross_entropy,
            "the sign of the constant: the density is divided by its integral, so that the "
            "integral's logarithm is added to the loss": cross_entropy - constant,
            "the integral itself was added: take its logarithm": cross_entropy + np.exp(constant),
            "the constant is that of l = 0 everywhere; it depends on l": (
                cross_entropy - math.log(2)
            ),
            "tanh of l, where tanh of l / 2 belongs": (
                cross_entropy + np.log(np.tanh(logits) / logits)
            ),
            "this is ln p: the loss is its negative": -cross_entropy - constant,
        },
    )
    pixels = np.array([[0.0, 0.25, 0.75, 1.0]])
    found = np.asarray(answer(np.zeros((1, 4)), pixels), np.float64)
    expect(
        np.isfinite(found).all(),
        "the loss is not finite at l = 0, where tanh(l / 2) / l is 0 over 0: its limit is 1/2",
    )
    expect_array(found, np.zeros((1, 4)), "the loss at l = 0, where the density is even,")
    near = np.array([[1e-6, -1e-6, 1e-5, -1e-5]])
    expect_array(
        np.asarray(answer(near, pixels), np.float64),
        np.log1p(np.expm1(near) / 2) - pixels * near - near**2 / 12,
        "the loss at logits near 0",
    )
    large = np.array([[-1000.0, -1000.0, 1000.0, 1000.0]])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = np.asarray(answer(large, pixels), np.float64)
    expect(
        np.isfinite(found).all(),
        "the loss is not finite for logits of 1000: e^l overflows; ln(1 + e^l) is "
        "`np.logaddexp(0, l)`",
    )
    expect_array(
        found,
        np.array([[0.0, 250.0, 250.0, 0.0]]) - math.log(1000),
        "the loss at logits of 1000",
    )
