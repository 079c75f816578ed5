"""The claims of the lecture notes: docs/documents/notes.md."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator, data, models, nn, optim
from minigen.engine.backend import Array
from tests.docs.documents.conftest import States, Trained, slopes

W, NOISE = 1.0, 0.5
"""A model that can be solved: z ~ N(0, 1), x given z ~ N(W z, NOISE), a variance."""
EVIDENCE = W**2 + NOISE
Z, STEP = np.linspace(-12, 12, 4801, retstep=True)


def density(at: Array | float, mean: Array | float, variance: float) -> Array:
    return np.exp(-((at - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


def integral(values: Array) -> float:
    return float(values.sum() * STEP)


def bound(x: float, q: Array) -> float:
    """L_b of the notes, by its definition."""
    joint = density(x, W * Z, NOISE) * density(Z, 0.0, 1.0)
    inside = q > 1e-300
    return integral(q[inside] * np.log(joint[inside] / q[inside]))


def test_n1_the_printed_sum_is_twice_the_divergence(states: States) -> None:
    source = Generator(0)
    mean, logvar = source.normal((6, 3), np.float64), source.normal((6, 3), np.float64)
    printed = (np.exp(logvar) - (1 + logvar) + mean**2).sum(axis=1).mean()
    ratio = printed / F.kl_standard_normal(mean, logvar).item()
    assert ratio == pytest.approx(2)
    states(f"{ratio:.2f}")


def test_n2_sigma_is_the_log_variance(states: States) -> None:
    ones = np.ones((200_000, 1))
    noise = Generator(0).normal(ones.shape, np.float64)
    variance = F.reparameterize(0 * ones, ones, noise=noise).var()
    as_deviation = (math.e * noise).var()
    assert (variance, as_deviation) == pytest.approx((math.e, math.e**2), rel=0.01)
    right = F.kl_standard_normal(np.zeros((1, 1)), np.ones((1, 1))).item()
    deviation = F.kl_standard_normal(np.zeros((1, 1)), 2 * np.ones((1, 1))).item()
    states(f"{math.e:.2f}", f"{math.e**2:.2f}", f"{right:.2f}", f"{deviation:.2f}")


def test_n3_the_square_of_the_mean_is_a_part_of_the_divergence(states: States) -> None:
    mean = minigen.tensor(np.array([[1.5]]), requires_grad=True)
    (slope,) = slopes(F.kl_standard_normal(mean, np.zeros((1, 1))), mean)
    states(f"{slope.item():.1f}")


def test_n4_an_infinite_mixture_of_gaussians(states: States) -> None:
    mixture = integral(density(Z, 0.0, 1.0) * density(1.0, W * Z, NOISE))
    assert mixture == pytest.approx(float(density(1.0, 0.0, EVIDENCE)))
    states(f"{mixture:.4f}")


def test_n5_an_encoder_that_does_not_see_the_image_costs_a_nat(states: States) -> None:
    """The gap, on average over x, for the best q that is the same for every x."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    gap = 0.0
    variance = NOISE / EVIDENCE
    for node, weight in zip(nodes, weights / math.sqrt(2 * math.pi), strict=True):
        x = node * math.sqrt(EVIDENCE)
        log_evidence = math.log(float(density(x, 0.0, EVIDENCE)))
        posterior = density(Z, W * x / EVIDENCE, variance)
        assert bound(x, posterior) == pytest.approx(log_evidence)
        gap += weight * (log_evidence - bound(x, density(Z, 0.0, variance)))
    states(f"{gap:.2f}")


def divergence_to_posterior(x: float, q: Array) -> float:
    posterior = density(Z, W * x / EVIDENCE, NOISE / EVIDENCE)
    inside = q > 1e-300
    return integral(q[inside] * np.log(q[inside] / posterior[inside]))


def test_n6_the_evidence_is_bound_and_divergence(states: States) -> None:
    q = density(Z, 0.2, 0.5)
    parts = bound(1.0, q), divergence_to_posterior(1.0, q)
    log_evidence = math.log(float(density(1.0, 0.0, EVIDENCE)))
    assert sum(parts) == pytest.approx(log_evidence)
    states(*(f"{part:.4f}" for part in (*parts, log_evidence)))


def test_n7_the_bound_lies_below(states: States) -> None:
    log_evidence = math.log(float(density(1.0, 0.0, EVIDENCE)))
    gaps = [
        log_evidence - bound(1.0, density(Z, mean, variance))
        for mean in np.linspace(-2, 2, 9)
        for variance in (0.1, NOISE / EVIDENCE, 1.0)
    ]
    assert min(gaps) > -1e-9
    states(f"{min(gaps):.3f}", f"{max(gaps):.2f}", f"{len(gaps)}")


def test_n8_a_density_cannot_become_larger(states: States) -> None:
    posterior = density(Z, W / EVIDENCE, NOISE / EVIDENCE)
    assert integral(posterior) == pytest.approx(1)
    once, twice = bound(1.0, posterior), bound(1.0, 2 * posterior)
    assert twice == pytest.approx(2 * once - 2 * math.log(2))
    states(f"{once:.2f}", f"{twice:.2f}")


def test_n9_the_bound_is_likelihood_less_divergence(states: States) -> None:
    q = density(Z, 0.2, 0.5)
    expected = integral(q * np.log(density(1.0, W * Z, NOISE)))
    kl = F.kl_standard_normal(np.array([[0.2]]), np.array([[math.log(0.5)]])).item()
    assert expected - kl == pytest.approx(bound(1.0, q))
    states(f"{expected:.4f}", f"{kl:.4f}", f"{expected - kl:.4f}")


def test_n10_samples_are_no_copies(states: States, vae: Trained[models.VAE]) -> None:
    drawn = vae.model.sample(200, generator=Generator(4)).numpy().reshape(200, -1)
    known = np.asarray(vae.images).reshape(len(vae.images), -1)
    nearest = np.sqrt(((drawn[:, None] - known[None]) ** 2).sum(axis=2)).min(axis=1)
    assert nearest.min() > 0.1
    states(float(nearest.min()), float(nearest.mean()), within=0.2)


def test_n11_the_generator_sees_no_image(states: States) -> None:
    model = models.GAN((1, 8, 8), (16,), latent=4, r1=0.0, average=0.0, generator=Generator(0))
    gradients = []
    for seed in (1, 2):  # two batches of other images, the same noise
        x = Generator(seed).uniform((16, 1, 8, 8))
        loss = model.side_terms("generator", x, generator=Generator(3))["generator_loss"]
        found = slopes(loss, *model.sides()["generator"].parameters())
        gradients.append(np.concatenate([g.ravel() for g in found]))
    assert np.abs(gradients[0]).max() > 0
    states(f"{np.abs(gradients[0] - gradients[1]).max():.0f}")


def scorer(source: Generator) -> nn.Sequential:
    return nn.Sequential(
        nn.Dense(64, 32, generator=source), nn.ReLU(), nn.Dense(32, 1, generator=source)
    )


def steps(model: nn.Module, count: int) -> Iterator[optim.Adam]:
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(count):
        optimizer.zero_grad()
        yield optimizer
        optimizer.step()


def answer_to_noise(images: Array, *, with_fakes: bool) -> float:
    """Train a discriminator, and return how sure it is on average that noise is real."""
    noise = Generator(1).uniform((500, 64))
    model = scorer(Generator(0))
    for _ in steps(model, 60):
        loss = F.softplus(-model(images)).mean()
        if with_fakes:
            loss = loss + F.softplus(model(noise)).mean()
        loss.backward()
    unseen = minigen.tensor(Generator(2).uniform((500, 64)))
    return float(F.sigmoid(model(unseen)).mean().item())


def test_n12_a_discriminator_of_real_images_alone_calls_noise_real(states: States) -> None:
    images = data.load("digits").scaled()[:500].reshape(500, 64)
    answers = [answer_to_noise(images, with_fakes=with_fakes) for with_fakes in (False, True)]
    assert answers[0] > 0.99
    assert answers[1] < 0.01
    states(*answers, within=0.01)


def test_n13_against_a_frozen_discriminator_the_generator_makes_one_thing(
    states: States,
) -> None:
    p = np.array([0.35, 0.3, 0.2, 0.15])
    scores = np.log(p / 0.25)  # the best against a generator that makes all alike
    theta = minigen.tensor(np.zeros(4), requires_grad=True)
    for _ in range(400):
        loss = (F.softmax(theta) * F.softplus(-scores)).sum()
        (slope,) = slopes(loss, theta)
        theta = minigen.tensor(theta.numpy() - 20 * slope, requires_grad=True)
    q = F.softmax(theta).numpy()
    states(f"{p.max():.2f}", f"{q.max():.2f}")
    assert q.max() > 0.99


def test_n14_a_discriminator_at_a_half_may_be_blind(states: States) -> None:
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.1, 0.2, 0.6])
    blind = p @ F.softplus(np.zeros(4)) + q @ F.softplus(np.zeros(4))
    scores = np.log(p / q)
    best = p @ F.softplus(-scores) + q @ F.softplus(scores)
    assert best < blind
    states(f"{blind:.3f}", f"{best:.3f}")
