"""The figures of lesson 08, and the training that stands behind them."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image as Picture

import minigen
import minigen.functional as F
from minigen import Generator, data, optim, viz
from minigen.course import at_most
from minigen.metrics import latent_means
from minigen.models import VAE, Autoencoder, interpolate, traverse
from minigen.optim.lr_scheduler import MultiStepLR

from .collapse import AutoregressiveVAE, mean_image_distortion, remedies, train_deep
from .training import Array, Images, Terms, fit, handwritten_digits, measure, printed_digits, told

BLUE, ORANGE = viz.COLOURS[0], viz.COLOURS[1]

_OF_CLASSES: Final = (
    "#1b2a6b",
    "#a6611a",
    "#35978f",
    "#7b3294",
    "#4d4d4d",
    "#e08214",
    "#01665e",
    "#b2182b",
    "#5e4fa2",
    "#000000",
)


# ------------------------------------------------------------------------------ the latent plane


def show(figure: Figure) -> None:
    """Show a figure in sixty-four colours: of many images, a third of the size."""
    from IPython.display import Image, display

    canvas, small = io.BytesIO(), io.BytesIO()
    figure.savefig(canvas, format="png", bbox_inches="tight")
    plt.close(figure)
    picture = Picture.open(canvas).convert("RGB").quantize(64, dither=Picture.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    display(Image(small.getvalue()))


def quantiles(count: int) -> Array:
    """Return `count` places that cut the standard normal distribution into equal shares."""
    return np.array([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)], np.float32)


def painted_plane(model: VAE, count: int = 18) -> None:
    """Draw what the decoder makes of a grid of the latent plane, at quantiles of the prior."""
    figure, ax = plt.subplots(figsize=(7.4, 7.6))
    _paint(ax, model, count)
    ax.set_title("What the decoder paints, at every point of a plane of two numbers")
    show(figure)


def plane_of_digits(model: VAE, images: Images) -> None:
    """Draw where the encoder puts test images, beside what the decoder paints there."""
    with minigen.no_grad():
        codes = latent_means(model, images.test)
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 4.5))
    for (a, b), label in zip(codes[:400], images.labels, strict=False):
        colour = _OF_CLASSES[label]
        left.text(a, b, str(label), color=colour, fontsize=8, ha="center", clip_on=True)
    left.set(title="Where the encoder puts test images", xlabel="$z_1$", ylabel="$z_2$")
    left.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
    _paint(right, model, 11)
    right.set_title("What the decoder paints, at quantiles of the prior")
    plt.show()


def _paint(ax: Axes, model: VAE, count: int) -> None:
    places = quantiles(count)
    grid = np.array([[a, b] for b in places[::-1] for a in places], np.float32)
    with minigen.no_grad():
        painted = model.decode_images(grid).numpy()
    viz.draw_images(painted, columns=count, ax=ax)
    pitch, ticks = painted.shape[-1] + 1, [0, count // 2, count - 1]
    names = [f"{places[i]:.1f}".replace("-", "−") for i in ticks]
    ax.set_xticks([(i + 0.5) * pitch for i in ticks], names)
    ax.set_yticks([(i + 0.5) * pitch for i in ticks], names[::-1])
    ax.set(xlabel="$z_1$", ylabel="$z_2$")


def points_and_clouds(flat: Autoencoder, plane: VAE, images: Images) -> None:
    """Draw the codes of an autoencoder, and the distributions that a VAE gives the same images."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2))
    with minigen.no_grad():
        codes = latent_means(flat, images.test[:300])
    left.plot(*codes.T, ".", color=BLUE, markersize=4)
    left.add_patch(_prior())
    left.set(title="Autoencoder: 300 images, a point each", xlabel="code 1", ylabel="code 2")
    left.set_aspect("equal", adjustable="datalim")
    _clouds(right, plane, images.test[:300])
    right.set_title("VAE: 300 images, a distribution each")
    right.legend(loc="upper left", fontsize="small")
    show(figure)


def _clouds(ax: Axes, model: VAE, images: Array) -> None:
    with minigen.no_grad():
        mu, logvar = (part.numpy() for part in model.encode(images))
    for centre, deviation in zip(mu, np.exp(logvar / 2), strict=True):
        width, height = 2 * deviation
        ellipse = mpl.patches.Ellipse(centre, width, height, color=BLUE, alpha=0.18)
        ax.add_patch(ellipse)
    ax.add_patch(_prior())
    ax.set(xlim=(-3.3, 3.3), ylim=(-3.3, 3.3), aspect="equal", xlabel="$z_1$", ylabel="$z_2$")


def _prior() -> mpl.patches.Circle:
    style = {"fill": False, "color": ORANGE, "linewidth": 1.5, "linestyle": "--"}
    return mpl.patches.Circle((0, 0), 2, label="prior: 86 % within 2", **style)


def aggregate_moments(model: VAE, images: Array) -> tuple[Array, Array]:
    """Return mean and variance of the aggregate posterior, for each latent variable."""
    with minigen.no_grad():
        mu, logvar = (part.numpy() for part in model.encode(images))
    return mu.mean(axis=0), mu.var(axis=0) + np.exp(logvar).mean(axis=0)


# ------------------------------------------------------------------------------- what it has learnt


def curves(rows: list[tuple[Terms, Terms]], every: int) -> None:
    """Draw the negative ELBO of test and training images, and the two parts of the former."""
    test, train = ([row[part] for row in rows] for part in (0, 1))
    steps = every * np.arange(1, len(rows) + 1)
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    left.plot(steps, [row["negative_elbo"] for row in train], label="training images")
    left.plot(steps, [row["negative_elbo"] for row in test], label="test images")
    left.set(title="The loss, the negative ELBO", xlabel="step", ylabel="nats an image")
    left.legend()
    right.plot(steps, [row["reconstruction"] for row in test], label="distortion")
    right.plot(steps, [row["kl"] for row in test], label="rate")
    right.set(title="Its two parts, test images", xlabel="step", ylim=(0, None))
    right.legend()
    plt.show()


def samples(model: VAE, images: Images, count: int = 14) -> None:
    """Draw images and their reconstructions, means of samples and samples with drawn pixels."""
    with minigen.no_grad():
        means = model.sample(count, generator=Generator(4)).numpy()
        rows = {
            "test images": images.test[:count],
            "reconstructions": model.reconstruct(images.test[:count]).numpy(),
            "samples: means": means,
            "samples: pixels drawn": data.sample_bernoulli(means, Generator(5)),
        }
    _draw_rows(rows, "Reconstructions and samples")


def neighbours(model: VAE, images: Images, count: int = 14) -> tuple[float, float]:
    """Draw samples above the training images nearest to them; return how far these are.

    The second number is the same of test images.
    """
    with minigen.no_grad():
        means = model.sample(count, generator=Generator(4)).numpy()
    near, distances = nearest(means, images.train)
    _draw_rows({"samples": means, "nearest training image": near}, "Not copies: relatives")
    return float(distances.mean()), float(nearest(images.test[:200], images.train)[1].mean())


def nearest(some: Array, among: Array) -> tuple[Array, Array]:
    """Return for each of some images the nearest of others, and its distance."""
    a, b = some.reshape(len(some), -1), among.reshape(len(among), -1)
    squares = (a**2).sum(1)[:, None] - 2 * a @ b.T + (b**2).sum(1)
    return among[squares.argmin(1)], np.sqrt(np.maximum(squares.min(1), 0))


@dataclass(frozen=True)
class Used:
    """The nats of each latent variable, sorted, and their order."""

    nats: Array
    order: Array

    @property
    def count(self) -> int:
        """How many have a tenth of a nat or more."""
        return int((self.nats > 0.1).sum())


def variables_used(model: VAE, images: Array) -> Used:
    """Return how many nats an image each latent variable has."""
    with minigen.no_grad():
        each = F.kl_standard_normal(*model.encode(images), "none").numpy().mean(axis=0)
    order = np.argsort(-each)
    return Used(each[order], order)


def walks(model: VAE, used: Used) -> Array:
    """Draw the rate of each variable, and what the decoder makes of one that moves from -3 to 3.

    Returns the largest change of any pixel, for each variable.
    """
    count = len(used.nats)
    with minigen.no_grad():
        seen = traverse(model, np.zeros(count, np.float32), 11).numpy()[used.order]
    _, (left, right) = plt.subplots(1, 2, figsize=(9.4, 3.8), width_ratios=(1, 1.6))
    left.bar(range(1, count + 1), used.nats, color=BLUE)
    left.set(title="The rate of each latent variable", xlabel="latent variable, sorted")
    left.set_ylabel("nats an image")
    shown = {f"no. {i + 1}": seen[i] for i in (0, 1, 2, 5, count - 1)}
    viz.draw_images(shown, title="One variable goes from −3 to 3, the others are 0", ax=right)
    plt.show()
    moves: Array = np.ptp(seen, axis=1).max(axis=(1, 2, 3))
    return moves


def paths(model: VAE, images: Images, pairs: Iterable[tuple[int, int]]) -> None:
    """Draw straight ways in latent space between images of two classes, and mixtures of pixels."""
    with minigen.no_grad():
        error = ((model.reconstruct(images.test).numpy() - images.test) ** 2).sum(axis=(1, 2, 3))
    clear = [
        images.test[min(np.flatnonzero(images.labels == digit), key=lambda i: error[i])]
        for digit in range(10)
    ]
    t, rows = np.linspace(0, 1, 11, dtype=np.float32), {}
    for first, second in pairs:
        ends = [clear[digit][None] for digit in (first, second)]
        with minigen.no_grad():
            codes = [latent_means(model, end) for end in ends]
            walk = interpolate(model, codes[0], codes[1], 11).numpy()[0]
        rows[f"{first} to {second}: latent"] = walk
        rows[f"{first} to {second}: pixels"] = np.stack(
            [(1 - s) * ends[0][0] + s * ends[1][0] for s in t]
        )
    _draw_rows(rows, "Straight lines in latent space, and mixtures of pixels")


def half_way(model: VAE, images: Images) -> dict[str, float]:
    """Return how far images half way between two of different classes are from training images."""
    draw = Generator(9)
    orders = [draw.permutation(len(images.test))[:300] for _ in range(2)]
    different = images.labels[orders[0]] != images.labels[orders[1]]
    first, second = (images.test[order[different]] for order in orders)
    with minigen.no_grad():
        codes = [latent_means(model, each) for each in (first, second)]
        candidates = {
            "reconstructions": model.reconstruct(first).numpy(),
            "half way in latent space": model.decode_images((codes[0] + codes[1]) / 2).numpy(),
            "half way in pixels": (first + second) / 2,
        }
    return {name: float(nearest(x, images.train)[1].mean()) for name, x in candidates.items()}


def compared(models: Mapping[str, VAE], images: Array, title: str) -> dict[str, float]:
    """Draw the reconstructions of several models; return how much each varies over the images."""
    rows = {"images": images}
    for name, model in models.items():
        with minigen.no_grad():
            rows[name] = model.reconstruct(images).numpy()
    _draw_rows(rows, title)
    return {name: float(np.std(rows[name], axis=0).max()) for name in models}


def _draw_rows(rows: Mapping[str, Array], title: str) -> None:
    count = len(next(iter(rows.values())))
    figure, ax = plt.subplots(figsize=(9, 1 + 8.0 * len(rows) / max(count, 8)))
    viz.draw_images(rows, title=title, ax=ax)
    show(figure)


# ------------------------------------------------------------------------------ rate and distortion


@dataclass(frozen=True)
class Family:
    """Models that differ in beta alone, and their terms on training images."""

    models: dict[float, VAE]
    terms: dict[float, Terms]

    def part(self, name: str) -> Array:
        """Return one of the terms, for each beta."""
        return np.array([terms[name] for terms in self.terms.values()])

    def slopes(self) -> Array:
        """Return how many nats of distortion a nat of rate buys, between neighbours."""
        slopes: Array = -np.diff(self.part("reconstruction")) / np.diff(self.part("kl"))
        return slopes


def train_family(images: Images, betas: Iterable[float], steps: int = 600) -> Family:
    """Train a model with ten latent variables for each beta."""
    models = {
        beta: VAE(images.shape, hidden=(256,), latent=10, beta=beta, generator=Generator(0))
        for beta in betas
    }
    for beta, model in models.items():
        fit(model, images.train, steps, what=f"beta {beta}")
    return Family(models, {b: measure(model, images.train[:2000]) for b, model in models.items()})


def frontier(family: Family, images: Images) -> None:
    """Draw rate against distortion, and samples and reconstructions for each beta."""
    rate, distortion = family.part("kl"), family.part("reconstruction")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), width_ratios=[1, 1.3])
    left.plot(rate, distortion, marker="o")
    for beta, r, d in zip(family.models, rate, distortion, strict=True):
        left.annotate(f"β = {beta:g}", (r, d), (6, 4), textcoords="offset points", fontsize="small")
    total = float((rate + distortion).min())
    reach = np.array([0, rate.max() * 1.15])
    left.plot(reach, total - reach, color="0.6", linewidth=0.9, linestyle=":")
    left.set(
        title="Rate against distortion; dotted: the best bound",
        xlabel="rate, nats an image",
        ylabel="distortion, nats an image",
        xlim=(-0.03 * reach[1], reach[1] * 1.08),
        ylim=(0.9 * distortion.min(), 1.05 * distortion.max()),
    )
    with minigen.no_grad():
        rows = {"images": images.test[:10]}
        for beta, model in family.models.items():
            rows[f"β = {beta:g}"] = model.sample(10, generator=Generator(6)).numpy()
    viz.draw_images(rows, title="Samples", ax=right)
    show(figure)


def information(model: VAE, images: Array) -> tuple[float, float]:
    """Return I(x; z) and KL(q(z) || p(z)) of some images, in nats."""
    with minigen.no_grad():
        mu, logvar = (part.numpy() for part in model.encode(images))
    z = mu + np.exp(logvar / 2) * Generator(8).normal(mu.shape, np.float32)
    of_pairs = sum(  # ln q(z_n | x_m), a latent variable at a time
        F.log_normal(z[:, j, None], mu[:, j], logvar[:, j]) for j in range(mu.shape[1])
    )
    log_q = F.logsumexp(of_pairs, axis=1) - math.log(len(mu))
    own = np.diag(of_pairs)
    return (
        float((own - log_q).mean()),
        float((log_q - F.log_normal(z).sum(axis=1)).mean()),
    )


def spent(family: Family, images: Array) -> Array:
    """Draw what the rate of each model is spent on; return the two parts, a row a model."""
    parts = np.array([information(model, images) for model in family.models.values()])
    places, limit = np.arange(len(parts)), math.log(len(images))
    _, ax = plt.subplots(figsize=(6.4, 3.6))
    ax.bar(places, parts[:, 0], color=BLUE, label="I(x; z): about the image")
    ax.bar(
        places,
        parts[:, 1],
        bottom=parts[:, 0],
        color=ORANGE,
        label="KL(q(z) ‖ p(z)): off the prior",
    )
    ax.axhline(limit, color="0.3", linewidth=1, linestyle=":")
    ax.text(len(parts) - 0.5, limit, f"ln {len(images)}", ha="right", va="bottom", fontsize="small")
    ax.set(title="What the rate is spent on", xlabel="β", ylabel="nats an image")
    ax.set_xticks(places, [f"{beta:g}" for beta in family.models])
    ax.legend()
    plt.show()
    return parts


class LinearCase:
    """A linear VAE of the handwritten digits, whose optimum is known."""

    sigma2: Final = 0.05
    latent: Final = 16

    def __init__(self, images: Array) -> None:
        flat = images.reshape(len(images), -1).astype(np.float64)
        variances, directions = np.linalg.eigh(np.cov(flat.T))
        self.variances = np.maximum(variances[::-1], 0)
        self.pixels = flat.shape[1]
        scaled = directions[:, ::-1] * np.sqrt(self.variances * self.pixels)
        self.stand_in = minigen.tensor(scaled.T.copy())  # as few images with the same covariance

    def predicted(self, beta: float) -> Array:
        """Return the rate of each latent variable at the optimum."""
        first = self.variances[: self.latent]
        rates: Array = 0.5 * np.log(np.maximum(1, first / (beta * self.sigma2)))
        return rates

    def train(self, beta: float, steps: int = 2500) -> Array:
        """Train it; return the rate of each latent variable, sorted."""
        draw, shape = Generator(0), (self.pixels, self.latent)
        a = minigen.tensor(0.1 * draw.normal(shape, np.float64), requires_grad=True)
        w = minigen.tensor(0.1 * draw.normal(shape[::-1], np.float64), requires_grad=True)
        logvar = minigen.tensor(np.full(self.latent, -1.0), requires_grad=True)
        optimizer = optim.Adam([a, w, logvar], lr=1e-2)
        schedule = MultiStepLR(optimizer, [int(0.7 * steps)], gamma=0.1)
        rates = np.zeros(self.latent)
        for _ in range(at_most(steps)):
            mu = F.matmul(self.stand_in, a)
            spread = F.broadcast_to(logvar, mu.shape)
            error = F.mean(F.sum((self.stand_in - F.matmul(mu, w)) ** 2, 1))
            error = error + F.sum(F.exp(logvar) * F.sum(w * w, 1))  # of the noise in z
            loss = error / (2 * self.sigma2) + F.kl_standard_normal(mu, spread) * beta
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            rates = F.kl_standard_normal(mu, spread, "none").numpy().mean(axis=0)
        return np.sort(rates)[::-1]

    def draw(self, found: Mapping[float, Array]) -> None:
        """Draw the rates of trained models beside those that the formula predicts."""
        _, axes = plt.subplots(1, len(found), figsize=(10, 3.1), sharey=True)
        for ax, (beta, rates) in zip(axes, found.items(), strict=True):
            predicted, places = self.predicted(beta), range(1, self.latent + 1)
            ax.bar(places, rates, color="0.78", label="trained")
            ax.plot(places, predicted, "o", color=BLUE, markersize=4, label="predicted")
            alive = (predicted > 0).sum()
            ax.set(title=f"β = {beta:g}: {alive} of {self.latent} in use", xticks=(1, 4, 8, 12, 16))
            ax.set_xlabel("latent variable, sorted")
        axes[0].set_ylabel("rate, nats an image")
        axes[-1].legend()
        plt.show()
