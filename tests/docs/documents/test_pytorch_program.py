"""The claims of the tutorial with programs in PyTorch: docs/documents/pytorch_program.md."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator, data, models, nn, optim
from minigen.engine.backend import Array
from tests.docs.documents.conftest import States, slopes
from tests.docs.documents.test_notes import EVIDENCE, NOISE, STEP, W, Z, bound, density


def test_t1_what_is_assumed_is_the_decoders_distribution(states: States) -> None:
    z = Generator(0).normal((400_000,), np.float64)
    x = 3 * np.tanh(5 * z) + 0.5 * Generator(1).normal(z.shape, np.float64)
    centred = x - x.mean()
    kurtosis = (centred**4).mean() / (centred**2).mean() ** 2
    states(f"{kurtosis:.1f}", "3")
    assert kurtosis < 1.5


def test_t2_the_divergence_has_no_maximum(states: States) -> None:
    figures = []
    for sign in (1.0, -1.0):  # up the slope, as the document has it; and down
        mean = minigen.tensor(np.array([[1.0]]), requires_grad=True)
        for _ in range(50):
            (slope,) = slopes(F.kl_standard_normal(mean, np.zeros((1, 1))), mean)
            mean = minigen.tensor(mean.numpy() + sign * 0.1 * slope, requires_grad=True)
        figures.append(F.kl_standard_normal(mean.numpy(), np.zeros((1, 1))).item())
    states(f"{figures[0]:.0f}", f"{figures[1]:.4f}")


def test_t3_the_printed_loss_is_no_bound(states: States) -> None:
    q = density(Z, 0.2, 0.5)
    expected = float((q * np.log(density(1.0, W * Z, NOISE))).sum() * STEP)
    kl = F.kl_standard_normal(np.array([[0.2]]), np.array([[math.log(0.5)]])).item()
    far = density(Z, 4.0, 0.5)
    printed_far = float(
        (far * np.log(density(1.0, W * Z, NOISE))).sum() * STEP
        + F.kl_standard_normal(np.array([[4.0]]), np.array([[math.log(0.5)]])).item()
    )
    assert expected - kl == pytest.approx(bound(1.0, q))
    # As a loss it falls where the reconstruction gets worse.
    assert printed_far < expected + kl
    log_evidence = math.log(float(density(1.0, 0.0, EVIDENCE)))
    states(f"{expected + kl:.3f}", f"{expected - kl:.3f}", f"{log_evidence:.3f}")
    states(f"{printed_far:.3f}")


def test_t4_the_prior_has_mean_zero_and_variance_one(states: States) -> None:
    model = models.VAE((1, 8, 8), (16,), latent=2, generator=Generator(0))
    z = np.asarray(model.draw_latents(100_000, Generator(1)))
    assert np.allclose(np.cov(z.T), np.eye(2), atol=0.02)
    states(float(z.mean()), float(z.var()), within=0.01)


def test_t5_the_discriminators_loss_wants_its_sum(states: States) -> None:
    real, fake = Generator(0).normal((8,), np.float64), Generator(1).normal((8,), np.float64)
    d_real, d_fake = F.sigmoid(real), F.sigmoid(fake)
    each = -(np.log(d_real) + np.log(1 - d_fake)) / 8
    library = models.NonSaturating().discriminator_loss(minigen.tensor(real), minigen.tensor(fake))
    assert each.sum() == pytest.approx(library.item())
    states("8", f"{library.item():.4f}")


def test_t6_the_generators_loss_is_the_non_saturating_one(states: States) -> None:
    figures = []
    for objective in (models.NonSaturating(), models.Minimax()):
        score = minigen.tensor(np.array([-6.0]), requires_grad=True)
        loss = objective.generator_loss(score)
        (slope,) = slopes(loss, score)
        figures.append(slope.item())
    assert models.NonSaturating().generator_loss(score).item() == pytest.approx(
        -math.log(1 / (1 + math.exp(6)))
    )
    states(f"{figures[0]:.4f}", f"{figures[1]:.4f}")


def test_t7_sgd_and_adam_both_train(states: States) -> None:
    images = data.load("digits").scaled()[:512]
    figures = []
    for make in (
        lambda parameters: optim.SGD(parameters, lr=1e-2, momentum=0.9),
        lambda parameters: optim.Adam(parameters, lr=2e-3),
    ):
        model = models.VAE((1, 8, 8), (64,), latent=4, generator=Generator(0))
        optimizer = make(model.parameters())
        before = model.loss(images, generator=Generator(1)).item()
        source = Generator(2)
        for _ in range(80):
            loss = model.loss(images, generator=source)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        after = model.loss(images, generator=Generator(1)).item()
        figures += [before, after]
    assert figures[1] < figures[0]
    assert figures[3] < figures[2]
    states(*figures, within=0.5)


def test_t8_a_gan_has_no_way_back(states: States) -> None:
    assert models.can(models.VAE, "encode")
    assert not models.can(models.GAN, "encode")
    with pytest.raises(models.AbilityError, match="no encoder"):
        models.ability(models.build("gan", image_shape=(1, 8, 8)), "reconstruct")


def sizes_of_convolutions(size: int, kernel: int, stride: int, count: int) -> int:
    """Return the side of what is left of an image after some convolutions without padding."""
    for _ in range(count):
        size = (size - kernel) // stride + 1 if size >= kernel else 0
    return size


def sizes_of_transposed(size: int, kernel: int, stride: int, count: int) -> int:
    for _ in range(count):
        size = (size - 1) * stride + kernel
    return size


CHOICES = [(kernel, stride) for kernel in range(1, 29) for stride in range(1, 29)]


def test_t9_one_kernel_and_stride_fit_the_vae(states: States) -> None:
    down = [pair for pair in CHOICES if sizes_of_convolutions(28, *pair, 3) == 1]
    both = [pair for pair in down if sizes_of_transposed(1, *pair, 3) == 28]
    for kernel, stride in down[-3:]:  # the formulas are the layers'
        layers = [nn.Conv2d(1, 1, kernel, stride, generator=Generator(i)) for i in range(3)]
        x = minigen.zeros(1, 1, 28, 28)
        for layer in layers:
            x = layer(x)
        assert x.shape == (1, 1, 1, 1)
    assert both == [(10, 1)]
    states(f"{len(CHOICES)}", f"{len(down)}", f"{len(both)}", "10", "1")


def test_t10_the_exponential_is_taken_twice(states: States) -> None:
    def printed(mean: Array, variance: Array) -> Array:
        return -0.5 * (1 + variance - mean**2 - np.exp(variance))

    zero, one = np.zeros(()), np.ones(())
    variances = np.linspace(0.001, 3, 3000)
    right = [
        F.kl_standard_normal(np.zeros((1, 1)), np.array([[math.log(v)]])).item()
        for v in (1.0, 0.001)
    ]
    best = variances[printed(zero, variances).argmin()]
    assert best == variances[0]
    states(f"{float(printed(zero, one)):.3f}", f"{right[0]:.0f}")
    states(f"{float(printed(zero, variances[0])):.3f}", f"{right[1]:.2f}")


def test_t11_no_divergence_is_charged_for_the_vector_of_the_image(states: States) -> None:
    source = Generator(0)
    convolution = nn.Conv2d(1, 4, 8, generator=source)
    dense = nn.Dense(64, 4, generator=source)
    x = source.uniform((3, 1, 8, 8))
    mean, beside = dense(x.reshape(3, 64)), convolution(x)
    assert beside.requires_grad  # the decoder gets it, and the loss has no word for it
    F.kl_standard_normal(mean, minigen.zeros(3, 4)).backward()
    assert dense.weight.grad is not None
    states(f"{sum(p.grad is not None for p in convolution.parameters())}")


def test_t12_the_view_makes_other_images_of_the_batch(states: States) -> None:
    pixels = F.sigmoid(Generator(0).normal((128, 784)))
    viewed = pixels.reshape(-1, 16, 1, 1)
    states(f"{len(pixels)}", f"{len(viewed)}")
    assert viewed.shape[0] == 128 * 784 // 16


def test_t13_cross_entropy_of_targets_below_zero_has_no_minimum(states: States) -> None:
    def cross_entropy(probability: float, target: float) -> float:
        return -(target * math.log(probability) + (1 - target) * math.log(1 - probability))

    assert F.binary_cross_entropy(np.array([[0.3]]), np.array([[1.0]])).item() == pytest.approx(
        cross_entropy(0.3, 1)
    )
    states(*(f"{cross_entropy(p, -1):.1f}" for p in (1e-1, 1e-4, 1e-8)))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        models.VAE((1, 2, 2), generator=Generator(0)).loss(-np.ones((1, 1, 2, 2), np.float32))


def test_t14_descending_on_the_bound_itself_raises_the_loss(states: States) -> None:
    images = data.load("digits").scaled()[:256]
    figures = []
    for sign in (-1.0, 1.0):
        model = models.VAE((1, 8, 8), (64,), latent=4, generator=Generator(0))
        optimizer, source = optim.Adam(model.parameters(), lr=2e-3), Generator(1)
        for _ in range(40):
            loss = model.loss(images, generator=source) * sign
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        figures.append(model.loss(images, generator=Generator(2)).item())
    assert figures[0] > 100 > figures[1]
    states(figures[0], within=0.05 * figures[0])
    states(figures[1], within=1)


def test_t15_no_kernel_and_stride_fit_the_gan(states: States) -> None:
    discriminator = [pair for pair in CHOICES if sizes_of_convolutions(28, *pair, 2) == 7]
    generator = [pair for pair in CHOICES if sizes_of_transposed(1, *pair, 2) == 28]
    assert discriminator == [(1, 2), (2, 2)]
    assert generator == [(2, 26), (4, 8), (10, 2)]
    states(f"{len(set(discriminator) & set(generator))}")


def test_t16_a_label_of_minus_one_turns_real_into_fake(states: States) -> None:
    answers = []
    for label in (-1.0, 1.0):
        score = minigen.tensor(np.array([2.0]), requires_grad=True)
        for _ in range(20):
            # Cross-entropy by its formula: the library's refuses a label of -1.
            loss = (label * F.softplus(-score) + (1 - label) * F.softplus(score)).sum()
            (slope,) = slopes(loss, score)
            score = minigen.tensor(score.numpy() - 0.5 * slope, requires_grad=True)
        answers.append(F.sigmoid(score).item())
    assert answers[0] < 1e-4
    assert answers[1] > 0.9
    states(f"{answers[0]:.2f}", f"{answers[1]:.2f}")


def test_t17_what_is_detached_teaches_the_generator_nothing(states: States) -> None:
    source = Generator(0)
    generator, discriminator = nn.Dense(4, 8, generator=source), nn.Dense(8, 1, generator=source)
    fake = generator(source.normal((16, 4)))
    models.NonSaturating().generator_loss(discriminator(fake.detach())).backward()
    taught = sum(p.grad is not None for p in generator.parameters())
    assert discriminator.weight.grad is not None
    (slope,) = slopes(models.NonSaturating().generator_loss(discriminator(fake)), generator.weight)
    assert np.abs(slope).max() > 0
    states(f"{taught}")


def test_t18_colour_needs_three_channels(states: States) -> None:
    layer = nn.Conv2d(1, 4, 4, 2, generator=Generator(0))
    with pytest.raises(ValueError, match=r"\(N, 1, H, W\) is expected"):
        layer(minigen.zeros(2, 3, 32, 32))
    model = models.DCGAN((3, 32, 32), generator=Generator(0))
    shape = model.sample(1, generator=Generator(1)).shape[1:]
    states("x".join(str(n) for n in shape), "1")
