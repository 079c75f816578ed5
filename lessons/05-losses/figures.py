"""The figures of lesson 05, and the plumbing behind them: data, training, and curves."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import data, nn, optim, viz
from minigen.course import at_most, progress
from minigen.ops import losses

Numbers: TypeAlias = npt.NDArray[Any]
LossOf: TypeAlias = Callable[[Any, Any], Any]
"""A loss of a network's output and its targets."""

viz.use_style()


def _gradient(loss: Any, parameter: Any) -> Any:
    """Return the gradient of a loss by one parameter."""
    (found,) = minigen.grad(loss, parameter)
    return found


# Two moons: of a point, its horizontal coordinate is given, and its vertical one is asked

EDGES = np.linspace(-0.75, 1.25, 41)
"""The edges of 40 bins of the vertical coordinate."""

WIDTH = float(EDGES[1] - EDGES[0])


def moons() -> tuple[Numbers, Numbers]:
    """Return 4,000 training and 4,000 test points of the two moons, (N, 2)."""
    train, test = (data.load("two_moons", split).points[:4000] for split in ("train", "test"))
    return train, test


def bin_of(t: Numbers) -> Numbers:
    """Return the number of the bin that each value is in."""
    numbers: Numbers = np.digitize(t, EDGES) - 1
    return numbers


def predictor(outputs: int) -> Any:
    """Return a network with one input and two hidden layers of 64 units."""
    generator, layers = minigen.Generator(5), []
    for before, after in itertools.pairwise((1, 64, 64, outputs)):
        layers += [nn.Dense(before, after, generator=generator), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def fit(network: Any, loss_of: LossOf, points: Numbers, what: str, epochs: int = 100) -> Any:
    """Train a network on points with Adam and minibatches of 200, and return it."""
    order, optimizer = np.random.default_rng(1), optim.Adam(network.parameters(), lr=3e-3)
    for _ in progress(range(epochs), what):
        for batch in np.array_split(order.permutation(len(points)), 20):
            optimizer.zero_grad()
            loss_of(network(minigen.tensor(points[batch, :1])), points[batch, 1:]).backward()
            optimizer.step()
    return network


def true_density(points: Numbers) -> Numbers:
    """Return the density of t given x: the moons are arcs with Gaussian noise."""
    angle = (np.arange(1000) + 0.5) * np.pi / 1000
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    arcs = np.concatenate([upper, np.array([1, 0.5]) - upper])
    noise = data.load("two_moons").sigma

    def bump(deviation: Numbers) -> Numbers:
        height = 1 / math.sqrt(2 * math.pi * noise**2)
        heights: Numbers = height * np.exp(-(deviation**2) / (2 * noise**2))
        return heights

    near = bump(points[:, :1] - arcs[:, 0])
    density: Numbers = (near * bump(points[:, 1:] - arcs[:, 1])).sum(axis=1) / near.sum(axis=1)
    return density


def answers(networks: Mapping[str, Any], points: Numbers, titles: Mapping[str, str]) -> None:
    """Draw what networks say of t for each x: a mean, a mean with a deviation, or 40 bins."""
    x = np.linspace(-1.15, 2.15, 200)
    count = len(networks)
    size = (6.4, 4) if count == 1 else (11.5, 3.7)
    _, axes = plt.subplots(1, count, figsize=size, sharex=True, sharey=True, squeeze=False)
    for ax, (name, network) in zip(axes[0], networks.items(), strict=True):
        output = network(minigen.tensor(x[:, None].astype(np.float32))).numpy()
        ax.plot(*points[:600].T, ".", color="0.62", markersize=3, linestyle="")
        if output.shape[1] > 2:
            p = np.exp(output - output.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            middles = EDGES[:-1] + WIDTH / 2
            mesh = ax.pcolormesh(x, middles, np.sqrt(p.T), cmap="YlOrBr", zorder=3)
            plt.colorbar(mesh, ax=ax, label="square root of a bin's probability")
            ax.plot(*points[:600].T, ".", color=viz.COLOURS[0], markersize=1.5, zorder=4)
        else:
            mu = output[:, 0]
            ax.plot(x, mu, linewidth=2.5, label="prediction $\\mu(x)$")
            if output.shape[1] == 2:
                reach = 2 * np.exp(output[:, 1] / 2)
                band = {"color": viz.COLOURS[1], "alpha": 0.3, "label": r"$\mu \pm 2 \sigma$"}
                ax.fill_between(x, mu - reach, mu + reach, **band)
            ax.legend(loc="upper right", fontsize="small")
        ax.set(title=titles[name], xlabel="x, which is given", xlim=(-1.15, 2.15))
        ax.set_ylim(-0.75, 1.25)
    axes[0, 0].set_ylabel("t, which is asked")
    plt.show()


# Images


def printed_eights() -> Numbers:
    """Return 200 images of printed eights as rows of 784 pixels, in float64."""
    train = data.load("printed_digits", "train")
    eights: Numbers = train.images[train.labels == 8][:200].reshape(200, 784) / 255.0
    return eights


def best_image(loss: Callable[[Any], Any], *, start: float, rate: float, steps: int) -> Numbers:
    """Descend from a grey image, with steps that shrink, so that jumps at kinks die out."""
    guess = minigen.tensor(np.full(784, start), requires_grad=True)
    for step in progress(range(steps), "descent"):
        slope = _gradient(loss(guess), guess)
        guess.data = guess.data - rate * (1 - step / steps) * slope.data
    found: Numbers = guess.numpy()
    return found


def images(shown: Mapping[str, Numbers]) -> None:
    """Draw images of 784 pixels side by side, each with its title."""
    _, axes = plt.subplots(1, len(shown), figsize=(10.5, 2.5))
    for ax, (name, pixels) in zip(axes, shown.items(), strict=True):
        viz.draw_images(np.clip(pixels, 0, 1).reshape(1, 1, 28, 28), title=name, ax=ax)
    plt.show()


# Curves


def likelihoods(white: int, black: int) -> tuple[float, float]:
    """Draw the likelihood of coins, and its negative logarithm; return where each is best."""
    p = np.linspace(0.001, 0.999, 999)
    likelihood = p**white * (1 - p) ** black
    negative_log = -np.log(likelihood)
    _, axes = plt.subplots(1, 3, figsize=(10.5, 3.3))
    axes[0].plot(p, -np.log(p))
    axes[0].set(title="One outcome", xlabel="the probability it was given", ylim=(0, 7))
    axes[0].set_ylabel("$-\\ln p$, nats")
    axes[1].plot(p, 1000 * likelihood)
    axes[1].set(title=f"{white} of {white + black} are white: likelihood", ylabel="thousandths")
    axes[2].plot(p, negative_log)
    axes[2].set(title="The same: negative log-likelihood", ylabel="nats")
    for ax in axes[1:]:
        share = white / (white + black)
        ax.axvline(share, color="0.4", linestyle=":", label=f"p = {share}")
        ax.set_xlabel("p, the model's parameter")
        ax.legend()
    plt.show()
    return float(p[likelihood.argmax()]), float(p[negative_log.argmin()])


def three_forms(ways: Mapping[str, Callable[..., Any]]) -> dict[str, Numbers]:
    """Draw a loss of one logit, for the target 0, and its gradient; return the gradients."""
    logits = np.linspace(-10, 40, 501, dtype=np.float32)
    _, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8))
    slopes = {}
    styles = zip(viz.COLOURS, ("-", "--", ":"), (1.8, 1.8, 4), strict=False)
    for (name, way), (colour, line, size) in zip(ways.items(), styles, strict=True):
        logit = minigen.tensor(logits, requires_grad=True)
        values = way(logit, minigen.zeros(len(logits)), "none")
        slope = _gradient(values.sum(), logit)
        slopes[name] = slope.numpy()
        look = {"color": colour, "linestyle": line, "linewidth": size, "label": name}
        left.plot(logits, values.numpy(), **look)
        right.plot(logits, slopes[name], **look)
    left.set(title="The loss for the target 0", xlabel="logit", ylabel="nats", ylim=(-3, 110))
    left.legend(loc="upper left", fontsize="small")
    right.set(title="What comes back to the logit", xlabel="logit", ylabel="gradient")
    right.axvline(24 * math.log(2), color="0.4", linewidth=1, linestyle="-", zorder=0)
    right.text(24 * math.log(2) + 0.5, 1.15, "here $1 + e^{-l}$ rounds to 1", fontsize="small")
    right.set_ylim(-0.1, 1.3)
    plt.show()
    return slopes


def sampled_divergence(mu: float, variance: float) -> tuple[Numbers, float, float]:
    """Draw KL(N(mu, variance) || N(0, 1)) as an area, and as the mean of more and more draws.

    Return eight means of all draws, the closed form, and the standard error of a mean.
    """
    closed = 0.5 * (mu**2 + variance - 1 - math.log(variance))
    spread = math.sqrt(mu**2 * variance + (variance - 1) ** 2 / 2)
    z = np.linspace(-6, 6, 1201)
    log_q, log_p = F.log_normal(z, mu, math.log(variance)), F.log_normal(z)
    noise = np.random.default_rng(0).normal(size=(50_000, 8))
    draws = mu + math.sqrt(variance) * noise
    ratios = F.log_normal(draws, mu, math.log(variance)) - F.log_normal(draws)
    counts = np.arange(1, len(ratios) + 1)
    running = ratios.cumsum(axis=0) / counts[:, None]
    _, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8))
    left.plot(z, np.exp(log_q), label="q")
    left.plot(z, np.exp(log_p), label="p")
    area = f"$q\\,(\\ln q - \\ln p)$: its area is {closed:.3f}"
    left.fill_between(z, np.exp(log_q) * (log_q - log_p), color="#f3dcc0", label=area)
    left.set(title="Two densities, and the integrand of KL(q ‖ p)", xlabel="z", ylabel="density")
    left.set_xlim(-4, 4)
    left.legend(loc="upper left", fontsize="small")
    band, label = 2 * spread / np.sqrt(counts), "two standard errors"
    few = np.unique(np.geomspace(10, len(counts), 400).astype(int)) - 1
    right.fill_between(
        counts[few], (closed - band)[few], (closed + band)[few], color="0.88", label=label
    )
    right.plot(counts[few], running[few], color=viz.COLOURS[0], linestyle="-", linewidth=0.8)
    right.axhline(closed, color=viz.COLOURS[1], linestyle="--", label="closed form")
    right.set(title="Eight estimates", xlabel="draws", ylabel="nats", xscale="log")
    right.set_ylim(closed - 0.6, closed + 0.6)
    right.legend()
    plt.show()
    return running[-1], closed, spread / math.sqrt(len(ratios))


def curves(
    values: Mapping[str, Sequence[float]], title: str, label: str, x: str = "epoch", **more: Any
) -> None:
    """Draw curves against the epoch or step."""
    _, ax = plt.subplots()
    for (name, curve), size in zip(values.items(), (1.8, 1.8, 4), strict=False):
        ax.plot(range(1, len(curve) + 1), curve, label=name, linewidth=size)
    ax.set(title=title, xlabel=x, ylabel=label, **more)
    ax.legend()
    plt.show()


# What goes wrong


def _digits(split: str) -> tuple[Numbers, Numbers]:
    digits = data.load("digits", split)
    return digits.scaled().reshape(-1, 64), digits.labels


def _network(outputs: int) -> Any:
    generator = minigen.Generator(0)
    first = nn.Dense(64, 64, generator=generator)
    return nn.Sequential(first, nn.ReLU(), nn.Dense(64, outputs, generator=generator))


def learn_from_bytes(loss_of: LossOf, epochs: int = 30) -> tuple[list[float], float]:
    """Learn from pixels up to 255 whether a digit is five or more.

    Return the share of test images right after each epoch, and the largest derivative at the end.
    """
    (x, labels), (x_test, labels_test) = _digits("train"), _digits("test")
    targets = (labels >= 5).astype(np.float32)[:, None]
    network, order, right = _network(1), np.random.default_rng(0), []
    optimizer = optim.Adam(network.parameters(), lr=1e-2)

    def walk_back(batch: Any) -> None:
        optimizer.zero_grad()
        loss_of(network(minigen.tensor(255 * x[batch])), minigen.tensor(targets[batch])).backward()

    for _ in range(at_most(epochs)):
        for batch in np.array_split(order.permutation(len(x)), 22):
            walk_back(batch)
            optimizer.step()
        told = network(minigen.tensor(255 * x_test)).numpy()[:, 0] > 0
        right.append(100 * float((told == (labels_test >= 5)).mean()))
    walk_back(slice(None))
    largest = max(abs(parameter.grad.numpy()).max() for parameter in network.parameters())
    return right, float(largest)


def learn_logits(images: Numbers, steps: int = 30) -> list[float]:
    """Learn one logit a pixel by an op that does not look at its targets; return the losses."""
    targets = minigen.tensor(images)
    logit, found = minigen.tensor(np.zeros(images.shape[1]), requires_grad=True), []
    for _ in range(at_most(steps)):
        each = losses.logits_cross_entropy(F.broadcast_to(logit, targets.shape), targets)
        loss = losses.reduce(each, "batchmean")
        slope = _gradient(loss, logit)
        logit.data = logit.data - slope.data
        found.append(loss.item())
    return found


def classifier(loss_of: LossOf, epochs: int = 30) -> tuple[list[float], float]:
    """Train a classifier of digits; return its loss in each epoch, and its per cent right."""
    (x, labels), (x_test, labels_test) = _digits("train"), _digits("test")
    network, order, curve = _network(10), np.random.default_rng(0), []
    optimizer = optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(at_most(epochs)):
        values = []
        for batch in np.array_split(order.permutation(len(x)), 22):
            loss = loss_of(network(minigen.tensor(x[batch])), minigen.tensor(labels[batch]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            values.append(loss.item())
        curve.append(float(np.mean(values)))
    scores = network(minigen.tensor(x_test)).numpy()
    return curve, 100 * float((scores.argmax(axis=1) == labels_test).mean())


def downhill(formula: Callable[[Any, Any], Any], steps: int = 400, rate: float = 0.1) -> Numbers:
    """Follow a divergence's formula downhill in mu and ln sigma^2; return the path, (N, 2)."""
    path = [np.array([1.5, -1.5])]
    for _ in range(steps):
        place = minigen.tensor(path[-1], requires_grad=True)
        path.append(path[-1] - rate * _gradient(formula(place[0], place[1]), place).numpy())
    return np.array(path)


def wrong_divergences(
    formulas: Mapping[str, Callable[[Any, Any], Any]], paths: Mapping[str, Numbers]
) -> None:
    """Draw formulas of a divergence, the right one first, and where each of them leads."""
    lines, markers = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1))), "osD^v"
    _, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), width_ratios=(1, 1.1))
    logvar = np.linspace(-4, 2, 200)
    plane = np.meshgrid(np.linspace(-0.5, 4, 100), np.linspace(-5, 2, 100))
    levels, true = [0.1, 0.5, 1, 2, 4, 8], next(iter(formulas.values()))
    contours = right.contour(*plane, true(*plane), levels=levels, colors="0.75", linewidths=1)
    right.clabel(contours, fontsize=7)
    styles = zip(viz.COLOURS, lines, markers, strict=False)
    for (name, formula), (colour, line, marker) in zip(formulas.items(), styles, strict=False):
        left.plot(logvar, formula(0.0, logvar), color=colour, linestyle=line, label=name)
        path = paths[name]
        inside = path[(path[:, 0] < 4) & (path[:, 1] > -5) & (path[:, 1] < 2)]
        right.plot(*inside.T, color=colour, linestyle=line)
        right.plot(*inside[-1], marker, color=colour)
    right.plot(1.5, -1.5, "*", color="black", markersize=11)
    left.axhline(0, color="0.5", linewidth=0.8, linestyle="-", zorder=0)
    left.set(title=r"The formulas at $\mu = 0$", xlabel=r"$\ln \sigma^2$", ylabel="nats")
    left.set_ylim(-1.6, 2.6)
    left.legend(fontsize="small", loc="upper center")
    right.set(title="Downhill on each, from the star, over the true divergence", xlabel=r"$\mu$")
    right.set(ylabel=r"$\ln \sigma^2$", xlim=(-0.5, 4), ylim=(-5, 2))
    plt.show()
