"""What is to be known of a kind of data, and the kinds by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from minigen.engine.backend import Array
    from minigen.engine.random import Generator
    from minigen.engine.tensor import Tensor
    from minigen.models import Model

Examples = npt.NDArray[np.float32]
"""The examples of a data set, (N, ...), as a model takes them."""

Report = Callable[[str], None]
"""Is told a sentence."""


class KindError(ValueError):
    """A kind of data is unknown, or not made for what was asked."""


@dataclass(frozen=True)
class Setting:
    """What may stand around samples that are drawn: a `title` above them, for one.

    `real` returns test examples, for kinds that show both together. `columns` is the number of
    classes, if the samples are of one after the other: then one a column. `model` is what made the
    samples, if what its discriminator says is to be shown. `captions` are what stands under each.
    `aloud` asks for a WAV file beside the picture, of what takes its time to be made audible.
    """

    real: Callable[[], Array]
    columns: int | None = None
    model: Model | None = None
    title: str | None = None
    captions: Sequence[str] = ()
    aloud: bool = False


class Kind(ABC):
    """A kind of data, such as images: how it is read, drawn and judged.

    A kind whose examples are pictures also has ``draw_one(path, sample)``, which writes one to a
    file of its own.

    Attributes
    ----------
    name, plural, in_full : str
        What one example is called, and several; and these where more is to be said.
    axes : int
        How many axes the array of one example has.
    suffix : str
        The ending of the files that show samples.
    shown, compared : int
        How many samples, and how many test examples, a run shows after an epoch.
    grey : bool
        Whether values are shades from 0 to 1, which may be made black and white.
    measures : mapping of str to str
        What each value is that `judge` returns, for a table.
    alone : str
        How the name of a file ends that holds a single sample.
    asked_for : str
        How files of one's own are read as this kind, if that has to be asked for.
    """

    name: ClassVar[str]
    plural: ClassVar[str]
    in_full: ClassVar[str] = ""
    axes: ClassVar[int]
    suffix: ClassVar[str] = ".png"
    shown: ClassVar[int] = 64
    compared: ClassVar[int] = 20
    grey: ClassVar[bool] = False
    measures: ClassVar[Mapping[str, str]] = {}
    alone: ClassVar[str] = "png"
    asked_for: ClassVar[str] = ""

    @property
    def unit(self) -> str:
        """The unit of bounds and likelihoods."""
        return f"nats/{self.name}"

    def of(self, source: Any) -> Kind:
        """Return the kind as it is of a data set or a model, if it has to know something of that.

        What the numbers of a text mean, for one, the vocabulary tells; how fast sounds run, their
        rate.
        """
        return self

    @abstractmethod
    def examples(self, dataset: Any) -> Examples:
        """Return what training gets of a data set, shape (N, ...)."""

    def decided(self, examples: Examples) -> dict[str, Any]:
        """Return the options of a model that the data decide, but for the number of classes."""
        return {"image_shape": list(examples.shape[1:])}

    def options(self, dataset: Any) -> Mapping[str, Any]:
        """Return further options that a data set decides, for those models that have them.

        By default these are its `augmentation`, which data from outside the package may lack.
        """
        found: Mapping[str, Any] = getattr(dataset, "augmentation", {})
        return found

    def told(self, dataset: Any) -> npt.NDArray[np.int64] | None:
        """Return what any model is told of each example, (N, ...), such as a sentence: nothing."""
        return None

    def asked(self, told: Callable[[], Array | None], count: int) -> Array | None:
        """Return what so many samples are to show, of what test examples are `told`.

        None leaves it to the model, which takes one class after the other if it is conditional.
        """
        return None

    def captions(self, told: Array | None, source: Any) -> Sequence[str]:
        """Return what stands under each example, by what is told of it: nothing.

        `source` is the data set or the model that knows what that means.
        """
        return ()

    def samples_shown(self, classes: int) -> int:
        """Return how many samples a run shows: of a conditional model, eight of each class."""
        return 8 * classes or self.shown

    @abstractmethod
    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Write a file that shows samples (N, ...); whole or not at all, as all files."""

    def arrays(self, samples: Array) -> dict[str, npt.NDArray[Any]]:
        """Return samples (N, ...) by name, on the host, as other programs read them."""
        return {self.plural: samples}

    def text(self, samples: Tensor) -> str:
        """Return samples as a terminal shows them: nothing, unless they are text."""
        return ""

    def animate(self, folder: Path, frames: Sequence[Path]) -> None:
        """Write ``samples.gif`` into a folder: the files of samples, one epoch after the other."""
        from minigen import viz

        viz.save_animation(folder / "samples.gif", frames)

    @abstractmethod
    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Write a file that shows originals, what a model saw if not these, and what it made."""

    def draw_with_captions(
        self,
        path: Path,
        originals: Array,
        made: Tensor,
        corrupted: Array | None,
        title: str,
        captions: Sequence[str],
    ) -> None:
        """Do what `draw_reconstructions` does, with what `captions` returned, if that is shown."""
        self.draw_reconstructions(path, originals, made, corrupted, title)

    def draw_rows(self, path: Path, walks: Tensor | Array, **labels: Any) -> None:
        """Write a file that shows walks through latent space, shape (rows, steps, ...).

        The labels are those of `minigen.viz.save_image_table`. A kind that is not shown in rows
        refuses, as here, with a `KindError`.
        """
        raise KindError(
            f"makes {self.in_full or self.plural}, which no row of images shows: see minigen sample"
        )

    def judge(
        self,
        dataset: Any,
        real: Examples,
        made: Array,
        generator: Generator,
        report: Report,
        others: Examples | None = None,
    ) -> dict[str, Any]:
        """Judge generated samples (N, ...) beside real ones (M, ...): those of the test set.

        `generator` draws what is compared; `report` is told why something can't be measured. What a
        perfect generator would get is said of `others`, which are training examples, and are given
        where the real ones are too few for two sets as large as the generated one. What
        is returned holds a ``"count"``, and by name the values of ``"generated"`` and of ``"real"``
        samples.
        """
        report(f"there is no measure for {self.plural}, by which samples could be compared")
        return {"count": len(made)}

    def class_accuracy(self, dataset: Any, examples: Array, labels: Array) -> float | None:
        """Return the share of examples that are what their labels say; None if nothing tells."""
        return None

    def caveat(self, model_config: Mapping[str, Any], binarize: str) -> str | None:
        """Say what bounds of a model may be compared with, if that wants saying."""
        return None


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let a kind be found by its name."""
    _KINDS[kind.name] = kind


def registered() -> Sequence[Kind]:
    """Return all kinds that are known."""
    return tuple(_KINDS.values())


def find(name: str) -> Kind:
    """Return the kind of a name; one that was not registered is a `KindError`."""
    if name not in _KINDS:
        raise KindError(f"no kind of data is called {name!r}; there are {', '.join(_KINDS)}")
    return _KINDS[name]


def kind_of(model: Model) -> Kind:
    """Return the kind of what a model makes: of those it takes, the one that its shape fits."""
    kinds = [find(name) for name in model.kinds]
    if len(kinds) == 1:
        return kinds[0].of(model)
    return next(kind for kind in kinds if kind.axes == len(model.image_shape)).of(model)
