"""A kind of data from outside the package: sequences of brackets; a model of them, and a data set.

    minigen train tests.symbols:SymbolVAE --dataset tests.symbols:brackets

This file is all that it takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from minigen import functional as F
from minigen import kinds, nn
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.files import write_atomically
from minigen.models import Model
from minigen.models.options import Range

SYMBOLS = "()[]{}<>"
LENGTH = 8


# ---------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Brackets:
    """Sequences of brackets, each closed in its turn: numbers (N, LENGTH) of symbols."""

    kind: ClassVar[str] = "sequence"
    name: str
    numbers: npt.NDArray[np.int64]


def brackets(split: str) -> Brackets:
    """Draw 1,000 sequences to train on, or 200 to test."""
    draw = np.random.Generator(np.random.PCG64(["train", "test"].index(split)))
    count = {"train": 1000, "test": 200}[split]
    return Brackets("brackets", np.array([_balanced(draw) for _ in range(count)]))


def _balanced(draw: np.random.Generator) -> list[int]:
    word: list[int] = []
    open_: list[int] = []
    while len(word) < LENGTH:
        must_close = len(open_) == LENGTH - len(word)
        if open_ and (must_close or draw.random() < 0.5):
            word.append(open_.pop() + 1)
        else:
            open_.append(2 * int(draw.integers(len(SYMBOLS) // 2)))
            word.append(open_[-1])
    return word


def is_balanced(word: str) -> bool:
    """Tell whether every bracket is closed in its turn."""
    while any(pair in word for pair in ("()", "[]", "{}", "<>")):
        for pair in ("()", "[]", "{}", "<>"):
            word = word.replace(pair, "")
    return not word


# ---------------------------------------------------------------------------------------- the kind


class SequenceKind(kinds.Kind):
    """Sequences of symbols, as rows of ones and zeros; shown as text."""

    name: ClassVar[str] = "sequence"
    plural: ClassVar[str] = "sequences"
    axes: ClassVar[int] = 2
    suffix: ClassVar[str] = ".txt"
    shown: ClassVar[int] = 10
    measures: ClassVar[Mapping[str, str]] = {"balanced": "share whose brackets are balanced"}

    def examples(self, dataset: Brackets) -> npt.NDArray[np.float32]:
        return np.eye(len(SYMBOLS), dtype=np.float32)[dataset.numbers]

    def decided(self, examples: npt.NDArray[np.float32]) -> dict[str, Any]:
        return dict(zip(("length", "symbols"), examples.shape[1:], strict=True))

    def text(self, samples: Tensor | Array) -> str:
        return "\n".join(words(samples))

    def draw_samples(self, path: Path, samples: Tensor, setting: kinds.Setting) -> None:
        _write(path, words(samples))

    def animate(self, folder: Path, frames: Sequence[Path]) -> None:
        """Leave it: text does not move."""

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        pairs = zip(words(originals), words(made), strict=True)
        _write(path, [title, *(" ".join(pair) for pair in pairs)])

    def draw_rows(self, path: Path, walks: Tensor | Array, **labels: Any) -> None:
        _write(path, [labels["title"], *(" ".join(words(walk)) for walk in walks)])

    def judge(
        self,
        dataset: Brackets,
        real: npt.NDArray[np.float32],
        made: Array,
        generator: Generator,
        report: Any,
        others: Any = None,
    ) -> dict[str, Any]:
        shares = {
            of: {"balanced": float(np.mean([is_balanced(word) for word in words(which)]))}
            for of, which in (("generated", made), ("real", real))
        }
        return {"count": len(made), **shares}


def words(examples: Tensor | Array) -> list[str]:
    """Return the likeliest symbols of examples (N, length, symbols)."""
    numbers = to_numpy(array_of(examples)).argmax(-1)
    return ["".join(SYMBOLS[number] for number in row) for row in numbers]


def _write(path: Path, lines: Sequence[str]) -> None:
    write_atomically(path, ("\n".join(lines) + "\n").encode())


kinds.register(SequenceKind())


# --------------------------------------------------------------------------------------- the model


class SymbolVAE(Model):
    """A variational autoencoder of sequences: a categorical distribution at each place.

    Parameters
    ----------
    length, symbols : int
        Of a sequence, and how many symbols there are.
    hidden : sequence of int
        Features of the encoder's hidden layer.
    latent : int
        Number of latent variables.
    beta : float
        Weight of the KL term.
    """

    name: ClassVar[str] = "symbol-vae"
    kinds: ClassVar[tuple[str, ...]] = ("sequence",)

    def __init__(
        self,
        length: int,
        symbols: int,
        hidden: Sequence[int] = (64,),
        latent: Annotated[int, Range(1)] = 8,
        *,
        beta: Annotated[float, Range(0)] = 1.0,
        generator: Generator | None = None,
    ) -> None:
        nn.Module.__init__(self)
        self.length, self.symbols, self.hidden = length, symbols, tuple(hidden)
        self.latent, self.beta = latent, beta
        (features,) = self.hidden
        self.encoder = nn.Dense(length * symbols, features, generator=generator)
        self.to_mu = nn.Dense(features, latent, generator=generator)
        self.to_logvar = nn.Dense(features, latent, generator=generator)
        self.decoder = nn.Sequential(
            nn.Dense(latent, features, generator=generator),
            nn.ReLU(),
            nn.Dense(features, length * symbols, generator=generator),
        )

    def encode(self, x: Array, labels: Array | None = None) -> tuple[Tensor, Tensor]:
        features = F.relu(self.encoder(F.reshape(x, (len(x), -1))))
        return self.to_mu(features), self.to_logvar(features)

    def decode(self, z: Array) -> Tensor:
        """Return the log-probabilities of symbols (N, length, symbols)."""
        rows: Tensor = self.decoder(z)
        return F.log_softmax(F.reshape(rows, (-1, self.length, self.symbols)), -1)

    def terms(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        mu, logvar = self.encode(x)
        z = F.reparameterize(mu, logvar, generator=generator)
        reconstruction = -(self.decode(z) * x).sum() / len(x)
        kl = F.kl_standard_normal(mu, logvar)
        return {"loss": reconstruction + kl * self.beta, "reconstruction": reconstruction, "kl": kl}

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        return self.decode_images(self.encode(x)[0])

    def sample(
        self, count: int, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        return self.decode_images(self.draw_latents(count, generator))

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        return F.exp(self.decode(z))
