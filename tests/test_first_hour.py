"""The small programs that people write in the first hour, as they write them, and what is right."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import models, nn, optim


def test_gradient_descent_in_a_loop_of_ones_own_changes_the_weights() -> None:
    w = minigen.tensor([1.0], requires_grad=True)
    (w * 3).sum().backward()
    with minigen.no_grad():
        for p in [w]:
            assert p.grad is not None
            p -= 0.1 * p.grad  # noqa: PLW2901 - as it is written
    assert w.item() == pytest.approx(0.7)
    assert w.requires_grad


def test_a_float64_without_axes_does_not_widen_a_float32() -> None:
    x = minigen.ones(3)
    assert (x * minigen.tensor(np.float64(2))).dtype == np.float32
    assert (x - np.array(0.5)).dtype == np.float32


def test_zero_to_a_power_has_pytorchs_gradient() -> None:
    x = minigen.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        (0**x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [-math.inf, 0, 0]


def test_an_empty_batch_comes_back_empty() -> None:
    norm = nn.BatchNorm1d(3)
    assert norm(minigen.zeros(0, 3)).shape == (0, 3)
    assert minigen.zeros(0, 3).logsumexp(axis=0).tolist() == [-math.inf] * 3
    assert minigen.zeros(0, 3).softmax(axis=0).shape == (0, 3)


@pytest.mark.parametrize("target", [[[1, 0]], 1])
def test_a_list_for_a_target_is_told_what_is_wanted(target: Any) -> None:
    for loss in (F.binary_cross_entropy_with_logits, F.cross_entropy):
        with pytest.raises(TypeError, match="a tensor or an array is expected"):
            loss(minigen.zeros(1, 2), target)


def test_a_used_up_iterator_of_parameters_is_noticed() -> None:
    layer = nn.Dense(2, 1)
    layer(minigen.ones(1, 2)).sum().backward()
    parameters = layer.parameters()
    list(parameters)
    with pytest.warns(UserWarning, match="parameters"):
        nn.utils.clip_grad_norm_(parameters, 0.1)


def test_a_rate_that_yaml_took_for_a_string_is_refused_by_its_name() -> None:
    rate: Any = "1e-3"
    with pytest.raises(TypeError, match="Adam: lr must be a number, got '1e-3'"):
        optim.Adam([nn.Parameter([1.0])], lr=rate)


def test_a_step_that_is_too_long_accuses_no_rule() -> None:
    report = minigen.gradcheck(lambda x: x.log().sum(), [np.array([1e-8, 2e-8])])
    assert "the step is too long" in str(report)


def test_the_dcgan_tutorials_first_weights_are_drawn() -> None:
    layer = nn.Conv2d(3, 64, 4, generator=minigen.Generator(0))
    nn.init.normal_(layer.weight.data, 0.0, 0.02, generator=minigen.Generator(0))
    assert layer.weight.array.std() == pytest.approx(0.02, rel=0.05)


def test_convolutions_and_pooling_take_pytorchs_options() -> None:
    assert nn.Conv2d(3, 4, 3, dilation=2)(minigen.ones(1, 3, 7, 7)).shape == (1, 4, 3, 3)
    assert nn.Conv2d(4, 4, 3, padding="same")(minigen.ones(1, 4, 6, 6)).shape == (1, 4, 6, 6)
    enlarge = nn.ConvTranspose2d(3, 4, 3, stride=2)
    assert enlarge(minigen.ones(1, 3, 4, 4), output_size=(10, 10)).shape == (1, 4, 10, 10)
    assert nn.MaxPool2d(2, ceil_mode=True)(minigen.ones(1, 1, 5, 5)).shape == (1, 1, 3, 3)
    assert nn.Conv2d(1, 2, 3)(minigen.ones(1, 8, 8)).shape == (2, 6, 6)
    assert nn.AdaptiveAvgPool2d(7)(minigen.ones(1, 2, 14, 9)).shape == (1, 2, 7, 7)


def test_pytorchs_idioms_are_understood() -> None:
    x = minigen.tensor([1.0, 2.0, 4.0])
    assert x.var(unbiased=False).item() == pytest.approx(1.5556, abs=1e-4)
    assert x.reshape(1, 3).expand(2, -1).shape == (2, 3)
    assert (x.size(0), x.dim(), x.numel()) == (3, 1, 3)
    assert nn.ReLU(inplace=True)(x).tolist() == [1, 2, 4]
    optim.SGD([nn.Parameter([1.0])], lr=0.1).zero_grad(set_to_none=True)


def test_a_gan_written_in_pytorchs_habits_trains() -> None:
    """What tutorials do, line by line: devices, first weights, labels that are filled in place."""
    device = minigen.device("cuda" if minigen.cuda.is_available() else "cpu")
    minigen.manual_seed(0)
    generator = nn.Sequential(
        nn.ConvTranspose2d(5, 4, 4, 1, 0, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(True),
        nn.ConvTranspose2d(4, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    ).to(device)
    discriminator = nn.Sequential(
        nn.Conv2d(1, 4, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Flatten(),
        nn.Linear(64, 1),
        nn.Sigmoid(),
    ).to(device)

    def start(module: nn.Module) -> None:
        kind = module.__class__.__name__
        if "Conv" in kind:
            nn.init.normal_(getattr(module, "weight").data, 0.0, 0.02)  # noqa: B009
        elif "BatchNorm" in kind:
            nn.init.constant_(getattr(module, "bias").data, 0)  # noqa: B009

    generator.apply(start)
    criterion = nn.BCELoss(reduction="mean")
    of_discriminator = optim.Adam(discriminator.parameters(), lr=2e-3, betas=(0.5, 0.999))
    of_generator = optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
    label = minigen.full((8,), 1.0, dtype=minigen.float32, device=device)
    losses = []
    for _ in range(20):
        discriminator.zero_grad()
        real = minigen.ones(8, 1, 8, 8, device=device)
        of_real = criterion(discriminator(real).view(-1), label.fill_(1.0))
        of_real.backward()
        fake = generator(minigen.randn(real.size(0), 5, 1, 1, device=device))
        of_fake = criterion(discriminator(fake.detach()).view(-1), label.fill_(0.0))
        of_fake.backward()
        of_discriminator.step()
        generator.zero_grad()
        of_generated = criterion(discriminator(fake).view(-1), label.fill_(1.0))
        of_generated.backward()
        of_generator.step()
        losses.append((of_real + of_fake).item())
    assert losses[0] == pytest.approx(2 * math.log(2), rel=0.1)
    assert losses[-1] < 0.9 * losses[0]


def test_a_vae_written_in_pytorchs_habits_has_the_library_s_loss() -> None:
    minigen.manual_seed(0)
    encoder, decoder = nn.Linear(12, 6), nn.Linear(3, 12)
    x = minigen.rand(8, 1, 3, 4)
    mu, logvar = encoder(x.view(x.size(0), -1)).chunk(2, dim=1)
    std = minigen.exp(0.5 * logvar)
    logits = decoder(mu + std * minigen.randn_like(std))
    flat = x.view(-1, 12)
    likelihood = F.binary_cross_entropy(minigen.sigmoid(logits), flat, reduction="sum")
    divergence = -0.5 * minigen.sum(1 + logvar - mu.pow(2) - logvar.exp())
    wanted = F.binary_cross_entropy_with_logits(logits, flat) + F.kl_standard_normal(mu, logvar)
    assert ((likelihood + divergence) / len(x)).item() == pytest.approx(wanted.item(), rel=1e-5)


def test_a_gradient_penalty_written_in_pytorchs_habits_is_the_library_s() -> None:
    critic = nn.Linear(4, 1)
    real, fake, mix = minigen.randn(6, 4), minigen.randn(6, 4), minigen.rand(6, 1)
    between = (mix * real + (1 - mix) * fake).requires_grad_(True)
    scores = critic(between)
    (slope,) = minigen.grad(
        outputs=scores,
        inputs=between,
        grad_outputs=minigen.ones(scores.size()),
        create_graph=True,
        retain_graph=True,
    )
    assert slope is not None
    penalty = ((slope.view(slope.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()
    penalty.backward()
    wanted = models.gradient_penalty(critic, real, fake, mix=mix.view(-1))
    assert penalty.item() == pytest.approx(wanted.item(), rel=1e-5)
