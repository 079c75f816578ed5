"""The figures of lesson 13, and the sources of pictures that are judged in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle

import minigen
from minigen import Generator, Tensor, data, metrics, nn, optim, viz
from minigen.course import at_most, progress
from minigen.models import GAN, Minimax
from minigen.optim.lr_scheduler import LambdaLR

from .sources import Array, Pictures, blurred, printed_digits, shuffled_pixels, three_sources

BLUE, ORANGE, GREY = viz.COLOURS[0], viz.COLOURS[1], viz.COLOURS[2]
NETS: Final = ("printed_digits", "printed_letters", "mnist", "fashion_mnist")


# ------------------------------------------------------------------------------------- the sources


def gallery(rows: Mapping[str, Array], columns: int = 16, lines: int = 2) -> None:
    """Draw some images of each source, beside its name."""
    _, panels = plt.subplots(len(rows), 1, figsize=(8.4, (0.55 * lines + 0.12) * len(rows)))
    for panel, (name, images) in zip(np.atleast_1d(panels), rows.items(), strict=True):
        viz.draw_images(images[: columns * lines], columns=columns, ax=panel)
        panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize="large")
    plt.show()


# ------------------------------------------------------------------------------- the discriminators


def column(images: Array) -> Tensor:
    """Return images as a tensor with a row for each."""
    return minigen.tensor(images.reshape(len(images), -1))


def discriminator(hidden: int = 0) -> nn.Module:
    """Return a discriminator of 28x28 pixels: without hidden units it is linear."""
    source = Generator(3)
    if not hidden:
        return nn.Dense(784, 1, generator=source)
    return nn.Sequential(
        nn.Dense(784, hidden, generator=source),
        nn.LeakyReLU(0.2),
        nn.Dense(hidden, 1, generator=source),
    )


@dataclass(frozen=True)
class Verdict:
    """What a discriminator says of images that it wasn't trained on."""

    loss: float
    real: float
    """The mean probability of being real that it gives to real images."""
    generated: float
    """The same of generated ones."""
    right: float
    """The share of images that it puts on the right side of one half."""


def trained_verdict(network: nn.Module, real: Array, fake: Array, steps: int = 300) -> Verdict:
    """Train on half of the images of each kind, and read the answers on the other half."""
    half, source = len(real) // 2, Generator(5)
    optimizer = optim.Adam(network.parameters(), lr=1e-3)
    schedule = LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
    for _ in progress(range(steps), "discriminator"):
        chosen = source.integers(0, half, (128,)), source.integers(0, half, (128,))
        scores = (network(column(each[at])) for each, at in zip((real, fake), chosen, strict=True))
        optimizer.zero_grad()
        Minimax().discriminator_loss(*scores).backward()
        optimizer.step()
        schedule.step()
    with minigen.no_grad():
        of_real, of_fake = network(column(real[half:])), network(column(fake[half:]))
        loss = Minimax().discriminator_loss(of_real, of_fake).item()
        answers = of_real.sigmoid().numpy(), of_fake.sigmoid().numpy()
    right = (np.mean(answers[0] > 0.5) + np.mean(answers[1] < 0.5)) / 2
    return Verdict(loss, float(answers[0].mean()), float(answers[1].mean()), float(right))


# ------------------------------------------------------------------------------------- the measures


def features(images: Array, net: str = "printed_digits") -> Array:
    """Describe images by 64 numbers each: the last hidden layer of a trained classifier."""
    described: Array = metrics.extract_features(metrics.load_feature_extractor(net), images)
    return described


def distances_at(
    first: Array, second: Array, counts: Sequence[int], draws: int = 10, seed: int = 6
) -> Array:
    """Return Frechet distances of random subsets, shape (counts, draws)."""
    source = Generator(seed)
    found = [
        [
            metrics.frechet_distance(
                first[source.permutation(len(first))[:count]],
                second[source.permutation(len(second))[:count]],
            )
            for _ in range(draws)
        ]
        for count in counts
    ]
    return np.array(found)


def derived_bias(described: Array) -> float:
    """Return N times the expected distance of two sets of N samples, to first order in 1/N."""
    values = np.linalg.eigvalsh(np.cov(described.T)).clip(min=1e-12)
    pairs = values[:, None] * values / (values[:, None] + values)
    return float(2 * values.sum() + pairs.sum() + np.trace(pairs))


def line_through(counts: Sequence[int], found: Array) -> tuple[float, float]:
    """Return the limit and the slope of distances as a straight line in 1 / N."""
    slope, limit = np.polyfit(1 / np.asarray(counts), found.mean(axis=1), 1)
    return float(limit), float(slope)


def biases(counts: Sequence[int], found: Mapping[str, Array], expected: float) -> None:
    """Draw distances by the number of samples, and as lines in 1 / N that meet their limits."""
    _, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.4))
    for (name, rows), colour, mark in zip(
        found.items(), (BLUE, ORANGE, viz.COLOURS[3]), "os^", strict=False
    ):
        mean, spread = rows.mean(axis=1), rows.std(axis=1)
        left.errorbar(
            counts, mean, spread, color=colour, marker=mark, linestyle="none", label=name, capsize=2
        )
        limit, slope = line_through(counts[1:], rows[1:])
        ends = np.array([0, 1 / counts[1]])
        right.plot(1 / np.array(counts[1:]), mean[1:], mark, color=colour)
        right.plot(ends, limit + slope * ends, color=colour, linestyle="-", linewidth=1)
        right.annotate(
            f"{limit:.2f}",
            (0, limit),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize="small",
            color=colour,
        )
    grid = np.geomspace(counts[0], counts[-1])
    left.plot(grid, expected / grid, color=GREY, linestyle=":", label="derived, first order in 1/N")
    left.set(
        title="Each against real pictures",
        xlabel="pictures in each set, N",
        ylabel="Fréchet distance $d^2$",
        xscale="log",
        yscale="log",
    )
    left.legend(fontsize="small")
    right.set(
        title="A straight line in 1/N shows the limit",
        xlabel="1/N",
        ylabel="Fréchet distance $d^2$",
        xlim=(-0.9e-3, 1.1 / counts[1]),
        xticks=(0, 0.001, 0.002, 0.005),
        ylim=(-0.5, 8),
    )
    plt.show()


@dataclass(frozen=True)
class Scores:
    """What a set of samples is worth, by one feature net, beside the same real images."""

    frechet: float
    kernel: metrics.KernelDistance
    shares: metrics.PrecisionRecall
    coverage: float


def judged(real: Array, made: Array) -> Scores:
    """Compare the features of samples with those of as many real images."""
    return Scores(
        metrics.frechet_distance(real, made),
        metrics.kernel_distance(real, made, generator=Generator(7)),
        metrics.precision_recall(real, made),
        metrics.density_coverage(real, made).coverage,
    )


def table(scores: Mapping[str, Scores]) -> str:
    """Return the scores as a table in plain text."""
    head = f"{'':16}{'Fréchet':>8}{'kernel':>18}{'precision':>11}{'recall':>8}{'coverage':>10}"
    lines = [
        f"{name:16}{each.frechet:8.2f}"
        f"{f'{each.kernel.value:.3f} ± {each.kernel.standard_error:.3f}':>18}"
        f"{each.shares.precision:11.2f}{each.shares.recall:8.2f}{each.coverage:10.2f}"
        for name, each in scores.items()
    ]
    return "\n".join([head, *lines])


def by_nets(real: Array, sources: Mapping[str, Array]) -> dict[str, dict[str, float]]:
    """Return the Frechet distance of each source by each feature net."""
    return {
        net: {
            name: metrics.frechet_distance(features(real, net), features(images, net))
            for name, images in sources.items()
        }
        for net in NETS
    }


def nets(distances: Mapping[str, Mapping[str, float]]) -> None:
    """Draw the distances of the sources, by feature net."""
    _, ax = plt.subplots(figsize=(7.4, 3))
    names = list(next(iter(distances.values())))
    styles = ((BLUE, ""), (ORANGE, "//"), (viz.COLOURS[5], ".."), ("0.6", "xx"))
    for place, (name, (colour, hatch)) in enumerate(zip(names, styles, strict=False)):
        heights = [row[name] for row in distances.values()]
        at = np.arange(len(heights)) + 0.2 * (place - (len(names) - 1) / 2)
        bars = ax.bar(at, heights, 0.19, color=colour, hatch=hatch, edgecolor="white", label=name)
        ax.bar_label(bars, fmt="%.1f", fontsize="x-small")
    ax.set(
        title="Which is worse, the blur or the missing nine? It depends on the features",
        xlabel="what the feature net was trained to name",
        ylabel="Fréchet distance $d^2$",
        ylim=(0, 11.6),
    )
    ax.set_xticks(range(len(distances)), [net.replace("_", " ") for net in distances])
    ax.legend(ncols=4, fontsize="small")
    plt.show()


# ----------------------------------------------------------------------------- balls of the plane


def clouds(count: int = 60) -> tuple[Array, dict[str, Array]]:
    """Return real points in two clouds, and three sets that each fail in another way."""
    random = np.random.default_rng(2)
    centres = np.array([[-1.1, 0.0], [1.1, 0.0]])
    which = random.integers(0, 2, (2, count))
    real, other = (centres[each] + 0.4 * random.normal(size=(count, 2)) for each in which)
    return real, {
        "drops a cloud": centres[0] + 0.4 * random.normal(size=(count, 2)),
        "spreads out": centres[which[1]] + 1.0 * random.normal(size=(count, 2)),
        "as it should be": other,
    }


def radii(points: Array, neighbours: int = 3) -> Array:
    """Return the distance of each point to its k-th nearest neighbour among the others."""
    gaps = np.linalg.norm(points[:, None] - points, axis=-1)
    nearest: Array = np.sort(gaps, axis=1)[:, neighbours]
    return nearest


def balls(real: Array, others: Mapping[str, Array]) -> None:
    """Draw the balls about real points, and which generated points lie in one."""
    figure, panels = plt.subplots(1, len(others), figsize=(9.2, 3.3), sharex=True, sharey=True)
    for ax, (name, points) in zip(panels, others.items(), strict=True):
        reach = radii(real)
        for centre, radius in zip(real, reach, strict=True):
            ax.add_patch(Circle(tuple(centre), radius, color=BLUE, alpha=0.08, linewidth=0))
        inside = (np.linalg.norm(points[:, None] - real, axis=-1) <= reach).any(axis=1)
        ax.plot(*real.T, "o", markersize=3, color=BLUE, markerfacecolor="none", label="real")
        ax.plot(*points[inside].T, "x", color=ORANGE, markersize=4, label="generated, inside")
        ax.plot(*points[~inside].T, "+", color="black", markersize=6, label="outside")
        share = metrics.precision_recall(real, points)
        title = f"{name}\nprecision {share.precision:.2f}, recall {share.recall:.2f}"
        ax.set(title=title, aspect="equal", xlim=(-3.2, 3.2), ylim=(-2.4, 2.4))
        ax.set(xlabel="$x_1$", ylabel="$x_2$" if ax is panels[0] else "")
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize="small")
    plt.show()


# ------------------------------------------------------------------------- likelihood, memorisation


class KernelDensity:
    """A density of images: a Gaussian of one width about each training image."""

    def __init__(self, centres: Array, width: float) -> None:
        self.centres = centres.reshape(len(centres), -1).astype(np.float64)
        self.width = width

    def log_density(self, images: Array) -> Array:
        """Return ln q(x) of each image, in nats."""
        gaps = squared_distances(images, self.centres)
        exponents = -gaps / (2 * self.width**2)
        largest = exponents.max(axis=1)
        inner = np.log(np.exp(exponents - largest[:, None]).mean(axis=1))
        size = self.centres.shape[1]
        value: Array = largest + inner - size / 2 * math.log(2 * math.pi * self.width**2)
        return value

    def sample(self, count: int, seed: int = 8) -> Array:
        """Draw images: a training image, and noise of the width upon it."""
        random = np.random.default_rng(seed)
        chosen = self.centres[random.integers(0, len(self.centres), count)]
        drawn: Array = chosen + self.width * random.normal(size=chosen.shape)
        return drawn.reshape(count, 1, 28, 28)


def squared_distances(x: Array, y: Array) -> Array:
    """Return the squared distances of images to each other, shape (len(x), len(y))."""
    first, second = (each.reshape(len(each), -1).astype(np.float64) for each in (x, y))
    gaps = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    squared: Array = np.maximum(gaps, 0.0)
    return squared


def three_densities(rows: Mapping[str, tuple[Array, float]]) -> None:
    """Draw samples of densities, each with the held-out log-likelihood."""
    _, panels = plt.subplots(len(rows), 1, figsize=(8.4, 3.3))
    for ax, (name, (images, value)) in zip(panels, rows.items(), strict=True):
        viz.draw_images(np.clip(images[:14], 0, 1), columns=14, ax=ax)
        title = f"{name}: {value:,.0f} nats a test image".replace("-", "−")
        ax.set_title(title, loc="left", fontsize="medium")
    plt.show()


def nearest(images: Array, among: Array) -> tuple[Array, Array]:
    """Return for each image the nearest of others, and its distance in pixels."""
    gaps = squared_distances(images, among)
    at = gaps.argmin(axis=1)
    return among[at], np.sqrt(gaps[np.arange(len(images)), at])


def closer_to_training(images: Array, train: Array, held_out: Array) -> float:
    """Return the share of images whose nearest training image is nearer than any held-out one."""
    return float(np.mean(nearest(images, train)[1] < nearest(images, held_out)[1]))


def neighbours(sources: Mapping[str, Array], train: Array) -> None:
    """Draw images of two sources, and below each the nearest training image."""
    _, panels = plt.subplots(len(sources), 1, figsize=(8.4, 1.35 * len(sources)))
    for ax, (name, images) in zip(panels, sources.items(), strict=True):
        shown = images[:14]
        found, gaps = nearest(shown, train)
        viz.draw_images({name: shown, "nearest in training": found}, ax=ax)
        pitch = shown.shape[-1] + 1
        centres = [(k + 0.5) * pitch for k in range(len(shown))]
        ax.set_xticks(centres, [f"{gap:.1f}" for gap in gaps], fontsize="x-small")
    panels[-1].set_xlabel("distance in pixels' values")
    plt.show()


# ---------------------------------------------------------------------------- seeds, and choosing


DIGITS: Final = data.load("digits").scaled()


def quality(seed: int, latent: int, steps: int = 250) -> float:
    """Train a small GAN on digits of 8x8 pixels; return the Frechet distance of its samples."""
    model = GAN((1, 8, 8), hidden=(64,), latent=latent, r1=0.0, generator=Generator(seed))
    source = Generator(100 + seed)
    optimizers = {
        side: optim.Adam(network.parameters(), lr=2e-3, betas=(0.0, 0.99))
        for side, network in model.sides().items()
    }
    for step in range(at_most(steps)):
        real = DIGITS[source.integers(0, len(DIGITS), (64,))]
        for side in model.turns(step):
            optimizers[side].zero_grad()
            model.side_terms(side, real, generator=source)[f"{side}_loss"].backward()
            optimizers[side].step()
            model.finish_turn(side)
    drawn = model.sample(1000, generator=Generator(200)).numpy()
    return metrics.frechet_distance(features(DIGITS[:1000], "digits"), features(drawn, "digits"))


def by_seeds(latents: Mapping[str, int], count: int = 8) -> dict[str, Array]:
    """Train with several numbers of latent variables, each with as many seeds."""
    runs = progress([(name, seed) for name in latents for seed in range(at_most(count))], "runs")
    found: dict[str, list[float]] = {name: [] for name in latents}
    for name, seed in runs:
        found[name].append(quality(seed, latents[name]))
    return {name: np.array(values) for name, values in found.items()}


def seeds(found: Mapping[str, Array]) -> None:
    """Draw the results of all seeds, and the mean with its interval of 95%."""
    _, ax = plt.subplots(figsize=(7.2, 2.6))
    for place, values in enumerate(found.values()):
        ax.plot(values, np.full(len(values), place), "o", color=BLUE, markerfacecolor="none")
        student = {3: 4.303, 8: 2.365}[len(values)]  # of 95%, by the number of seeds
        mean, half = values.mean(), student * values.std(ddof=1) / math.sqrt(len(values))
        ax.errorbar(mean, place + 0.25, xerr=half, fmt="s", color=ORANGE, capsize=4)
        ax.text(mean, place + 0.37, f"{mean:.2f} ± {half:.2f}", ha="center", fontsize="small")
    ax.set(
        title="One circle a seed, and the means with their intervals",
        xlabel="Fréchet distance $d^2$ of 1,000 samples",
        yticks=range(len(found)),
        yticklabels=list(found),
        ylim=(-0.4, len(found) - 0.3),
    )
    plt.show()


def chosen(first: Array, fresh: Array) -> None:
    """Draw a choice among equals: on the images that it was made by, and on others."""
    _, ax = plt.subplots(figsize=(7.4, 2.9))
    best = int(first.argmin())
    ax.plot(first, "o", color=BLUE, markersize=4, label="on the images that decide")
    ax.plot(fresh, "x", color=GREY, markersize=4, label="on fresh images")
    ax.axhline(fresh.mean(), color=GREY, linestyle=":", linewidth=1)
    style = {"arrowstyle": "->", "color": ORANGE, "linewidth": 1.5}
    ax.annotate("", (best, fresh[best]), (best, first[best]), arrowprops=style)
    ax.set(
        title=f"{len(first)} settings of one quality: the best of them is luck",
        xlabel="setting",
        ylabel="Fréchet distance $d^2$",
        ylim=(0.7, 4.4),
    )
    ax.legend(loc="upper left", fontsize="small", ncols=2)
    plt.show()


def choose(real: Array, made: Array, count: int = 300, settings: int = 40) -> tuple[Array, Array]:
    """Judge one source many times, each time with other samples; and as often on the other half."""
    source = Generator(11)

    def distance(pool: Array) -> float:
        pairs = (each[source.permutation(len(each))[:count]] for each in (pool, made))
        return metrics.frechet_distance(*pairs)

    halves = np.array_split(real, 2)
    first, fresh = (np.array([distance(half) for _ in range(settings)]) for half in halves)
    return first, fresh


# --------------------------------------------------------------------------- a measure as a target


def descend_on_the_features(real: Array, steps: int = 150) -> Array:
    """Change noise until each picture has the features of a real image; return the pictures."""
    extractor = metrics.load_feature_extractor("printed_digits")
    extractor.eval()
    with minigen.no_grad():
        aims = minigen.tensor(extractor.features(real).numpy())
    logits = minigen.tensor(Generator(12).normal(real.shape), requires_grad=True)
    optimizer = optim.Adam([logits], lr=0.05)
    for _ in progress(range(steps), "pixels"):
        optimizer.zero_grad()
        ((extractor.features(logits.sigmoid()) - aims) ** 2).sum().backward()
        optimizer.step()
    pictures: Array = logits.sigmoid().numpy()
    return pictures
