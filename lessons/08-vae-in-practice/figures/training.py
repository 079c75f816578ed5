"""Data for lesson 08, and the training that stands behind its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen import Generator, data, optim
from minigen.course import progress
from minigen.metrics import evaluate
from minigen.models import VAE
from minigen.optim.lr_scheduler import LambdaLR

Array = npt.NDArray[Any]
Terms = dict[str, float]
BATCH: Final = 64


@dataclass(frozen=True)
class Images:
    """Images to learn from, others to measure with and their classes: (N, 1, H, W), in [0, 1]."""

    train: Array
    test: Array
    labels: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an image."""
        return self.train.shape[1:]


def printed_digits() -> Images:
    """Return 20,000 printed digits of 28 by 28 pixels to learn from, and 1000 others."""
    train, test = (data.load("printed_digits", part) for part in ("train", "test"))
    order = Generator(7)
    learn = order.permutation(len(train))[:20_000]
    keep = order.permutation(len(test))[:1000]
    scale = np.float32(1 / train.maximum)
    return Images(train.images[learn] * scale, test.images[keep] * scale, test.labels[keep])


def handwritten_digits() -> Images:
    """Return the digits of 8 by 8 pixels, on which a run takes seconds."""
    train, test = (data.load("digits", part) for part in ("train", "test"))
    return Images(train.scaled(), test.scaled(), test.labels)


def fit(
    model: Any,
    images: Array,
    steps: int,
    *,
    rate: float = 2e-3,
    falling: bool = True,
    seed: int = 0,
    watch: Callable[[], Any] = lambda: None,
    every: int = 22,
    what: str = "training",
) -> list[Any]:
    """Train a model with Adam, the rate falling in the second half; return what `watch` saw.

    It looks every so many steps, and a warm-up counts a hundred steps as one epoch.
    """
    optimizer, source = optim.Adam(model.parameters(), lr=rate), Generator(seed)
    schedule = LambdaLR(optimizer, lambda step: min(1, 2 - 2 * step / steps) if falling else 1)
    seen = []
    for step in progress(range(steps), what):
        if hasattr(model, "anneal"):
            model.anneal(step / 100)
        optimizer.zero_grad()
        batch = images[source.integers(0, len(images), (BATCH,))]
        model.terms(batch, generator=source)["loss"].backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % every == 0:
            seen.append(watch())
    return seen or [watch()]


def measure(model: VAE, images: Array) -> Terms:
    """Return the negative ELBO of images and its two parts, in nats an image."""
    return evaluate(model, images, generator=Generator(1))


def told(terms: Mapping[str, float]) -> str:
    """Return such terms in words."""
    return (
        f"negative ELBO {terms['negative_elbo']:.2f} nats = distortion "
        f"{terms['reconstruction']:.2f} + rate {terms['kl']:.2f}"
    )
