"""Wrong answers to the exercises of lesson 07, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import minigen.functional as F
from lessons.mistake import mistake
from minigen import tensor


@mistake("log_evidence", "the exponentials underflow; take the largest logarithm out")
def exponentials_as_they_are(log_prior: Any, log_likelihood: Any, step: float) -> Any:
    with np.errstate(divide="ignore", over="ignore"):
        return np.log(np.exp(log_prior + log_likelihood).sum(axis=1) * step)


@mistake("log_evidence", "the mean of the logarithms")
def mean_of_logarithms(log_prior: Any, log_likelihood: Any, step: float) -> Any:
    return (np.exp(log_prior) * log_likelihood).sum(axis=1) * step


@mistake("log_evidence", "the step is missing")
def evidence_without_step(log_prior: Any, log_likelihood: Any, step: float) -> Any:
    return np.logaddexp.reduce(log_prior + log_likelihood, axis=1)


@mistake("log_evidence", "the prior is missing")
def without_prior(log_prior: Any, log_likelihood: Any, step: float) -> Any:
    return np.logaddexp.reduce(log_likelihood, axis=1) + math.log(step)


@mistake("log_evidence", "the best z alone")
def best_latent(log_prior: Any, log_likelihood: Any, step: float) -> Any:
    return (log_prior + log_likelihood).max(axis=1)


@mistake("log_evidence", "one largest logarithm for all images")
def one_largest_for_all(log_prior: Any, log_likelihood: Any, step: float) -> Any:
    joint = log_prior + log_likelihood
    with np.errstate(divide="ignore"):
        return joint.max() + np.log(np.exp(joint - joint.max()).sum(axis=1) * step)


@mistake("elbo", "0 ln 0 counts as 0")
def zeros_in_the_logarithm(log_joint: Any, q: Any, step: float) -> Any:
    return (q * (log_joint - np.log(q))).sum(axis=1) * step


@mistake("elbo", "the guess is charged for nothing")
def without_entropy(log_joint: Any, q: Any, step: float) -> Any:
    return (q * log_joint).sum(axis=1) * step


@mistake("elbo", "ln q with the wrong sign")
def entropy_with_wrong_sign(log_joint: Any, q: Any, step: float) -> Any:
    return (q * (log_joint + np.log(np.where(q > 0, q, 1)))).sum(axis=1) * step


@mistake("elbo", "this is the loss, which is minimised")
def loss(log_joint: Any, q: Any, step: float) -> Any:
    return -(q * (log_joint - np.log(np.where(q > 0, q, 1)))).sum(axis=1) * step


@mistake("elbo", "this is ln p(x) itself, not its bound")
def logarithm_of_the_mean(log_joint: Any, q: Any, step: float) -> Any:
    return np.log((q * np.exp(log_joint) / q).sum(axis=1) * step)


@mistake("elbo", "the ELBO of a guess that is 0 in places")
def smallest_number_in_place_of_zero(log_joint: Any, q: Any, step: float) -> Any:
    q = q + 0.01 * (q == 0)
    return (q * (log_joint - np.log(q))).sum(axis=1) * step


@mistake("draw", "exp(logvar) is the variance")
def variance_for_deviation(mu: Any, logvar: Any, noise: Any) -> Any:
    return mu + F.exp(logvar) * noise


@mistake("draw", "logvar is the logarithm of the variance: take its exponential")
def logarithm_for_deviation(mu: Any, logvar: Any, noise: Any) -> Any:
    return mu + logvar * noise


@mistake("draw", "is it sqrt(logvar)?")
def root_of_the_logarithm(mu: Any, logvar: Any, noise: Any) -> Any:
    return mu + F.sqrt(logvar) * noise


@mistake("draw", "z is no tensor made of mu and logvar")
def drawn_by_numpy(mu: Any, logvar: Any, noise: Any) -> Any:
    return mu.numpy() + np.exp(logvar.numpy() / 2) * noise


@mistake("draw", "no gradient comes back to logvar")
def detached_deviation(mu: Any, logvar: Any, noise: Any) -> Any:
    return mu + np.exp(logvar.numpy() / 2) * noise


@mistake("draw", "no gradient comes back to mu")
def constant(mu: Any, logvar: Any, noise: Any) -> Any:
    return tensor(mu.numpy() + np.exp(logvar.numpy() / 2) * noise, requires_grad=True)


@mistake("draw", "one noise for all draws")
def same_noise(mu: Any, logvar: Any, noise: Any) -> Any:
    return mu + F.exp(logvar * 0.5) * noise[0] + 0.0 * noise


def drawn(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    """Return f at the draws, the draws less mu, and the variance."""
    variance = math.exp(logvar)
    deviations = math.sqrt(variance) * noise
    return f(mu + deviations), deviations, variance


@mistake("score_estimates", "the score of mu is (z - mu) / sigma^2")
def noise_for_score(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    values, _, _ = drawn(f, mu, logvar, noise)
    return values * noise, values * (noise**2 - 1) / 2


@mistake("score_estimates", "z - mu is sigma times the noise")
def undivided(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    values, deviations, _ = drawn(f, mu, logvar, noise)
    return values * deviations, values * (noise**2 - 1) / 2


@mistake("score_estimates", "f is missing")
def score_alone(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    _, deviations, variance = drawn(f, mu, logvar, noise)
    return deviations / variance, (noise**2 - 1) / 2


@mistake("score_estimates", "-1 is missing")
def without_normalisation(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    values, deviations, variance = drawn(f, mu, logvar, noise)
    return values * deviations / variance, values * noise**2 / 2


@mistake("score_estimates", "this is the derivative by sigma^2")
def by_the_variance(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    values, deviations, variance = drawn(f, mu, logvar, noise)
    return values * deviations / variance, values * (noise**2 - 1) / (2 * variance)


@mistake("score_estimates", "this is the derivative by sigma:")
def by_the_deviation(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    values, deviations, variance = drawn(f, mu, logvar, noise)
    return values * deviations / variance, values * (noise**2 - 1) / math.sqrt(variance)


@mistake("score_estimates", "averaged over the draws; return each draw's")
def averaged(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    values, deviations, variance = drawn(f, mu, logvar, noise)
    return (values * deviations / variance).mean(), (values * (noise**2 - 1) / 2).mean()


@mistake("score_estimates", "two arrays are expected")
def mean_only(f: Any, mu: float, logvar: float, noise: Any) -> Any:
    values, deviations, variance = drawn(f, mu, logvar, noise)
    return values * deviations / variance


@mistake("best_baseline", "the mean of f lowers the variance, but is not the best")
def mean_value(values: Any, scores: Any) -> Any:
    return values.mean()


@mistake("best_baseline", "divide by the mean of s^2")
def not_divided(values: Any, scores: Any) -> Any:
    return (values * scores**2).mean()


@mistake("best_baseline", "this is the slope of f by s")
def regression(values: Any, scores: Any) -> Any:
    return (values * scores).sum() / (scores**2).sum()


@mistake("best_baseline", "the sign: b is subtracted from f")
def added(values: Any, scores: Any) -> Any:
    return -(values * scores**2).sum() / (scores**2).sum()
