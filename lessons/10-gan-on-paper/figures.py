"""The figures of lesson 10, and the training that stands behind them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from PIL import Image as Picture

import minigen
import minigen.functional as F
from minigen import Generator, Tensor, data, metrics, nn, optim, viz
from minigen.course import progress
from minigen.models import GAN, VAE, Minimax, NonSaturating, r1_penalty
from minigen.optim.lr_scheduler import LambdaLR

Array = npt.NDArray[Any]

BLUE, ORANGE = viz.COLOURS[0], viz.COLOURS[1]
DIGITS: Final = (2, 3, 4, 7)
SIDE: Final = np.linspace(-1.6, 1.6, 61, dtype=np.float32)
PLANE: Final = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)
RING: Final = data.load("ring")


def sigmoid(s: Any) -> Any:
    """Return 1 / (1 + exp(-s))."""
    return 1 / (1 + np.exp(-s))


# ------------------------------------------------------------------------ a VAE and a GAN of images


@dataclass(frozen=True)
class Images:
    """Printed digits to learn from, and others to compare with: (N, 1, 28, 28), in [0, 1]."""

    train: Array
    test: Array
    fours: Array


def printed_digits() -> Images:
    """Return the digits 2, 3, 4 and 7 in twenty typefaces, in random order."""
    sets = {part: data.load("printed_digits", part) for part in ("train", "test")}
    train, test = (each.scaled()[np.isin(each.labels, DIGITS)] for each in sets.values())
    fours = sets["test"].scaled()[sets["test"].labels == 4]
    orders = [Generator(7).permutation(len(each)) for each in (test, fours)]
    return Images(train, test[orders[0]], fours[orders[1]])


def train_vae(images: Array, steps: int = 1000) -> VAE:
    """Train a VAE with eight latent variables and one hidden layer on either side."""
    model = VAE(images.shape[1:], hidden=(256,), latent=8, generator=Generator(0))
    optimizer, source = optim.Adam(model.parameters(), lr=2e-3), Generator(1)
    schedule = LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
    for _ in progress(range(steps), "VAE"):
        optimizer.zero_grad()
        batch = images[source.integers(0, len(images), (64,))]
        model.terms(batch, generator=source)["loss"].backward()
        optimizer.step()
        schedule.step()
    return model


def train_gan(images: Array, steps: int = 1000) -> GAN:
    """Train a GAN with two hidden layers on either side, the library's defaults for images."""
    model = GAN(images.shape[1:], generator=Generator(0))
    play(model, images, steps, rate=3e-3, betas=(0.0, 0.99), batch=64, what="GAN")
    return model


def play(
    model: GAN,
    samples: Array,
    steps: int,
    *,
    rate: float = 1e-3,
    betas: tuple[float, float] = (0.5, 0.999),
    batch: int = 128,
    seed: int = 2,
    generator_updates: int = 1,
    watch: Callable[[int], None] = lambda _step: None,
    what: str = "GAN",
) -> list[dict[str, float]]:
    """Train both sides with alternating updates; return the terms of every step.

    `watch(step)` is called before each step, and after the last. In the second half of training
    the learning rate falls to 0.
    """
    source = Generator(seed)
    optimizers = {
        side: optim.Adam(network.parameters(), lr=rate, betas=betas)
        for side, network in model.sides().items()
    }
    schedules = [
        LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
        for optimizer in optimizers.values()
    ]
    history = []
    for step in progress(range(steps), what):
        watch(step)
        real = samples[source.integers(0, len(samples), (batch,))]
        record: dict[str, float] = {}
        sides = [side for side in model.turns(step) if side != "generator"]
        for side in sides + ["generator"] * generator_updates:
            optimizers[side].zero_grad()
            terms = model.side_terms(side, real, generator=source)
            terms[f"{side}_loss"].backward()
            optimizers[side].step()
            model.finish_turn(side)
            record |= {name: term.item() for name, term in terms.items()}
        for schedule in schedules:
            schedule.step()
        history.append(record)
    watch(steps)
    return history


def samples_of(model: VAE | GAN, count: int, seed: int = 3) -> Array:
    """Return samples as an array: of a VAE the means of its pixels."""
    drawn: Array = model.sample(count, generator=Generator(seed)).numpy()
    return drawn


def two_models(images: Images, vae: VAE, gan: GAN) -> None:
    """Draw images of the data, and samples of the two models."""
    rows = {"data": images.test[:28], "VAE": samples_of(vae, 28), "GAN": samples_of(gan, 28)}
    _, panels = plt.subplots(3, 1, figsize=(8.4, 4.3))
    for panel, (name, row) in zip(panels, rows.items(), strict=True):
        viz.draw_images(row, columns=14, ax=panel)
        panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize="large")
    plt.show()


def answers(fours: Array) -> None:
    """Draw some fours, and the image with the least squared error to all of them."""
    mean = fours.mean(axis=0)
    errors = ((fours[:9] - mean) ** 2).sum(axis=(1, 2, 3))
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 1.7), width_ratios=[9, 1.6])
    viz.draw_images(fours[:9], columns=9, ax=left)
    left.set_title("Nine of the fours, and the squared error of the mean image to each")
    pitch = fours.shape[-1] + 1
    left.set_xticks([(k + 0.5) * pitch for k in range(9)], [f"{error:.0f}" for error in errors])
    viz.draw_images(mean[None], ax=right, title="their mean")
    plt.show()


@dataclass(frozen=True)
class Scores:
    """What a set of samples is worth, beside as many images of the data."""

    sharpness: float
    coverage: float
    frechet: float


def judge(images: Images, samples: Array) -> Scores:
    """Compare samples with as many test images: edges, neighbours in pixels, and features."""
    real = images.test[: len(samples)]
    extractor = metrics.load_feature_extractor("printed_digits")
    flat = (each.reshape(len(each), -1) for each in (real, samples))
    features = (metrics.extract_features(extractor, each) for each in (real, samples))
    return Scores(
        metrics.sharpness(samples, real),
        metrics.density_coverage(*flat).coverage,
        metrics.frechet_distance(*features),
    )


def side_by_side(images: Images, vae: VAE, gan: GAN) -> dict[str, Scores]:
    """Return the scores of a thousand samples of both models, and of as many test images."""
    return {
        "test images": judge(images, images.test[1000:2000]),
        "VAE": judge(images, samples_of(vae, 1000)),
        "GAN": judge(images, samples_of(gan, 1000)),
    }


def table(scores: Mapping[str, Scores]) -> str:
    """Return the scores as a table in plain text."""
    lines = [f"{'':12} {'sharpness':>10} {'coverage':>10} {'Fréchet':>10}"]
    lines += [
        f"{name:12} {each.sharpness:10.2f} {each.coverage:10.2f} {each.frechet:10.2f}"
        for name, each in scores.items()
    ]
    return "\n".join(lines)


# ------------------------------------------------------------------------------ densities on a line


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


def column(points: Array) -> Tensor:
    """Return numbers as a tensor of one column."""
    return minigen.tensor(points.astype(np.float32).reshape(-1, 1))


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


# ------------------------------------------------------------------------------ points of the plane


def draw_points(ax: Axes, samples: Array, title: str = "", real: Array = RING.centres) -> None:
    """Draw generated points as crosses, and modes or points of the data as circles."""
    circles: dict[str, Any] = {
        "markerfacecolor": "none",
        "markeredgecolor": BLUE,
        "markeredgewidth": 0.6,
    }
    ax.plot(*real.T, "o", markersize=5, label="data", **circles)
    ax.plot(*samples.T, "x", markersize=3.5, color=ORANGE, alpha=0.6, label="generated")
    ax.set(title=title, xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")


class Ring:
    """A GAN of points of the plane, and what it looked like in some of its steps."""

    def __init__(self) -> None:
        self.model = GAN(
            (2,),
            hidden=(64, 64, 64),
            latent=2,
            batch_norm=False,
            r1=0.1,
            average=0.99,
            generator=Generator(0),
        )
        self.points: dict[int, Array] = {}
        self.answers: dict[int, Array] = {}
        self.history: list[dict[str, float]] = []

    def train(self, steps: int = 2500) -> None:
        """Train it, and look at it more often at first."""
        moments = {round(steps * (k / 28) ** 2) for k in range(29)}

        def look(step: int) -> None:
            if step in moments:
                self.points[step] = samples_of(self.model, 600)
                self.answers[step] = answers_on_the_plane(self.model)

        self.history = play(self.model, RING.points, steps, watch=look, what="ring")

    def near_a_mode(self, step: int) -> float:
        """Return the share of points within three standard deviations of a mode."""
        found = metrics.mode_coverage(self.points[step], RING.centres, RING.sigma)
        return float(found.high_quality)

    def coverage(self) -> metrics.ModeCoverage:
        """Count the modes that 2500 points of the trained model find."""
        return metrics.mode_coverage(samples_of(self.model, 2500, 4), RING.centres, RING.sigma)

    def discriminator_loss(self, start: int, stop: int | None = None) -> float:
        """Return the mean of L_D, with its penalty, over some steps."""
        chosen = self.history[start:stop] or self.history
        return float(np.mean([record["discriminator_loss"] for record in chosen]))

    def draw(self) -> None:
        """Draw eight moments of the training."""
        steps = sorted(self.points)
        chosen = [steps[round(k)] for k in np.linspace(0, len(steps) - 1, 8)]
        figure, panels = plt.subplots(2, 4, figsize=(8.8, 4.8), sharex=True, sharey=True)
        for ax, step in zip(panels.flat, chosen, strict=True):
            shades = self._draw_moment(ax, step)
        figure.colorbar(
            shades, ax=panels, label="$\\sigma(D(x))$, cut off at 0.25 and 0.75", shrink=0.8
        )
        figure.suptitle("Generated points (crosses), the modes (circles), the discriminator (grey)")
        plt.show()

    def animate(self) -> None:
        """Show the training as an animated PNG, which plays without a script."""
        from IPython.display import Image, display

        frames = []
        for step in sorted(self.points)[::2]:
            figure, ax = plt.subplots(figsize=(3.6, 3.7), dpi=72)
            self._draw_moment(ax, step)
            canvas = io.BytesIO()
            figure.savefig(canvas, format="png", dpi=72)
            plt.close(figure)
            frames.append(Picture.open(canvas).convert("RGB"))
        palette = _palette()  # one for all frames makes a small file
        frames = [frame.quantize(palette=palette, dither=Picture.Dither.NONE) for frame in frames]
        file = io.BytesIO()
        rest = [*frames[1:], *frames[-1:] * 5]
        frames[0].save(file, format="png", save_all=True, append_images=rest, duration=300, loop=0)
        display(Image(file.getvalue()))

    def draw_losses(self) -> None:
        """Draw both losses, and the share of points that are near a mode."""
        _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
        for name, label in (("discriminator_loss", "$L_D$"), ("generator_loss", "$L_G$")):
            left.plot(_smooth([record[name] for record in self.history]), label=label)
        for level, text in ((2 * math.log(2), "2 ln 2"), (math.log(2), "ln 2")):
            left.axhline(level, color="0.5", linestyle=":")
            place = {"transform": left.get_yaxis_transform(), "ha": "right", "color": "0.3"}
            left.text(0.99, level + 0.02, text, **place)
        left.set(title="The losses", xlabel="step", ylabel="nats, mean over 25 steps")
        left.set_ylim(0.5, 1.7)
        left.legend(loc="center right")
        right.plot(list(self.points), [self.near_a_mode(step) for step in self.points])
        right.set(title="Points near a mode", xlabel="step", ylabel="share of 600", ylim=(0, 1))
        plt.show()

    def _draw_moment(self, ax: Axes, step: int) -> Any:
        shades = ax.contourf(
            SIDE,
            SIDE,
            self.answers[step].clip(0.25, 0.75),
            levels=np.linspace(0.25, 0.75, 11),
            cmap="Greys_r",
            vmin=0.05,
            vmax=0.75,
        )
        draw_points(ax, self.points[step][:300], f"step {step}")
        ax.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        ax.grid(visible=False)
        return shades


def answers_on_the_plane(model: GAN) -> Array:
    """Return the discriminator's probabilities on a grid of the plane."""
    with minigen.no_grad():
        answers: Array = sigmoid(model.discriminate(PLANE).numpy()).reshape(61, 61)
    return answers


def _palette() -> Picture.Image:
    greys = plt.get_cmap("Greys_r")((np.linspace(0.275, 0.725, 10) - 0.05) / 0.7)
    inks = mpl.colors.to_rgba_array(("black", "white", BLUE, "#7c83a6", ORANGE, "#d7ad74"))
    palette = Picture.new("P", (1, 1))
    colours = 255 * np.concatenate([greys, inks])[:, :3]
    palette.putpalette(colours.astype(np.uint8).tobytes())
    return palette


def _smooth(values: Sequence[float], width: int = 25) -> Array:
    width = min(width, len(values))
    return np.convolve(values, np.ones(width) / width, mode="valid")


# ----------------------------------------------------------------------------- the two losses, seen


class FixedDiscriminator:
    """A discriminator that has learnt the ring, with points that lie all about, and then stops."""

    def __init__(self) -> None:
        self.model = GAN((2,), hidden=(64, 64), latent=2, batch_norm=False, generator=Generator(7))
        self.source = Generator(8)
        self.scattered = (0.8 * self.source.normal((4000, 2), np.float64)).astype(np.float32)

    def train(self) -> None:
        """Train the discriminator alone."""
        optimizer = optim.Adam(self.model.discriminator.parameters(), lr=2e-3)
        for _ in progress(range(500), "discriminator"):
            real = RING.points[self.source.integers(0, len(RING.points), (128,))]
            fake = self.scattered[self.source.integers(0, 4000, (128,))]
            optimizer.zero_grad()
            scores = (self.model.discriminate(points) for points in (real, fake))
            Minimax().discriminator_loss(*scores).backward()
            optimizer.step()

    def gradients(self, objective: Any, count: int = 90) -> tuple[Array, Array]:
        """Return for some points minus N times the gradients of L_G by point, and by score."""
        leaf = minigen.tensor(self.scattered[:count], requires_grad=True)
        scores = self.model.discriminate(leaf)
        loss = objective.generator_loss(scores)
        by_point, by_score = (
            -count * np.asarray(gradient) for gradient in minigen.grad(loss, [leaf, scores])
        )
        return by_point, by_score

    def draw(self) -> None:
        """Draw which points each of the two losses moves."""
        some = self.scattered[:90]
        answers = answers_on_the_plane(self.model)
        _, panels = plt.subplots(1, 2, figsize=(6.8, 3.6), sharex=True, sharey=True)
        for ax, objective in zip(panels, (Minimax(), NonSaturating()), strict=True):
            pulls, weights = self.gradients(objective)
            directions = pulls / np.linalg.norm(pulls, axis=1, keepdims=True)
            arrows = 0.3 * directions * weights.reshape(-1, 1)
            ax.contourf(SIDE, SIDE, answers, levels=8, cmap="Greys_r", vmin=-0.8, vmax=1)
            scale = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006}
            ax.quiver(*some.T, *arrows.T, color=ORANGE, **scale)
            ax.plot(*some.T, ".", markersize=3, color="black")
            ax.plot(*RING.centres.T, "o", markersize=8, markerfacecolor="none", color=BLUE)
            ax.set(title=f"Which points the {objective.name} loss moves", aspect="equal")
            ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xlabel="$x_1$")
            ax.grid(visible=False)
        panels[0].set_ylabel("$x_2$")
        plt.show()


# -------------------------------------------------------------------------------- the smallest game

SIMULTANEOUS: Final = ((0, 1),)
ALTERNATING: Final = ((1,), (0,))
"""Which of theta (0) and psi (1) move together, in order."""


def slopes_of_the_game(theta: float, psi: float, gamma: float = 0.0) -> tuple[float, float]:
    """Return the slopes of L_G by theta and of L_D by psi, with R1 weighted by gamma."""
    share = float(sigmoid(theta * psi))
    return -share * psi, share * theta + gamma * psi


def slopes_by_the_library(theta: float, psi: float, gamma: float = 0.0) -> tuple[float, float]:
    """Return the same, differentiated by the engine from the library's losses."""
    leaves = [minigen.tensor(v, dtype=np.float64, requires_grad=True) for v in (theta, psi)]

    def line(points: Any) -> Tensor:
        return F.reshape(points * leaves[1], (-1,))

    data_at_zero, made = np.zeros((1, 1)), F.reshape(leaves[0], (1, 1))
    loss_d = Minimax().discriminator_loss(line(data_at_zero), line(made))
    loss_d = loss_d + gamma * r1_penalty(line, data_at_zero)
    loss_g = Minimax().generator_loss(line(made))
    of_theta = minigen.grad(loss_g, leaves[0], retain_graph=True)[0]
    of_psi = minigen.grad(loss_d, leaves[1])[0]
    return float(np.asarray(of_theta)), float(np.asarray(of_psi))


def smallest_game(
    moves: Sequence[Sequence[int]], rate: float, steps: int, gamma: float = 0.0, beta: float = 0.0
) -> Array:
    """Return the way of (theta, psi) from (0.1, 0)."""
    pair, mean_slope = [0.1, 0.0], [0.0, 0.0]
    visited = [tuple(pair)]
    for _ in range(steps):
        for movers in moves:
            slopes = slopes_of_the_game(pair[0], pair[1], gamma)
            for side in movers:
                mean_slope[side] = beta * mean_slope[side] + (1 - beta) * slopes[side]
                pair[side] -= rate * mean_slope[side]
        visited.append(tuple(pair))
    return np.array(visited)


def orbits(paths: Mapping[str, Array], derived: Mapping[str, Array] | None = None) -> None:
    """Draw ways of (theta, psi), and their distance from the equilibrium."""
    _, (left, right) = plt.subplots(1, 2, figsize=(7, 2.9), width_ratios=[1, 1.2])
    for name, path in paths.items():
        (line,) = left.plot(*path.T, linewidth=1.2, label=name)
        right.semilogy(np.hypot(*path.T), color=line.get_color(), label=name)
        if derived:
            right.semilogy(derived[name], color=line.get_color(), linestyle=(0, (1, 3)))
    left.plot(0, 0, "k+", markersize=10)
    left.set(
        title="The way of the pair, from (0.1, 0)",
        xlabel="$\\theta$, the generated point",
        ylabel="$\\psi$, the slope of D",
        aspect="equal",
    )
    right.set(
        title="Distance from the equilibrium" + ("; dotted: derived" if derived else ""),
        xlabel="step",
        ylabel="$\\sqrt{\\theta^2 + \\psi^2}$",
        yticks=(0.03, 0.1, 0.3, 1),
        yticklabels=("0.03", "0.1", "0.3", "1"),
    )
    right.minorticks_off()
    right.legend(loc="upper left")
    plt.show()


# ----------------------------------------------------------------------- mode collapse, oscillation


@dataclass(frozen=True)
class Seen:
    """What 1000 points of a run looked like, in the steps that were looked at."""

    steps: list[int]
    points: list[Array]

    def modes(self) -> list[int]:
        """Return how many of the eight modes were found, in each step."""
        return [each.modes for each in self._coverages()]

    def near(self) -> list[float]:
        """Return the share of points that are near a mode, in each step."""
        return [each.high_quality for each in self._coverages()]

    def spread(self) -> list[float]:
        """Return the largest standard deviation of the points along an axis, in each step."""
        return [float(points.std(axis=0).max()) for points in self.points]

    def _coverages(self) -> list[metrics.ModeCoverage]:
        return [metrics.mode_coverage(each, RING.centres, RING.sigma) for each in self.points]


def points_of_a_run(
    steps: int, *, start: int, r1: float = 0.0, momentum: float = 0.5, generator_updates: int = 1
) -> Seen:
    """Train a GAN on the ring, and look at its newest generator twenty times."""
    model = GAN(
        (2,), hidden=(64, 64, 64), latent=2, batch_norm=False, r1=r1, generator=Generator(start)
    )
    counted = {round(steps * k / 20) for k in range(21)}
    seen = Seen([], [])

    def look(step: int) -> None:
        if step in counted:
            seen.steps.append(step)
            seen.points.append(samples_of(model, 1000))

    play(
        model,
        RING.points,
        steps,
        betas=(momentum, 0.999),
        seed=start,
        generator_updates=generator_updates,
        watch=look,
        what=f"start {start}",
    )
    return seen


def scenes(runs: Mapping[str, Seen], last: int = 6) -> None:
    """Draw the last moments of some runs, a row each."""
    figure, panels = plt.subplots(
        len(runs), last, figsize=(9.4, 1.75 * len(runs)), sharex=True, sharey=True, squeeze=False
    )
    for row, (name, seen) in zip(panels, runs.items(), strict=True):
        moments = list(zip(seen.steps, seen.points, strict=True))
        for ax, (step, points) in zip(row, moments[-last:], strict=False):
            draw_points(ax, points[:150], f"step {step}")
            ax.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        row[0].set_ylabel(name.replace(", ", "\n"))
    figure.suptitle("Generated points (crosses) and the modes of the data (circles)")
    plt.show()


# ---------------------------------------------------------------------- discriminators that deceive


def trained_loss(network: nn.Module, steps: int = 600) -> float:
    """Train on two modes against one of the same mean; return the loss on many fresh points."""
    random = np.random.default_rng(1)

    def real(count: int) -> Tensor:
        signs = np.where(random.random(count) < 0.5, -1.5, 1.5)
        return column(signs + 0.5 * random.normal(size=count))

    def fake(count: int) -> Tensor:
        return column(0.8 * random.normal(size=count))

    optimizer = optim.Adam(network.parameters(), lr=1e-2)
    for _ in progress(range(steps), "discriminator"):
        optimizer.zero_grad()
        Minimax().discriminator_loss(network(real(512)), network(fake(512))).backward()
        optimizer.step()
    with minigen.no_grad():
        found = Minimax().discriminator_loss(network(real(20_000)), network(fake(20_000)))
    return float(found.item())


def losses_of_one_that_memorises(steps: int = 600) -> tuple[float, float]:
    """Train on 40 points each of p = q; return the loss on them, and on fresh points."""
    random = np.random.default_rng(0)

    def points(count: int) -> Array:
        return random.normal(size=(count, 2)).astype(np.float32)

    model = GAN((2,), hidden=(64, 64), latent=2, batch_norm=False, generator=Generator(9))
    optimizer = optim.Adam(model.discriminator.parameters(), lr=5e-3)
    real, fake = points(40), points(40)

    def loss(real: Array, fake: Array) -> Tensor:
        return Minimax().discriminator_loss(model.discriminate(real), model.discriminate(fake))

    for _ in progress(range(steps), "by heart"):
        optimizer.zero_grad()
        loss(real, fake).backward()
        optimizer.step()
    with minigen.no_grad():
        return loss(real, fake).item(), loss(points(5000), points(5000)).item()
