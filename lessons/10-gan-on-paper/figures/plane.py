"""Points of the plane: a GAN on a ring of modes, which points move, and mode collapse."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from PIL import Image as Picture

import minigen
from minigen import Generator, data, metrics, optim
from minigen.course import progress
from minigen.models import GAN, Minimax, NonSaturating

from .common import BLUE, ORANGE, Array, sigmoid
from .training import play, samples_of

SIDE: Final = np.linspace(-1.6, 1.6, 61, dtype=np.float32)
PLANE: Final = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)
RING: Final = data.load("ring")


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
