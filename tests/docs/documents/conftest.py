"""What the tests of claims share: the page that a number has to stand on, and small models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
import pytest

import minigen
from minigen import Generator, Tensor, data, models, optim
from minigen.engine.backend import Array
from tests.docs.documents import pages

LATENT: Final = 8
"""The length of the small models' codes."""


class States(Protocol):
    """Asserts that the claim's section has what was measured, in both languages."""

    def __call__(self, *measured: str | float, within: float = 0.0) -> None:
        """Check texts, which stand as they are; and numbers, each of which has one so near."""


@pytest.fixture
def states(request: pytest.FixtureRequest) -> States:
    """Hold what a test has measured against the section of its claim, on both pages.

    The claim is that of the test's name: ``test_s7_...`` in ``test_survey.py`` decides S7 of
    ``survey.md``.
    """
    page = request.node.path.stem.removeprefix("test_")
    name = request.node.name.split("_")[1].upper()

    def check(*measured: str | float, within: float = 0.0) -> None:
        for language in pages.LANGUAGES:
            claim = pages.claims(page, language)[name]
            stated = pages.numbers(claim.text)
            missing = [
                each
                for each in measured
                if not (
                    each in stated
                    if isinstance(each, str)
                    else any(
                        abs(float(number) - each) <= within
                        for number in stated
                        if "x" not in number
                    )
                )
            ]
            assert not missing, f"{language}, {claim.heading}: of {measured} {missing} is not there"

    return check


def slopes(loss: Tensor, *inputs: Tensor) -> list[Array]:
    """Return the gradients of a number by some of what it was computed of."""
    found = minigen.grad(loss, list(inputs))
    return [np.asarray(gradient.numpy()) for gradient in found if gradient is not None]


M = TypeVar("M", models.VAE, models.Autoencoder)


@dataclass(frozen=True)
class Trained(Generic[M]):
    """A model of the handwritten digits, and the images that it was trained and tested on."""

    model: M
    images: Array
    test: Array


def train(model: M, epochs: int) -> Trained[M]:
    """Train a small model on the digits of the package."""
    images, test = (data.load("digits", part).scaled() for part in ("train", "test"))
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    generator = Generator(1)
    for _ in range(epochs):
        for (batch,) in data.Batches((images,), 64, shuffle=True, generator=generator):
            loss = model.loss(batch, generator=generator)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    return Trained(model, images, test)


@pytest.fixture(scope="session")
def vae() -> Trained[models.VAE]:
    return train(models.VAE((1, 8, 8), (128,), latent=LATENT, generator=Generator(0)), 40)


@pytest.fixture(scope="session")
def heavy_vae() -> Trained[models.VAE]:
    """A VAE with a KL term of twenty times its weight: its posterior collapses."""
    return train(
        models.VAE((1, 8, 8), (128,), latent=LATENT, beta=20.0, generator=Generator(0)), 10
    )


@pytest.fixture(scope="session")
def autoencoder() -> Trained[models.Autoencoder]:
    return train(models.Autoencoder((1, 8, 8), (128,), latent=LATENT, generator=Generator(0)), 40)
