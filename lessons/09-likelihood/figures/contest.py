"""A dense and a convolutional VAE on the same images, from two kinds of first weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import matplotlib.pyplot as plt
import numpy as np

import minigen
from minigen import Generator, data, nn, viz
from minigen.course import at_most
from minigen.models import VAE, ConvVAE
from minigen.models.networks import ConvNetworks, start_near_the_prior
from minigen.models.options import Options

from .training import bound_of, fit

BLUE, ORANGE = viz.COLOURS[:2]


class _SmallConvolutions(ConvNetworks):
    """The library's convolutions, with small first weights."""

    def initialize_(self, model: Any, _source: Any) -> None:
        start_near_the_prior(model)


class _SmallConvVAE(ConvVAE):
    parts: ClassVar[dict[str, type[Options]]] = {
        **ConvVAE.parts,
        "networks": _SmallConvolutions,
    }


class Contest:
    """A dense and a convolutional VAE of black and white sprites, 32 by 32 pixels."""

    def __init__(self, epochs: int = 18) -> None:
        self.epochs = epochs
        self.seen = data.binarize(data.load("sprites", "train").scaled()[: at_most(2048)])
        self.unseen = data.binarize(data.load("sprites", "test").scaled()[:300])
        self.models: dict[tuple[str, str], VAE] = {}
        self.curves: dict[tuple[str, str], list[tuple[int, float, float]]] = {}

    def build(self, name: str, start: str) -> VAE:
        """Return a model with small first weights, or with He's."""
        shape = self.seen.shape[1:]
        model: VAE = (
            VAE(shape, hidden=(256,), latent=8, generator=Generator(0))
            if name == "dense"
            else _SmallConvVAE(shape, (16, 32), (128,), 8, generator=Generator(0))
        )
        return with_he_weights(model) if start == "He" else model

    def train(self, names: Iterable[str], start: str) -> None:
        """Train models from the same kind of first weights."""
        for name in names:
            model, key = self.build(name, start), (name, start)
            self.models[key], self.curves[key] = model, []

            def watch(epoch: int, key: tuple[str, str] = key) -> None:
                if epoch % 3 == 0:
                    on_seen, on_unseen = (
                        bound_of(self.models[key], part) for part in (self.seen[:300], self.unseen)
                    )
                    self.curves[key].append((32 * epoch, on_seen, on_unseen))

            fit(model, self.seen, self.epochs, 2e-3, f"{name}, {start}", watch)

    def draw_curves(self, start: str) -> None:
        """Draw how both learn, from one kind of first weights."""
        _, ax = plt.subplots(figsize=(6.4, 3.4))
        for colour, name in ((BLUE, "dense"), (ORANGE, "convolutional")):
            at, on_seen, on_unseen = np.array(self.curves[name, start]).T
            ax.plot(at, on_unseen, "-", color=colour, label=f"{name}, test images")
            ax.plot(at, on_seen, "--", color=colour, linewidth=1.2, label="the same, training")
        ax.set(title=f"First weights: {start}", xlabel="step", yscale="log")
        ax.set_ylabel("negative bound, nats an image")
        ax.set_yticks([50, 100, 200], ["50", "100", "200"])
        ax.minorticks_off()
        ax.legend(loc="upper right", fontsize="small")
        plt.show()

    def draw_images(self, start: str) -> None:
        """Draw test images, reconstructions and samples of both."""
        rows = {"test image": self.unseen[:12]}
        for name in ("dense", "convolutional"):
            model = self.models[name, start]
            rows[name] = model.reconstruct(self.unseen[:12]).numpy()
            rows[f"{name}: samples"] = model.sample(12, generator=Generator(7)).numpy()
        _, ax = plt.subplots(figsize=(9, 4.1))
        viz.draw_images(rows, title="Test images, reconstructions and samples", ax=ax)
        plt.show()


def with_he_weights(model: VAE) -> VAE:
    """Draw He's first weights; the last layers' stay small, so that nothing is claimed yet."""
    nn.init.initialize_(model, nn.init.kaiming_uniform_, generator=Generator(3))
    with minigen.no_grad():
        for layer in (model.to_pixels, model.to_logvar):
            layer.weight.copy_(layer.weight * 0.1)
    return model
