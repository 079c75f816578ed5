"""The figures of lesson 09, the decoders that it compares, and the training behind them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import Generator, data, metrics, nn, optim, viz
from minigen.course import at_most, progress
from minigen.models import VAE, ConvVAE
from minigen.models.likelihoods import BernoulliPixels, GaussianPixels, PixelDistribution
from minigen.models.networks import ConvNetworks, start_near_the_prior
from minigen.models.options import Options

Array = npt.NDArray[Any]

BLUE, ORANGE, GREY = viz.COLOURS[:3]
LEVELS: Final = 17
"""A pixel of the handwritten digits is one of 0, 1, ..., 16, here divided by 16."""

PIXELS: Final = 64
LOG_CHOICES: Final = np.array([math.log(math.comb(16, i)) for i in range(LEVELS)], np.float32)


# ------------------------------------------------------------------------- distributions of a pixel


class UnitGaussianPixels(PixelDistribution):
    """Each pixel is N(sigma(l), 1)."""

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return half the squared error, and a constant."""
        return F.gaussian_nll(F.sigmoid(output), x, 0.0, reduction)

    def mean(self, output: Any) -> Any:
        """Return sigma(l)."""
        return F.sigmoid(output)


class BinomialPixels(PixelDistribution):
    """Each pixel is the count of 16 dots, each set with probability sigma(l), over 16."""

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return 16 times the cross-entropy, less the logarithm of the binomial coefficient."""
        counts = np.rint(16 * minigen.tensor(x).numpy()).astype(np.int64)
        each = F.binary_cross_entropy_with_logits(output, x, "none") * 16 - LOG_CHOICES[counts]
        return each if reduction == "none" else each.sum() / len(x)

    def mean(self, output: Any) -> Any:
        """Return sigma(l)."""
        return F.sigmoid(output)


class ContinuousBernoulliPixels(PixelDistribution):
    """Each pixel has a density in proportion to exp(l x) on [0, 1]; by its series where l is 0."""

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return the cross-entropy, and the logarithm of what its exponential integrates to."""
        near_0 = abs(minigen.tensor(output).numpy()) < 0.1
        safe = F.where(near_0, 1.0, output)  # so that nothing is divided by 0
        series = output**4 * (7 / 1440) - output**2 / 12 - math.log(2)
        constant = F.where(near_0, series, F.log(F.tanh(safe / 2) / safe))
        each = F.binary_cross_entropy_with_logits(output, x, "none") + constant
        return each if reduction == "none" else each.sum() / len(x)

    def mean(self, output: Any) -> Any:
        """Return the mean of the density."""
        near_0 = abs(minigen.tensor(output).numpy()) < 0.1
        safe = F.where(near_0, 1.0, output)
        return F.where(near_0, output / 12 + 0.5, 0.5 / F.tanh(safe / 2) + 0.5 - 1 / safe)


class RestrictedPixels(PixelDistribution):
    """The distribution over the levels that a pixel can have, made of any loss: formula (4)."""

    def __init__(self, pixels: PixelDistribution) -> None:
        super().__init__()
        self.pixels = pixels

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return the loss, and the logarithm of the sum over all levels."""

        def loss(values: Any) -> Any:
            return self.pixels.negative_log_likelihood(output, values, "none")

        levels = [np.full(output.shape, i / 16, np.float32) for i in range(LEVELS)]
        each = loss(x) + F.logsumexp(F.stack([-loss(level) for level in levels]), axis=0)
        return each if reduction == "none" else each.sum() / len(x)

    def mean(self, output: Any) -> Any:
        """Return the mean of the unrestricted distribution."""
        return self.pixels.mean(output)


class PixelwiseGaussianPixels(PixelDistribution):
    """Each pixel is a Gaussian with a learnt variance of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.logvar = nn.Parameter(np.full(PIXELS, math.log(1 / 12), np.float32))

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return the negative logarithm of the density."""
        return F.gaussian_nll(F.sigmoid(output), x, self.logvar, reduction)

    def mean(self, output: Any) -> Any:
        """Return sigma(l)."""
        return F.sigmoid(output)


def log_probabilities(pixels: PixelDistribution, output: Any) -> Array:
    """Return ln P of each level, in front of the axes of the output, by formula (4)."""
    values = [np.full(output.shape, i / 16, np.float32) for i in range(LEVELS)]
    with minigen.no_grad():
        losses = F.stack([pixels.negative_log_likelihood(output, v, "none") for v in values])
    found = -losses.numpy()
    normalised: Array = found - F.logsumexp(found, axis=0)
    return normalised


DECODERS: Final[dict[str, Callable[[], PixelDistribution]]] = {
    "Gaussian, learnt variance": GaussianPixels,
    "cross-entropy": BernoulliPixels,
    "Gaussian, variance 1": UnitGaussianPixels,
    "binomial": BinomialPixels,
    "continuous Bernoulli": ContinuousBernoulliPixels,
}


# -------------------------------------------------------------------------------- data and training


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


# ----------------------------------------------------------------------------- dense, convolutional


class _SmallConvolutions(ConvNetworks):
    """The library's convolutions, with small first weights."""

    def initialize_(self, model: Any, _source: Any) -> None:
        start_near_the_prior(model)


class _SmallConvVAE(ConvVAE):
    parts: ClassVar[dict[str, type[Options]]] = {
        **ConvVAE.parts,
        "networks": _SmallConvolutions,
    }


class Contest:
    """A dense and a convolutional VAE of black and white sprites, 32 by 32 pixels."""

    def __init__(self, epochs: int = 18) -> None:
        self.epochs = epochs
        self.seen = data.binarize(data.load("sprites", "train").scaled()[: at_most(2048)])
        self.unseen = data.binarize(data.load("sprites", "test").scaled()[:300])
        self.models: dict[tuple[str, str], VAE] = {}
        self.curves: dict[tuple[str, str], list[tuple[int, float, float]]] = {}

    def build(self, name: str, start: str) -> VAE:
        """Return a model with small first weights, or with He's."""
        shape = self.seen.shape[1:]
        model: VAE = (
            VAE(shape, hidden=(256,), latent=8, generator=Generator(0))
            if name == "dense"
            else _SmallConvVAE(shape, (16, 32), (128,), 8, generator=Generator(0))
        )
        return with_he_weights(model) if start == "He" else model

    def train(self, names: Iterable[str], start: str) -> None:
        """Train models from the same kind of first weights."""
        for name in names:
            model, key = self.build(name, start), (name, start)
            self.models[key], self.curves[key] = model, []

            def watch(epoch: int, key: tuple[str, str] = key) -> None:
                if epoch % 3 == 0:
                    on_seen, on_unseen = (
                        bound_of(self.models[key], part) for part in (self.seen[:300], self.unseen)
                    )
                    self.curves[key].append((32 * epoch, on_seen, on_unseen))

            fit(model, self.seen, self.epochs, 2e-3, f"{name}, {start}", watch)

    def draw_curves(self, start: str) -> None:
        """Draw how both learn, from one kind of first weights."""
        _, ax = plt.subplots(figsize=(6.4, 3.4))
        for colour, name in ((BLUE, "dense"), (ORANGE, "convolutional")):
            at, on_seen, on_unseen = np.array(self.curves[name, start]).T
            ax.plot(at, on_unseen, "-", color=colour, label=f"{name}, test images")
            ax.plot(at, on_seen, "--", color=colour, linewidth=1.2, label="the same, training")
        ax.set(title=f"First weights: {start}", xlabel="step", yscale="log")
        ax.set_ylabel("negative bound, nats an image")
        ax.set_yticks([50, 100, 200], ["50", "100", "200"])
        ax.minorticks_off()
        ax.legend(loc="upper right", fontsize="small")
        plt.show()

    def draw_images(self, start: str) -> None:
        """Draw test images, reconstructions and samples of both."""
        rows = {"test image": self.unseen[:12]}
        for name in ("dense", "convolutional"):
            model = self.models[name, start]
            rows[name] = model.reconstruct(self.unseen[:12]).numpy()
            rows[f"{name}: samples"] = model.sample(12, generator=Generator(7)).numpy()
        _, ax = plt.subplots(figsize=(9, 4.1))
        viz.draw_images(rows, title="Test images, reconstructions and samples", ax=ax)
        plt.show()


def with_he_weights(model: VAE) -> VAE:
    """Draw He's first weights; the last layers' stay small, so that nothing is claimed yet."""
    nn.init.initialize_(model, nn.init.kaiming_uniform_, generator=Generator(3))
    with minigen.no_grad():
        for layer in (model.to_pixels, model.to_logvar):
            layer.weight.copy_(layer.weight * 0.1)
    return model


def bound_of(model: Any, images: Array) -> float:
    """Return the negative ELBO of images, in nats an image."""
    return metrics.evaluate(model, images, generator=Generator(2))["negative_elbo"]


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
