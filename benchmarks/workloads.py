"""The reference workloads: what one training step is, whatever the library."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from benchmarks.architecture import (
    LEAKY_RELU,
    RELU,
    TANH,
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    Projection,
    Reshape,
    Shape,
    parameter_shapes,
)

SEED = 0
"""Where the streams of initial weights, images and noise start."""

PENALTY_WEIGHT = 1.0
"""R1's gamma, in W5."""

DECAY = 0.999
"""Of the average of W5's generator, where its samples are judged: see `benchmarks.learning`."""

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Workload:
    """A training step: forward, loss, backward, and Adam on every parameter, in float32.

    A VAE (``kind="vae"``) minimises binary cross-entropy from logits, summed over pixels, plus the
    closed-form KL divergence. Its networks are ``encoder``, ``mu``, ``logvar`` and ``decoder``.

    A GAN (``kind="gan"``) takes a step of its discriminator, on a batch of real and one of
    generated images, and one of its generator with the non-saturating loss; each draws its own
    noise. Its networks are ``discriminator`` and ``generator``, for images in [-1, 1].

    A GAN of classes (``kind="conditional gan"``) is told the class of each image: the discriminator
    by a projection, the generator by a one-hot code behind the noise. Every ``period`` steps the
    discriminator's loss has, ``period`` times as heavy, the penalty R1 on the real images.

    Attributes
    ----------
    networks : dict of str to tuple of Layer
        The networks; all parameters are numbered in their order.
    batches : int
        How many batches of images lie ready, to be used in turn.
    target : float
        The ratio of the shortest step to PyTorch's that minigen is to reach, both as they come.
    memory_target : float
        The same, of the process's peak memory, if one is set.
    period : int
        After how many steps one is again as the first: a turn has whole periods.
    """

    name: str
    title: str
    kind: Literal["vae", "gan", "conditional gan"]
    image_shape: tuple[int, int, int]
    batch: int
    latent: int
    networks: dict[str, tuple[Layer, ...]]
    lr: float
    betas: tuple[float, float]
    batches: int
    target: float
    memory_target: float | None
    period: int = 1

    def parameter_shapes(self) -> dict[str, list[Shape]]:
        """Return the shapes of each network's parameters."""
        return {name: parameter_shapes(layers) for name, layers in self.networks.items()}

    def images(self) -> list[Array]:
        """Draw the batches of images, each (N, C, H, W) in [0, 1]; always the same ones.

        Like MNIST's they have a black border, and much black inside.
        """
        random = np.random.Generator(np.random.PCG64(SEED))
        channels, height, width = self.image_shape
        coarse = (self.batches, self.batch, channels, -(-height // 4), -(-width // 4))
        blocks = random.random(coarse, np.float32).repeat(4, -2).repeat(4, -1)
        images = np.clip(2.5 * blocks[..., :height, :width] - 1.25, 0, 1)
        border = np.zeros((height, width), np.float32)
        border[4:-4, 4:-4] = 1
        return list(images * border)

    def labels(self, classes: int = 10) -> tuple[list[Labels], list[Array]]:
        """Draw a class for each image of each batch, and its one-hot code; always the same ones."""
        random = np.random.Generator(np.random.PCG64(SEED))
        drawn = random.integers(classes, size=(self.batches, self.batch))
        return list(drawn), list(np.eye(classes, dtype=np.float32)[drawn])


class SharedNoise:
    """Standard normal noise that is the same for every library: NumPy's PCG64.

    minigen draws the same numbers from ``minigen.Generator(SEED)``.
    """

    def __init__(self) -> None:
        self._random = np.random.Generator(np.random.PCG64(SEED))

    def __call__(self, *shape: int) -> Array:
        """Draw an array of `shape`."""
        return self._random.standard_normal(shape, np.float32)


def _transposed(inputs: int, outputs: int, *, bias: bool = True) -> Convolution:
    return Convolution(inputs, outputs, bias=bias, transposed=True)


def _dense_vae() -> Workload:
    return Workload(
        name="W1",
        title="dense VAE 784-400-20, batch 128",
        kind="vae",
        image_shape=(1, 28, 28),
        batch=128,
        latent=20,
        networks={
            "encoder": (Reshape((784,)), Dense(784, 400), RELU),
            "mu": (Dense(400, 20),),
            "logvar": (Dense(400, 20),),
            "decoder": (Dense(20, 400), RELU, Dense(400, 784)),
        },
        lr=1e-3,
        betas=(0.9, 0.999),
        batches=8,
        target=1.0,
        memory_target=0.3,
    )


def _conv_vae() -> Workload:
    return Workload(
        name="W2",
        title="convolutional VAE 28x28, batch 128",
        kind="vae",
        image_shape=(1, 28, 28),
        batch=128,
        latent=20,
        networks={
            "encoder": (
                *(Convolution(1, 32), RELU, Convolution(32, 64), RELU),
                *(Reshape((3136,)), Dense(3136, 256), RELU),
            ),
            "mu": (Dense(256, 20),),
            "logvar": (Dense(256, 20),),
            "decoder": (
                *(Dense(20, 256), RELU, Dense(256, 3136), RELU, Reshape((64, 7, 7))),
                *(_transposed(64, 32), RELU, _transposed(32, 1)),
            ),
        },
        lr=1e-3,
        betas=(0.9, 0.999),
        batches=8,
        target=0.9,
        memory_target=0.3,
    )


def _dcgan_networks(
    image_shape: tuple[int, int, int], latent: int, channels: Sequence[int]
) -> dict[str, tuple[Layer, ...]]:
    """Return DCGAN's networks; a layer before a batch norm has no bias, which would do nothing."""
    size = image_shape[1] >> len(channels)
    code, features = (channels[-1], size, size), channels[-1] * size**2
    discriminator: list[Layer] = [Convolution(image_shape[0], channels[0]), LEAKY_RELU]
    for before, after in itertools.pairwise(channels):
        discriminator += [Convolution(before, after, bias=False), BatchNorm(after, 4), LEAKY_RELU]
    discriminator += [Reshape((features,)), Dense(features, 1)]
    generator: list[Layer] = [Dense(latent, features, bias=False), BatchNorm(features, 2), RELU]
    generator.append(Reshape(code))
    for before, after in itertools.pairwise(reversed(channels)):
        generator += [_transposed(before, after, bias=False), BatchNorm(after, 4), RELU]
    generator += [_transposed(channels[0], image_shape[0]), TANH]
    return {"discriminator": tuple(discriminator), "generator": tuple(generator)}


def _small_dcgan() -> Workload:
    return Workload(
        name="W3",
        title="DCGAN 28x28, batch 128",
        kind="gan",
        image_shape=(1, 28, 28),
        batch=128,
        latent=100,
        networks=_dcgan_networks((1, 28, 28), 100, (64, 128)),
        lr=2e-4,
        betas=(0.5, 0.999),
        batches=8,
        target=0.95,
        memory_target=0.4,
    )


def _large_dcgan() -> Workload:
    """Return the size of PyTorch's own example, whose first and last layers do as much work.

    There they are convolutions from and to a single pixel, which are dense layers by another name,
    and the first batch norm is one of channels.
    """
    return Workload(
        name="W4",
        title="DCGAN 64x64x3, batch 64",
        kind="gan",
        image_shape=(3, 64, 64),
        batch=64,
        latent=100,
        networks=_dcgan_networks((3, 64, 64), 100, (64, 128, 256, 512)),
        lr=2e-4,
        betas=(0.5, 0.999),
        batches=4,
        target=0.95,
        memory_target=0.6,
    )


def _conditional_dcgan() -> Workload:
    return Workload(
        name="W5",
        title="conditional DCGAN 28x28, batch 64, lazy R1",
        kind="conditional gan",
        image_shape=(1, 28, 28),
        batch=64,
        latent=64,
        networks={
            "discriminator": (
                *(Convolution(1, 32), LEAKY_RELU, Convolution(32, 64), LEAKY_RELU),
                *(Reshape((3136,)), Dense(3136, 128), LEAKY_RELU, Projection(128, 10)),
            ),
            "generator": (
                *(Dense(64 + 10, 256, bias=False), BatchNorm(256, 2), RELU),
                *(Dense(256, 3136, bias=False), BatchNorm(3136, 2), RELU, Reshape((64, 7, 7))),
                *(_transposed(64, 32, bias=False), BatchNorm(32, 4), RELU),
                *(_transposed(32, 1), TANH),
            ),
        },
        lr=1e-3,
        betas=(0.0, 0.99),
        batches=8,
        target=1.0,
        memory_target=None,
        period=8,
    )


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        _dense_vae(),
        _conv_vae(),
        _small_dcgan(),
        _large_dcgan(),
        _conditional_dcgan(),
    )
}
"""The workloads by name."""
