"""Posterior collapse: made by depth and by a strong decoder, and cured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import minigen.functional as F
from minigen import Generator, Tensor, nn
from minigen.models import VAE

from .training import Images, Terms, fit, measure


def mean_image_distortion(images: Images) -> float:
    """Return the distortion of the training images' mean, shown for every test image."""
    mean = np.clip(images.train.mean(axis=0, keepdims=True), 1e-6, 1 - 1e-6)
    return float(F.binary_cross_entropy(mean.repeat(len(images.test), axis=0), images.test))


def train_deep(
    images: Images, layers: int, steps: int, *, warmup: int = 0, free_bits: float = 0.0
) -> list[Terms]:
    """Train a VAE with several hidden layers; return the terms of test images, in time.

    Free bits are taken back in the second half.
    """
    options: dict[str, Any] = {"warmup": warmup, "free_bits": free_bits}
    model = VAE(images.shape, hidden=(128,) * layers, latent=10, generator=Generator(0), **options)

    def look() -> Terms:
        return measure(model, images.test)

    options_of_fit: dict[str, Any] = {"watch": look, "every": 50, "falling": False}
    name = f"{layers} hidden layers"
    if not free_bits:
        what = f"{name}, {'warm-up' if warmup else 'plain'}"
        return fit(model, images.train, steps, what=what, **options_of_fit)
    seen = fit(model, images.train, steps // 2, what=f"{name}, free bits", **options_of_fit)
    model.objective = replace(model.objective, free_bits=0.0)
    what = f"{name}, taken back"
    return seen + fit(model, images.train, steps // 2, seed=1, what=what, **options_of_fit)


def remedies(warmed: Mapping[str, list[Terms]], freed: Mapping[str, list[Terms]]) -> None:
    """Draw the rates of trainings with two hidden layers, and with three."""
    _, panels = plt.subplots(1, 2, figsize=(9, 3.3), sharey=True)
    titles = ("Two hidden layers", "Three hidden layers")
    for panel, history, title in zip(panels, (warmed, freed), titles, strict=True):
        for name, rows in history.items():
            panel.plot(50 * np.arange(1, len(rows) + 1), [row["kl"] for row in rows], label=name)
        panel.set(title=title, xlabel="step", ylim=(-0.1, 3))
        panel.legend(loc="upper left")
    panels[0].set_ylabel("rate, nats an image")
    plt.show()


class AutoregressiveVAE(VAE):
    """A VAE whose decoder also sees the pixels before each pixel."""

    def __init__(self, shape: tuple[int, ...], **options: Any) -> None:
        super().__init__(shape, (128,), 10, generator=Generator(0), **options)
        pixels = math.prod(shape)
        self.neighbours = nn.Parameter(np.zeros((pixels, pixels), np.float32))
        self.earlier = np.triu(np.ones((pixels, pixels), np.float32), 1)  # pixel e before d: e < d

    def terms(
        self,
        x: Any,
        _labels: Any = None,
        *,
        noise: Any = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the loss and its parts."""
        rows = self.flatten_images(x)
        mu, logvar = self.encode(rows)
        z = F.reparameterize(mu, logvar, noise=noise, generator=generator)
        logits = self.decode(z) + F.matmul(rows, self.neighbours * self.earlier)
        distortion = self.pixels.negative_log_likelihood(logits, rows, "batchmean")
        each = F.kl_standard_normal(mu, logvar, "none").mean(axis=0)
        charged = F.maximum(each, self.objective.free_bits).sum()
        loss = distortion + charged * self.share
        return {"loss": loss, "reconstruction": distortion, "kl": each.sum()}
