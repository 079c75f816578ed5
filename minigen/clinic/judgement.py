"""Mistakes 20 to 22: what is said of a trained model."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from minigen import functional as F
from minigen.clinic.mistake import Code, Finding, Mistake
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.metrics import frechet_distance

# ------------------------------------------------------------------------- a weak discriminator, 20


def judge_by_the_discriminator(discriminator: Code, real: Array, fake: Array) -> bool:
    """Call samples good when the discriminator gives them one half."""
    return abs(float(np.mean(discriminator(fake))) - 0.5) < 0.05


def judge_by_a_distance(_discriminator: Code, real: Array, fake: Array) -> bool:
    """Compare samples with real ones, and these with others of their kind."""
    half = len(real) // 2
    between_real = frechet_distance(real[:half], real[half:])
    return frechet_distance(real[:half], fake[:half]) < 10 * between_real


def show_bad_samples(good: Code) -> Finding:
    """Show samples that are all alike, with a discriminator that has learnt nothing."""
    real = Generator(0).normal((2000, 3), np.float64)
    fake = np.full((2000, 3), 5.0) + 0.01 * Generator(1).normal((2000, 3), np.float64)

    def untrained(x: Array) -> Any:
        return np.full(len(x), 0.5)

    verdict = good(untrained, real, fake)
    return Finding(
        {"five times the same point is": "good" if verdict else "bad"},
        "a weak discriminator passes for a good generator" if verdict else "",
    )


# --------------------------------------------------------------------------- numbers of samples, 21


def compare_different_counts(few: Array, many: Array, real: Array) -> tuple[float, float]:
    """Take each model's distance with as many samples as there are."""
    return frechet_distance(few, real[: len(few)]), frechet_distance(many, real[: len(many)])


def compare_one_count(few: Array, many: Array, real: Array) -> tuple[float, float]:
    """Take as many of each as there are of both."""
    count = min(len(few), len(many))
    return tuple(frechet_distance(some[:count], real[:count]) for some in (few, many))  # type: ignore[return-value]


def compare_equal_models(distances: Code) -> Finding:
    """Compare two models that draw from the data's own distribution, with 60 and 3,000 samples."""
    source = Generator(0)
    few, many, real = (source.normal((n, 20), np.float64) for n in (60, 3000, 3000))
    first, second = distances(few, many, real)
    return Finding(
        {"one model": first, "its equal": second},
        "equal models get different distances" if first > 2 * second else "",
    )


# ------------------------------------------------------------------------- the gap of the bound, 22


def no_divergence(mu: float, variance: float, x: float) -> float:
    """Say that training a VAE brings no distribution nearer to the true posterior."""
    return 0.0


def divergence_from_the_posterior(mu: float, variance: float, x: float) -> float:
    """Take the KL divergence of q from the posterior N(x / 2, 1 / 2)."""
    return 0.5 * (2 * variance + 2 * (mu - x / 2) ** 2 - 1 - math.log(2 * variance))


def minigens_divergence(mu: float, variance: float, x: float) -> float:
    """Call minigen's divergence of two Gaussians."""
    q = (np.array([[mu]]), np.array([[math.log(variance)]]))
    posterior = (np.array([[x / 2]]), np.array([[math.log(0.5)]]))
    return float(F.kl_gaussian(*q, *posterior).item())


def likelihood_and_bound(divergence: Code) -> Finding:
    r"""Compare with the gap between :math:`\ln p(x)` and the ELBO, where both are known.

    The model is :math:`z \sim \mathcal{N}(0, 1), x \sim \mathcal{N}(z, 1)`; of three q, the last is
    the posterior.
    """
    x, worst = 1.3, 0.0
    measured: dict[str, float | str] = {}
    log_likelihood = -0.5 * (math.log(4 * math.pi) + x**2 / 2)
    for name, (mu, variance) in {
        "q far off": (-1.0, 1.0),
        "q near": (0.5, 0.6),
        "q the posterior": (x / 2, 0.5),
    }.items():
        expected_squares = (x - mu) ** 2 + variance
        reconstruction = -0.5 * (math.log(2 * math.pi) + expected_squares)
        kl = 0.5 * (mu**2 + variance - 1 - math.log(variance))
        gap = log_likelihood - (reconstruction - kl)
        measured[f"{name}: ln p(x) - ELBO"] = gap
        worst = max(worst, abs(gap - divergence(mu, variance, x)))
    measured["largest difference to the claim"] = worst
    return Finding(measured, "" if worst < 1e-9 else "the gap of the bound is not what is claimed")


MISTAKES: Final = (
    Mistake(
        20,
        "A generator judged by its discriminator's losses",
        wrong=judge_by_the_discriminator,
        right=judge_by_a_distance,
        minigen=judge_by_a_distance,
        check=show_bad_samples,
        symptom="One half everywhere, and samples that nobody would show.",
        cure="A discriminator at one half may only be weak. Measure distance, precision and "
        "recall against held-out data: minigen evaluate.",
        lesson="10",
    ),
    Mistake(
        21,
        "Fréchet distances of different numbers of samples compared",
        wrong=compare_different_counts,
        right=compare_one_count,
        minigen=compare_one_count,
        check=compare_equal_models,
        symptom="Whoever draws more samples wins. So with grey-level cross-entropies compared with "
        "nats, and static with dynamic binarisation.",
        cure="One number of samples, and beside it the distance of real from real. minigen refuses "
        "sets of different sizes.",
        lesson="10",
    ),
    Mistake(
        22,
        "The claim that a VAE minimises no divergence from the true posterior",
        wrong=no_divergence,
        right=divergence_from_the_posterior,
        minigen=minigens_divergence,
        check=likelihood_and_bound,
        symptom="Texts that call the VAE's training adversarial, or the encoder a free choice.",
        cure="The likelihood is the ELBO plus the KL divergence of q from the true posterior. "
        "Where the likelihood stands still, raising the bound lowers exactly that divergence.",
        lesson="07",
        derivation="vae.identity",
    ),
)
