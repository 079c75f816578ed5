"""The dense layer, and the embedding, which looks up the rows of a matrix."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen import functional as F
from minigen.engine.backend import Array, DTypeLike
from minigen.engine.creation import zeros
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.nn import init
from minigen.nn.module import Module, Parameter, check_dtype, positive, wrong_shape


class Dense(Module):
    r"""Affine map of the last axis: :math:`y = x W^\top + b`. PyTorch's ``Linear``.

    Weight and bias are drawn from :math:`U(-1/\sqrt{in}, 1/\sqrt{in})`, as PyTorch draws them.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of the last axis before and after.
    bias : bool, default True
        Whether to add b.
    generator : Generator, optional
        Draws the first weights; the default generator otherwise.
    dtype : dtype_like, default float32
        The parameters' dtype, which inputs must have as well.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
        W.
    bias : Parameter, shape (out_features,), or None
        b.

    Raises
    ------
    ValueError
        If a size is not a positive integer; in a call, if the last axis of x has another length.
    TypeError
        In a call, if x has another dtype than the weight.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Dense(3, 2)
    >>> layer(minigen.ones(5, 3)).shape
    (5, 2)
    >>> layer(minigen.ones(5, 4))
    Traceback (most recent call last):
    minigen.engine.errors.InputError: Dense(in_features=3, out_features=2, bias=True): an input
    of shape (..., 3) is expected, got (5, 4)

    Derivation: linear
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive("Dense", in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(zeros(out_features, in_features, dtype=dtype))
        self.bias = Parameter(zeros(out_features, dtype=dtype)) if bias else None
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in_features)
        init.uniform_(self.weight, -bound, bound, generator)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound, generator)

    def forward(self, x: Array) -> Tensor:
        """Map x, shape (..., in_features), to shape (..., out_features)."""
        self._check(x)
        return F.linear(x, self.weight, self.bias)

    def without_bias(self, x: Array) -> Tensor:
        """Map x, but leave the bias to what follows."""
        self._check(x)
        return F.linear(x, self.weight)

    def _check(self, x: Array) -> None:
        check_dtype(self, x, self.weight)
        if x.ndim < 1 or x.shape[-1] != self.in_features:
            raise wrong_shape(self, f"(..., {self.in_features})", x)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Embedding(Module):
    """A learned vector for each number, such as a class label; see `minigen.functional.embedding`.

    The vectors are drawn from N(0, 1), as PyTorch draws them.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        How many vectors there are, n, and their length.
    padding_idx : int, optional
        The index of padding: its vector is zero, and gets no gradient. A negative one counts from
        the end.
    generator, dtype
        See `Dense`.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        The vectors.

    Raises
    ------
    ValueError
        If a size is not a positive integer, or there is no vector `padding_idx`.
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

    A language model often has the same vectors in its last layer. A parameter that two layers share
    is learnt once, gets both gradients, and is saved under both names, as in PyTorch:

    >>> embedding, head = nn.Embedding(10, 8), nn.Dense(8, 10, bias=False)
    >>> head.weight = embedding.weight
    >>> len(list(nn.Sequential(embedding, head).parameters()))
    1

    Derivation: embedding
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"Embedding: padding_idx is one of {num_embeddings} vectors, got {padding_idx}"
            )
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.weight = Parameter(zeros(num_embeddings, embedding_dim, dtype=dtype))
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the vectors anew."""
        init.normal_(self.weight, generator=generator)
        if self.padding_idx is not None:
            init.zeros_(self.weight.data[self.padding_idx])

    def forward(self, indices: Any) -> Tensor:
        """Look up the vector of each index: shape ``(*indices.shape, embedding_dim)``."""
        vectors: Tensor = F.embedding(indices, self.weight, self.padding_idx)
        return vectors

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
