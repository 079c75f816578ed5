r"""Exercises of lesson 16, the clinic: programs with a fault, to be found by measuring.

Each function below has its faulty program after the ``raise``. Take the line with the ``raise``
away, run the program, measure, mend it, and run ``minigen exercise 16``.
"""

# mypy: no-warn-unreachable
# The faulty programs are out of reach until that line is gone.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import minigen.functional as F
from minigen import Generator, Tensor, nn, optim

Array = npt.NDArray[Any]


def regression_loss(scores: Tensor, targets: Tensor) -> Tensor:
    r"""Return the mean squared error of a network with one output.

    .. math:: L = \frac1N \sum_{n=1}^N (s_n - t_n)^2

    *What was seen:* the loss falls for a while and then stays, on one batch too. The network
    answers the same for every example, near the mean of the targets.

    Parameters
    ----------
    scores : Tensor, shape (N, 1)
        s, as the last dense layer gives them.
    targets : Tensor, shape (N,)
        t.

    Returns
    -------
    Tensor, shape ()
    """
    raise NotImplementedError("take this line away, measure the program below, and mend it")
    return F.mean((scores - targets) ** 2)


def shuffled(images: Array, targets: Array, source: Generator) -> tuple[Array, Array]:
    """Return images and their targets in a random order, one and the same for both.

    *What was seen:* one batch is learnt by heart without trouble. On all data the loss stays at the
    value that it has for constant answers, however long one trains.

    Parameters
    ----------
    images : array, shape (N, D)
        One image a row.
    targets : array, shape (N, K)
        What belongs to them.
    source : Generator
        Gives the order; ``source.permutation(n)`` returns 0 to n - 1 in one.

    Returns
    -------
    tuple of two arrays, shape (N, D) and (N, K)
    """
    raise NotImplementedError("take this line away, measure the program below, and mend it")
    count = len(images)
    return images[source.permutation(count)], targets[source.permutation(count)]


def draw_codes(mean: Array, logvar: Array, count: int, source: Generator) -> Array:
    r"""Return several codes for each example of a batch, all drawn independently.

    .. math:: z_{knj} = \mu_{nj} + \sigma_{nj}\, \epsilon_{knj}, \qquad
              \epsilon_{knj} \sim \mathcal{N}(0, 1),
              \qquad \sigma_{nj} = e^{\frac12 \ln \sigma_{nj}^2}

    *What was seen:* a VAE learns, but from run to run its losses scatter far more than those of
    others of its kind, and its gradients are no less noisy with a larger batch.

    Parameters
    ----------
    mean, logvar : array, shape (N, J)
        Mean and log-variance.
    count : int
        K, how many codes each example gets.
    source : Generator
        Draws the noise: ``source.normal(shape, np.float64)``.

    Returns
    -------
    array, shape (K, N, J)
    """
    raise NotImplementedError("take this line away, measure the program below, and mend it")
    noise = source.normal((count, 1, mean.shape[1]), np.float64)
    return mean + np.exp(0.5 * logvar) * noise


def clipped(weight: Array, bias: Array, largest: float) -> tuple[Array, Array]:
    r"""Return the gradients of a layer, scaled so that their common norm is not too large.

    The norm is that of all elements of both as one vector. If it is above `largest`, both gradients
    are multiplied by the same number, so that it becomes `largest`. If not, they stay.

    *What was seen:* training is stable, but ends at a worse loss than with a small learning rate
    and no clipping. The biases move farther than they should.

    Parameters
    ----------
    weight : array, shape (O, I)
    bias : array, shape (O,)
        The two gradients; they are not all 0.
    largest : float
        The bound.

    Returns
    -------
    tuple of two arrays, of the same shapes
    """
    raise NotImplementedError("take this line away, measure the program below, and mend it")
    gradients = [weight, bias]
    norms = [np.linalg.norm(gradient) for gradient in gradients]
    scaled = [
        gradient * min(1, largest / norm) for gradient, norm in zip(gradients, norms, strict=True)
    ]
    return scaled[0], scaled[1]


def importance_bound(log_joint: Array, log_proposal: Array) -> Array:
    r"""Return the importance-weighted bound of each example.

    .. math:: \ln \frac1K \sum_{k=1}^K w_{kn}, \qquad
              \ln w_{kn} = \ln p(x_n, z_{kn}) - \ln q(z_{kn} \mid x_n)

    *What was seen:* the bound of a test set is minus infinity. That of most of its batches is a
    sensible number.

    Parameters
    ----------
    log_joint, log_proposal : array, shape (K, N)
        Both logarithms, for K draws of each of N examples.

    Returns
    -------
    array, shape (N,)
        In nats.
    """
    raise NotImplementedError("take this line away, measure the program below, and mend it")
    log_weights = log_joint - log_proposal
    largest = log_weights.max()
    weights = np.exp(log_weights - largest)
    return largest + np.log(weights.mean(axis=0))


def train_and_evaluate(
    network: nn.Module, optimizer: optim.Optimizer, batches: Array, test: Array
) -> Array:
    r"""Train a network to return its inputs, and evaluate it after every second step.

    Each batch is one step on the mean squared error of all its elements. The error of the test
    batch is measured in evaluation mode, without a graph.

    *What was seen:* with batch norm in the network, the test error stops falling soon after the
    first evaluation, and the error in training behaves as if the layer were not there.

    Parameters
    ----------
    network : Module
        Maps (N, D) to (N, D); in training mode when it comes, and when it goes.
    optimizer : Optimizer
        Of its parameters.
    batches : array, shape (T, N, D)
        One batch a step.
    test : array, shape (M, D)
        The test batch.

    Returns
    -------
    array, shape (T // 2,), float64
        The test errors.
    """
    raise NotImplementedError("take this line away, measure the program below, and mend it")
    errors = []
    for step, batch in enumerate(batches, 1):
        optimizer.zero_grad()
        F.mean((network(batch) - batch) ** 2).backward()
        optimizer.step()
        if step % 2 == 0:
            network.eval()
            errors.append(F.mean((network(test) - test) ** 2).item())
    return np.array(errors)


def gan_turn(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizers: Mapping[str, optim.Optimizer],
    real: Array,
    noise: Array,
) -> tuple[float, float]:
    r"""Train both sides of a GAN for one turn: the discriminator first, then the generator.

    .. math:: L_D = \mathbb{E}[\operatorname{softplus}(-D(x))]
              + \mathbb{E}[\operatorname{softplus}(D(G(z)))], \qquad
              L_G = \mathbb{E}[\operatorname{softplus}(-D(G(z)))]

    Both use the same noise. The generator answers to the discriminator as it is after its step.

    *What was seen:* the first turn is as it should be. After some more, the discriminator's loss is
    far above that of another program with the same weights, data and noise.

    Parameters
    ----------
    generator, discriminator : Module
        The networks; the discriminator returns scores of shape (N, 1).
    optimizers : mapping of str to Optimizer
        ``"generator"`` and ``"discriminator"``.
    real, noise : array
        A batch of data, and the generator's inputs.

    Returns
    -------
    tuple of two floats
        L_D and L_G, each as it was before its side's step.
    """
    raise NotImplementedError("take this line away, measure the program below, and mend it")
    fake = generator(noise)
    loss_d = F.mean(F.softplus(-discriminator(real)))
    loss_d = loss_d + F.mean(F.softplus(discriminator(fake.detach())))
    loss_d.backward()
    optimizers["discriminator"].step()
    optimizers["discriminator"].zero_grad()
    optimizers["generator"].zero_grad()
    loss_g = F.mean(F.softplus(-discriminator(fake)))
    loss_g.backward()
    optimizers["generator"].step()
    return loss_d.item(), loss_g.item()
