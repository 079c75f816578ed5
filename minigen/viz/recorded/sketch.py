"""What a picture of a graph shows, before it has a place or a colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np


class Kind(StrEnum):
    """What a symbol stands for."""

    OP = "op"
    OUTPUT = "output"
    """The op that made what the graph is drawn of."""

    PARAMETER = "parameter"
    """A leaf that requires a gradient."""

    CONSTANT = "constant"
    """An array that requires none: data, noise, a target."""

    CHAIN = "chain"
    """Ops of which each but the first takes what the one before made."""

    REST = "rest"
    """The ops for which there is no room."""


@dataclass(frozen=True)
class Symbol:
    """An op with what it made, or a tensor that no op made.

    Attributes
    ----------
    kind : Kind
    label : str
        The op's name, or the tensor's.
    shape : tuple of int, optional
        Of what the op made, or of the tensor; None where nobody kept it.
    dtype : dtype, optional
        Likewise.
    notes : tuple of str
        An op's inputs that are numbers, and its options that are not the default.
    norm : float, optional
        The norm of the gradient with respect to it.
    link : str, optional
        The address of its derivation.
    ops : int
        How many ops it stands for.
    """

    kind: Kind
    label: str
    shape: tuple[int, ...] | None = None
    dtype: np.dtype[Any] | None = None
    notes: tuple[str, ...] = ()
    norm: float | None = None
    link: str | None = None
    ops: int = 1

    @property
    def is_leaf(self) -> bool:
        """Whether no op made it."""
        return self.kind in {Kind.PARAMETER, Kind.CONSTANT}


@dataclass(frozen=True)
class Arrow:
    """What one op made, or a leaf, as the input of another."""

    source: int
    target: int
    role: str
    """The input's name in the op's signature."""


@dataclass(frozen=True)
class Sketch:
    """Symbols, arrows between them by number, and what is to be said below the picture.

    A leaf comes before the ops that use it, an op after those that it uses, and what the graph is
    drawn of comes last.
    """

    symbols: list[Symbol]
    arrows: list[Arrow]
    remarks: list[str] = field(default_factory=list)
