"""The figures of lesson 12, and the training that stands behind them."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from PIL import Image as Picture

import minigen
import minigen.functional as F
from minigen import Generator, Tensor, data, metrics, nn, optim, viz
from minigen.course import progress
from minigen.models import GAN, gradient_penalty
from minigen.models.objectives import Minimax, Wasserstein
from minigen.optim.lr_scheduler import LambdaLR

Array = npt.NDArray[Any]

BLUE, ORANGE = viz.COLOURS[0], viz.COLOURS[1]
RING: Final = data.load("ring")
SIGMA: Final = 0.05
"""A point is near a mode within three of these, 0.15; the modes are 0.77 apart."""


# --------------------------------------------------------------------------------------- the ring


@dataclass
class Run:
    """A GAN of points of the plane, and where 1000 of its points were in some of the steps."""

    model: GAN
    points: dict[int, Array] = field(default_factory=dict)

    def coverage(self, step: int | None = None) -> metrics.ModeCoverage:
        """Count the modes found, and the share of points near one; at the end by default."""
        found = self.points[max(self.points) if step is None else step]
        return metrics.mode_coverage(found, RING.centres, SIGMA)


def ring_run(
    steps: int,
    what: str,
    *,
    rates: tuple[float, float] = (1e-3, 1e-3),
    betas: tuple[float, float] = (0.5, 0.9),
    seed: int = 0,
    frames: int = 24,
    **game: Any,
) -> Run:
    """Train a GAN on the ring with alternating updates; the rates are those of D and of G.

    In the second half they fall to 0.
    """
    model = GAN(
        (2,), hidden=(64, 64, 64), latent=2, batch_norm=False, generator=Generator(seed), **game
    )
    run, source = Run(model), Generator(seed + 5)
    optimizers = {
        side: optim.Adam(network.parameters(), lr=rate, betas=betas)
        for rate, (side, network) in zip(rates, model.sides().items(), strict=True)
    }
    schedules = [
        LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
        for optimizer in optimizers.values()
    ]
    moments = {round(steps * k / frames) for k in range(frames + 1)}
    for step in progress(range(steps), what):
        if step in moments:
            run.points[step] = samples_of(model)
        real = RING.points[source.integers(0, len(RING.points), (128,))]
        for side in model.turns(step):
            optimizers[side].zero_grad()
            model.side_terms(side, real, generator=source)[f"{side}_loss"].backward()
            optimizers[side].step()
            model.finish_turn(side)
        for schedule in schedules:
            schedule.step()
    run.points[steps] = samples_of(model)
    return run


def samples_of(model: GAN, count: int = 1000) -> Array:
    """Return samples as an array."""
    drawn: Array = model.sample(count, generator=Generator(3)).numpy()
    return drawn


def draw_points(ax: Axes, samples: Array, title: str = "") -> None:
    """Draw generated points as crosses, those beyond the frame upon it; the modes as circles."""
    ax.plot(*RING.centres.T, "o", markersize=9, markerfacecolor="none", markeredgecolor=BLUE)
    ax.plot(*samples.clip(-1.65, 1.65).T, "x", markersize=3, color=ORANGE, alpha=0.6)
    ax.set(title=title, xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), aspect="equal", xticks=(), yticks=())


def scenes(runs: Mapping[str, Run], count: int = 5) -> None:
    """Draw moments of some runs, a row each."""
    figure, panels = plt.subplots(
        len(runs), count, figsize=(1.75 * count, 1.85 * len(runs)), squeeze=False
    )
    for row, (name, run) in zip(panels, runs.items(), strict=True):
        steps = sorted(run.points)
        chosen = [steps[round(k)] for k in np.linspace(0, len(steps) - 1, count + 1)[1:]]
        for ax, step in zip(row, chosen, strict=True):
            draw_points(ax, run.points[step][:250], f"step {step}")
        row[0].set_ylabel(name.replace(", ", ",\n"))
    figure.suptitle("Generated points (crosses) and the modes of the data (circles)")
    plt.show()


def film(runs: Mapping[str, Run]) -> None:
    """Show runs side by side as an animated PNG, which plays without a script."""
    from IPython.display import Image, display

    frames = []
    for moment in range(min(len(run.points) for run in runs.values())):
        figure, panels = plt.subplots(
            1, len(runs), figsize=(3.1 * len(runs), 3.5), dpi=72, layout="constrained"
        )
        for ax, (name, run) in zip(panels, runs.items(), strict=True):
            step = sorted(run.points)[moment]
            modes = run.coverage(step).modes
            draw_points(ax, run.points[step][:300], f"{name}: {modes} of 8 modes")
        canvas = io.BytesIO()
        figure.savefig(canvas, format="png", dpi=72)
        plt.close(figure)
        frames.append(Picture.open(canvas).convert("RGB").quantize(24))
    file = io.BytesIO()
    rest = [*frames[1:], *frames[-1:] * 5]
    frames[0].save(file, format="png", save_all=True, append_images=rest, duration=250, loop=0)
    display(Image(file.getvalue()))


def table(runs: Mapping[str, Run]) -> str:
    """Return what each run found, as a table in plain text."""
    lines = [f"{'':30} {'modes':>6} {'near one':>9} {'KL over modes':>14}"]
    for name, run in runs.items():
        c = run.coverage()
        lines.append(f"{name:30} {c.modes:>6} {c.high_quality:>9.0%} {c.reverse_kl:>14.3f}")
    return "\n".join(lines)


# ------------------------------------------------------------------------------ distances, measured


def dense(sizes: Sequence[int], seed: int = 0, activation: type[nn.Module] = nn.LeakyReLU) -> Any:
    """Return a network of dense layers with He's weights, without an activation at its end."""
    generator = Generator(seed)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(sizes):
        layers += [nn.Dense(before, after, generator=generator), activation()]
    network = nn.Sequential(*layers[:-1])
    return nn.init.initialize_(network, nn.init.kaiming_normal_, generator)


def scores(network: Any, points: Array) -> Tensor:
    """Return the scores (N,) of points (N, D)."""
    return F.reshape(network(minigen.tensor(points.astype(np.float32))), (-1,))


def difference(critic: Any, real: Array, fake: Array) -> float:
    """Return the mean score of real samples less that of generated ones."""
    loss = Wasserstein().discriminator_loss(scores(critic, real), scores(critic, fake))
    return -float(loss.item())


Penalty = Callable[[Any, Array, Array, Generator], Tensor]


def penalised(weight: float) -> Penalty:
    """Return what adds the gradient penalty to a critic's loss."""

    def penalty(network: Any, real: Array, fake: Array, source: Generator) -> Tensor:
        def critic(x: Tensor) -> Tensor:
            return F.reshape(network(x), (-1,))

        pair = (minigen.tensor(each.astype(np.float32)) for each in (real, fake))
        return weight * gradient_penalty(critic, *pair, generator=source)

    return penalty


def fit(
    network: Any,
    objective: Any,
    draw: Callable[[Generator], tuple[Array, Array]],
    steps: int = 300,
    *,
    rate: float = 3e-3,
    penalty: Penalty | None = None,
    clip: float | None = None,
    what: str = "critic",
) -> Any:
    """Train a discriminator or a critic alone, against samples that stay as they are."""
    source = Generator(11)
    optimizer = optim.Adam(network.parameters(), lr=rate, betas=(0.0, 0.99))
    schedule = LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
    for _ in progress(range(steps), what):
        real, fake = draw(source)
        optimizer.zero_grad()
        loss = objective.discriminator_loss(scores(network, real), scores(network, fake))
        if penalty is not None:
            loss = loss + penalty(network, real, fake, source)
        loss.backward()
        optimizer.step()
        schedule.step()
        if clip is not None:
            with minigen.no_grad():
                for parameter in network.parameters():
                    parameter.copy_(F.clip(parameter, -clip, clip))
    return network


def two_lines(theta: float) -> Callable[[Generator], tuple[Array, Array]]:
    """Return what draws from a line at 0, and from a parallel one at theta."""

    def draw(source: Generator) -> tuple[Array, Array]:
        real, fake = (source.uniform((128, 2)) for _ in range(2))
        real[:, 0], fake[:, 0] = 0.0, theta
        return real, fake

    return draw


@dataclass(frozen=True)
class Estimates:
    """What trained networks make of two parallel lines, by their distance."""

    theta: Array
    js: Array
    wasserstein: Array
    pull_of_js: Array
    pull_of_wasserstein: Array


def parallel_lines(distances: Sequence[float]) -> Estimates:
    """Train a discriminator and a critic at each distance; measure divergence and gradient."""
    found: list[tuple[float, ...]] = []
    for theta in distances:
        draw = two_lines(theta)
        discriminator = fit(dense((2, 32, 32, 1)), Minimax(), draw, 250, what=f"{theta}, JS")
        critic = fit(
            dense((2, 32, 32, 1)),
            Wasserstein(),
            draw,
            250,
            penalty=penalised(10.0),
            what=f"{theta}, W",
        )
        real, fake = draw(Generator(99))
        losses, pulls = [], []
        for network, objective in ((discriminator, Minimax()), (critic, Wasserstein())):
            leaf = minigen.tensor(fake.astype(np.float32), requires_grad=True)
            on_fake = F.reshape(network(leaf), (-1,))
            loss = objective.discriminator_loss(scores(network, real), on_fake)
            losses.append(loss.item())
            (pull,) = minigen.grad(objective.generator_loss(on_fake), leaf)
            assert pull is not None
            pulls.append(float(np.abs(pull.numpy()[:, 0].sum())))
        found.append((theta, math.log(2) - losses[0] / 2, -losses[1], *pulls))
    return Estimates(*np.array(found).T)


def draw_lines(found: Estimates) -> None:
    """Draw both estimates with what was derived, and the gradient that a generator would get."""
    _, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.1))
    left.plot(found.theta, found.theta, "-", color="0.8", linewidth=5)
    left.axhline(math.log(2), color="0.8", linestyle="-", linewidth=5)
    left.plot(found.theta, found.wasserstein, "o-", label="$W_1$, a critic")
    left.plot(found.theta, found.js, "s--", label="JS, a discriminator")
    left.set(title="Two parallel lines; grey: derived", xlabel="distance θ", ylabel="divergence")
    left.legend()
    right.plot(found.theta, found.pull_of_wasserstein, "o-", label="critic")
    right.plot(found.theta, found.pull_of_js, "s--", label="minimax loss")
    right.set(
        title="What pulls the line back",
        xlabel="distance θ",
        ylabel="$|\\partial L_G / \\partial \\theta|$",
        ylim=(0, None),
    )
    right.legend(loc="center right")
    plt.show()


# --------------------------------------------------------------------------------------- on a line


def line_samples(source: Generator, count: int = 256) -> tuple[Array, Array]:
    """Draw data with two modes, at -2 and 2, and generated points with one at 0: (N, 1)."""
    signs = np.where(source.uniform((count, 1)) < 0.5, -2.0, 2.0)
    real = signs + 0.3 * source.normal((count, 1), np.float64)
    return real, 0.3 * source.normal((count, 1), np.float64)


def matching(x: Array, y: Array) -> None:
    """Draw samples matched in their order, and the area between the cumulative curves."""
    x, y = np.sort(x), np.sort(y)
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 2.9))
    for a, b in zip(x, y, strict=True):
        left.plot((a, b), (1, 0), "-", color="0.6", linewidth=1)
    left.plot(x, np.ones_like(x), "o", color=BLUE, label="data x")
    left.plot(y, np.zeros_like(y), "x", color=ORANGE, label="generated y")
    left.set(title="Each in its order", xlabel="place", yticks=(), ylim=(-0.25, 1.25))
    left.legend(loc="lower left", fontsize="small")
    places = np.sort(np.concatenate([x, y]))
    steps = np.arange(1, len(x) + 1) / len(x)
    p, q = (np.searchsorted(each, places, side="right") / len(x) for each in (x, y))
    right.step(np.r_[places[0], x, places[-1]], np.r_[0, steps, 1], where="post", label="P, data")
    right.step(
        np.r_[places[0], y, places[-1]],
        np.r_[0, steps, 1],
        "--",
        where="post",
        label="Q, generated",
    )
    right.fill_between(places, p, q, step="post", color="0.85")
    right.set(title="The area is the same distance", xlabel="place", ylabel="share to the left")
    right.legend(loc="lower right", fontsize="small")
    plt.show()


def critics_on_a_line(critics: Mapping[str, Any], best: tuple[Array, Array]) -> dict[str, float]:
    """Draw critics as functions, moved to one height, beside the best; return largest slopes."""
    x = np.linspace(-3, 3, 601)
    slopes = {}
    _, ax = plt.subplots(figsize=(7.2, 3.4))
    ax.plot(*best, "-", color="0.8", linewidth=6, label="the best of slope 1")
    for (name, critic), style in zip(critics.items(), ("-", "--", ":"), strict=False):
        with minigen.no_grad():
            found = scores(critic, x[:, None]).numpy()
        slopes[name] = float(np.abs(np.gradient(found, x)).max())
        ax.plot(x, found - found.min() + best[1].min(), style, label=name)
    ax.set(title="Critics of two modes (at ±2) against one (at 0)", xlabel="x", ylabel="D(x)")
    ax.legend(loc="upper center")
    plt.show()
    return slopes


def best_critic(x: Array, y: Array, places: Array) -> Array:
    """Return the best critic of samples on a line, by the sign of Q - P."""
    p, q = (np.searchsorted(np.sort(each.ravel()), places) / each.size for each in (x, y))
    slope = np.sign(q - p)
    height: Array = np.concatenate([[0], np.cumsum(slope[:-1] * np.diff(places))])
    return height


# ------------------------------------------------------------------------------------ depth, rounds


def gradients_by_depth(
    clips: Sequence[float], depth: int = 8, width: int = 32
) -> dict[float, Array]:
    """Train deep clipped critics on the ring; draw how large the gradient is at each layer."""
    sizes = (2, *[width] * depth, 1)

    def draw(source: Generator) -> tuple[Array, Array]:
        real = RING.points[source.integers(0, len(RING.points), (128,))]
        return real, 0.3 * source.normal((128, 2), np.float64)

    found = {}
    _, ax = plt.subplots(figsize=(7, 3.2))
    for clip, style in zip(clips, ("o:", "s--", "^-.", "d-"), strict=False):
        critic = fit(
            dense(sizes), Wasserstein(), draw, 60, clip=clip, rate=1e-2, what=f"clip {clip}"
        )
        signal = minigen.tensor(draw(Generator(1))[0].astype(np.float32))
        kept = []
        for layer in critic:
            signal = layer(signal)
            if isinstance(layer, nn.Dense):
                kept.append(signal)
        slopes = minigen.grad(F.sum(signal), kept)
        found[clip] = np.array([np.linalg.norm(np.asarray(s), axis=1).mean() for s in slopes])
        ax.semilogy(np.arange(1, depth + 2), found[clip], style, label=f"c = {clip:g}")
    ax.set(
        title="A clipped critic of nine layers: the score's gradient by each layer's output",
        xlabel="layer",
        ylabel="mean length",
    )
    ax.legend()
    plt.show()
    return found


def beside_the_way(real: Array, fake: Array) -> float:
    """Return how far a mixture by pixels is from the way between two samples, over its length."""
    mix = Generator(3).uniform(real.shape, np.float64)
    count = len(real)
    way, step = ((each - fake).reshape(count, -1) for each in (real, mix * real + (1 - mix) * fake))
    length = np.linalg.norm(way, axis=1, keepdims=True)
    along = (step * way).sum(axis=1, keepdims=True) / length**2 * way
    return float((np.linalg.norm(step - along, axis=1) / length[:, 0]).mean())


def rounds_of_power_iteration(weight: Array, rounds: int = 12) -> Array:
    """Return the estimates of the largest singular value, a round each, from one direction."""
    v = np.ones(weight.shape[1]) / math.sqrt(weight.shape[1])
    found = []
    for _ in range(rounds):
        u = weight @ v
        u /= np.linalg.norm(u)
        v = weight.T @ u
        v /= np.linalg.norm(v)
        found.append(u @ weight @ v)
    return np.array(found)


def draw_rounds(errors: Array, derived: Array) -> None:
    """Draw how the estimate comes near, and the bound that was derived."""
    _, ax = plt.subplots(figsize=(6.2, 2.7))
    rounds = np.arange(1, len(errors) + 1)
    ax.semilogy(rounds, derived, "-", color="0.8", linewidth=5, label="bound")
    ax.semilogy(rounds, np.maximum(errors, 1e-16), "o-", label="measured")
    ax.set(title="Power iteration", xlabel="round", ylabel="1 − (σ̂ / σ₁)²")
    ax.legend()
    plt.show()
