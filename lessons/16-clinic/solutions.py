"""Solutions of the exercises of lesson 16, the clinic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import Generator, Tensor, nn, optim

Array = npt.NDArray[Any]


def regression_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Bring both to one shape: (N, 1) less (N,) is (N, N), every score less every target."""
    return F.mean((F.reshape(scores, (-1,)) - targets) ** 2)


def shuffled(images: Array, targets: Array, source: Generator) -> tuple[Array, Array]:
    """Draw one order, for both."""
    order = source.permutation(len(images))
    return images[order], targets[order]


def draw_codes(mean: Array, logvar: Array, count: int, source: Generator) -> Array:
    """Draw noise of the whole shape: no two examples share it."""
    noise = source.normal((count, *mean.shape), np.float64)
    codes: Array = mean + np.exp(0.5 * logvar) * noise
    return codes


def clipped(weight: Array, bias: Array, largest: float) -> tuple[Array, Array]:
    """Scale both by one number: the direction stays."""
    norm = np.sqrt((weight**2).sum() + (bias**2).sum())
    scale = min(1.0, largest / norm)
    return weight * scale, bias * scale


def importance_bound(log_joint: Array, log_proposal: Array) -> Array:
    """Take out the largest weight of each example, not of all."""
    log_weights = log_joint - log_proposal
    largest = log_weights.max(axis=0)
    bound: Array = largest + np.log(np.exp(log_weights - largest).mean(axis=0))
    return bound


def train_and_evaluate(
    network: nn.Module, optimizer: optim.Optimizer, batches: Array, test: Array
) -> Array:
    """Return to training mode after each evaluation."""
    errors = []
    for step, batch in enumerate(batches, 1):
        optimizer.zero_grad()
        F.mean((network(batch) - batch) ** 2).backward()
        optimizer.step()
        if step % 2 == 0:
            network.eval()
            with minigen.no_grad():
                errors.append(F.mean((network(test) - test) ** 2).item())
            network.train()
    return np.array(errors)


def gan_turn(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizers: Mapping[str, optim.Optimizer],
    real: Array,
    noise: Array,
) -> tuple[float, float]:
    """Clear the discriminator's gradients before its own step: the generator's step left some."""
    fake = generator(noise)
    optimizers["discriminator"].zero_grad()
    loss_d = F.mean(F.softplus(-discriminator(real)))
    loss_d = loss_d + F.mean(F.softplus(discriminator(fake.detach())))
    loss_d.backward()
    optimizers["discriminator"].step()
    optimizers["generator"].zero_grad()
    loss_g = F.mean(F.softplus(-discriminator(fake)))
    loss_g.backward()
    optimizers["generator"].step()
    return loss_d.item(), loss_g.item()
