"""The figures of lesson 10, and the training that stands behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np

import minigen
import minigen.functional as F
from minigen import Generator, Tensor, data, metrics, viz
from minigen.models import GAN, VAE, Minimax, r1_penalty

from .common import Array, sigmoid
from .line import (
    OnALine,
    central_differences,
    descend,
    divergences_by_distance,
    js,
    kl,
    normal,
    shifts,
    small_network,
)
from .plane import FixedDiscriminator, Ring, points_of_a_run, scenes
from .training import (
    losses_of_one_that_memorises,
    play,
    samples_of,
    train_gan,
    train_vae,
    trained_loss,
)

DIGITS: Final = (2, 3, 4, 7)


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
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 1.5), width_ratios=[9, 1])
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
    """Return the path of (theta, psi) from (0.1, 0)."""
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
    """Draw paths of (theta, psi), and their distance from the equilibrium."""
    _, (left, right) = plt.subplots(1, 2, figsize=(7, 2.9), width_ratios=[1, 1.2])
    for name, path in paths.items():
        (line,) = left.plot(*path.T, linewidth=1.2, label=name)
        right.semilogy(np.hypot(*path.T), color=line.get_color(), label=name)
        if derived:
            right.semilogy(derived[name], color=line.get_color(), linestyle=(0, (1, 3)))
    left.plot(0, 0, "k+", markersize=10)
    left.set(
        title="The path of the pair, from (0.1, 0)",
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
