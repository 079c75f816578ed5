r"""A watch on adversarial training: it says in words when a game has gone wrong.

The two losses of a GAN don't say whether it learns: they may stand still while the samples get
better, and look healthy while they get worse. After every epoch three other things are measured.

=====================  =========================================================================
``discriminator``      its training loss, as a share of an undecided discriminator's. Near 0 it is
                       saturated: it tells all images apart and has little left to teach.
``generator_gradient`` the norm of the gradient that reaches the generator's weights. If it falls
                       to a hundredth of the largest so far, the generator hardly moves.
``sample_variance``    the variance of samples, summed over pixels, as a share of real images'. If
                       it falls under a fifth, the samples are too much alike: modes are lost.
=====================  =========================================================================

The last one sees a collapse onto one or a few images. A generator that leaves out some modes and
keeps the others passes: `minigen evaluate` measures that, by recall and coverage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, to_numpy
from minigen.engine.creation import tensor
from minigen.engine.modes import enable_grad
from minigen.engine.random import Generator
from minigen.engine.summation import blocked_dot
from minigen.engine.tensor import Tensor
from minigen.nn.utils import evaluating

Reading = dict[str, float]
"""What was measured after an epoch, by name."""

SATURATED: Final = 0.02
"""Share of an undecided discriminator's loss under which one is called saturated."""

VANISHED: Final = 0.01
"""Share of the largest gradient so far under which the generator's is called vanishing."""

COLLAPSED: Final = 0.2
"""Share of the real images' variance under which the samples are called collapsing."""


def take_reading(
    model: Any,
    real: Array,
    labels: Array | None,
    averages: Mapping[str, float],
    generator: Generator,
) -> Reading:
    """Measure a model after an epoch; it is left as it was.

    Parameters
    ----------
    model : GAN
        What is trained.
    real : array, shape (N, ...)
        Test images, on the model's device.
    labels : array of integers, shape (N,), optional
        Their classes, if the model is conditional.
    averages : mapping of str to float
        The terms of training, averaged over the epoch.
    generator : Generator
        Draws the noise; the same every time, so that epochs compare.

    Returns
    -------
    dict of str to float
        ``"generator_gradient"`` and ``"sample_variance"``; ``"discriminator"`` with objectives
        whose loss has a value for an undecided discriminator, which a critic's has not.
    """
    reading: Reading = {}
    undecided = _undecided_loss(model)
    if undecided > 0:
        reading["discriminator"] = averages["discriminator_loss"] / undecided
    with evaluating(model):
        samples = model.sample_newest(len(real), labels, generator=generator)
        reading["sample_variance"] = _variance(samples) / max(_variance(real), 1e-12)
        with enable_grad():
            terms = model.side_terms("generator", real, labels, generator=generator)
            terms["generator_loss"].backward()
    reading["generator_gradient"] = _take_gradient_norm(model)
    return reading


def warn(reading: Mapping[str, float], earlier: Sequence[Mapping[str, float]]) -> list[str]:
    """Say in words what a reading shows.

    Parameters
    ----------
    reading : dict
        The last epoch's.
    earlier : sequence of dict
        Those of the epochs before.

    Returns
    -------
    list of str
        A sentence for each thing that has gone wrong; usually none.

    Examples
    --------
    >>> healthy = {"discriminator": 0.7, "generator_gradient": 2.0, "sample_variance": 0.9}
    >>> warn(healthy, [])
    []
    >>> (sentence,) = warn({**healthy, "sample_variance": 0.05}, [healthy])
    >>> sentence.partition(":")[0]
    "the samples' variance is 5.0% of the real images'"
    """
    said = []
    share = reading.get("discriminator", 1.0)
    if share < SATURATED:
        said.append(
            f"the discriminator is saturated: its loss is {share:.1%} of an undecided one's, and "
            "it has little left to teach; try label smoothing, another objective, or a lower rate"
        )
    largest = max((entry["generator_gradient"] for entry in earlier), default=0.0)
    if reading["generator_gradient"] < VANISHED * largest:
        said.append(
            f"the generator's gradient is vanishing: its norm is "
            f"{reading['generator_gradient'] / largest:.2%} of the largest so far; the "
            "non-saturating loss or a gradient penalty keeps it alive"
        )
    if reading["sample_variance"] < COLLAPSED:
        said.append(
            f"the samples' variance is {reading['sample_variance']:.1%} of the real images': the "
            "generator draws the same few images; try packing, or a gradient penalty"
        )
    return said


def _undecided_loss(model: Any) -> float:
    """Return the loss of a discriminator that gives 0 to everything; 0 if it has no meaning."""
    zero = tensor(np.zeros(1, np.float32))
    return float(model.game.objective.discriminator_loss(zero, zero).item())


def _variance(images: Tensor | Array) -> float:
    """Return the variance over examples, summed over their features."""
    array = to_numpy(images.array if isinstance(images, Tensor) else images)
    return float(array.reshape(len(array), -1).var(axis=0, dtype=np.float64).sum())


def _take_gradient_norm(model: Any) -> float:
    """Return the norm of the generator's gradient, and clear it."""
    squares = 0.0
    for parameter in model.sides()["generator"].parameters():
        if parameter.grad is not None:
            gradient: Any = to_numpy(parameter.grad.array).ravel()
            squares += float(blocked_dot(gradient, gradient))
            parameter.grad = None
    return math.sqrt(squares)
