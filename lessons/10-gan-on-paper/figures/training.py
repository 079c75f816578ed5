"""The training of lesson 10's models: alternating updates, and discriminators alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import minigen
from minigen import Generator, Tensor, nn, optim
from minigen.course import progress
from minigen.models import GAN, VAE, Minimax
from minigen.optim.lr_scheduler import LambdaLR

from .common import Array, column


def train_vae(images: Array, steps: int = 1000) -> VAE:
    """Train a VAE with eight latent variables and one hidden layer on either side."""
    model = VAE(images.shape[1:], hidden=(256,), latent=8, generator=Generator(0))
    optimizer, source = optim.Adam(model.parameters(), lr=2e-3), Generator(1)
    schedule = LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
    for _ in progress(range(steps), "VAE"):
        optimizer.zero_grad()
        batch = images[source.integers(0, len(images), (64,))]
        model.terms(batch, generator=source)["loss"].backward()
        optimizer.step()
        schedule.step()
    return model


def train_gan(images: Array, steps: int = 1000) -> GAN:
    """Train a GAN with two hidden layers on either side, the library's defaults for images."""
    model = GAN(images.shape[1:], generator=Generator(0))
    play(model, images, steps, rate=3e-3, betas=(0.0, 0.99), batch=64, what="GAN")
    return model


def play(
    model: GAN,
    samples: Array,
    steps: int,
    *,
    rate: float = 1e-3,
    betas: tuple[float, float] = (0.5, 0.999),
    batch: int = 128,
    seed: int = 2,
    generator_updates: int = 1,
    watch: Callable[[int], None] = lambda _step: None,
    what: str = "GAN",
) -> list[dict[str, float]]:
    """Train both sides with alternating updates; return the terms of every step.

    `watch(step)` is called before each step, and after the last. In the second half of training
    the learning rate falls to 0.
    """
    source = Generator(seed)
    optimizers = {
        side: optim.Adam(network.parameters(), lr=rate, betas=betas)
        for side, network in model.sides().items()
    }
    schedules = [
        LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
        for optimizer in optimizers.values()
    ]
    history = []
    for step in progress(range(steps), what):
        watch(step)
        real = samples[source.integers(0, len(samples), (batch,))]
        record: dict[str, float] = {}
        sides = [side for side in model.turns(step) if side != "generator"]
        for side in sides + ["generator"] * generator_updates:
            optimizers[side].zero_grad()
            terms = model.side_terms(side, real, generator=source)
            terms[f"{side}_loss"].backward()
            optimizers[side].step()
            model.finish_turn(side)
            record |= {name: term.item() for name, term in terms.items()}
        for schedule in schedules:
            schedule.step()
        history.append(record)
    watch(steps)
    return history


def samples_of(model: VAE | GAN, count: int, seed: int = 3) -> Array:
    """Return samples as an array: of a VAE the means of its pixels."""
    drawn: Array = model.sample(count, generator=Generator(seed)).numpy()
    return drawn


def trained_loss(network: nn.Module, steps: int = 600) -> float:
    """Train on two modes against one of the same mean; return the loss on many fresh points."""
    random = np.random.default_rng(1)

    def real(count: int) -> Tensor:
        signs = np.where(random.random(count) < 0.5, -1.5, 1.5)
        return column(signs + 0.5 * random.normal(size=count))

    def fake(count: int) -> Tensor:
        return column(0.8 * random.normal(size=count))

    optimizer = optim.Adam(network.parameters(), lr=1e-2)
    for _ in progress(range(steps), "discriminator"):
        optimizer.zero_grad()
        Minimax().discriminator_loss(network(real(512)), network(fake(512))).backward()
        optimizer.step()
    with minigen.no_grad():
        found = Minimax().discriminator_loss(network(real(20_000)), network(fake(20_000)))
    return float(found.item())


def losses_of_one_that_memorises(steps: int = 600) -> tuple[float, float]:
    """Train on 40 points each of p = q; return the loss on them, and on fresh points."""
    random = np.random.default_rng(0)

    def points(count: int) -> Array:
        return random.normal(size=(count, 2)).astype(np.float32)

    model = GAN((2,), hidden=(64, 64), latent=2, batch_norm=False, generator=Generator(9))
    optimizer = optim.Adam(model.discriminator.parameters(), lr=5e-3)
    real, fake = points(40), points(40)

    def loss(real: Array, fake: Array) -> Tensor:
        return Minimax().discriminator_loss(model.discriminate(real), model.discriminate(fake))

    for _ in progress(range(steps), "by heart"):
        optimizer.zero_grad()
        loss(real, fake).backward()
        optimizer.step()
    with minigen.no_grad():
        return loss(real, fake).item(), loss(points(5000), points(5000)).item()
