"""GANs trained by minigen and by PyTorch, from equal weights, on equal batches and noise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import optim
from minigen.models import DCGAN, GAN

from ..models.gans import OF_THE_PAPER

torch: Any = pytest.importorskip("torch")

STEPS, BATCH, LATENT = 50, 8, 3
SHAPE, CHANNELS, HIDDEN = (2, 8, 8), (3, 4), (7, 6)
PENALTY = 10.0


def torch_generator() -> Any:
    """Make DCGAN's generator with a layer at each place where ours has one."""
    nn = torch.nn
    first, second = CHANNELS
    return nn.Sequential(
        *(nn.Linear(LATENT, 4 * second, bias=False), nn.BatchNorm1d(4 * second), nn.ReLU()),
        nn.Unflatten(1, (second, 2, 2)),
        *(nn.ConvTranspose2d(second, first, 4, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU()),
        *(nn.ConvTranspose2d(first, SHAPE[0], 4, 2, 1), nn.Tanh()),
    )


def torch_discriminator(batch_norm: bool) -> Any:
    nn = torch.nn
    first, second = CHANNELS
    norm = [nn.BatchNorm2d(second)] if batch_norm else []
    return nn.Sequential(
        *(nn.Conv2d(SHAPE[0], first, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(first, second, 4, 2, 1, bias=not batch_norm), *norm, nn.LeakyReLU(0.2)),
        *(nn.Flatten(), nn.Linear(4 * second, 1, bias=batch_norm)),
    )


def torch_dense() -> Any:
    nn = torch.nn
    first, second = HIDDEN
    return nn.ModuleDict(
        {
            "generator": nn.Sequential(
                *(nn.Linear(LATENT, first, bias=False), nn.BatchNorm1d(first), nn.ReLU()),
                *(nn.Linear(first, second, bias=False), nn.BatchNorm1d(second), nn.ReLU()),
                nn.Linear(second, 2),
            ),
            "discriminator": nn.Sequential(
                nn.Flatten(),
                *(nn.Linear(2, second), nn.LeakyReLU(0.2)),
                *(nn.Linear(second, first), nn.LeakyReLU(0.2)),
                nn.Linear(first, 1, bias=False),
            ),
        }
    )


@dataclass(frozen=True)
class Pair:
    """The same GAN in both libraries."""

    ours: GAN
    theirs: Any


def dcgan(generator: minigen.Generator) -> Pair:
    theirs = {"generator": torch_generator(), "discriminator": torch_discriminator(True)}
    ours = DCGAN(SHAPE, CHANNELS, LATENT, generator=generator, **OF_THE_PAPER)
    return Pair(ours, torch.nn.ModuleDict(theirs))


def conv_wgan_gp(generator: minigen.Generator) -> Pair:
    theirs = {"generator": torch_generator(), "discriminator": torch_discriminator(False)}
    options = OF_THE_PAPER | {"batch_norm": None, "objective": "wasserstein-gp"}
    ours = DCGAN(SHAPE, CHANNELS, LATENT, generator=generator, **options)
    return Pair(ours, torch.nn.ModuleDict(theirs))


def dense_wgan_gp(generator: minigen.Generator) -> Pair:
    ours = GAN((2,), HIDDEN, LATENT, objective="wasserstein-gp", generator=generator)
    return Pair(ours, torch_dense())


PAIRS = {"DCGAN": dcgan, "DCGAN, WGAN-GP": conv_wgan_gp, "dense, WGAN-GP": dense_wgan_gp}


def hand_over(pair: Pair) -> None:
    """Give our weights to PyTorch's model."""
    pair.theirs.load_state_dict(
        {name: torch.from_numpy(value.numpy()) for name, value in pair.ours.state_dict().items()}
    )


@contextmanager
def standing_still(network: Any) -> Iterator[None]:
    """Put a network's buffers back afterwards: in the other side's turn ours do not move."""
    before = [buffer.clone() for buffer in network.buffers()]
    yield
    for buffer, value in zip(network.buffers(), before, strict=True):
        buffer.data.copy_(value)


def torch_discriminator_loss(model: Any, real: Any, noise: Any, mix: Any, penalised: bool) -> Any:
    generator, discriminator = model["generator"], model["discriminator"]
    with standing_still(generator):
        fake = generator(noise).detach()
    real_scores, fake_scores = discriminator(real), discriminator(fake)
    if not penalised:
        bce = torch.nn.functional.binary_cross_entropy_with_logits
        return bce(real_scores, torch.ones_like(real_scores)) + bce(
            fake_scores, torch.zeros_like(fake_scores)
        )
    mix = mix.reshape(-1, *(1,) * (real.ndim - 1))
    between = (mix * real + (1 - mix) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    return fake_scores.mean() - real_scores.mean() + PENALTY * penalty


def torch_generator_loss(model: Any, noise: Any, penalised: bool) -> Any:
    discriminator = model["discriminator"]
    fake = model["generator"](noise)
    with standing_still(discriminator):
        scores = discriminator(fake)
    if penalised:
        return -scores.mean()
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    return bce(scores, torch.ones_like(scores))


@pytest.mark.parametrize("kind", PAIRS)
def test_fifty_steps_of_both_sides_follow_pytorchs(kind: str) -> None:
    draws = minigen.Generator(0)
    pair = PAIRS[kind](draws)
    ours, theirs = pair.ours.to("float64"), pair.theirs.double()
    penalised, images = ours.game.penalised, len(ours.image_shape) > 1
    hand_over(pair)
    options: Any = {"lr": 2e-3, "betas": (0.5, 0.9)}
    optimizers = {
        side: (
            optim.Adam(network.parameters(), **options),
            torch.optim.Adam(theirs[side].parameters(), **options),
        )
        for side, network in ours.sides().items()
    }
    losses: list[tuple[float, float]] = []  # ours and theirs, the sides in turn
    for _ in range(STEPS):
        x = draws.uniform((BATCH, *ours.image_shape), "float64")
        real = torch.from_numpy(x * 2 - 1 if images else x)
        for side, (our_optimizer, their_optimizer) in optimizers.items():
            noise, mix = draws.normal((BATCH, LATENT), "float64"), draws.uniform(BATCH, "float64")
            our_loss = ours.side_terms(side, x, noise=noise, mix=mix)[f"{side}_loss"]
            z, shares = torch.from_numpy(noise), torch.from_numpy(mix)
            if side == "discriminator":
                their_loss = torch_discriminator_loss(theirs, real, z, shares, penalised)
            else:
                their_loss = torch_generator_loss(theirs, z, penalised)
            for optimizer in (our_optimizer, their_optimizer):
                optimizer.zero_grad()
            theirs.zero_grad()
            for loss, optimizer in ((our_loss, our_optimizer), (their_loss, their_optimizer)):
                loss.backward()
                optimizer.step()
            ours.finish_turn(side)
            losses.append((our_loss.item(), their_loss.item()))
    our_losses, their_losses = np.transpose(losses)
    np.testing.assert_allclose(our_losses, their_losses, rtol=1e-8, atol=1e-8)
    assert abs(losses[0][0] - losses[-2][0]) > 0.01, "nothing was learnt"
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(
            ours.state_dict()[name].numpy(), value.numpy(), rtol=0, atol=1e-8, err_msg=name
        )


def test_dcgans_weights_go_there_and_back_and_make_the_same_images_and_scores() -> None:
    pair = dcgan(minigen.Generator(0))
    ours, theirs = pair.ours.to("float64"), pair.theirs.double()
    x = minigen.Generator(1).uniform((BATCH, *SHAPE), "float64")
    for side in ours.sides():  # so that the running statistics are not those of the beginning
        ours.side_terms(side, x, generator=minigen.Generator(2))
    hand_over(pair)
    theirs.eval()
    noise = minigen.Generator(3).normal((BATCH, LATENT), "float64")
    with torch.no_grad():
        images = (theirs["generator"](torch.from_numpy(noise)) + 1) / 2
        scores = theirs["discriminator"](torch.from_numpy(2 * x - 1)).flatten()
    np.testing.assert_allclose(
        ours.decode_images(noise).numpy(), images.numpy(), rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(ours.discriminate(x).numpy(), scores.numpy(), rtol=0, atol=1e-12)
    again = DCGAN(SHAPE, CHANNELS, LATENT, **OF_THE_PAPER).to("float64")
    again.load_state_dict(theirs.state_dict())
    np.testing.assert_array_equal(
        again.decode_images(noise).numpy(), ours.decode_images(noise).numpy()
    )
