"""The claims of the survey of VAE and GAN: docs/documents/survey.md."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator, models, optim
from minigen.engine.backend import Array
from tests.docs.documents.conftest import LATENT, States, Trained, slopes


def test_s1_the_printed_variance_is_the_inverse(states: States) -> None:
    logvar = np.full((200_000, 1), 1.5)
    drawn = F.reparameterize(np.zeros_like(logvar), logvar, generator=Generator(0))
    printed, right = math.exp(-1.5), math.exp(1.5)
    assert drawn.var() == pytest.approx(right, rel=0.02)
    states(f"{right:.2f}", f"{printed:.2f}")
    assert math.exp(-20) < 1e-8  # no scale keeps it from being small


def test_s2_a_draw_from_the_prior_says_nothing_of_the_image(states: States) -> None:
    source, count = Generator(0), 200_000
    x, noise = source.normal((count, 1), np.float64), source.normal((count, 1), np.float64)
    posterior = np.asarray(F.reparameterize(0.9 * x, np.full_like(x, math.log(0.19)), noise=noise))

    def error_of_best_decoder(z: Array) -> float:
        weight = (x * z).mean() / (z * z).mean()
        return float(((x - weight * z) ** 2).mean())

    states(f"{error_of_best_decoder(noise):.2f}", f"{error_of_best_decoder(posterior):.2f}")


def test_s3_a_mean_behind_relu_is_never_negative(states: States) -> None:
    model = models.VAE((1, 8, 8), (16,), latent=4, generator=Generator(0))
    mean, _ = model.encode(Generator(1).uniform((1000, 1, 8, 8)))
    assert (F.relu(mean).numpy() >= 0).all()
    assert (mean.numpy() < 0).any()
    share = (Generator(2).normal((100_000, 20)) >= 0).all(axis=1).mean()
    assert share == pytest.approx(2.0**-20, abs=1e-4)
    states(f"{0.5**20 * 1e6:.2f}")


def test_s4_a_unit_gaussian_is_the_summed_squared_error(states: States) -> None:
    source = Generator(0)
    x, prediction = source.uniform((5, 784), np.float64), source.uniform((5, 784), np.float64)
    density = F.gaussian_nll(prediction, x, 0.0).item()
    squares = ((x - prediction) ** 2).sum(axis=1).mean()
    assert density - squares / 2 == pytest.approx(392 * math.log(2 * math.pi))
    states(f"{density - squares / 2:.2f}")


def test_s5_a_mean_over_pixels_is_another_objective(states: States) -> None:
    source = Generator(0)
    x = source.uniform((5, 784), np.float64)
    prediction = minigen.tensor(source.uniform((5, 784), np.float64), requires_grad=True)
    (summed,) = slopes(F.mse_loss(prediction, x, "batchmean"), prediction)
    (averaged,) = slopes(F.mse_loss(prediction, x, "mean"), prediction)
    ratio = summed / averaged
    assert np.allclose(ratio, 784)
    states(f"{ratio.mean():.0f}")


def test_s6_the_added_entropy_moves_the_maximum(states: States) -> None:
    logvar = minigen.tensor(np.zeros((1, 1)), requires_grad=True)
    mean = np.zeros((1, 1))

    def entropy(logvar: minigen.Tensor) -> minigen.Tensor:
        return (logvar + math.log(2 * math.pi * math.e)).sum() * 0.5

    found = []
    for added in (entropy, lambda _: 0.0):  # as printed, and the bound's own term
        value = logvar
        for _ in range(300):
            objective = added(value) - F.kl_standard_normal(mean, value)
            (slope,) = slopes(objective, value)
            value = minigen.tensor(value.numpy() + 0.3 * slope, requires_grad=True)
        found.append(math.exp(value.item()))
    assert found == pytest.approx([2, 1])
    states(*(f"{variance:.2f}" for variance in found))


def test_s7_the_printed_divergence_is_none(states: States) -> None:
    def printed(mean: float, variance: float) -> float:
        return (1 + variance - mean**2) / 2

    def right(mean: float, variance: float) -> float:
        logvar = np.array([[math.log(variance)]])
        return float(F.kl_standard_normal(np.array([[mean]]), logvar).item())

    z = Generator(0).normal((400_000,), np.float64) + 3
    sampled = float((z**2 - (z - 3) ** 2).mean() / 2)  # ln q - ln p of each draw
    assert sampled == pytest.approx(right(3, 1), abs=0.02)
    states(f"{printed(0, 1):.2f}", f"{right(0, 1):.2f}")
    states(f"{printed(3, 1):.2f}", f"{right(3, 1):.2f}", f"{sampled:.2f}")


def test_s8_without_divergence_all_samples_are_one(
    states: States, vae: Trained[models.VAE], heavy_vae: Trained[models.VAE]
) -> None:
    figures = []
    for trained in (vae, heavy_vae):
        kl = trained.model.terms(trained.test, generator=Generator(3))["kl"].item()
        drawn = trained.model.decode_images(Generator(3).normal((500, LATENT))).numpy()
        figures.append((kl, float(drawn.std(axis=0).mean())))
    (kl, spread), (heavy_kl, heavy_spread) = figures
    assert kl > 10 * heavy_kl
    assert spread > 5 * heavy_spread
    states(kl, heavy_kl, within=0.5)
    states(spread, heavy_spread, within=0.01)


def test_s9_encoder_and_decoder_learn_from_one_loss(states: States) -> None:
    model = models.VAE((1, 8, 8), (16,), latent=4, generator=Generator(0))
    loss = model.loss(Generator(1).uniform((8, 1, 8, 8)), generator=Generator(2))
    found = slopes(loss, *model.parameters())
    assert all(np.abs(slope).max() > 0 for slope in found)
    states(f"{len(found)}")


def test_s10_what_is_chosen_on_the_test_set_looks_better_than_it_is(states: States) -> None:
    answers = Generator(0).bernoulli(0.5, (200, 100), np.float64)  # 200 models that guess
    on_test = answers.mean(axis=1)
    best = on_test.argmax()
    fresh = Generator(1).bernoulli(0.5, (100_000,), np.float64).mean()
    assert on_test[best] > 0.6
    states(f"{on_test[best]:.2f}", f"{fresh:.2f}")


def test_s11_a_generator_makes_images_of_noise(states: States) -> None:
    model = models.GAN((1, 28, 28), latent=100, generator=Generator(0))
    images = model.sample(1, generator=Generator(1))
    states(f"{model.latent}", f"{images.numpy().size}")
    assert images.shape == (1, 1, 28, 28)


def test_s12_the_printed_game_teaches_the_opposite(states: States) -> None:
    real, fake = 0.8, 0.2  # p(x) and q(x) at one x
    for sign, name in ((1.0, "printed"), (-1.0, "right")):
        score = minigen.tensor(np.array(0.0), requires_grad=True)
        for _ in range(300):
            on_real = F.logsigmoid(score) * -sign
            on_fake = F.logsigmoid(score) if name == "printed" else F.logsigmoid(-score)
            (slope,) = slopes(on_real * real + on_fake * fake, score)
            score = minigen.tensor(score.numpy() + 4 * slope, requires_grad=True)
        states(f"{F.sigmoid(score).item():.2f}")


def test_s13_a_discriminator_that_cannot_tell_is_the_aim(states: States) -> None:
    p = np.array([0.4, 0.3, 0.2, 0.1])
    best = np.log(p / p)  # the best scores when the generator makes what the data are
    loss = models.Minimax().discriminator_loss(minigen.tensor(best), minigen.tensor(best))
    answer = F.sigmoid(best)
    assert loss.item() == pytest.approx(2 * math.log(2))
    states(f"{answer.mean():.1f}", f"{loss.item():.4f}")


def test_s14_the_generators_loss_knows_no_distance(states: States) -> None:
    blind = minigen.zeros(64)  # the scores of a discriminator that has learnt nothing
    loss = models.NonSaturating().generator_loss(blind)
    states(f"{loss.item():.4f}")


def test_s15_each_side_learns_while_the_other_stands(states: States) -> None:
    model = models.GAN((1, 8, 8), (16,), latent=4, r1=0.0, average=0.0, generator=Generator(0))
    x = Generator(1).uniform((16, 1, 8, 8))
    sides = model.sides()
    for side in ("discriminator", "generator"):
        before = {
            name: [p.numpy().copy() for p in part.parameters()] for name, part in sides.items()
        }
        optimizer = optim.SGD(sides[side].parameters(), lr=0.1)
        model.side_terms(side, x, generator=Generator(2))[f"{side}_loss"].backward()
        optimizer.step()
        change = {
            name: max(
                float(np.abs(p.numpy() - old).max())
                for p, old in zip(part.parameters(), before[name], strict=True)
            )
            for name, part in sides.items()
        }
        other = "generator" if side == "discriminator" else "discriminator"
        assert change[side] > 0
        states(f"{change[other]:.0f}")


def test_s16_the_game_need_not_converge(states: States) -> None:
    """The smallest GAN: data at 0, a generator theta, a discriminator with the slope psi."""
    radii = []
    for penalty in (0.0, 1.0):
        theta, psi = (minigen.tensor(np.array([v]), requires_grad=True) for v in (1.0, 0.0))
        for _ in range(250):
            loss_d = models.Minimax().discriminator_loss(psi * 0.0, psi * theta.detach())
            loss_d = loss_d + (psi * psi).sum() * (penalty / 2)
            loss_g = models.Minimax().generator_loss(psi.detach() * theta)
            (slope_d,) = slopes(loss_d, psi)
            (slope_g,) = slopes(loss_g, theta)
            theta, psi = (
                minigen.tensor(value.numpy() - 0.1 * slope, requires_grad=True)
                for value, slope in ((theta, slope_g), (psi, slope_d))
            )
        radii.append(math.hypot(theta.item(), psi.item()))
    assert radii[0] > 1 > radii[1]
    states("1", f"{radii[0]:.2f}", f"{radii[1]:.4f}")
