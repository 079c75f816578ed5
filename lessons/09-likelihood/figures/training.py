"""The data of lesson 09, the training of its models, and what they are measured by."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigen
import minigen.functional as F
from minigen import Generator, data, metrics, optim
from minigen.course import at_most, progress
from minigen.models import VAE

from .pixels import DECODERS, LEVELS, PIXELS, Array, RestrictedPixels


@dataclass(frozen=True)
class Digits:
    """Handwritten digits of 8 by 8 pixels, (N, 1, 8, 8): in [0, 1], and black and white by lot."""

    train: Array
    test: Array

    @property
    def drawn(self) -> tuple[Array, Array]:
        """Both parts, each pixel drawn as 1 with its grey value for the probability, once."""
        return data.binarize_statically(self.train, seed=1), data.binarize_statically(
            self.test, seed=2
        )


def digits() -> Digits:
    """Return the handwritten digits."""
    return Digits(data.load("digits", "train").scaled(), data.load("digits", "test").scaled())


def fit(
    model: Any,
    images: Array,
    epochs: int,
    rate: float = 1e-3,
    what: str = "training",
    watch: Callable[[int], None] = lambda _epoch: None,
) -> Any:
    """Descend on the negative bound, in batches of 64; `watch(epochs)` is called after each."""
    generator, optimizer = Generator(1), optim.Adam(model.parameters(), lr=rate)
    for epoch in progress(range(epochs), what):
        for batch in data.Batches(images, 64, shuffle=True, generator=generator):
            optimizer.zero_grad()
            model.terms(batch, generator=generator)["loss"].backward()
            optimizer.step()
        watch(epoch + 1)
    return model


def train_decoders(images: Array, epochs: int = 70) -> dict[str, VAE]:
    """Train the same VAE with five decoders."""
    models = {}
    for name, pixels in DECODERS.items():
        model = VAE((1, 8, 8), hidden=(256,), latent=16, generator=Generator(0))
        model.pixels = pixels()
        models[name] = fit(model, images, epochs, what=name)
    return models


def log_likelihoods(model: Any, images: Array, draws: int = 50, seed: int = 4) -> Array:
    """Estimate ln p(x) of each image by L_K, ten draws at a time."""
    generator = Generator(seed)
    with metrics.evaluating(model):
        parts = [
            model.log_weights(images, 10, generator=generator).numpy()
            for _ in range(at_most(draws // 10))
        ]
    return np.asarray(metrics.log_mean_exp(np.concatenate(parts).astype(np.float64), axis=0))


def bits_per_pixel(model: VAE, images: Array, draws: int = 50) -> Array:
    """Estimate -ln P(x) / (D ln 2) of each image, over the levels."""
    pixels, model.pixels = model.pixels, RestrictedPixels(model.pixels)
    nats = -log_likelihoods(model, images, draws)
    model.pixels = pixels
    return nats / (PIXELS * math.log(2))


def bits_of_counts(handwritten: Digits) -> Array:
    """Return the bits a pixel of each test image, by how often each pixel has which level.

    Half an image more is counted for every level, so that none has the probability 0.
    """
    levels, tested = (
        np.rint(16 * part.reshape(-1, PIXELS)).astype(int)
        for part in (handwritten.train, handwritten.test)
    )
    histogram = np.stack([(levels == i).sum(axis=0) + 0.5 for i in range(LEVELS)])
    histogram = histogram / histogram.sum(axis=0)
    bits: Array = -np.log2(histogram[tested, np.arange(PIXELS)]).mean(axis=1)
    return bits


def gain(better: Array, worse: Array) -> tuple[float, float]:
    """Return the mean of the differences image by image, and its standard error."""
    difference = worse - better
    return float(difference.mean()), float(difference.std() / math.sqrt(len(difference)))


def active(model: VAE, images: Array) -> int:
    """Count the latent variables that say more than a hundredth of a nat of an image."""
    with minigen.no_grad():
        divergences = F.kl_standard_normal(*model.encode(images), "none").numpy()
    return int((divergences.mean(axis=0) > 0.01).sum())


def bound_of(model: Any, images: Array) -> float:
    """Return the negative ELBO of images, in nats an image."""
    return metrics.evaluate(model, images, generator=Generator(2))["negative_elbo"]
