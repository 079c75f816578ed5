"""A trained model, as the commands that use one find it."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from minigen import models
from minigen.cli import options
from minigen.kinds import Kind, kind_of

if TYPE_CHECKING:
    from minigen.training import Examples, RunConfig


@dataclass(frozen=True)
class Trained:
    """The model of a run, in evaluation mode, and what a command has to know of it.

    `config` is what the run was made from, but for the device: it is the one to be used, and the
    `model` is there. What it can do is to be asked for first. `kind` is that of what it makes.
    """

    folder: Path
    config: RunConfig
    model: Any
    kind: Kind

    @classmethod
    def load(cls, folder: Path, device: str | None) -> Trained:
        """Load the model of the run in a folder."""
        from minigen.training import RunFolder, load_model

        config = RunFolder(folder).read_config().moved(options.moved_data())
        model = load_model(folder, device=device, report=options.tell)
        config = dataclasses.replace(config, device=device or config.device)
        return cls(folder, config, model, kind_of(model))

    def can(self, *abilities: str) -> bool:
        """Tell whether the model can do all of these."""
        return all(models.can(self.model, ability) for ability in abilities)

    def ability(self, name: str, lack: str) -> Callable[..., Any]:
        """Return a method of the model; without it, a `click.ClickException` says what it lacks."""
        if not self.can(name):
            raise click.ClickException(
                f"the model in {self.folder}, of the kind {self.model.name!r}, {lack}"
            )
        return models.ability(self.model, name)

    def sampler(self, truncation: float | None) -> Callable[..., Any]:
        """Return the model's `sample`, from noise within `truncation` of 0 if that is asked for.

        A model whose noise is not known to be normal does not take it: a `click.UsageError`.
        """
        if truncation is None:
            return models.ability(self.model, "sample")
        if "truncation" not in inspect.signature(self.model.draw_latents).parameters:
            raise click.UsageError(
                f"--truncation: the model {self.model.name!r} in {self.folder} does not truncate "
                "its noise; a GAN does whose noise is normal, such as gan, dcgan or cgan"
            )
        return functools.partial(self.model.sample, truncation=truncation)

    def test(self) -> Examples:
        """Load what the run is measured on: test examples, or those that it held out."""
        return self.examples(self.config.held_out)

    def examples(self, split: str) -> Examples:
        """Load one split of the run's data."""
        from minigen.training import load_examples

        return load_examples(self.config, split)

    def file(
        self, out: Path | None, name: str, ending: str | None = None, also: tuple[str, ...] = ()
    ) -> Path:
        """Return the file to be drawn: `out`, or the one of that name among the run's samples.

        If `out` ends otherwise than files of its kind do, or those that may be written `also`, or
        than the `ending` that was asked for, that is a `click.BadParameter`.
        """
        suffix = f".{ending}" if ending else self.kind.suffix
        if out is None:
            return self.folder / "samples" / f"{name}{suffix}"
        known = (*self._suffixes(), *also)
        if out.suffix.lower() not in known:
            message = f"a name that ends in {', '.join(known)} is expected, got {str(out)!r}"
            raise click.BadParameter(message, param_hint="'--out'")
        if ending and out.suffix.lower() not in options.SAME.get(suffix, (suffix,)):
            message = f"--out {out} ends otherwise: leave out one of the two"
            raise click.BadParameter(message, param_hint="'--format'")
        return out

    def _suffixes(self) -> tuple[str, ...]:
        """Return how the names of files may end that show what the model makes."""
        from minigen.viz.style import FORMATS

        pictures = tuple(f".{name}" for name in FORMATS)
        known = pictures if self.kind.suffix in pictures else (self.kind.suffix,)
        return (*known, ".wav") if self.kind.alone == "wav" else known
