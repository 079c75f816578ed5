"""The figures of lesson 16, and the models that are examined in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
from minigen import Generator, Tensor, data, nn, optim, viz
from minigen import functional as F
from minigen.clinic import Finding, Mistake, find
from minigen.course import progress
from minigen.models import VAE

Array = npt.NDArray[Any]
Loss = Callable[[VAE, Any, Any], Tensor]
"""Takes a model, images in [0, 1] and noise."""

BLUE, ORANGE, GREY = viz.COLOURS[0], viz.COLOURS[1], viz.COLOURS[2]
DIGITS: Final = (2, 3, 4, 7)
STEPS: Final = 500


# --------------------------------------------------------------------------- four losses, one right


def _parts(model: VAE, x: Any, noise: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the images as rows, the logits of their pixels, and both latent parameters."""
    rows = model.flatten_images(minigen.as_tensor(x))
    mu, logvar = model.encode(rows)
    return rows, model.decode(mu + F.exp(0.5 * logvar) * noise), mu, logvar


def _cross_entropies(logits: Tensor, x: Tensor) -> Tensor:
    return F.softplus(logits) - logits * x


def _divergences(mu: Tensor, logvar: Tensor) -> Tensor:
    return 0.5 * (mu**2 + F.exp(logvar) - 1 - logvar)


def loss_a(model: VAE, x: Any, noise: Any) -> Tensor:
    """Return the negative ELBO: sums over an image, a mean over the batch."""
    rows, logits, mu, logvar = _parts(model, x, noise)
    reconstruction = F.sum(_cross_entropies(logits, rows), axis=1)
    return F.mean(reconstruction + F.sum(_divergences(mu, logvar), axis=1))


def loss_b(model: VAE, x: Any, noise: Any) -> Tensor:
    """Return the loss of the second model."""
    rows, logits, mu, logvar = _parts(model, x, noise)
    reconstruction = F.mean(_cross_entropies(logits, rows), axis=1)
    return F.mean(reconstruction + F.sum(_divergences(mu, logvar), axis=1))


def loss_c(model: VAE, x: Any, noise: Any) -> Tensor:
    """Return the loss of the third model."""
    rows, logits, mu, logvar = _parts(model, x, noise)
    reconstruction = F.sum(_cross_entropies(logits, 2 * rows - 1), axis=1)
    return F.mean(reconstruction + F.sum(_divergences(mu, logvar), axis=1))


def loss_d(model: VAE, x: Any, noise: Any) -> Tensor:
    """Return the loss of the fourth model."""
    rows, logits, mu, logvar = _parts(model, x, noise)
    reconstruction = F.sum(_cross_entropies(logits, rows), axis=1)
    return F.mean(reconstruction + F.sum(0.5 * (mu**2 + F.exp(logvar) - 1), axis=1))


LOSSES: Final[Mapping[str, Loss]] = {"A": loss_a, "B": loss_b, "C": loss_c, "D": loss_d}


# --------------------------------------------------------------------------- training, and pictures


def fresh_model(seed: int = 0) -> VAE:
    """Return a dense VAE, 784-256-8, as it is before training."""
    return VAE((1, 28, 28), hidden=(256,), latent=8, generator=Generator(seed))


@dataclass
class Patient:
    """A VAE that was trained with a loss of its own."""

    name: str
    loss: Loss
    model: VAE = field(default_factory=fresh_model)
    history: list[float] = field(default_factory=list)

    def train(self, images: Array, steps: int = STEPS, batch: int = 64) -> None:
        """Train with Adam; the learning rate falls in the second half."""
        self.history = fit(self.model, self.loss, images, steps, batch, f"model {self.name}")

    def samples(self, count: int) -> Array:
        """Return pixels' means for codes drawn from the prior."""
        codes = Generator(5).normal((count, 8), np.float32)
        with minigen.no_grad():
            pixels: Array = F.sigmoid(self.model.decode(minigen.tensor(codes))).numpy()
        return pixels.reshape(count, 1, 28, 28)


def fit(
    model: VAE, loss_of: Loss, images: Array, steps: int, batch: int, what: str, rate: float = 1e-3
) -> list[float]:
    """Train a model; return its losses. A batch as large as the data is always the same."""
    optimizer, source = optim.Adam(model.parameters(), lr=rate), Generator(1)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps))
    history = []
    for _ in progress(range(steps), what):
        chosen = slice(None) if batch == len(images) else source.integers(0, len(images), (batch,))
        optimizer.zero_grad()
        loss = loss_of(model, images[chosen], source.normal((batch, 8), np.float32))
        loss.backward()
        optimizer.step()
        schedule.step()
        history.append(loss.item())
    return history


def printed_digits() -> Array:
    """Return the digits 2, 3, 4 and 7 in twenty typefaces, in random order."""
    digits = data.load("printed_digits", "train")
    images = digits.scaled()[np.isin(digits.labels, DIGITS)]
    return np.asarray(images[Generator(7).permutation(len(images))])


def four_models(images: Array) -> dict[str, Patient]:
    """Train one model with each of the losses."""
    patients = {name: Patient(name, loss) for name, loss in LOSSES.items()}
    for patient in patients.values():
        patient.train(images)
    return patients


def wards(images: Array, patients: Mapping[str, Patient]) -> None:
    """Draw the four losses, and samples of the four models below the data."""
    figure = plt.figure(figsize=(9, 5.4))
    parts: Any = figure.subfigures(2, 1, height_ratios=[1, 1.9])
    above, below = parts
    for ax, patient in zip(above.subplots(1, 4), patients.values(), strict=True):
        ax.plot(smooth(patient.history), color=BLUE)
        ax.set_title(f"model {patient.name}", loc="right")
        ax.set_xlabel("step")
    above.axes[0].set_ylabel("loss")
    rows = {"data": images[:14]} | {name: each.samples(14) for name, each in patients.items()}
    viz.draw_images(rows, ax=below.subplots())
    plt.show()


def smooth(values: Sequence[float], width: int = 15) -> Array:
    """Return running means."""
    width = min(width, len(values))
    return np.convolve(values, np.ones(width) / width, mode="valid")


# --------------------------------------------------------------------------------- the examination


def floor(images: Array) -> float:
    """Return the least cross-entropy of grey pixels, in nats an image: their own entropy."""
    x = images.reshape(len(images), -1).astype(np.float64)
    inside = (x > 0) & (x < 1)
    p = np.where(inside, x, 0.5)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    return float(np.where(inside, entropy, 0).sum(axis=1).mean())


def one_batch(images: Array, steps: int = 300) -> dict[str, list[float]]:
    """Train each loss on one batch alone, again and again."""
    return {
        name: fit(fresh_model(), loss, images, steps, len(images), f"one batch, {name}", 2e-3)
        for name, loss in LOSSES.items()
    }


def overfitted(histories: Mapping[str, Sequence[float]], least: float) -> None:
    """Draw the losses on one batch, and the floor that the right one has."""
    _, panels = plt.subplots(1, len(histories), figsize=(9, 2.7))
    for ax, (name, history) in zip(panels, histories.items(), strict=True):
        ax.plot(history, color=BLUE)
        ax.axhline(least, color=ORANGE, linestyle=":", label="the floor")
        ax.set_title(f"model {name}", loc="right")
        ax.set_xlabel("step")
    panels[0].set_ylabel("loss on one batch")
    panels[0].legend(loc="upper right")
    plt.show()


@dataclass(frozen=True)
class Known:
    """Three values of a loss that are known before it is run, for an image of 784 pixels.

    Attributes
    ----------
    blank : float
        All weights are 0: every pixel gets a half, and the codes are the prior's.
    black : float
        The image is black, and all logits are -30: there is nothing left to lose.
    narrow : float
        How much more it costs if the codes' standard deviation is 0.1, in eight latent variables.
    """

    blank: float
    black: float
    narrow: float


EXPECTED: Final = Known(784 * np.log(2), 0.0, 4 * (0.01 - 1 - np.log(0.01)))


def examine(loss_of: Loss) -> Known:
    """Measure the three values, of models whose outputs are set by their last biases."""
    black, noise = np.zeros((4, 1, 28, 28), np.float32), np.zeros((4, 8), np.float32)

    def loss(logit: float, logvar: float) -> float:
        model = fresh_model()
        with minigen.no_grad():
            for parameter in model.parameters():
                parameter.fill_(0.0)
            for layer, value in ((model.to_pixels, logit), (model.to_logvar, logvar)):
                assert layer.bias is not None
                layer.bias.fill_(value)
            return float(loss_of(model, black, noise).item())

    return Known(loss(0, 0), loss(-30, 0), loss(0, np.log(0.01)) - loss(0, 0))


def chart(found: Mapping[str, Known]) -> str:
    """Return what was measured of each loss below what is known."""
    lines = [f"{'':8}{'all 0':>10}{'black':>12}{'narrow':>10}"]
    for name, row in {"known": EXPECTED, **found}.items():
        lines.append(f"{name:8}{row.blank:10.2f}{row.black:12.2f}{row.narrow:10.2f}")
    return "\n".join(lines)


# ------------------------------------------------------------------------------ ratios of updates


def two_optimizers(images: Array, steps: int = 30) -> dict[str, dict[str, float]]:
    """Train twice, once with a layer that no optimiser knows; return how far each layer moves."""
    found = {}
    for name, forgotten in (("all parameters", ""), ("one layer forgotten", "encoder")):
        model = fresh_model()
        kept = [p for key, p in model.named_parameters() if not forgotten or forgotten not in key]
        optimizer, source = optim.Adam(kept, lr=1e-3), Generator(1)
        before: dict[str, Array] = {}
        for _ in progress(range(steps), name):
            before = {key: p.numpy().copy() for key, p in model.named_parameters()}
            optimizer.zero_grad()
            loss_a(model, images[:64], source.normal((64, 8), np.float32)).backward()
            optimizer.step()
        found[name] = ratios(model, before)
    return found


def ratios(model: nn.Module, before: Mapping[str, Array]) -> dict[str, float]:
    """Return for each weight matrix the length of its last update, divided by its own."""
    return {
        name: float(np.linalg.norm(p.numpy() - before[name]) / np.linalg.norm(before[name]))
        for name, p in model.named_parameters()
        if p.ndim > 1
    }


def updates(found: Mapping[str, Mapping[str, float]]) -> None:
    """Draw the ratios of updates, by layer."""
    _, ax = plt.subplots(figsize=(7.6, 2.9))
    names = list(next(iter(found.values())))
    for row, (name, values) in enumerate(found.items()):
        heights = [max(values[key], 2e-6) for key in names]
        places = np.arange(len(names)) + 0.4 * row - 0.2
        ax.bar(places, heights, 0.36, color=(BLUE, ORANGE)[row], label=name)
        for place, key in zip(places, names, strict=True):
            if values[key] == 0:
                ax.text(place, 2.6e-6, "0", ha="center", color="0.2")
    ax.set_yscale("log")
    ax.set_xticks(range(len(names)), [name.removesuffix(".weight") for name in names])
    ax.set(title="Length of an update, divided by that of the weights", ylim=(2e-6, 1))
    ax.set_ylabel("ratio")
    ax.legend(loc="upper right", ncols=2)
    plt.show()


# ------------------------------------------------------------------------------- the clinic's cases


def examine_all(
    cases: Sequence[Mistake],
) -> tuple[dict[int, dict[str, Finding]], list[int]]:
    """Return what the checks find, by number, and the numbers of those that raise an error."""
    found, raised = {}, []
    for case in cases:
        try:
            found[case.number] = case.findings()
        except Exception:  # noqa: BLE001 - whatever it is, it is loud
            raised.append(case.number)
    return found, raised


def told(number: int) -> str:
    """Return what the clinic's check measures of a mistake, and of the same lines mended."""
    case = find(number)
    lines = [f"{number}. {case.title}"]
    for whose, finding in case.findings().items():
        if whose != "minigen":
            measured = ", ".join(
                f"{name} {value:.4g}" if isinstance(value, float) else f"{name}: {value}"
                for name, value in finding.measured.items()
            )
            lines.append(f"   {whose:6} {measured}")
            lines += [f"          -> {finding.fault}"] * bool(finding.fault)
    return "\n".join(lines)
