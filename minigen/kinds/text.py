"""Texts: numbers of characters or words, shape (L,), which terminals and files show as text."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from minigen.data.texts import read_texts
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.files import write_atomically
from minigen.kinds.kind import Kind, KindError, Setting

if TYPE_CHECKING:
    from minigen.data import Texts
    from minigen.engine.tensor import Tensor


class TextKind(Kind):
    """Texts: training gets the numbers of their characters or words, and files show them as text.

    What a number means is known to `source`, a data set or a model: see `of`.
    """

    name: ClassVar[str] = "text"
    plural: ClassVar[str] = "texts"
    axes: ClassVar[int] = 1
    suffix: ClassVar[str] = ".txt"
    shown: ClassVar[int] = 24
    compared: ClassVar[int] = 24

    def __init__(self, source: Any = None) -> None:
        self._source = source

    def of(self, source: Any) -> TextKind:
        """Return the kind, which knows the vocabulary of a data set or of a model."""
        return TextKind(source)

    def read(self, examples: Tensor | Array) -> list[str]:
        """Return the texts whose tokens have these numbers, shape (N, L).

        Where no vocabulary is known, that is a `KindError`.
        """
        if self._source is None:
            raise KindError("what numbers mean in a text is known to a data set or a model alone")
        return read_texts(to_numpy(array_of(examples)), self._source.vocabulary)

    def examples(self, dataset: Texts) -> npt.NDArray[Any]:
        """Return the numbers of the tokens, of int64 and of shape (N, L)."""
        return dataset.tokens

    def options(self, dataset: Texts) -> Mapping[str, Any]:
        """Return the tokens that the data set has."""
        return {"vocabulary": list(dataset.vocabulary)}

    def text(self, samples: Tensor | Array) -> str:
        """Return texts, a line each."""
        return "\n".join(self.read(samples))

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Write texts, a line each."""
        _write(path, self.read(samples))

    def arrays(self, samples: Array) -> dict[str, npt.NDArray[Any]]:
        """Return the texts themselves under ``"texts"``, as an array of text."""
        return {self.plural: np.array(self.read(samples))}

    def animate(self, folder: Path, frames: Sequence[Path]) -> None:
        """Leave it: the files are read one after the other."""

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Write each text, and what was made of it, side by side."""
        pairs = list(zip(self.read(originals), self.read(made), strict=True))
        width = max((len(original) for original, _ in pairs), default=0)
        _write(path, [f"{original:<{width}}  {again}".rstrip() for original, again in pairs])

    def draw_rows(self, path: Path, walks: Tensor | Array, **labels: Any) -> None:
        """Write walks through latent space, a line each; what follows itself is written once."""
        numbers = to_numpy(array_of(walks))
        rows = [[each for each, _ in itertools.groupby(self.read(walk))] for walk in numbers]
        _write(path, [" → ".join(row) for row in rows])


def _write(path: Path, lines: Sequence[str]) -> None:
    """Write lines in UTF-8; a break within a text is written as such."""
    write_atomically(path, ("\n".join(lines) + "\n").encode())
