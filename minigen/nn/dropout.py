"""Dropout of elements and of channels, as layers."""

from __future__ import annotations

from typing import Any

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.nn.module import Module


class Dropout(Module):
    r"""Set elements to zero with probability p in training, and scale the others by 1 / (1 - p).

    In evaluation the input is returned as it is. Srivastava et al. (2014), JMLR 15.

    Parameters
    ----------
    p : float, in [0, 1], default 0.5
        Probability of zero.
    generator : Generator, optional
        Draws the masks; the default generator otherwise. Its state is no part of `state_dict`.

    Raises
    ------
    ValueError
        If `p` lies outside [0, 1].

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> dropout = nn.Dropout(0.5, generator=minigen.Generator(0))
    >>> set(dropout(minigen.ones(100)).tolist()) == {0.0, 2.0}
    True
    >>> dropout.eval()(minigen.ones(2)).tolist()
    [1.0, 1.0]

    Derivation: dropout
    """

    def __init__(
        self,
        p: float = 0.5,
        inplace: bool = False,  # noqa: ARG002
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p must lie in [0, 1], got {p}")
        self.p = p
        self.generator = generator

    def forward(self, x: Array) -> Array:
        return F.dropout(x, self.p, self.training, generator=self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout2d(Dropout):
    r"""Set whole channels to zero in training; see `minigen.functional.dropout2d`.

    Parameters and errors are those of `Dropout`; inputs have shape (N, C, H, W) or (C, H, W).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> y = nn.Dropout2d(generator=minigen.Generator(0))(minigen.ones(1, 64, 3, 3))
    >>> sorted({channel.mean().item() for channel in y[0]})
    [0.0, 2.0]

    Derivation: dropout
    """

    def forward(self, x: Array) -> Any:
        return F.dropout2d(x, self.p, self.training, generator=self.generator)
