"""A table of learned vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import DTypeLike
from minigen.engine.creation import zeros
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.nn import init
from minigen.nn.checks import positive
from minigen.nn.module import Module
from minigen.nn.parameter import Parameter
from minigen.ops import embedding


class Embedding(Module):
    """A learned vector for each number, such as a class label; see `minigen.functional.embedding`.

    The vectors are drawn from N(0, 1), as PyTorch draws them.

    Parameters
    ----------
    num_embeddings : int
        How many vectors there are, n.
    embedding_dim : int
        Their length.
    generator : Generator, optional
        Draws the first vectors; the default generator otherwise.
    dtype : dtype_like, default float32
        The parameter's dtype.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        The vectors.

    Raises
    ------
    ValueError
        If a size is not a positive integer.
    TypeError
        In a call, if the indices are not integers.
    IndexError
        In a call, if an index on the CPU is not from 0 to n - 1.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> labels = minigen.tensor([3, 1, 4, 1, 5])
    >>> nn.Embedding(10, 8)(labels).shape
    (5, 8)

    Derivation: embedding
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.weight = Parameter(zeros(num_embeddings, embedding_dim, dtype=dtype))
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the vectors anew."""
        init.normal_(self.weight, generator=generator)

    def forward(self, indices: Any) -> Tensor:
        """Look up the vector of each index: shape ``(*indices.shape, embedding_dim)``."""
        vectors: Tensor = embedding.embedding(indices, self.weight)
        return vectors

    def extra_repr(self) -> str:
        """Name the sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}"
