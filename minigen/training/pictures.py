"""The pictures that a run draws of itself: when, and of what. How is the kind of data's affair."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from minigen import kinds, models, viz
from minigen.engine.backend import Array, to_numpy
from minigen.engine.tensor import Tensor
from minigen.kinds import Setting
from minigen.metrics import measuring
from minigen.models import Model
from minigen.training.examples import Batch
from minigen.training.folder import RunFolder
from minigen.training.history import Record
from minigen.training.state import Purpose, stream

FRAMES: Final = 24
"""How many pictures an animation is to have: a run of fewer epochs draws samples on the way."""

LEAST_STEPS: Final = 10 * FRAMES
"""How many steps such a run has at least: a shorter one is over before one could watch it."""

SECONDS_BETWEEN_FIGURES: Final = 10.0
"""A figure takes a tenth of a second: on small data sets as long as an epoch."""


class Album:
    """Draws samples after every epoch, and reconstructions and curves now and then.

    A long run of few epochs draws samples on the way, too, so that its animation has `FRAMES`
    pictures.
    The noise behind the samples is the same every time, so that one can watch them take shape, and
    it is not training's: a run does not depend on its pictures.

    `originals` are test examples (N, ...), on the model's device, to be shown beside what it makes,
    and their labels, or None. The `title` stands above the figures. `epochs` and `steps` are how
    many the run has.
    """

    def __init__(
        self,
        folder: RunFolder,
        model: Model,
        originals: Batch,
        seed: int,
        title: str,
        *,
        epochs: int = FRAMES,
        steps: int = 0,
    ) -> None:
        self._folder = folder
        self._model = model
        self._kind = kinds.kind_of(model)
        self._originals, self._labels = originals
        self._seed = seed
        self._title = title
        self._next_figures = 0.0
        on_the_way = epochs < FRAMES and steps >= LEAST_STEPS
        self._steps_between = -(-steps // FRAMES) if on_the_way else 0

    def draw(self, history: Sequence[Record], *, last: bool) -> None:
        """Draw what is due after an epoch; everything if it is the last one."""
        epoch = history[-1]["epoch"]
        self.draw_samples(f"epoch-{epoch:04}", f"after epoch {epoch}")
        if last:
            self.draw_animation()
        if last or time.monotonic() >= self._next_figures:
            self.draw_reconstructions(epoch)
            self.draw_curves(history)
            self._next_figures = time.monotonic() + SECONDS_BETWEEN_FIGURES

    def draw_on_the_way(self, steps: int) -> None:
        """Draw ``steps/00000040.png`` after so many steps of the run, if a picture is due then."""
        if self._steps_between and steps % self._steps_between == 0:
            self._folder.frames.mkdir(exist_ok=True)
            self.draw_samples(f"{self._folder.frames.name}/{steps:08}", f"after step {steps:,}")

    def draw_samples(self, name: str, when: str) -> None:
        """Draw samples into a file of that name, or translations if the model makes these."""
        classes = self._model.classes
        count = self._kind.samples_shown(classes)
        told = self._kind.asked(lambda: self._labels, count)
        shown = self._model.labels_in_turn(count) if told is None else told
        with measuring(self._model):
            samples = self._samples(told)
            if samples is None or not np.isfinite(to_numpy(samples.array)).all():
                return  # nothing to draw; or the loss will not be finite, either, and says so
            setting = Setting(
                real=lambda: self._originals,
                columns=classes or None,
                model=self._model,
                title=f"{self._title}, {when}",
                captions=self._kind.captions(shown, self._model),
            )
            path = self._folder.samples / f"{name}{self._kind.suffix}"
            self._kind.draw_samples(path, samples, setting)

    def _samples(self, told: Array | None) -> Tensor | None:
        """Return what the model makes at present, of noise or of test examples, if anything.

        `told` is what the samples are to show, if that is not left to the model.
        """
        made: Tensor | None = None
        if models.can(self._model, "sample"):
            count = self._kind.samples_shown(self._model.classes)
            noise = stream(self._seed, Purpose.PICTURES)
            made = models.ability(self._model, "sample")(
                count, *(() if told is None else (told,)), generator=noise
            )
        elif models.can(self._model, "demonstrate"):
            made = models.ability(self._model, "demonstrate")(self._originals)
        return made

    def draw_animation(self) -> None:
        """Draw ``samples.gif``: the samples on the way, or after every epoch, one by one."""
        suffix, files = self._kind.suffix, self._folder
        if self._steps_between:
            frames = sorted(files.frames.glob(f"*{suffix}"))
        else:
            frames = sorted(files.samples.glob(f"epoch-*{suffix}"))
        if len(frames) > 1:
            self._kind.animate(self._folder.samples, frames)

    def draw_reconstructions(self, epoch: int) -> None:
        """Draw ``reconstructions.png``, if the model can reconstruct."""
        if not models.can(self._model, "reconstruct"):
            return
        noise = stream(self._seed, Purpose.PICTURES)
        with measuring(self._model):
            seen = self._model.corrupt(self._originals, generator=noise)
            made = models.ability(self._model, "reconstruct")(seen, self._labels)
        self._kind.draw_with_captions(
            self._folder.samples / f"reconstructions{self._kind.suffix}",
            self._originals,
            made,
            None if seen is self._originals else self._model.shown(seen),
            f"{self._title}: test {self._kind.plural} after epoch {epoch}",
            self._kind.captions(self._labels, self._model),
        )

    def draw_curves(self, history: Sequence[Record]) -> None:
        """Draw ``losses.png``."""
        path = self._folder.samples / "losses.png"
        viz.save_curves(path, history, title=self._title, unit=self._kind.unit)
