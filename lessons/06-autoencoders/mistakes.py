"""Wrong answers to the exercises of lesson 06, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import (
    best_denoised,
    best_linear,
    linear_gradients,
    share_in_holes,
)


@mistake("best_linear", "subtract the mean first")
def not_centred(x: Any, length: int) -> Any:
    return np.zeros(x.shape[1]), np.linalg.svd(x)[2][:length]


@mistake("best_linear", "and so points to it")
def centred_too_late(x: Any, length: int) -> Any:
    return x.mean(axis=0), np.linalg.svd(x)[2][:length]


@mistake("best_linear", "the mean that is returned is 0")
def mean_forgotten(x: Any, length: int) -> Any:
    return np.zeros(x.shape[1]), best_linear(x, length)[1]


@mistake("best_linear", "eigh sorts its eigenvalues upwards")
def least_directions(x: Any, length: int) -> Any:
    _, vectors = np.linalg.eigh(np.cov(x.T))
    return x.mean(axis=0), vectors[:, :length].T


@mistake("best_linear", "its rows are the directions, not its columns")
def columns(x: Any, length: int) -> Any:
    mean, basis = best_linear(x, length)
    return mean, basis.T


@mistake("best_linear", "the rows of W are not orthonormal")
def scaled(x: Any, length: int) -> Any:
    mean = x.mean(axis=0)
    _, sizes, directions = np.linalg.svd(x - mean, full_matrices=False)
    return mean, sizes[:length, None] * directions[:length]


@mistake("linear_gradients", "is half of what it should be")
def without_two(x: Any, encoder: Any, decoder: Any) -> Any:
    return tuple(each / 2 for each in linear_gradients(x, encoder, decoder))


@mistake("linear_gradients", "the sum over the batch, where the loss has the mean")
def summed(x: Any, encoder: Any, decoder: Any) -> Any:
    return tuple(each * len(x) for each in linear_gradients(x, encoder, decoder))


@mistake("linear_gradients", "the loss is summed over them")
def mean_over_features(x: Any, encoder: Any, decoder: Any) -> Any:
    return tuple(each / x.shape[1] for each in linear_gradients(x, encoder, decoder))


@mistake("linear_gradients", "the sign is flipped everywhere")
def error_turned_round(x: Any, encoder: Any, decoder: Any) -> Any:
    return tuple(-each for each in linear_gradients(x, encoder, decoder))


@mistake("linear_gradients", "the two gradients are exchanged")
def exchanged(x: Any, encoder: Any, decoder: Any) -> Any:
    return linear_gradients(x, encoder, decoder)[::-1]


@mistake("linear_gradients", "the target's part is missing")
def no_target(x: Any, encoder: Any, decoder: Any) -> Any:
    of_copy = 2 * x @ encoder @ decoder / len(x)
    return x.T @ of_copy @ decoder.T, (x @ encoder).T @ of_copy


@mistake("best_denoised", "the nearest point")
def nearest(noisy: Any, points: Any, s: float) -> Any:
    return points[((noisy[:, None] - points) ** 2).sum(axis=2).argmin(axis=1)]


@mistake("best_denoised", "every weight has become 0")
def underflowing(noisy: Any, points: Any, s: float) -> Any:
    weights = np.exp(-((noisy[:, None] - points) ** 2).sum(axis=2) / (2 * s**2))
    return weights / weights.sum(axis=1, keepdims=True) @ points


@mistake("best_denoised", "the weights do not sum to 1")
def not_normalised(noisy: Any, points: Any, s: float) -> Any:
    return np.exp(-((noisy[:, None] - points) ** 2).sum(axis=2) / (2 * s**2)) @ points


@mistake("best_denoised", "the exponent lacks the 2")
def exponent_without_two(noisy: Any, points: Any, s: float) -> Any:
    return best_denoised(noisy, points, s / np.sqrt(2))


@mistake("best_denoised", "s in place of s^2")
def variance_for_deviation(noisy: Any, points: Any, s: float) -> Any:
    return best_denoised(noisy, points, np.sqrt(s))


@mistake("best_denoised", "add the noisy row")
def correction(noisy: Any, points: Any, s: float) -> Any:
    return best_denoised(noisy, points, s) - noisy


@mistake("share_in_holes", "asked is that of the others")
def share_of_the_usual(images: Any, data: Any, usual: Any, quantile: float) -> Any:
    return 1 - share_in_holes(images, data, usual, quantile)


def distances(rows: Any, data: Any) -> Any:
    return np.sqrt(((rows[:, None] - data) ** 2).sum(axis=2))


@mistake("share_in_holes", "where the nearest row counts")
def mean_distance(images: Any, data: Any, usual: Any, quantile: float) -> Any:
    limit = np.quantile(distances(usual, data).mean(axis=1), quantile)
    return (distances(images, data).mean(axis=1) > limit).mean()


@mistake("share_in_holes", "not their quantile")
def largest_distance(images: Any, data: Any, usual: Any, quantile: float) -> Any:
    limit = distances(usual, data).min(axis=1).max()
    return (distances(images, data).min(axis=1) > limit).mean()


@mistake("share_in_holes", "within the data, which are 0")
def data_for_usual(images: Any, data: Any, usual: Any, quantile: float) -> Any:
    return share_in_holes(images, data, data, quantile)


@mistake("share_in_holes", "which they exceed by definition")
def images_for_usual(images: Any, data: Any, usual: Any, quantile: float) -> Any:
    return share_in_holes(images, data, images, quantile)


@mistake("share_in_holes", "a number of images, not their share")
def count(images: Any, data: Any, usual: Any, quantile: float) -> Any:
    return share_in_holes(images, data, usual, quantile) * len(images)
