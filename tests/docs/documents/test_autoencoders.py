"""The claims of the chapter on autoencoders and GANs: docs/documents/autoencoders.md."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator, models, nn, optim
from minigen.metrics import frechet_distance
from tests.docs.documents.conftest import LATENT, States, Trained, slopes


def test_a1_random_codes_fall_where_no_code_is(
    states: States, autoencoder: Trained[models.Autoencoder], vae: Trained[models.VAE]
) -> None:
    z = Generator(5).normal((382, LATENT))
    distances = [
        frechet_distance(
            trained.model.decode_images(z).numpy().reshape(len(z), -1),
            np.asarray(trained.test).reshape(len(trained.test), -1),
        )
        for trained in (autoencoder, vae)
    ]
    assert distances[0] > 2 * distances[1]
    states(*distances, within=0.3)


def test_a2_nothing_says_how_the_codes_lie(
    states: States, autoencoder: Trained[models.Autoencoder]
) -> None:
    spread = autoencoder.model.encode(autoencoder.test).numpy().std(axis=0)
    assert spread.max() > 1.5
    states(float(spread.min()), float(spread.max()), within=0.3)


def test_a3_a_code_of_a_few_numbers_is_not_the_image(
    states: States, autoencoder: Trained[models.Autoencoder]
) -> None:
    restored = autoencoder.model.reconstruct(autoencoder.test).numpy()
    error = ((restored - autoencoder.test) ** 2).mean()
    blank = ((autoencoder.test - autoencoder.images.mean(axis=0)) ** 2).mean()
    assert 0 < error < blank
    states(float(error), float(blank), within=0.003)


def test_a4_the_divergence_by_its_integral(states: States) -> None:
    x, step = np.linspace(-15, 15, 6001, retstep=True)

    def log_density(mean: float, variance: float) -> np.ndarray:
        return -((x - mean) ** 2) / (2 * variance) - math.log(2 * math.pi * variance) / 2

    p, q = log_density(1.0, 0.5), log_density(0.0, 1.0)
    there, back = (float((np.exp(a) * (a - b)).sum() * step) for a, b in ((p, q), (q, p)))
    closed = F.kl_standard_normal(np.array([[1.0]]), np.array([[math.log(0.5)]])).item()
    assert there == pytest.approx(closed)
    states(f"{there:.4f}", f"{back:.4f}")


def test_a5_the_closed_form_not_the_noise_spares_the_integral(states: States) -> None:
    mean = minigen.tensor(np.array([[0.7]]), requires_grad=True)
    logvar = minigen.tensor(np.array([[-0.4]]), requires_grad=True)
    exact = slopes(F.kl_standard_normal(mean, logvar), mean, logvar)  # no draw in it

    noise = Generator(0).normal((200_000, 1), np.float64)
    z = F.broadcast_to(mean, noise.shape) + F.exp(logvar * 0.5) * noise
    log_ratio = z * z / 2 - (logvar + noise * noise) / 2  # ln q(z) - ln p(z)
    sampled = slopes(log_ratio.mean(), mean, logvar)
    errors = [abs(s.item() - e.item()) for s, e in zip(sampled, exact, strict=True)]
    assert max(errors) < 0.01
    states(f"{exact[0].item():.2f}", f"{sampled[0].item():.2f}")


def test_a6_noise_times_deviation_plus_mean(states: States) -> None:
    ones = np.ones((400_000, 1))
    z = F.reparameterize(2 * ones, math.log(0.25) * ones, generator=Generator(0))
    states(f"{z.mean():.2f}", f"{z.std():.2f}")
    assert (z.mean(), z.std()) == pytest.approx((2, 0.5), abs=0.01)


def test_a7_an_output_of_a_layer_is_no_standard_deviation(states: States) -> None:
    layer = nn.Dense(20, 1, generator=Generator(0))
    out = layer(Generator(1).normal((4000, 20))).numpy()
    states(f"{100 * (out < 0).mean():.0f}")
    assert (np.exp(out / 2) > 0).all()


def test_a8_all_codes_together_are_about_standard_normal(
    states: States, autoencoder: Trained[models.Autoencoder], vae: Trained[models.VAE]
) -> None:
    mean, logvar = vae.model.encode(vae.images)
    z = F.reparameterize(mean.numpy(), logvar.numpy(), generator=Generator(6))
    codes = autoencoder.model.encode(autoencoder.images).numpy()
    assert z.std() == pytest.approx(1, abs=0.15)
    states(float(z.std()), float(codes.std()), within=0.1)


def test_a9_equal_squared_errors_look_unequal(states: States) -> None:
    image = np.zeros((1, 1, 28, 28), np.float64)
    image[0, 0, 6:22, 12:16] = 1.0  # a stroke
    shifted = np.roll(image, 1, axis=-1)
    error = ((shifted - image) ** 2).mean()
    erased = image.copy()
    erased[0, 0, 14:] = 0.0  # its lower half
    assert ((erased - image) ** 2).mean() == error
    states(f"{error:.4f}", *(f"{(other > 0).sum()}" for other in (shifted, erased)))


def test_a10_real_is_one_and_fake_is_zero(states: States) -> None:
    real, fake = Generator(0).normal((8, 1), np.float64), Generator(1).normal((8, 1), np.float64)
    labels = np.ones_like(real), np.zeros_like(fake)
    entropy = sum(
        F.binary_cross_entropy_with_logits(scores, label, "mean").item()
        for scores, label in zip((real, fake), labels, strict=True)
    )
    loss = models.NonSaturating().discriminator_loss(minigen.tensor(real), minigen.tensor(fake))
    assert loss.item() == pytest.approx(entropy)
    states(f"{entropy:.4f}")


def test_a11_from_noise_to_an_image(states: States) -> None:
    source = Generator(0)
    generator = nn.Sequential(
        nn.Dense(64, 8 * 7 * 7, generator=source),
        nn.Unflatten(1, (8, 7, 7)),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, generator=source),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1, generator=source),
        nn.Sigmoid(),
    )
    images = generator(source.normal((2, 64)))
    assert images.shape == (2, 1, 28, 28)
    states("64", f"{8 * 7 * 7}", "28x28")


def test_a12_the_generators_loss_would_spoil_the_discriminator(states: States) -> None:
    source = Generator(0)
    discriminator = nn.Dense(8, 1, generator=source)
    fake = source.normal((64, 8))
    before = F.sigmoid(discriminator(fake)).numpy().mean()
    optimizer = optim.SGD(discriminator.parameters(), lr=0.5)
    for _ in range(10):
        optimizer.zero_grad()
        models.NonSaturating().generator_loss(discriminator(fake)).backward()
        optimizer.step()
    after = F.sigmoid(discriminator(fake)).numpy().mean()
    assert after > before
    states(f"{before:.2f}", f"{after:.2f}")
