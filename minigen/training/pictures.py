"""The pictures that a run draws of itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from minigen import viz
from minigen.engine.backend import Array, to_device
from minigen.engine.random import Generator
from minigen.metrics import evaluating
from minigen.models import Model
from minigen.training.examples import Batch
from minigen.training.folder import Record, RunFolder
from minigen.training.streams import Purpose, stream

SAMPLES: Final = 64
"""How many samples are shown; of a conditional model, eight of each class."""

ORIGINALS: Final = 20
"""How many test images are shown beside their reconstructions."""

POINTS: Final = 500
"""How many samples are shown if they are points, and how many test points."""

SECONDS_BETWEEN_FIGURES: Final = 10.0
"""A figure takes a tenth of a second: on small data sets as long as an epoch."""


class Album:
    """Draws samples after every epoch, and reconstructions and curves now and then.

    The noise behind the samples is the same every time, so that one can watch them take shape, and
    it is not training's: a run does not depend on its pictures.

    Parameters
    ----------
    folder : RunFolder
        Where the pictures go.
    model : Model
        What draws them.
    originals : pair of array
        Test images (N, C, H, W), on the model's device, to be shown beside their reconstructions;
        and their labels, or None.
    seed : int
        The run's.
    title : str
        What stands above the figures.
    """

    def __init__(
        self, folder: RunFolder, model: Model, originals: Batch, seed: int, title: str
    ) -> None:
        self._folder = folder
        self._model = model
        self._originals, self._labels = originals
        self._seed = seed
        self._title = title
        self._next_figures = 0.0

    def draw(self, history: Sequence[Record], *, last: bool) -> None:
        """Draw what is due after an epoch; everything if it is the last one."""
        epoch = history[-1]["epoch"]
        self.draw_samples(epoch)
        if last:
            self.draw_animation()
        if last or time.monotonic() >= self._next_figures:
            self.draw_reconstructions(epoch)
            self.draw_curves(history)
            self._next_figures = time.monotonic() + SECONDS_BETWEEN_FIGURES

    def draw_samples(self, epoch: int) -> None:
        """Draw ``epoch-0003.png``, if the model can sample."""
        if not self._model.can_sample:
            return
        path = self._folder.samples / f"epoch-{epoch:04}.png"
        noise = stream(self._seed, Purpose.PICTURES)
        with evaluating(self._model):
            if self._originals.ndim == 2:
                self._draw_points(path, epoch, noise)
                return
            columns = self._model.classes or None  # a class a column
            images = self._model.sample(8 * columns if columns else SAMPLES, generator=noise)
        viz.save_image_grid(path, images, columns=columns)

    def _draw_points(self, path: Path, epoch: int, noise: Generator) -> None:
        """Draw points of the plane over the discriminator's surface."""
        model: Any = self._model
        device = next(model.parameters()).device

        def scores(points: Array) -> Any:
            # Packs of one point repeated: what the discriminator says of that point alone.
            packs = np.repeat(points, model.packing, axis=0)
            return model.discriminate(to_device(packs, device)).numpy()

        viz.save_points(
            path,
            model.sample(POINTS, generator=noise),
            self._originals,
            surface=scores,
            surface_title="the discriminator's score",
            title=f"{self._title}, after epoch {epoch}",
        )

    def draw_animation(self) -> None:
        """Draw ``samples.gif``: the samples after every epoch, one after the other."""
        pictures = sorted(self._folder.samples.glob("epoch-*.png"))
        if len(pictures) > 1:
            viz.save_animation(self._folder.samples / "samples.gif", pictures)

    def draw_reconstructions(self, epoch: int) -> None:
        """Draw ``reconstructions.png``, if the model can reconstruct."""
        if not self._model.can_reconstruct:
            return
        noise = stream(self._seed, Purpose.PICTURES)
        with evaluating(self._model):
            seen = self._model.corrupt(self._originals, generator=noise)
            images = self._model.reconstruct(seen, self._labels)
        viz.save_reconstructions(
            self._folder.samples / "reconstructions.png",
            self._originals,
            images,
            corrupted=None if seen is self._originals else seen,
            title=f"{self._title}: test images after epoch {epoch}",
        )

    def draw_curves(self, history: Sequence[Record]) -> None:
        """Draw ``losses.png``."""
        viz.save_curves(self._folder.samples / "losses.png", history, title=self._title)
