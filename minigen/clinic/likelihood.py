"""Mistakes 7 to 11: likelihoods of pixels, and what is made of them."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

import minigen
from minigen import functional as F
from minigen import models
from minigen.clinic.mistake import Code, Finding, Mistake
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.metrics import log_mean_exp

# -------------------------------------------------------------------------- targets out of range, 7


def cross_entropy_of_scaled_images(logits: Tensor, x: Tensor) -> Any:
    """Take the images as they come for a GAN: in [-1, 1]."""
    return F.sum(F.softplus(logits) - logits * x)


def cross_entropy_of_images(logits: Tensor, x: Tensor) -> Any:
    """Scale them back to [0, 1] first."""
    x = (x + 1) / 2
    return F.sum(F.softplus(logits) - logits * x)


def minigens_cross_entropy(logits: Tensor, x: Tensor) -> Any:
    """Call minigen's loss, which refuses targets out of range."""
    return F.binary_cross_entropy_with_logits(logits, x, "sum")


def look_for_a_bottom(loss_of: Code) -> Finding:
    """Follow the loss of a black pixel, which is -1 in a GAN, to ever smaller logits."""
    measured: dict[str, float | str] = {}
    try:
        for logit in (-1.0, -10.0, -1000.0):
            loss = loss_of(minigen.tensor([logit]), minigen.tensor([-1.0])).item()
            measured[f"loss at the logit {logit:g}"] = loss
    except ValueError as refused:
        return Finding({"refused": str(refused)})
    lowest = min(float(value) for value in measured.values())
    return Finding(measured, "the loss has no bottom" if lowest < -1e-6 else "")


# --------------------------------------------------------------------------------- probabilities, 8


def cross_entropy_of_clipped_probabilities(logits: Tensor, x: Tensor) -> Any:
    """Squash, clip, and take logarithms."""
    p = F.clip(F.sigmoid(logits), 1e-7, 1 - 1e-7)
    return -F.sum(x * F.log(p) + (1 - x) * F.log(1 - p))


def cross_entropy_of_logits(logits: Tensor, x: Tensor) -> Any:
    """Take the logarithm of the sigmoid in closed form."""
    return F.sum(F.softplus(logits) - logits * x)


def slope_far_out(loss_of: Code) -> Finding:
    """Take the gradient where a network is sure, and wrong: it has to be -1."""
    logits = minigen.tensor([-30.0], requires_grad=True)
    loss = loss_of(logits, minigen.tensor([1.0]))
    loss.backward()
    assert logits.grad is not None
    slope = logits.grad.item()
    return Finding(
        {"loss at the logit -30": loss.item(), "its slope": slope},
        "" if abs(slope + 1) < 1e-6 else "what is most wrong gets no gradient",
    )


# ------------------------------------------------------------------------------- a squashed mean, 9


def squashed_mean(features: Tensor) -> Any:
    """End the encoder of the means in a tanh, as it ends hidden layers."""
    return F.tanh(features)


def free_mean(features: Tensor) -> Any:
    """Let the last layer be linear."""
    return features


def minigens_mean(features: Tensor) -> Any:
    """Send the features through the last layer of minigen's encoder, set to the identity."""
    model = models.VAE((1, 2, 2), hidden=(1,), latent=1)
    model.to_mu.load_state_dict({"weight": np.ones((1, 1)), "bias": np.zeros(1)})
    return model.to_mu(features.reshape(-1, 1)).reshape(-1)


def reach_of_the_posterior(mean_of: Code) -> Finding:
    r"""Measure how far from the prior's mean the posterior's can lie.

    Of data :math:`x = z + 0.1\,\epsilon` the posterior's mean is nearly x itself, and one in three
    of them lies beyond 1.
    """
    with minigen.no_grad():
        reached = float(np.abs(mean_of(minigen.linspace(-50, 50, 101)).numpy()).max())
    missed = math.erfc(reached / math.sqrt(2))
    return Finding(
        {"largest mean": reached, "share of the prior's draws beyond": missed},
        "" if missed < 1e-3 else "codes can't get where the prior is",
    )


# ----------------------------------------------------------------------------- the mean of logs, 10


def mean_of_exponentials(log_weights: Tensor) -> Any:
    """Leave the logarithms and come back."""
    return F.log(F.mean(F.exp(log_weights), axis=0))


def log_of_the_mean(log_weights: Tensor) -> Any:
    """Subtract the largest before, and add it after."""
    largest = F.max(log_weights, axis=0)
    return largest + F.log(F.mean(F.exp(log_weights - largest), axis=0))


def minigens_log_mean_exp(log_weights: Tensor) -> Any:
    """Call minigen's function."""
    return log_mean_exp(log_weights, axis=0)


def compare_with_exact_arithmetic(estimate: Code) -> Finding:
    """Estimate from the log-weights -1000 and -1000 + ln 3, the mean of whose exponentials is 2."""
    with minigen.no_grad(), np.errstate(divide="ignore"):
        found = estimate(minigen.tensor([-1000.0, -1000.0 + math.log(3.0)])).item()
    expected = -1000 + math.log(2.0)
    return Finding(
        {"estimate": found, "exactly": expected},
        "" if abs(found - expected) < 1e-3 else "the exponentials underflow",
    )


# ----------------------------------------------------------------------- means shown as samples, 11


def show_the_mean(probabilities: Tensor, generator: Generator) -> Any:
    """Show the decoder's output, and call it a sample."""
    return probabilities


def draw_pixels(probabilities: Tensor, generator: Generator) -> Any:
    """Draw each pixel: black or white."""
    noise = minigen.tensor(generator.uniform(probabilities.shape))
    return (noise < probabilities).astype(np.float32)


def minigens_pixels(probabilities: Tensor, generator: Generator) -> Any:
    """Call minigen's function."""
    return minigen.bernoulli(probabilities, generator=generator)


def spread_of_samples(sample: Code) -> Finding:
    """Draw one pixel 20,000 times, that is white with probability 0.3: its variance is 0.21."""
    probabilities = minigen.full((20_000,), 0.3)
    drawn = sample(probabilities, Generator(0)).numpy()
    variance = float(drawn.astype(np.float64).var())
    return Finding(
        {"mean": float(drawn.mean()), "variance": variance, "of the distribution": 0.21},
        "" if abs(variance - 0.21) < 0.01 else "these are no draws: they don't vary",
    )


MISTAKES: Final = (
    Mistake(
        7,
        "Cross-entropy against targets outside [0, 1]",
        wrong=cross_entropy_of_scaled_images,
        right=cross_entropy_of_images,
        minigen=minigens_cross_entropy,
        check=look_for_a_bottom,
        symptom="The loss falls below 0 and on to minus infinity, and black pixels get blacker "
        "than black.",
        cure="Scale images to [0, 1] where the decoder's pixels are Bernoulli; [-1, 1] goes with "
        "a tanh. A loss that can't be negative should say so.",
        lesson="05",
        derivation="bce_with_logits",
    ),
    Mistake(
        8,
        "Cross-entropy of clipped probabilities where logits are safe",
        wrong=cross_entropy_of_clipped_probabilities,
        right=cross_entropy_of_logits,
        minigen=minigens_cross_entropy,
        check=slope_far_out,
        symptom="The worst mistakes of a network are never mended: beyond the clip the gradient is "
        "0, and no error tells.",
        cure="Give the loss logits. Look at the gradient where the network is sure and wrong.",
        lesson="05",
        derivation="bce_with_logits",
    ),
    Mistake(
        9,
        "A tanh on the latent mean",
        wrong=squashed_mean,
        right=free_mean,
        minigen=minigens_mean,
        check=reach_of_the_posterior,
        symptom="Codes fill a square, not the prior's disc; a third of the draws from the prior "
        "lie where the decoder has never been.",
        cure="Linear layers for mean and log-variance. Compare the codes with draws from the "
        "prior.",
        lesson="08",
    ),
    Mistake(
        10,
        "Exponentials of log-weights taken as they are",
        wrong=mean_of_exponentials,
        right=log_of_the_mean,
        minigen=minigens_log_mean_exp,
        check=compare_with_exact_arithmetic,
        symptom="Likelihoods of minus infinity, or, where the mean of logs is taken instead, the "
        "ELBO under another name, however many samples there are.",
        cure="Subtract the largest before the exponential. Try weights of e^-1000.",
        lesson="09",
        derivation="vae.importance_weighted_bound",
    ),
    Mistake(
        11,
        "The decoder's means shown as samples",
        wrong=show_the_mean,
        right=draw_pixels,
        minigen=minigens_pixels,
        check=spread_of_samples,
        symptom="Pictures smoother than any the model believes in; in papers, Gaussian decoders "
        "without their noise.",
        cure="Show draws, or say that means are shown, as minigen does in sample's documentation.",
        lesson="09",
    ),
)
