"""The figures of lesson 09, the decoders that it compares, and the training behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np

import minigen
import minigen.functional as F
from minigen import Generator, metrics, viz
from minigen.models import VAE

from .contest import Contest, with_he_weights
from .pixels import (
    DECODERS,
    LEVELS,
    LOG_CHOICES,
    PIXELS,
    Array,
    BinomialPixels,
    ContinuousBernoulliPixels,
    PixelwiseGaussianPixels,
    log_probabilities,
)
from .training import (
    Digits,
    active,
    bits_of_counts,
    bits_per_pixel,
    bound_of,
    digits,
    fit,
    gain,
    log_likelihoods,
    train_decoders,
)

BLUE, ORANGE, GREY = viz.COLOURS[:3]


# ------------------------------------------------------------------------------------ five decoders


def five_decoders(models: Mapping[str, VAE], images: Array) -> None:
    """Draw test images, and what each model makes of them."""
    rows = {"test image": images[:12]}
    for name, model in models.items():
        rows[name] = model.reconstruct(images[:12]).numpy()
    _, ax = plt.subplots(figsize=(9, 4.1))
    viz.draw_images(rows, title="Test images, and what each of the five makes of them", ax=ax)
    plt.show()


def two_rankings(printed: Mapping[str, float], honest: Mapping[str, float], counted: float) -> None:
    """Draw the numbers as printed, and the same models in bits a pixel."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    names = list(printed)[::-1]
    left.barh(names, [printed[n] for n in names], color=BLUE, height=0.6)
    left.axvline(0, color="0.3", linewidth=1)
    left.set_title("What was printed", pad=18)
    left.set_xlabel('negative bound, "nats an image"')
    right.barh(names, [honest[n] for n in names], color=ORANGE, height=0.6)
    for place, style, text in (
        (math.log2(LEVELS), ":", "nothing known "),
        (counted, "--", "pixels counted "),
    ):
        right.axvline(place, color="0.3", linewidth=1, linestyle=style)
        right.text(place, 4.42, text, ha="right", va="bottom", fontsize="small")
    right.set_title("The same models, over the 17 levels", pad=18)
    right.set_xlabel("bits a pixel (less is better)")
    for panel in (left, right):
        panel.grid(visible=False, axis="y")
    plt.show()


def means_and_draws(models: Mapping[str, VAE], images: Array) -> None:
    """Draw for each model the mean of p(x | z), and a draw from it."""
    random, rows = Generator(9), {"test image": images[:10]}
    for name, model in models.items():
        with minigen.no_grad():
            mu, _ = model.encode(images[:10])
            log_p = log_probabilities(model.pixels, model.decode(mu))  # (17, 10, 64)
            rows[f"{name}: mean"] = model.decode_images(mu).numpy()
        uniform = random.uniform((1, *log_p.shape[1:]), np.float64)
        drawn = (np.exp(log_p).cumsum(axis=0) < uniform).sum(axis=0).clip(0, 16) / 16
        rows[f"{name}: draw"] = drawn.reshape(-1, 1, 8, 8)
    _, ax = plt.subplots(figsize=(7.4, 6.6))
    viz.draw_images(rows, title="The mean of p(x | z) hides what a draw shows", ax=ax)
    plt.show()


# ----------------------------------------------------------------------- a likelihood that is known


class KnownLikelihood:
    """A VAE with two latent variables, whose likelihood is a sum over a grid of the plane."""

    cells: Final = 160

    def __init__(self, handwritten: Digits, epochs: int = 80) -> None:
        seen, self.images = handwritten.drawn
        self.model = VAE((1, 8, 8), hidden=(128,), latent=2, generator=Generator(0))
        fit(self.model, seen, epochs, rate=2e-3, what="2 latent variables")
        self.axis = (np.arange(self.cells) + 0.5) / self.cells * 12 - 6
        self.plane = np.stack(np.meshgrid(self.axis, self.axis), axis=-1).reshape(-1, 2)
        self.log_area = 2 * math.log(self.axis[1] - self.axis[0])
        with minigen.no_grad():
            output = self.model.decode(self.plane.astype(np.float32)).numpy().astype(np.float64)
            moments = [part.numpy().astype(np.float64) for part in self.model.encode(self.images)]
        self.variances = np.exp(moments[1])
        pixels = self.images.reshape(-1, PIXELS).astype(np.float64)
        self.prior = _log_normal(self.plane)
        # ln p(x | z) is the sum of x l - ln(1 + e^l), of each cell and image.
        joint = output @ pixels.T
        self.joint = joint + (self.prior - np.logaddexp(0, output).sum(axis=1))[:, None]
        self.truth = np.asarray(F.logsumexp(self.joint, axis=0)) + self.log_area
        self.log_q = np.stack(
            [_log_normal(self.plane, *each) for each in zip(*moments, strict=True)], axis=1
        )

    def log_weights(self, draws: int = 5000) -> Array:
        """Return the logarithms of as many weights for each image."""
        with minigen.no_grad():
            found = self.model.log_weights(self.images, draws, generator=Generator(3))
        weights: Array = found.numpy().astype(np.float64)
        return weights

    def posteriors(self, gaps: Array) -> None:
        """Draw the true posterior of three images, and the encoder's Gaussian."""
        order = np.argsort(gaps)
        chosen = [order[len(order) // 20], order[len(order) // 2], order[-len(order) // 40]]
        figure, panels = plt.subplots(1, 3, figsize=(9, 3.6), sharex=True, sharey=True)
        for panel, n in zip(panels, chosen, strict=True):
            shape = (self.cells, self.cells)
            posterior = np.exp(self.joint[:, n] - self.truth[n]).reshape(shape)
            guess = np.exp(self.log_q[:, n]).reshape(shape)
            shares = np.array([0.01, 0.1, 0.3, 0.6, 0.9])
            levels = posterior.max() * np.append(shares, 1.01)
            greys = ["0.88", "0.74", "0.58", "0.4", "0.2"]
            panel.contourf(self.axis, self.axis, posterior, levels=levels, colors=greys)
            lines = {"levels": guess.max() * shares, "colors": ORANGE, "linewidths": 1.2}
            panel.contour(self.axis, self.axis, guess, **lines)
            panel.set(title=f"gap of the ELBO: {gaps[n]:.2f} nats", xlabel="$z_1$", aspect="equal")
            panel.set(xlim=(-3, 3), ylim=(-3, 3))
            inset = panel.inset_axes((0.02, 0.7, 0.28, 0.28))
            inset.imshow(self.images[n, 0], cmap="gray")
            inset.axis("off")
        panels[0].set_ylabel("$z_2$")
        figure.suptitle("Three images: the true posterior (grey), the encoder's Gaussian (lines)")
        plt.show()

    def second_moments(self) -> Array:
        """Return ln E[w^2] / p(x)^2 of each image, integrated over the plane."""
        moments = np.asarray(F.logsumexp(2 * self.joint - self.log_q, axis=0))
        return np.asarray(moments + self.log_area - 2 * self.truth)


def _log_normal(z: Array, mu: Any = 0.0, logvar: Any = 0.0) -> Array:
    density = F.log_normal(z, np.asarray(mu) + 0 * z, np.asarray(logvar) + 0 * z)
    total: Array = np.asarray(density).sum(-1)
    return total


def bounds_by_draws(log_weights: Array, counts: Sequence[int]) -> Array:
    """Return estimates of L_K of each image, from all draws, K at a time: (counts, images)."""
    images = log_weights.shape[1]
    return np.array(
        [
            metrics.log_mean_exp(log_weights.reshape(-1, K, images), axis=1).mean(axis=0)
            for K in counts
        ]
    )


def tightening(counts: Sequence[int], bounds: Array, truth: Array) -> None:
    """Draw the bound, and its gap, by the number of draws."""
    gaps = (truth - bounds).mean(axis=1)
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    left.semilogx(counts, bounds.mean(axis=1), marker="o", label="the bound $\\mathcal{L}_K$")
    left.axhline(truth.mean(), color=GREY, linestyle=":", label="ln p(x), by the grid")
    left.set(title="More draws, tighter bound", xlabel="draws K", ylabel="nats an image")
    left.legend(loc="lower right")
    right.loglog(counts, gaps, marker="o", label="gap, measured")
    right.loglog(counts, gaps[0] / np.array(counts), label="in proportion to 1/K")
    right.set(title="The gap", xlabel="draws K", ylabel="ln p(x) $-\\ \\mathcal{L}_K$, nats")
    right.legend(loc="lower left")
    plt.show()


# ------------------------------------------------------------------------- a density that runs away


@dataclass(frozen=True)
class Runaway:
    """A VAE with a variance for each pixel, and what it came to in training."""

    density: list[tuple[int, float]]
    levels: list[tuple[int, float]]
    deviations: Array


def train_runaway(handwritten: Digits, epochs: int = 60) -> Runaway:
    """Train with a variance for each pixel."""
    model = VAE((1, 8, 8), hidden=(256,), latent=16, generator=Generator(0))
    model.pixels = pixels = PixelwiseGaussianPixels()
    density, levels = [], []

    def watch(epoch: int) -> None:
        density.append((epoch, bound_of(model, handwritten.test)))
        if epoch % 15 == 0 or epoch == 1:
            levels.append((epoch, float(bits_per_pixel(model, handwritten.test).mean())))

    fit(model, handwritten.train, epochs, rate=3e-3, watch=watch, what="runaway")
    return Runaway(density, levels, np.exp(pixels.logvar.numpy() / 2))


def draw_runaway(run: Runaway, printed: float, honest: float, counted: float) -> None:
    """Draw the loss of the density, and the bits over the levels."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    left.plot(*zip(*run.density, strict=True), label="a variance for each pixel")
    left.axhline(printed, color=ORANGE, linestyle="-.", label="one variance")
    left.set(title="As a density", xlabel="epoch", ylabel="negative bound, nats, test")
    left.legend()
    right.plot(*zip(*run.levels, strict=True), marker="o", label="a variance for each pixel")
    right.axhline(counted, color=ORANGE, linestyle="--", label="pixels counted")
    right.axhline(honest, color=GREY, linestyle=":", label="binomial")
    right.set(title="Over the 17 levels", xlabel="epoch", ylabel="bits a pixel, test")
    right.set_ylim(0, None)
    right.legend(loc="lower right")
    plt.show()
