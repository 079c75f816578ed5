"""Densities on a line: the optimal discriminator, and what the two losses ask of a generator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import minigen
from minigen import Generator, Tensor, nn

from .common import BLUE, ORANGE, Array, column, sigmoid


def normal(x: Array, mean: float, deviation: float) -> Array:
    """Return the density of a normal distribution."""
    density: Array = np.exp(-(((x - mean) / deviation) ** 2) / 2)
    return density / (math.sqrt(2 * math.pi) * deviation)


def kl(p: Array, q: Array, dx: float) -> float:
    """Return KL(p || q) of two densities on a grid."""
    inside = p > 1e-300
    return float(np.sum(p[inside] * np.log(p[inside] / q[inside])) * dx)


def js(p: Array, q: Array, dx: float) -> float:
    """Return the Jensen-Shannon divergence of two densities on a grid."""
    m = (p + q) / 2
    return (kl(p, m, dx) + kl(q, m, dx)) / 2


def central_differences(f: Callable[[float, float], float], a: float, b: float) -> list[float]:
    """Return the derivatives of f by a and by b."""
    h = 1e-5
    by_a = (f(a + h, b) - f(a - h, b)) / (2 * h)
    return [by_a, (f(a, b + h) - f(a, b - h)) / (2 * h)]


def small_network(seed: int) -> nn.Sequential:
    """Return a discriminator of numbers, with two hidden layers of 32 units."""
    generator = Generator(seed)
    return nn.Sequential(
        nn.Dense(1, 32, generator=generator),
        nn.Tanh(),
        nn.Dense(32, 32, generator=generator),
        nn.Tanh(),
        nn.Dense(32, 1, generator=generator),
    )


class OnALine:
    """Data with two modes, generated points with one, their densities p and q on a grid."""

    def __init__(self) -> None:
        self.x = np.linspace(-6, 6, 2401)
        self.dx = self.x[1] - self.x[0]
        self.p = (normal(self.x, -1.5, 0.5) + normal(self.x, 1.5, 0.5)) / 2
        self.q = normal(self.x, 0.5, 1.0)
        self.best = self.p / (self.p + self.q)
        self.floor = 2 * math.log(2) - 2 * js(self.p, self.q, self.dx)
        self.random = np.random.default_rng(0)
        self.seen: dict[int, Array] = {}

    def real(self, count: int) -> Tensor:
        """Draw points of the data."""
        signs = np.where(self.random.random(count) < 0.5, -1.5, 1.5)
        return column(signs + 0.5 * self.random.normal(size=count))

    def fake(self, count: int) -> Tensor:
        """Draw generated points."""
        return column(0.5 + self.random.normal(size=count))

    def remember(self, step: int, discriminator: nn.Module) -> None:
        """Keep the discriminator's scores on the grid, in some of the steps."""
        if step < 20 or step % 20 == 0:
            with minigen.no_grad():
                scores = discriminator(column(self.x)).numpy()
            self.seen[step] = scores[:, 0].astype(np.float64)

    def loss(self, s: Array) -> float:
        """Return L_D of scores on the grid, by the integrals."""
        value = np.sum(self.p * np.logaddexp(0, -s) + self.q * np.logaddexp(0, s)) * self.dx
        return float(value)

    def distance(self, s: Array) -> float:
        """Return the mean difference between the answers and the best ones."""
        return float(np.sum((self.p + self.q) / 2 * abs(sigmoid(s) - self.best)) * self.dx)

    def draw(self) -> None:
        """Draw the answers of the discriminator, and its loss."""
        last = max(self.seen)
        losses = {step: self.loss(s) for step, s in self.seen.items()}
        _, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.6), width_ratios=[1.5, 1])
        for density, colour, label in (
            (self.p, BLUE, "p, data"),
            (self.q, ORANGE, "q, generated"),
        ):
            left.fill_between(self.x, density, color=colour, alpha=0.25, linewidth=0)
            left.plot(self.x, density, color=colour, linestyle="-", linewidth=1, label=label)
        left.plot(self.x, self.best, color="0.75", linestyle="-", linewidth=5, label="p / (p + q)")
        for step, style in zip(sorted({0, min(60, last), last}), (":", "--", "-"), strict=False):
            answer = sigmoid(self.seen[step]) if step in self.seen else self.best
            label = f"step {step}"
            left.plot(self.x, answer, color="black", linestyle=style, linewidth=1.3, label=label)
        left.set(
            title="What the discriminator answers, and the best answer",
            xlabel="x",
            ylabel="density;  $\\sigma(D(x))$",
            xlim=(-4.5, 4.5),
            ylim=(0, 1.32),
            yticks=(0, 0.25, 0.5, 0.75, 1),
        )
        left.legend(loc="upper center", fontsize="small", ncols=3)
        right.plot(list(losses), list(losses.values()), label="$L_D$")
        right.axhline(2 * math.log(2), color="0.5", linestyle=":", label="2 ln 2: knows nothing")
        right.axhline(self.floor, color=ORANGE, linestyle="--", label="2 ln 2 − 2 JS")
        right.set(title="Its loss falls to the floor", xlabel="step", ylabel="nats")
        right.set_xscale("symlog", linthresh=20)
        right.set_xlim(0, max(last, 1))
        right.legend(loc="upper right")
        plt.show()


def divergences_by_distance() -> dict[str, dict[str, Array]]:
    """Draw two divergences of N(0, 1) and N(a, 1), and the gradients of the two losses by a."""
    x = np.linspace(-15, 25, 40_001)
    dx = x[1] - x[0]
    p, distances = normal(x, 0, 1), np.linspace(0, 9, 46)
    shifted = [normal(x, a, 1) for a in distances]
    values = {
        "JS(p, q)": np.array([js(p, q, dx) for q in shifted]),
        "KL((p + q)/2 || p)": np.array([kl((p + q) / 2, p, dx) for q in shifted]),
    }
    # D* = a^2 / 2 - a x has the slope -a everywhere.
    slopes = {
        name: np.array(
            [
                np.sum(q * sigmoid(sign * (a * a / 2 - a * x))) * dx * a
                for a, q in zip(distances, shifted, strict=True)
            ]
        )
        for name, sign in (("minimax", 1), ("non-saturating", -1))
    }
    _, (left, right) = plt.subplots(1, 2, figsize=(7.8, 3))
    for name, row in values.items():
        left.plot(distances, row, label=name)
    left.axhline(math.log(2), color="0.5", linestyle=":", label="ln 2")
    left.set(title="Two divergences of N(0, 1) and N(a, 1)", xlabel="distance a", ylabel="nats")
    left.set_ylim(0, 4)
    left.legend()
    for name, row in slopes.items():
        right.plot(distances, row, label=name)
    right.set(
        title="The gradient that the generator gets",
        xlabel="distance a",
        ylabel="$\\partial L_G / \\partial a$, with the optimal D",
    )
    right.legend()
    plt.show()
    return {"distances": {"a": distances}, "values": values, "slopes": slopes}


def descend(objective: Any, a: float, rate: float = 0.1, steps: int = 200) -> Array:
    """Descend on a shift a, with the optimal discriminator of each step; return all a."""
    noise, visited = Generator(5).normal((4096,), np.float64), [a]
    for _ in range(steps):
        leaf = minigen.tensor(a, dtype=np.float64, requires_grad=True)
        scores = a * a / 2 - (leaf + noise) * a
        (slope,) = minigen.grad(objective.generator_loss(scores), leaf)
        assert slope is not None
        a -= rate * slope.item()
        visited.append(a)
    return np.array(visited)


def shifts(paths: Mapping[tuple[str, float], Array]) -> None:
    """Draw how far a generator still is from the data, by its objective and its first shift."""
    figure, ax = plt.subplots(figsize=(7.4, 3.6))
    for (name, start), path in paths.items():
        style, colour = ("-", BLUE) if name == "non-saturating" else ("--", ORANGE)
        ax.plot(path, style, color=colour, label=name if start == 8 else None)
    ax.set(
        title="A generator that starts far off, with the optimal discriminator",
        xlabel="step",
        ylabel="distance a of generated points and data",
    )
    figure.legend(loc="outside right upper")
    plt.show()
