r"""Mistakes 1 to 6: the KL divergence of a Gaussian from :math:`\mathcal{N}(0, 1)`."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

import minigen
from minigen import data, models, optim
from minigen import functional as F
from minigen.checker import gradcheck
from minigen.clinic.mistake import Code, Finding, Mistake
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor

# ------------------------------------------------------------------------- the closed form, 1 and 4


def kl_with_the_variance(mu: Tensor, logvar: Tensor) -> Any:
    """Take the variance for its logarithm: the exponential comes twice."""
    var = F.exp(logvar)
    return 0.5 * F.sum(mu**2 + F.exp(var) - 1 - var)


def kl_without_its_logarithm(mu: Tensor, logvar: Tensor) -> Any:
    """Leave out the logarithm."""
    return 0.5 * F.sum(mu**2 + F.exp(logvar) - 1)


def kl_in_closed_form(mu: Tensor, logvar: Tensor) -> Any:
    """Have every term."""
    return 0.5 * F.sum(mu**2 + F.exp(logvar) - 1 - logvar)


def minigens_kl(mu: Tensor, logvar: Tensor) -> Any:
    """Call minigen's loss."""
    return F.kl_standard_normal(mu, logvar, "sum")


def compare_with_draws(kl: Code) -> Finding:
    r"""Compare a formula with the mean of :math:`\ln q(z) - \ln p(z)` over 200,000 draws."""
    mu, logvar = 0.8, math.log(0.3)
    noise = Generator(0).normal((200_000,), np.float64)
    z = mu + math.exp(logvar / 2) * noise
    drawn = float(np.mean(-0.5 * (logvar + noise**2) + 0.5 * z**2))
    found = kl(*(minigen.tensor(np.array([value])) for value in (mu, logvar))).item()
    at_prior = kl(minigen.zeros(1), minigen.zeros(1)).item()
    right = abs(found - drawn) < 0.02 and abs(at_prior) < 1e-6
    return Finding(
        {"by the formula": found, "by draws": drawn, "of the prior itself": at_prior},
        "" if right else "the formula and the mean over draws differ",
    )


# ------------------------------------------------------------------------ the reparameterisation, 2


def draw_with_variance(mu: Tensor, logvar: Tensor, noise: Tensor) -> Any:
    """Multiply the noise by the variance."""
    return mu + F.exp(logvar) * noise


def draw_with_deviation(mu: Tensor, logvar: Tensor, noise: Tensor) -> Any:
    """Multiply the noise by its root."""
    return mu + F.exp(0.5 * logvar) * noise


def minigens_draw(mu: Tensor, logvar: Tensor, noise: Tensor) -> Any:
    """Call minigen's op."""
    return F.reparameterize(mu, logvar, noise=noise)


def measure_the_variance(draw: Code) -> Finding:
    """Draw 100,000 times with the variance 4, and check the gradient beside."""
    count, wanted = 100_000, 4.0
    noise = Generator(0).normal((count, 1), np.float64)
    logvar = np.full((count, 1), math.log(wanted))
    z = draw(minigen.tensor(np.zeros((count, 1))), minigen.tensor(logvar), minigen.tensor(noise))
    variance = float(z.numpy().var())
    passed = gradcheck(draw, [array[:5] for array in (noise, logvar, noise)])
    return Finding(
        {
            "variance of the draws": variance,
            "asked for": wanted,
            "gradient check": "passed" if passed else "failed",
        },
        "" if abs(variance / wanted - 1) < 0.05 else "the draws don't have the variance asked for",
    )


# -------------------------------------------------------------------------------------- the sign, 3


def reward_the_divergence(reconstruction: Tensor, kl: Tensor) -> Any:
    """Subtract the divergence from what is minimised."""
    return reconstruction - kl


def charge_the_divergence(reconstruction: Tensor, kl: Tensor) -> Any:
    """Add it."""
    return reconstruction + kl


def minigens_loss(reconstruction: Tensor, kl: Tensor) -> Any:
    """Weigh the divergence as minigen's VAE does."""
    model = models.VAE((1, 2, 2), hidden=(3,), latent=1)
    terms = model.terms(minigen.full((1, 1, 2, 2), 0.5), noise=minigen.zeros(1, 1))
    share = (terms["loss"] - terms["reconstruction"]) / terms["kl"]  # the KL's weight in the loss
    return reconstruction + share.item() * kl


def follow_the_loss(loss_of: Code) -> Finding:
    """Descend on the loss where nothing but the KL depends on the mean: it has to go to 0."""
    mu = minigen.tensor(np.array([1.0]), requires_grad=True)
    optimizer = optim.SGD([mu], lr=0.1)
    for _ in range(30):
        optimizer.zero_grad()
        loss_of(minigen.tensor(2.0), F.kl_standard_normal(mu, minigen.zeros(1), "sum")).backward()
        optimizer.step()
    found = mu.item()
    return Finding(
        {"the mean at first": 1.0, "after 30 steps": found},
        "" if abs(found) < 1 else "training drives the posterior away from the prior",
    )


# ---------------------------------------------------------------------------------- the means, 5, 6

STEPS: Final = 500
"""How long the VAE of mistake 5 is trained."""


def mean_over_pixels(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Any:
    """Average one term over pixels, sum the other over latent variables."""
    reconstruction = F.mean(F.binary_cross_entropy_with_logits(logits, x, "none"))
    return reconstruction + F.kl_standard_normal(mu, logvar)


def sums_over_an_image(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Any:
    """Sum both over an image, and average over the batch."""
    pixels = F.binary_cross_entropy_with_logits(logits, x, "none")
    return F.mean(F.sum(pixels, axis=1)) + F.kl_standard_normal(mu, logvar)


def minigens_reductions(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Any:
    """Call minigen's losses, which do so by default."""
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, "batchmean")
    return reconstruction + F.kl_standard_normal(mu, logvar)


def train_a_while(loss_of: Code) -> Finding:
    """Train a VAE on digits for some hundred steps, and measure what its codes say in the end."""
    source = Generator(0)  # not the default one, which is the caller's
    images = data.load("digits", "train").scaled()[:640]
    rows = images.reshape(len(images), -1)
    model = models.VAE(images.shape[1:], hidden=(64,), latent=8, generator=source)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    for step in range(STEPS):
        some = slice(64 * (step % 10), 64 * (step % 10) + 64)
        x = minigen.tensor(rows[some])
        mu, logvar = model.encode(images[some])
        z = F.reparameterize(mu, logvar, generator=source)
        optimizer.zero_grad()
        loss_of(model.decode(z), x, mu, logvar).backward()
        optimizer.step()
    with minigen.no_grad():
        kl = F.kl_standard_normal(*model.encode(images)).item()
    return Finding(
        {f"KL after {STEPS} steps, nats": kl},
        "" if kl > 0.3 else "the codes say nothing: the posterior has collapsed",
    )


def mean_over_latents(mu: Tensor, logvar: Tensor) -> Any:
    """Average over everything."""
    return F.mean(0.5 * (mu**2 + F.exp(logvar) - 1 - logvar))


def sum_over_latents(mu: Tensor, logvar: Tensor) -> Any:
    """Sum over latent variables, and average over the batch."""
    return F.mean(F.sum(0.5 * (mu**2 + F.exp(logvar) - 1 - logvar), axis=1))


def minigens_batch_mean(mu: Tensor, logvar: Tensor) -> Any:
    """Call minigen's loss."""
    return F.kl_standard_normal(mu, logvar)


def double_the_latents(kl: Code) -> Finding:
    """Put each latent variable down twice: independent ones, whose divergences add up."""
    mu, logvar = Generator(0).normal((6, 3), np.float64), Generator(1).normal((6, 3), np.float64)
    once = kl(minigen.tensor(mu), minigen.tensor(logvar)).item()
    twice = kl(*(minigen.tensor(np.concatenate([a, a], axis=1)) for a in (mu, logvar))).item()
    return Finding(
        {"KL of 3 latent variables": once, "of the same, twice": twice},
        ""
        if abs(twice - 2 * once) < 1e-6
        else "the divergences of independent variables don't add",
    )


MISTAKES: Final = (
    Mistake(
        1,
        "The KL divergence with the variance where its formula has the logarithm",
        wrong=kl_with_the_variance,
        right=kl_in_closed_form,
        minigen=minigens_kl,
        check=compare_with_draws,
        symptom="The divergence of the prior from itself is not 0, and the encoder's variances go "
        "wherever that formula is least; training looks normal.",
        cure="Name what the encoder returns: logvar. Compare the formula with the mean of "
        "ln q - ln p over draws, and at the prior, where it is 0.",
        lesson="07",
        derivation="kl.standard_normal",
    ),
    Mistake(
        2,
        "The variance taken for the standard deviation",
        wrong=draw_with_variance,
        right=draw_with_deviation,
        minigen=minigens_draw,
        check=measure_the_variance,
        symptom="None in the loss, and the gradient check passes: the wrong function has a right "
        "gradient. Clouds of codes are too wide or too narrow for the KL that is charged.",
        cure="Multiply the noise by exp(logvar / 2). Measure the variance of many draws.",
        lesson="07",
        derivation="reparameterize",
    ),
    Mistake(
        3,
        "The sign: the divergence rewarded, or the ELBO descended",
        wrong=reward_the_divergence,
        right=charge_the_divergence,
        minigen=minigens_loss,
        check=follow_the_loss,
        symptom="The loss falls without end, the KL grows, samples from the prior are noise.",
        cure="Minimise the negative ELBO: reconstruction plus KL, both of which are at least 0.",
        lesson="07",
        derivation="vae.elbo",
    ),
    Mistake(
        4,
        "The closed form of the KL divergence without its logarithm",
        wrong=kl_without_its_logarithm,
        right=kl_in_closed_form,
        minigen=minigens_kl,
        check=compare_with_draws,
        symptom="It is least at variance 0, not 1: the encoder turns its noise off, and the model "
        "becomes an autoencoder.",
        cure="Derive it once with every term: mu^2 + sigma^2 - 1 - ln sigma^2, halved.",
        lesson="07",
        derivation="kl.standard_normal",
    ),
    Mistake(
        5,
        "The reconstruction averaged over pixels, the KL summed over latent variables",
        wrong=mean_over_pixels,
        right=sums_over_an_image,
        minigen=minigens_reductions,
        check=train_a_while,
        symptom="The KL falls to 0 and all reconstructions are the mean image: a weight of the "
        "number of pixels in disguise.",
        cure="Sum both over an image, and average over the batch only.",
        lesson="08",
        derivation="vae.elbo",
    ),
    Mistake(
        6,
        "The KL divergence averaged over latent variables",
        wrong=mean_over_latents,
        right=sum_over_latents,
        minigen=minigens_batch_mean,
        check=double_the_latents,
        symptom="The more latent variables, the cheaper each nat: models of different sizes can't "
        "be compared, and the sum is no bound on the likelihood. So with weights of batch / N.",
        cure="Sum over latent variables. If a weight is wanted, call it beta and say its value.",
        lesson="08",
        derivation="kl.standard_normal",
    ),
)
