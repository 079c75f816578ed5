"""The figures of lesson 11, and the training that stands behind them."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

import minigen
import minigen.functional as F
from minigen import Generator, Tensor, data, metrics, nn, optim, viz
from minigen.course import progress
from minigen.models import DCGAN, ConditionalGAN
from minigen.nn.utils import frozen
from minigen.optim.lr_scheduler import LambdaLR

Array = npt.NDArray[Any]

BLUE = viz.COLOURS[0]
HERE: Final = Path(__file__).parent
CLASSES: Final = 10

# ----------------------------------------------------------------------------------- what is learnt


@dataclass(frozen=True)
class Digits:
    """Printed digits, (N, 1, 28, 28) in [0, 1], with their classes."""

    images: Array
    labels: Array


@cache
def printed_digits(part: str = "train") -> Digits:
    """Return the digits in twenty typefaces."""
    found = data.load("printed_digits", part)
    return Digits(found.scaled(), found.labels)


def fours(source: Generator, count: int) -> Tensor:
    """Draw some fours, in [-1, 1]."""
    digits = printed_digits()
    images = digits.images[digits.labels == 4]
    return minigen.tensor(2 * images[source.integers(0, len(images), (count,))] - 1)


@cache
def features_of_test_images() -> Array:
    """Return what the classifier of printed digits sees in 2000 test images, shape (2000, 64)."""
    order = Generator(7).permutation(10_000)[:2000]
    return features(printed_digits("test").images[order])


def features(images: Array) -> Array:
    """Return the features of a classifier of printed digits."""
    extractor = metrics.load_feature_extractor("printed_digits")
    seen: Array = metrics.extract_features(extractor, images)
    return seen


def frechet(images: Array) -> float:
    """Return the Fréchet distance of images to 2000 test images, in the classifier's features."""
    return metrics.frechet_distance(features(images), features_of_test_images())


# ------------------------------------------------------------------------------------ how it learns


@dataclass(frozen=True)
class Recipe:
    """How the GAN is built and trained; each ablation changes one of these.

    Parameters
    ----------
    told : str
        How the discriminator is told the class: "projection", "planes", or "nothing", and then
        the generator isn't either.
    r1, r1_interval, batch_norm, label_smoothing
        As for `ConditionalGAN`.
    small_weights : bool
        Whether the discriminator begins with weights from N(0, 0.02²) instead of He's.
    rate, beta1 : float
        Of Adam, for both sides.
    noise : float
        The standard deviation of what is added to all that the discriminator sees in training.
    together : bool
        Whether it scores real and generated images in one batch.
    """

    told: str = "projection"
    r1: float = 1.0
    r1_interval: int = 8
    batch_norm: bool | None = None
    label_smoothing: float = 0.0
    small_weights: bool = False
    rate: float = 2e-3
    beta1: float = 0.0
    noise: float = 0.0
    together: bool = False

    def build(self, seed: int) -> DCGAN:
        """Make the model, whose two networks have about 330,000 weights."""
        options: dict[str, Any] = {
            "channels": (16, 32),
            "latent": 32,
            "generator_hidden": (128,),
            "discriminator_hidden": (64,),
            "r1": self.r1,
            "r1_interval": self.r1_interval,
            "batch_norm": self.batch_norm,
            "label_smoothing": self.label_smoothing,
            "average": 0.99,
            "generator": Generator(seed),
        }
        model: DCGAN
        if self.told == "nothing":
            model = DCGAN((1, 28, 28), **options)
        else:
            kind = InOneBatch if self.together else Noisy
            model = kind((1, 28, 28), CLASSES, projection=self.told == "projection", **options)
            model.noise = self.noise
        if self.small_weights:
            nn.init.initialize_(model.discriminator, nn.init.dcgan_normal_, Generator(seed))
        return model


class Noisy(ConditionalGAN):
    """A conditional GAN whose discriminator sees everything with noise upon it."""

    noise = 0.0

    def as_seen(self, samples: Any, generator: Generator | None) -> Any:
        """Add noise to samples."""
        if not self.noise or generator is None:
            return samples
        return samples + self.noise * generator.normal(samples.shape, np.float32)


class InOneBatch(Noisy):
    """A conditional GAN that scores real and generated images in one batch: a mistake."""

    def _discriminator_terms(
        self,
        real: Any,
        labels: Any,
        noise: Any,
        mix: Any,  # noqa: ARG002 - there is no penalty to draw them for
        generator: Any,  # noqa: ARG002
    ) -> dict[str, Tensor]:
        with frozen(self.generator), minigen.no_grad():
            fake = self.generator(self.condition(noise, labels))
        both = F.concatenate(minigen.tensor(real), fake)
        scores = self._score(both, np.concatenate([labels, labels]))
        return self.game.discriminator_terms(scores[: len(real)], scores[len(real) :], None)


@dataclass
class Run:
    """A model that was trained, and what was noted meanwhile."""

    model: Any
    history: list[dict[str, float]] = field(default_factory=list)
    weights_alone: Any = None

    def images(self, count: int = 2000, seed: int = 3) -> Array:
        """Return samples of the averaged generator, one class after the other."""
        drawn: Array = self.model.sample(count, generator=Generator(seed)).numpy()
        return drawn

    def newest_images(self, count: int = 2000, seed: int = 3) -> Array:
        """Return samples of the newest generator."""
        drawn: Array = self.model.sample_newest(count, generator=Generator(seed)).numpy()
        return drawn

    def images_with_newest_statistics(self, count: int = 2000, seed: int = 3) -> Array:
        """Return samples of averaged weights with the newest statistics of batch norm."""
        kept, self.model.averaged_generator = self.model.averaged_generator, self.weights_alone
        try:
            return self.images(count, seed)
        finally:
            self.model.averaged_generator = kept


def train(
    recipe: Recipe,
    steps: int = 1000,
    *,
    seed: int = 0,
    batch: int = 32,
    what: str = "GAN",
    watch: Callable[[int, Run], None] = lambda _step, _run: None,
) -> Run:
    """Train both sides with alternating updates; in the second half the rate falls to 0."""
    run = Run(recipe.build(seed))
    run.weights_alone = nn.ExponentialAverage(
        run.model.generator, 0.99, use_buffers=False, warmup=True
    )
    digits, source = printed_digits(), Generator(100 + seed)
    optimizers = {
        side: optim.Adam(network.parameters(), lr=recipe.rate, betas=(recipe.beta1, 0.99))
        for side, network in run.model.sides().items()
    }
    schedules = [
        LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
        for optimizer in optimizers.values()
    ]
    for step in progress(range(steps), what):
        watch(step, run)
        chosen = source.integers(0, len(digits.images), (batch,))
        labels = None if recipe.told == "nothing" else digits.labels[chosen]
        record: dict[str, float] = {}
        for side in run.model.turns(step):
            optimizers[side].zero_grad()
            terms = run.model.side_terms(side, digits.images[chosen], labels, generator=source)
            terms[f"{side}_loss"].backward()
            optimizers[side].step()
            run.model.finish_turn(side)
            record |= {name: term.item() for name, term in terms.items()}
        run.weights_alone.update(run.model.generator)
        for schedule in schedules:
            schedule.step()
        run.history.append(record)
    watch(steps, run)
    return run


@dataclass(frozen=True)
class Plain(Recipe):
    """The first DCGAN's way: batch norm and small weights in the discriminator, a small rate."""

    told: str = "nothing"
    r1: float = 0.0
    batch_norm: bool | None = True
    rate: float = 2e-4
    beta1: float = 0.5


class Film:
    """What the same noise became in the steps of a run: one digit of each class a column."""

    def __init__(self, steps: int, rows: int = 5, frames: int = 24) -> None:
        self.moments = {round(steps * (k / frames) ** 1.7) for k in range(frames + 1)}
        self.rows = rows
        self.frames: dict[int, Array] = {}

    def __call__(self, step: int, run: Run) -> None:
        """Keep what the newest generator makes, if the step is one of the moments."""
        if step in self.moments:
            self.frames[step] = run.newest_images(CLASSES * self.rows)

    def play(self) -> None:
        """Show them as an animated PNG, which plays without a script."""
        from IPython.display import Image, display

        grids = [viz.image_grid(images, CLASSES, 1) for images in self.frames.values()]
        pictures = [
            Picture.fromarray(grid // 32 * 36) for grid in grids
        ]  # eight greys: a small file
        file = io.BytesIO()
        rest = [*pictures[1:], *pictures[-1:] * 8]
        pictures[0].save(
            file, format="png", save_all=True, append_images=rest, duration=200, loop=0
        )
        display(Image(file.getvalue(), width=2 * pictures[0].width))


# ------------------------------------------------------------------------------------------ figures


def two_ways(plain: Run, recipe: Run) -> dict[str, float]:
    """Draw samples of two runs; return the Fréchet distance of 2000 samples of each."""
    _, panels = plt.subplots(1, 2, figsize=(9.2, 3.1))
    distances = {}
    for ax, (name, run) in zip(panels, {"left": plain, "right": recipe}.items(), strict=True):
        images = run.images()
        distances[name] = frechet(images)
        viz.draw_images(images[: 5 * CLASSES], columns=CLASSES, ax=ax)
        ax.set_title(f"Fréchet distance {distances[name]:.1f}")
    plt.show()
    return distances


def rows(images: Mapping[str, Array], title: str) -> None:
    """Draw images, a row for each name."""
    shown = {name.replace(", ", ",\n"): row for name, row in images.items()}
    _, ax = plt.subplots(figsize=(9, 0.2 + 0.62 * len(images)))
    viz.draw_images(shown, ax=ax, title=title)
    plt.show()


@dataclass(frozen=True)
class Ablations:
    """What `ablations.py` kept: Fréchet distances with two seeds, and samples of the first."""

    steps: int
    frechet: dict[str, list[float]]
    samples: Array

    def mean(self, name: str) -> float:
        """Return the mean distance over the seeds."""
        return float(np.mean(self.frechet[name]))

    def worse(self, name: str, than: str = "the recipe") -> bool:
        """Tell whether every seed of a change is worse than every seed without it."""
        return min(self.frechet[name]) > max(self.frechet[than])

    def table(self) -> str:
        """Return means and ranges as a table in plain text."""
        lines = [f"{'Fréchet distance':38} {'mean':>6}   {'from':>5} {'to':>5}"]
        for name, found in self.frechet.items():
            mean = np.mean(found)
            lines.append(f"{name:38} {mean:6.2f}   {min(found):5.2f} {max(found):5.2f}")
        return "\n".join(lines)

    def draw(self) -> None:
        """Draw a row for each: the distances of the seeds, and ten samples."""
        count = len(self.frechet)
        _, (left, right) = plt.subplots(
            1, 2, figsize=(9.6, 0.36 * count + 0.7), width_ratios=[1, 1.55], layout="constrained"
        )
        for place, found in enumerate(self.frechet.values()):
            left.plot(found, [place] * len(found), "o", color=BLUE, alpha=0.6)
            left.plot(np.mean(found), place, "|", color="black", markersize=13)
        worst = max(self.frechet["the recipe"])
        left.axvline(worst, color="0.6", linestyle=":")
        left.set(
            title="Fréchet distance, two seeds",
            xscale="log",
            ylim=(count - 0.5, -0.5),
            yticks=range(count),
            yticklabels=list(self.frechet),
            xticks=(1, 2, 5, 10, 20, 50),
            xticklabels=("1", "2", "5", "10", "20", "50"),
        )
        left.minorticks_off()
        width = self.samples.shape[1]
        right.imshow(
            self.samples, cmap="gray", vmin=0, vmax=255, extent=(0, width, count, 0), aspect="auto"
        )
        right.set(title="Samples with the first seed", xticks=(), yticks=())
        right.grid(visible=False)
        plt.show()


def ablations() -> Ablations:
    """Return what `python lessons/11-dcgan/ablations.py` measured."""
    kept = json.loads((HERE / "ablations.json").read_text(encoding="utf-8"))
    with Picture.open(HERE / "ablations.png") as picture:
        samples = np.asarray(picture.convert("L"))
    return Ablations(kept["steps"], kept["frechet"], samples)


# -------------------------------------------------------------------------------- the smallest game


def smallest_game(gamma: float, interval: int = 1, rate: float = 0.1, rounds: int = 400) -> Array:
    """Return the distances from the equilibrium, in turns, with R1 in every n-th round.

    A game that leaves for good is not followed beyond a distance of 100.
    """
    theta, psi = 1.0, 0.0
    away = [1.0]
    for step in range(rounds):
        weight = 0.0 if step % interval else interval * gamma
        psi -= rate * (theta / (1 + math.exp(-psi * theta)) + weight * psi)
        theta += rate * psi / (1 + math.exp(-psi * theta))
        away.append(math.hypot(theta, psi))
        if away[-1] > 10:
            break
    return np.array(away)


def speed(gamma: float, interval: int, rate: float = 0.1) -> float:
    """Return the rate of decay of the distance, per unit of time; NaN if the game leaves."""
    away = smallest_game(gamma, interval, rate)
    if away[-1] > 10:
        return math.nan
    late = np.log(away[len(away) // 2 :])
    return float(-np.polyfit(np.arange(len(late)) * rate, late, 1)[0])


def how_strong(gammas: Array, intervals: Sequence[int]) -> dict[int, Array]:
    """Draw how fast the smallest game comes to rest, by the weight of R1; return the rates."""
    found = {k: np.array([speed(gamma, k) for gamma in gammas]) for k in intervals}
    strong = np.maximum(gammas, 1)
    derived = np.where(gammas <= 1, gammas / 2, (strong - np.sqrt(strong**2 - 1)) / 2)
    _, ax = plt.subplots(figsize=(7, 3.3))
    ax.plot(gammas, derived, "-", color="0.75", linewidth=5, label="derived")
    for (interval, speeds), style in zip(found.items(), ("-", "--", ":"), strict=False):
        name = "R₁ in every step" if interval == 1 else f"in every {interval}th, {interval}γ"
        ax.plot(gammas, speeds, style, label=name)
    ax.set(
        title="How fast the smallest game comes to rest",
        xlabel="γ, the weight of R₁",
        ylabel="rate of decay, per unit of time",
        xscale="log",
        xticks=(0.1, 0.3, 1, 3, 10),
        xticklabels=("0.1", "0.3", "1", "3", "10"),
        ylim=(0, 0.6),
    )
    ax.minorticks_off()
    ax.legend(loc="upper left")
    plt.show()
    return found
