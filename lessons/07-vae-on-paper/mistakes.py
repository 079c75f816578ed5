"""Wrong answers to the exercises of lesson 07, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import minigen
import minigen.functional as F
from lessons.mistake import mistake

from .solutions import draw, leave_one_out


@mistake("draw", "not of its square")
def half_the_logarithm(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return draw(mu, log_scale * 0.5, uniform)


@mistake("draw", "the scale is the exponential of log_scale")
def logarithm_for_scale(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return mu + log_scale * np.log(uniform / (1 - uniform))


@mistake("draw", "u is the probability, not the draw")
def uniform_for_noise(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return mu + F.exp(log_scale) * uniform


@mistake("draw", "u near 1 has to give a large z")
def sign_flipped(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return draw(mu, log_scale, 1 - uniform)


@mistake("draw", "their logarithm is missing")
def odds_for_their_logarithm(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return mu + F.exp(log_scale) * (uniform / (1 - uniform))


@mistake("draw", "where a minigen.Tensor is asked for")
def drawn_by_numpy(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return mu.numpy() + np.exp(log_scale.numpy()) * np.log(uniform / (1 - uniform))


@mistake("draw", "no gradient comes back to log_scale")
def scale_detached(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return draw(mu, log_scale.detach(), uniform)


@mistake("draw", "z is not made of mu and log_scale")
def tensor_of_numbers(mu: Any, log_scale: Any, uniform: Any) -> Any:
    return minigen.tensor(draw(mu, log_scale, uniform).numpy())


@mistake("leave_one_out", "its own among them")
def mean_of_all(values: Any, scores: Any) -> Any:
    return (values - values.mean()) * scores


@mistake("leave_one_out", "there are K - 1 of them")
def divided_by_k(values: Any, scores: Any) -> Any:
    return (values - (values.sum() - values) / len(values)) * scores


@mistake("leave_one_out", "the baseline is missing")
def without_baseline(values: Any, scores: Any) -> Any:
    return values * scores


@mistake("leave_one_out", "the sign: the baseline is subtracted")
def turned_round(values: Any, scores: Any) -> Any:
    return -leave_one_out(values, scores)


@mistake("leave_one_out", "the estimates of single draws are asked for")
def averaged(values: Any, scores: Any) -> Any:
    return np.asarray(leave_one_out(values, scores).mean())


def summed(terms: Any) -> Any:
    largest = terms.max(axis=1)
    return largest + np.log(np.exp(terms - largest[:, None]).sum(axis=1))


@mistake("log_evidence", "the gaps are missing")
def without_gaps(z: Any, log_prior: Any, log_likelihood: Any) -> Any:
    return summed(log_prior + log_likelihood)


@mistake("log_evidence", "the grid is taken for even")
def even_grid(z: Any, log_prior: Any, log_likelihood: Any) -> Any:
    return summed(log_prior + log_likelihood) + math.log(np.diff(z).mean())


@mistake("log_evidence", "each gap goes to its left end as a whole")
def left_ends(z: Any, log_prior: Any, log_likelihood: Any) -> Any:
    return summed((log_prior + log_likelihood)[:, :-1] + np.log(np.diff(z)))


@mistake("log_evidence", "each gap goes to its right end as a whole")
def right_ends(z: Any, log_prior: Any, log_likelihood: Any) -> Any:
    return summed((log_prior + log_likelihood)[:, 1:] + np.log(np.diff(z)))


def trapezoids(z: Any) -> Any:
    gaps = np.diff(z)
    return (np.append(gaps, 0) + np.append(0, gaps)) / 2


@mistake("log_evidence", "take the largest term out of the sum")
def underflowing(z: Any, log_prior: Any, log_likelihood: Any) -> Any:
    return np.log((np.exp(log_prior + log_likelihood) * trapezoids(z)).sum(axis=1))


@mistake("log_evidence", "the integral of the logarithm")
def integral_of_logarithms(z: Any, log_prior: Any, log_likelihood: Any) -> Any:
    return ((log_prior + log_likelihood) * trapezoids(z)).sum(axis=1)


@mistake("log_evidence", "the prior is missing")
def without_prior(z: Any, log_prior: Any, log_likelihood: Any) -> Any:
    return summed(log_likelihood + np.log(trapezoids(z)))


def bits(logit: float, uniform: Any) -> Any:
    p = 1 / (1 + math.exp(-logit))
    return np.where(uniform < p, 1.0, 0.0), p


@mistake("score_estimates", "this is the derivative by p")
def by_the_probability(f: Any, logit: float, uniform: Any) -> Any:
    z, p = bits(logit, uniform)
    return f(z) * (z / p - (1 - z) / (1 - p))


@mistake("score_estimates", "the score is missing")
def values_alone(f: Any, logit: float, uniform: Any) -> Any:
    return f(bits(logit, uniform)[0])


@mistake("score_estimates", "the sign of the score is flipped")
def score_flipped(f: Any, logit: float, uniform: Any) -> Any:
    z, p = bits(logit, uniform)
    return f(z) * (p - z)


@mistake("score_estimates", "which happens with the probability p")
def drawn_the_other_way(f: Any, logit: float, uniform: Any) -> Any:
    _, p = bits(logit, uniform)
    z = np.where(uniform > p, 1.0, 0.0)
    return f(z) * (z - p)


@mistake("score_estimates", "right on average")
def exact(f: Any, logit: float, uniform: Any) -> Any:
    _, p = bits(logit, uniform)
    return np.full(uniform.shape, (f(1.0) - f(0.0)) * p * (1 - p))


@mistake("renyi_bound", "the result is no number: these places contribute nothing")
def logarithm_of_zero(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    with np.errstate(all="ignore"):
        return np.log((q * np.exp((1 - alpha) * (log_joint - np.log(q)))).sum(axis=1) * step) / (
            1 - alpha
        )


def powers(log_joint: Any, q: Any, step: float, of_q: float, of_joint: float) -> Any:
    """Return the logarithm of the integral of a product of powers, where q is not 0."""
    inside = q > 0
    terms = of_q * np.log(np.where(inside, q, 1.0)) + of_joint * log_joint
    terms = np.where(inside, terms, -np.inf)
    return summed(terms) + math.log(step)


@mistake("renyi_bound", "which is missing as a factor")
def not_averaged_over_q(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    return powers(log_joint, q, step, alpha - 1, 1 - alpha) / (1 - alpha)


@mistake("renyi_bound", "the factor 1 / (1 - alpha) is missing")
def without_factor(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    return powers(log_joint, q, step, alpha, 1 - alpha)


@mistake("renyi_bound", "alpha and 1 - alpha are exchanged")
def exchanged(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    return powers(log_joint, q, step, 1 - alpha, alpha) / alpha


@mistake("renyi_bound", "the step is missing")
def without_step(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    return powers(log_joint, q, 1.0, alpha, 1 - alpha) / (1 - alpha)


@mistake("renyi_bound", "this is the evidence lower bound")
def elbo(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    log_q = np.log(np.where(q > 0, q, 1.0))
    return (q * (log_joint - log_q)).sum(axis=1) * step


@mistake("renyi_bound", "take the largest exponent out")
def without_logarithms(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    integrand = q**alpha * np.exp((1 - alpha) * log_joint)
    with np.errstate(divide="ignore"):
        return np.log(integrand.sum(axis=1) * step) / (1 - alpha)


@mistake("renyi_bound", "q enters with the power 1, not alpha")
def whole_q(log_joint: Any, q: Any, step: float, alpha: float) -> Any:
    return powers(log_joint, q, step, 1.0, 1 - alpha) / (1 - alpha)
