"""Wrong answers to the exercises of lesson 16: each program as it stood, and half-mended ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigen
import minigen.functional as F
from lessons.mistake import mistake

from .solutions import importance_bound, regression_loss, train_and_evaluate


@mistake("regression_loss", "look at the shape of their difference")
def as_it_stood(scores: Any, targets: Any) -> Any:
    return F.mean((scores - targets) ** 2)


@mistake("regression_loss", "take their mean")
def summed(scores: Any, targets: Any) -> Any:
    return regression_loss(scores, targets) * len(targets)


@mistake("regression_loss", "half of it")
def halved(scores: Any, targets: Any) -> Any:
    return regression_loss(scores, targets) / 2


@mistake("shuffled", "how many orders are drawn")
def two_orders(images: Any, targets: Any, source: Any) -> Any:
    count = len(images)
    return images[source.permutation(count)], targets[source.permutation(count)]


@mistake("shuffled", "nothing is shuffled")
def not_at_all(images: Any, targets: Any, source: Any) -> Any:
    return images.copy(), targets.copy()


@mistake("shuffled", "draw with it")
def always_the_same(images: Any, targets: Any, source: Any) -> Any:
    order = np.random.default_rng(0).permutation(len(images))
    return images[order], targets[order]


@mistake("draw_codes", "over the examples of one draw the codes spread by [0.0, 0.0, 0.0]")
def shared_by_the_batch(mean: Any, logvar: Any, count: Any, source: Any) -> Any:
    noise = source.normal((count, 1, mean.shape[1]), np.float64)
    return mean + np.exp(0.5 * logvar) * noise


@mistake("draw_codes", "over the draws of one example the codes spread by [0.0, 0.0, 0.0]")
def one_draw_repeated(mean: Any, logvar: Any, count: Any, source: Any) -> Any:
    noise = source.normal((1, *mean.shape), np.float64)
    return np.repeat(mean + np.exp(0.5 * logvar) * noise, count, axis=0)


@mistake("draw_codes", "expected [2.0, 0.5, 1.0]")
def with_the_variance(mean: Any, logvar: Any, count: Any, source: Any) -> Any:
    return mean + np.exp(logvar) * source.normal((count, *mean.shape), np.float64)


@mistake("draw_codes", "the noise of two latent variables is correlated")
def shared_by_latents(mean: Any, logvar: Any, count: Any, source: Any) -> Any:
    return mean + np.exp(0.5 * logvar) * source.normal((count, len(mean), 1), np.float64)


@mistake("clipped", "the direction has changed")
def each_by_itself(weight: Any, bias: Any, largest: Any) -> Any:
    return tuple(g * min(1, largest / np.linalg.norm(g)) for g in (weight, bias))


@mistake("clipped", "the norm becomes")
def always_scaled(weight: Any, bias: Any, largest: Any) -> Any:
    norm = np.sqrt((weight**2).sum() + (bias**2).sum())
    return weight * largest / norm, bias * largest / norm


@mistake("clipped", "the norm becomes")
def by_the_sum_of_norms(weight: Any, bias: Any, largest: Any) -> Any:
    scale = min(1.0, largest / (np.linalg.norm(weight) + np.linalg.norm(bias)))
    return weight * scale, bias * scale


@mistake("importance_bound", "to where the first infinity comes from")
def largest_of_the_batch(log_joint: Any, log_proposal: Any) -> Any:
    log_weights = log_joint - log_proposal
    largest = log_weights.max()
    return largest + np.log(np.exp(log_weights - largest).mean(axis=0))


@mistake("importance_bound", "which is the ELBO")
def mean_of_logarithms(log_joint: Any, log_proposal: Any) -> Any:
    return (log_joint - log_proposal).mean(axis=0)


@mistake("importance_bound", "divide by their number")
def sum_of_weights(log_joint: Any, log_proposal: Any) -> Any:
    return importance_bound(log_joint, log_proposal) + np.log(len(log_joint))


@mistake("train_and_evaluate", "is that after two")
def never_back(network: Any, optimizer: Any, batches: Any, test: Any) -> Any:
    errors = []
    for step, batch in enumerate(batches, 1):
        optimizer.zero_grad()
        F.mean((network(batch) - batch) ** 2).backward()
        optimizer.step()
        if step % 2 == 0:
            network.eval()
            errors.append(F.mean((network(test) - test) ** 2).item())
    return np.array(errors)


@mistake("train_and_evaluate", "the running mean after six batches")
def never_in_evaluation_mode(network: Any, optimizer: Any, batches: Any, test: Any) -> Any:
    errors = []
    for step, batch in enumerate(batches, 1):
        optimizer.zero_grad()
        F.mean((network(batch) - batch) ** 2).backward()
        optimizer.step()
        if step % 2 == 0:
            with minigen.no_grad():
                errors.append(F.mean((network(test) - test) ** 2).item())
    return np.array(errors)


@mistake("train_and_evaluate", "comes back in evaluation mode")
def left_in_evaluation_mode(network: Any, optimizer: Any, batches: Any, test: Any) -> Any:
    errors = train_and_evaluate(network, optimizer, batches, test)
    network.eval()
    return errors


def turn_of(
    sides: Any, optimizers: Any, real: Any, noise: Any, *, clear_late: bool, detach: bool
) -> Any:
    generator, discriminator = sides
    fake = generator(noise)
    if not clear_late:
        optimizers["discriminator"].zero_grad()
    loss_d = F.mean(F.softplus(-discriminator(real)))
    loss_d = loss_d + F.mean(F.softplus(discriminator(fake.detach())))
    loss_d.backward()
    optimizers["discriminator"].step()
    optimizers["discriminator"].zero_grad()
    optimizers["generator"].zero_grad()
    loss_g = F.mean(F.softplus(-discriminator(fake.detach() if detach else fake)))
    loss_g.backward()
    optimizers["generator"].step()
    return loss_d.item(), loss_g.item()


@mistake("gan_turn", "in the second turn the step of the discriminator")
def cleared_too_late(
    generator: Any, discriminator: Any, optimizers: Any, real: Any, noise: Any
) -> Any:
    sides = generator, discriminator
    return turn_of(sides, optimizers, real, noise, clear_late=True, detach=False)


@mistake("gan_turn", "in the first turn the generator does not move at all")
def detached(generator: Any, discriminator: Any, optimizers: Any, real: Any, noise: Any) -> Any:
    sides = generator, discriminator
    return turn_of(sides, optimizers, real, noise, clear_late=False, detach=True)
