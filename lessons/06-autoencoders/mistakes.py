"""Wrong answers to the exercises of lesson 06, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import best_denoised, best_linear, coverage, linear_gradients


def alike(x: Any) -> Any:
    return np.full(len(x), 1 / len(x))


@mistake("best_linear", "those of rows that count alike")
def not_weighted(x: Any, shares: Any, length: int) -> Any:
    return best_linear(x, alike(x), length)


@mistake("best_linear", "m is weighted, but W is found as if")
def mean_alone_weighted(x: Any, shares: Any, length: int) -> Any:
    mean = shares @ x
    return mean, np.linalg.svd(x - mean)[2][:length]


@mistake("best_linear", "but m is the plain mean")
def plain_mean(x: Any, shares: Any, length: int) -> Any:
    mean = x.mean(axis=0)
    return mean, np.linalg.svd(np.sqrt(shares)[:, None] * (x - mean))[2][:length]


@mistake("best_linear", "take the roots")
def shares_without_root(x: Any, shares: Any, length: int) -> Any:
    mean = shares @ x
    return mean, np.linalg.svd(shares[:, None] * (x - mean))[2][:length]


@mistake("best_linear", "and so points to it")
def centred_too_late(x: Any, shares: Any, length: int) -> Any:
    return shares @ x, np.linalg.svd(np.sqrt(shares)[:, None] * x)[2][:length]


@mistake("best_linear", "eigh sorts its eigenvalues upwards")
def least_directions(x: Any, shares: Any, length: int) -> Any:
    mean = shares @ x
    _, vectors = np.linalg.eigh((x - mean).T @ (shares[:, None] * (x - mean)))
    return mean, vectors[:, :length].T


@mistake("best_linear", "its rows are the directions")
def columns(x: Any, shares: Any, length: int) -> Any:
    mean, basis = best_linear(x, shares, length)
    return mean, basis.T


@mistake("best_linear", "the rows of W are not orthonormal")
def scaled(x: Any, shares: Any, length: int) -> Any:
    mean, basis = best_linear(x, shares, length)
    return mean, 2 * basis


@mistake("linear_gradients", "the target is the clean row")
def noisy_target(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    return linear_gradients(noisy, noisy, encoder, decoder, decay)


@mistake("linear_gradients", "the target's part is missing")
def no_target(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    return linear_gradients(noisy, np.zeros_like(x), encoder, decoder, decay)


@mistake("linear_gradients", "the penalty is missing")
def no_penalty(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    return linear_gradients(noisy, x, encoder, decoder, 0.0)


@mistake("linear_gradients", "lacks the 2 of the square")
def half_the_penalty(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    return linear_gradients(noisy, x, encoder, decoder, decay / 2)


@mistake("linear_gradients", "it stands beside the mean")
def penalty_averaged(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    return linear_gradients(noisy, x, encoder, decoder, decay / len(x))


@mistake("linear_gradients", "the sum over the batch, where the loss has the mean")
def summed(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    parts = linear_gradients(noisy, x, encoder, decoder, decay / len(x))
    return tuple(each * len(x) for each in parts)


@mistake("linear_gradients", "the loss is summed over them")
def mean_over_features(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    features = x.shape[1]
    parts = linear_gradients(noisy, x, encoder, decoder, decay * features)
    return tuple(each / features for each in parts)


@mistake("linear_gradients", "the two gradients are exchanged")
def exchanged(noisy: Any, x: Any, encoder: Any, decoder: Any, decay: float) -> Any:
    return linear_gradients(noisy, x, encoder, decoder, decay)[::-1]


@mistake("best_denoised", "the nearest point")
def nearest(noisy: Any, points: Any, s: Any) -> Any:
    return points[(((noisy[:, None] - points) / s) ** 2).sum(axis=2).argmin(axis=1)]


@mistake("best_denoised", "every weight has become 0")
def underflowing(noisy: Any, points: Any, s: Any) -> Any:
    weights = np.exp(-(((noisy[:, None] - points) / s) ** 2).sum(axis=2) / 2)
    return weights / weights.sum(axis=1, keepdims=True) @ points


@mistake("best_denoised", "the weights do not sum to 1")
def not_normalised(noisy: Any, points: Any, s: Any) -> Any:
    return np.exp(-(((noisy[:, None] - points) / s) ** 2).sum(axis=2) / 2) @ points


@mistake("best_denoised", "the exponent lacks the 2")
def exponent_without_two(noisy: Any, points: Any, s: Any) -> Any:
    return best_denoised(noisy, points, s / np.sqrt(2))


@mistake("best_denoised", "s in place of s^2")
def variance_for_deviation(noisy: Any, points: Any, s: Any) -> Any:
    return best_denoised(noisy, points, np.sqrt(s))


@mistake("best_denoised", "the mean of the noise")
def mean_noise(noisy: Any, points: Any, s: Any) -> Any:
    return best_denoised(noisy, points, np.full_like(s, s.mean()))


@mistake("best_denoised", "add the noisy row")
def correction(noisy: Any, points: Any, s: Any) -> Any:
    return best_denoised(noisy, points, s) - noisy


def distances(a: Any, b: Any) -> Any:
    return np.sqrt(((a[:, None] - b) ** 2).sum(axis=2))


@mistake("coverage", "is the row itself: leave it out")
def row_itself(images: Any, data: Any, k: int) -> Any:
    radius = np.sort(distances(data, data), axis=1)[:, k - 1]
    return float((distances(data, images).min(axis=1) <= radius).mean())


@mistake("coverage", "asked is that of the others")
def not_covered(images: Any, data: Any, k: int) -> Any:
    return 1 - coverage(images, data, k)


@mistake("coverage", "asked is that of balls with an image")
def images_in_balls(images: Any, data: Any, k: int) -> Any:
    radius = np.sort(distances(data, data), axis=1)[:, k]
    return float((distances(images, data) <= radius).any(axis=1).mean())


@mistake("coverage", "one radius for all rows")
def one_radius(images: Any, data: Any, k: int) -> Any:
    radius = np.median(np.sort(distances(data, data), axis=1)[:, k])
    return float((distances(data, images).min(axis=1) <= radius).mean())


@mistake("coverage", "whether there is one")
def images_a_ball(images: Any, data: Any, k: int) -> Any:
    radius = np.sort(distances(data, data), axis=1)[:, [k]]
    return float((distances(data, images) <= radius).sum(axis=1).mean())


@mistake("coverage", "a number of rows, not their share")
def count(images: Any, data: Any, k: int) -> Any:
    return coverage(images, data, k) * len(data)
