"""Small GANs of every kind, for the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen import nn
from minigen.engine.random import Generator
from minigen.models import DCGAN, GAN, ConditionalGAN

Snapshot = dict[str, npt.NDArray[Any]]


def points(**options: Any) -> GAN:
    return GAN((2,), (6, 5), 3, generator=Generator(1), **options)


def dense(**options: Any) -> GAN:
    plain = {"r1": 0.0, "average": 0.0}
    return GAN((1, 4, 4), (6, 5), 3, generator=Generator(1), **plain | options)


OF_THE_PAPER: dict[str, Any] = {
    "generator_hidden": (),
    "discriminator_hidden": (),
    "batch_norm": True,
    "r1": 0.0,
    "average": 0.0,
}
"""What makes a DCGAN that of its paper: no hidden dense layers, batch norm in both networks."""


def _of_the_paper(options: dict[str, Any]) -> dict[str, Any]:
    """Return options with the paper's, but for batch norm in a discriminator with a bound."""
    bounded = {"r1", "penalty", "spectral_norm", "objective"} & options.keys()
    return OF_THE_PAPER | ({"batch_norm": None} if bounded else {}) | options


def convolutional(**options: Any) -> DCGAN:
    """Make the paper's DCGAN."""
    return DCGAN((2, 8, 8), (3, 4), 3, generator=Generator(1), **_of_the_paper(options))


def conditional(**options: Any) -> ConditionalGAN:
    """Make a conditional GAN of the paper's networks, told the class as planes."""
    made = {"projection": False} | _of_the_paper(options)
    return ConditionalGAN((2, 8, 8), 3, (3, 4), 3, generator=Generator(1), **made)


def projecting(**options: Any) -> ConditionalGAN:
    """Make a conditional GAN with the defaults, but for R1 where batch norm is asked for."""
    made: dict[str, Any] = {"generator_hidden": (6,), "discriminator_hidden": (5,)}
    made |= {"r1": 0.0} if options.get("batch_norm") else {}
    return ConditionalGAN((2, 8, 8), 3, (3, 4), 3, generator=Generator(1), **made | options)


KINDS: dict[str, Callable[..., GAN]] = {
    "points": points,
    "dense": dense,
    "convolutional": convolutional,
    "conditional": conditional,
    "projecting": projecting,
}

OPTIONS: dict[str, dict[str, Any]] = {
    "minimax": {"objective": "minimax"},
    "non-saturating, smoothed, averaged": {"label_smoothing": 0.1, "average": 0.9},
    "least squares, no batch norm": {"objective": "least-squares", "batch_norm": False},
    "hinge, spectral norm": {"objective": "hinge", "spectral_norm": True},
    "spectral and batch norm, packed": {"spectral_norm": True, "batch_norm": True, "packing": 2},
    "Wasserstein": {"objective": "wasserstein", "critic_steps": 1},
    "Wasserstein, gradient penalty, packed": {
        "objective": "wasserstein-gp",
        "critic_steps": 1,
        "packing": 2,
    },
    "R1": {"r1": 0.5},
}


def build(kind: str, options: dict[str, Any]) -> GAN:
    """Make a model all of whose parameters have a gradient.

    As long as all scores lie inside the hinge's margin, the slopes of real and of generated ones
    are opposite, and the last bias has none: so the scores begin outside.
    """
    model = KINDS[kind](**options)
    if options.get("objective") == "hinge":
        (bias,) = (p for p in model.discriminator.parameters() if p.shape == (1,))
        nn.init.constant_(bias, 2.0)
    return model


def batch(model: GAN, count: int = 8, seed: int = 2) -> tuple[Any, Any]:
    """Return samples of the model's shape, and labels if it is conditional."""
    x = Generator(seed).uniform((count, *model.image_shape))
    return x, np.arange(count) % model.classes if model.conditional else None


def snapshot(model: Any) -> Snapshot:
    """Return copies of all parameters and buffers."""
    return {name: value.numpy() for name, value in model.state_dict().items()}


def changed(model: Any, before: Snapshot) -> set[str]:
    """Return the names of those whose bits have changed."""
    return {n for n, v in snapshot(model).items() if v.tobytes() != before[n].tobytes()}
