"""Wrong answers to the exercises of lesson 13, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import independent_distance, sliced_distance, two_sample_accuracy


@mistake("independent_distance", "ask for N - 1 with ddof=1")
def divided_by_n(x: Any, y: Any) -> Any:
    deviations = x.std(axis=0) - y.std(axis=0)
    return float(((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + deviations @ deviations)


@mistake("independent_distance", "it is that of the standard deviations")
def difference_of_variances(x: Any, y: Any) -> Any:
    variances = x.var(axis=0, ddof=1) - y.var(axis=0, ddof=1)
    return float(((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + variances @ variances)


@mistake("independent_distance", "the deviations are missing")
def means_alone(x: Any, y: Any) -> Any:
    return float(((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum())


@mistake("independent_distance", "the distance of the lesson is squared")
def rooted(x: Any, y: Any) -> Any:
    return independent_distance(x, y) ** 0.5


@mistake("independent_distance", "add them up")
def averaged(x: Any, y: Any) -> Any:
    return independent_distance(x, y) / x.shape[1]


@mistake("limit_of_distances", "it still has the bias of its N")
def last(counts: Any, distances: Any) -> Any:
    return float(distances[-1])


@mistake("limit_of_distances", "all sets weigh alike")
def unweighted(counts: Any, distances: Any) -> Any:
    return float(np.polyfit(1 / counts, distances, 1)[1])


@mistake("limit_of_distances", "np.polyfit squares its weights")
def squared_weights(counts: Any, distances: Any) -> Any:
    return float(np.polyfit(1 / counts, distances, 1, w=counts)[1])


@mistake("limit_of_distances", "asked for is a")
def slope(counts: Any, distances: Any) -> Any:
    return float(np.polyfit(1 / counts, distances, 1, w=np.sqrt(counts))[0])


@mistake("two_sample_accuracy", "each sample is its own nearest neighbour")
def with_itself(real: Any, generated: Any) -> Any:
    samples = np.concatenate([real, generated])
    gaps = np.linalg.norm(samples[:, None] - samples, axis=-1)
    kinds = np.arange(len(samples)) < len(real)
    return float(np.mean(kinds[gaps.argmin(axis=1)] == kinds))


@mistake("two_sample_accuracy", "the share that is wrong")
def turned_round(real: Any, generated: Any) -> Any:
    return 1 - two_sample_accuracy(real, generated)


@mistake("two_sample_accuracy", "divide by 2N")
def counted(real: Any, generated: Any) -> Any:
    return two_sample_accuracy(real, generated) * 2 * len(real)


@mistake("sliced_distance", "divide each by its length")
def as_long_as_given(x: Any, y: Any, directions: Any) -> Any:
    first, second = (np.sort(each @ directions.T, axis=0) for each in (x, y))
    return float(((first - second) ** 2).mean())


@mistake("sliced_distance", "as they come: sort them")
def not_sorted(x: Any, y: Any, directions: Any) -> Any:
    units = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return float((((x - y) @ units.T) ** 2).mean())


@mistake("sliced_distance", "sort the samples of each direction")
def sorted_across(x: Any, y: Any, directions: Any) -> Any:
    units = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return float(((np.sort(x @ units.T) - np.sort(y @ units.T)) ** 2).mean())


@mistake("sliced_distance", "the squared distance is asked for")
def root_of_it(x: Any, y: Any, directions: Any) -> Any:
    return sliced_distance(x, y, directions) ** 0.5
