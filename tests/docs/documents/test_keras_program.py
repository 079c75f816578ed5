"""The claims of the tutorial with programs in Keras: docs/documents/keras_program.md."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator, data, models, nn, optim
from tests.docs.documents.conftest import States, Trained, slopes
from tests.docs.documents.test_notes import Z, answer_to_noise, density, divergence_to_posterior
from tests.docs.documents.test_pytorch_program import sizes_of_transposed

P = np.array([0.4, 0.3, 0.2, 0.1])
Q = np.array([0.1, 0.1, 0.2, 0.6])
"""Two distributions over four possible images: of the data, and of a generator."""


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    middle = (p + q) / 2
    return float((p * np.log(p / middle) + q * np.log(q / middle)).sum() / 2)


def test_k1_a_vae_has_one_loss_and_no_adversary(states: States) -> None:
    model = models.VAE((1, 8, 8), (64,), latent=4, generator=Generator(0))
    gan = models.GAN((1, 8, 8), generator=Generator(0))
    states(f"{len(model.sides())}", f"{len(gan.sides())}")


def test_k2_both_terms_are_minimised(states: States) -> None:
    images = data.load("digits").scaled()[:256]
    figures = []
    for sign in (1.0, -1.0):
        model = models.VAE((1, 8, 8), (64,), latent=4, generator=Generator(0))
        optimizer, source = optim.Adam(model.parameters(), lr=2e-3), Generator(1)
        for _ in range(40):
            loss = model.loss(images, generator=source) * sign
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        reconstruction = model.terms(images, generator=Generator(2))["reconstruction"].item()
        figures.append(reconstruction)
    assert figures[0] < 64 * math.log(2) < figures[1]  # that of a grey image
    states(figures[0], within=1)
    states(figures[1], within=0.1 * figures[1])


def test_k3_the_printed_objective_is_that_of_the_beta_vae(states: States) -> None:
    model = models.VAE((1, 8, 8), (16,), latent=4, beta=4.0, generator=Generator(0))
    terms = model.terms(Generator(1).uniform((8, 1, 8, 8)), generator=Generator(2))
    weighted = (terms["loss"].item() - terms["reconstruction"].item()) / terms["kl"].item()
    assert weighted == pytest.approx(4.0, rel=1e-3)
    states(f"{weighted:.0f}")


def test_k4_the_divergence_is_to_the_prior(states: States) -> None:
    q = density(Z, 0.2, 0.5)
    to_prior = F.kl_standard_normal(np.array([[0.2]]), np.array([[math.log(0.5)]])).item()
    to_posterior = divergence_to_posterior(1.0, q)
    states(f"{to_prior:.4f}", f"{to_posterior:.4f}")


def test_k5_the_weight_trades_the_code_for_the_image(
    states: States, vae: Trained[models.VAE], heavy_vae: Trained[models.VAE]
) -> None:
    figures = []
    for trained in (vae, heavy_vae):
        terms = trained.model.terms(trained.test, generator=Generator(3))
        figures += [terms["kl"].item(), terms["reconstruction"].item()]
    assert figures[0] > figures[2]
    assert figures[1] < figures[3]
    states(figures[1], figures[3], within=0.5)


def test_k6_the_game_as_printed_is_right(states: States) -> None:
    scores = np.log(P / Q)
    value = P @ np.log(F.sigmoid(scores)) + Q @ np.log(1 - F.sigmoid(scores))
    assert value == pytest.approx(-2 * math.log(2) + 2 * jensen_shannon(P, Q))
    nearby = [
        P @ np.log(F.sigmoid(scores + step)) + Q @ np.log(1 - F.sigmoid(scores + step))
        for step in (-0.1, 0.1)
    ]
    assert max(nearby) < value
    states(f"{value:.4f}", f"{jensen_shannon(P, Q):.4f}")


def test_k7_the_generator_goes_down_the_value(states: States) -> None:
    scores = np.log(P / Q)
    fake = np.log(1 - F.sigmoid(scores))
    slope = Q * (fake - Q @ fake)  # of the value, by the logits of q
    distances = []
    for step in (-0.5, 0.5):
        moved = Q * np.exp(step * slope)
        distances.append(jensen_shannon(P, moved / moved.sum()))
    assert distances[0] < jensen_shannon(P, Q) < distances[1]
    states(*(f"{d:.4f}" for d in (distances[0], jensen_shannon(P, Q), distances[1])))


def test_k8_the_two_collapses_are_not_one(states: States, heavy_vae: Trained[models.VAE]) -> None:
    mean, logvar = heavy_vae.model.encode(heavy_vae.test)
    variances = mean.numpy().var(axis=0), np.exp(logvar.numpy()).mean(axis=0)
    states(float(variances[0].max()), float(variances[1].mean()), within=0.05)
    assert variances[0].max() < 0.01  # the code says nothing: active units, none


def test_k9_a_dense_layer_sees_the_last_axis_alone(states: States) -> None:
    source = Generator(0)
    layers = nn.Sequential(nn.Dense(1, 128, generator=source), nn.Dense(128, 2, generator=source))
    code = layers(minigen.zeros(1, 28, 28, 1))
    assert code.shape == (1, 28, 28, 2)
    states(f"{code.numpy().size}", "2")


def test_k10_tanh_leaves_half_of_the_prior_out(states: States) -> None:
    z = Generator(0).normal((400_000, 2), np.float64)
    inside = (np.abs(z) < 1).all(axis=1).mean()
    assert inside == pytest.approx(math.erf(1 / math.sqrt(2)) ** 2, abs=0.003)
    states(f"{100 * math.erf(1 / math.sqrt(2)) ** 2:.1f}")


def test_k11_the_printed_term_is_no_divergence(states: States) -> None:
    source = Generator(0)
    layer = nn.Dense(2, 2, generator=source)
    codes = [np.zeros((1, 2), np.float32), np.full((1, 2), 3.0, np.float32)]
    printed = [(1 - F.sigmoid(layer(z)) ** 2).numpy() for z in codes]
    assert all(((term > 0) & (term < 1)).all() for term in printed)
    right = [F.kl_standard_normal(z, np.zeros_like(z)).item() for z in codes]
    states(*(f"{value:.1f}" for value in right), "0", "1")


def test_k12_a_reconstruction_of_noise_does_not_know_the_image(states: States) -> None:
    source = Generator(0)
    decoder = nn.Dense(2, 784, generator=source)
    x = minigen.tensor(source.uniform((4, 784)), requires_grad=True)
    reconstruction = decoder(source.normal((4, 2)))
    reconstruction.sum().backward()
    assert decoder.weight.grad is not None
    assert x.grad is None
    # The best of such reconstructions is the mean of the data, with their variance as its error.
    images = data.load("digits").scaled()
    states(float(((images - images.mean(axis=0)) ** 2).sum(axis=(1, 2, 3)).mean()), within=0.01)


def test_k13_the_printed_loss_has_no_minimum(states: States) -> None:
    predicted = minigen.tensor(Generator(0).uniform((4, 784)), requires_grad=True)
    target = Generator(1).uniform((4, 784))
    (slope,) = slopes((target[0] + predicted[0]).sum(), predicted)
    rows = slope.mean(axis=1)
    assert rows.tolist() == [1, 0, 0, 0]
    states("4", "1", "0")


def test_k14_the_generators_images_are_too_small(states: States) -> None:
    source = Generator(0)
    first = nn.ConvTranspose2d(4, 8, 5, 1, 2, generator=source)
    second = nn.ConvTranspose2d(8, 8, 5, 2, 2, output_padding=1, generator=source)
    last = nn.Conv2d(8, 3, 3, generator=source)
    images = last(second(first(minigen.zeros(1, 4, 4, 4))))
    size = images.shape[-1]
    doublings = round(math.log2(64 / 4))
    assert sizes_of_transposed(4, 2, 2, doublings) == 64
    states(f"{size}x{size}", "64", f"{doublings}")


def test_k15_the_flags_freeze_the_wrong_side(states: States) -> None:
    source = Generator(0)
    generator, discriminator = nn.Dense(4, 8, generator=source), nn.Dense(8, 1, generator=source)
    before = generator.weight.numpy().copy(), discriminator.weight.numpy().copy()
    generator.requires_grad_(False)  # as printed, in what is called the generator's step
    loss = models.NonSaturating().generator_loss(discriminator(generator(source.normal((16, 4)))))
    loss.backward()
    optim.SGD([*discriminator.parameters()], lr=0.1).step()
    assert np.abs(discriminator.weight.numpy() - before[1]).max() > 0
    states(f"{np.abs(generator.weight.numpy() - before[0]).max():.0f}")


def test_k16_without_fakes_everything_is_real(states: States) -> None:
    images = data.load("digits").scaled()[:500].reshape(500, 64)
    answer = answer_to_noise(images, with_fakes=False)
    assert answer > 0.99
    states(answer, within=0.01)


def test_k17_the_settings_of_adam_are_those_of_dcgan(states: States) -> None:
    """One step of Adam moves each weight by its rate, whatever the slope."""
    weight = nn.Parameter(np.array([1.0]))
    optimizer = optim.Adam([weight], lr=0.0002, betas=(0.5, 0.999))
    (weight * 3.0).sum().backward()
    optimizer.step()
    states(f"{1 - weight.item():.4f}")


def test_k18_the_uses_have_commands(states: States) -> None:
    uses = ("denoising", "super-resolution", "pix2pix", "text-vae", "audio-vae", "audio-gan")
    assert set(uses) <= set(models.MODELS)
    states(f"{len(uses)}")
