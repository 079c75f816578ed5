"""The layers of dense networks: affine maps, activations, dropout, embeddings, and reshaping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigen import functional as F
from minigen.engine.backend import Array, DTypeLike
from minigen.engine.creation import zeros
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.nn import init
from minigen.nn.module import Module, Parameter, check_dtype, positive, wrong_shape
from minigen.ops.shaping import axis_index


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
    ValueError: Dense(in_features=3, out_features=2, bias=True): an input of shape (..., 3) is
    expected, got (5, 4)

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
        check_dtype(self, x, self.weight)
        if x.ndim < 1 or x.shape[-1] != self.in_features:
            raise wrong_shape(self, f"(..., {self.in_features})", x)
        return F.linear(x, self.weight, self.bias)

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
    generator, dtype
        See `Dense`.

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
        vectors: Tensor = F.embedding(indices, self.weight)
        return vectors

    def extra_repr(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}"


class Identity(Module):
    """The input as it is; arguments are taken and not used, so that it can replace any layer."""

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        super().__init__()

    def forward(self, x: Array) -> Array:
        return x


class ReLU(Module):
    r"""Rectified linear unit, :math:`\max(x, 0)`; see `minigen.functional.relu`.

    Here, and wherever PyTorch has it, `inplace` is taken and has no effect: ops return new arrays.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.ReLU()(minigen.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]

    Derivation: relu
    """

    def __init__(self, inplace: bool = False) -> None:  # noqa: ARG002 - PyTorch's
        super().__init__()

    def forward(self, x: Array) -> Array:
        return F.relu(x)


class LeakyReLU(Module):
    """Leaky ReLU, x or ``negative_slope * x`` below 0; see `minigen.functional.leaky_relu`.

    Derivation: leaky_relu
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Array) -> Array:
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class ELU(Module):
    r"""Exponential linear unit, x or :math:`\alpha(e^x - 1)` below 0; `minigen.functional.elu`.

    Derivation: elu
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        return F.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class Sigmoid(Module):
    r"""Logistic function, :math:`1 / (1 + e^{-x})`; see `minigen.functional.sigmoid`.

    Losses from logits (`minigen.functional.binary_cross_entropy_with_logits`) do without it.

    Derivation: sigmoid
    """

    def forward(self, x: Array) -> Array:
        return F.sigmoid(x)


class Tanh(Module):
    """Hyperbolic tangent; see `minigen.functional.tanh`.

    Derivation: tanh
    """

    def forward(self, x: Array) -> Array:
        return F.tanh(x)


class Softplus(Module):
    r"""Smooth ReLU, :math:`\ln(1 + e^x)`; see `minigen.functional.softplus`.

    Derivation: softplus
    """

    def forward(self, x: Array) -> Array:
        return F.softplus(x)


class _AlongAxis(Module):
    """An activation over one axis, named `dim` as PyTorch does."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """Softmax over the axis `dim`; see `minigen.functional.softmax`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Softmax(dim=1)(minigen.zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]

    Derivation: softmax
    """

    def forward(self, x: Array) -> Array:
        return F.softmax(x, self.dim)


class LogSoftmax(_AlongAxis):
    """Logarithm of the softmax over the axis `dim`; see `minigen.functional.log_softmax`.

    Derivation: log_softmax
    """

    def forward(self, x: Array) -> Array:
        return F.log_softmax(x, self.dim)


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


class Flatten(Module):
    """Merge the axes from `start_dim` to `end_dim`, by default all but the batch's, into one.

    Raises
    ------
    IndexError
        In a call, if x has no such axis.
    ValueError
        In a call, if `start_dim` comes after `end_dim`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Flatten()(minigen.zeros(16, 1, 28, 28)).shape
    (16, 784)

    Derivation: flatten
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Array) -> Array:
        return F.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split one axis into several.

    Parameters
    ----------
    dim : int
        The axis.
    unflattened_size : sequence of int
        The lengths it is split into; one of them may be -1, which stands for what is left.

    Raises
    ------
    ValueError
        If the lengths are not positive, but for one -1; in a call, if they do not multiply to the
        axis' length.
    IndexError
        In a call, if x has no axis `dim`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Unflatten(1, (1, 28, 28))(minigen.zeros(16, 784)).shape
    (16, 1, 28, 28)

    Derivation: reshape
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        sizes = tuple(unflattened_size)
        if not sizes or sizes.count(-1) > 1 or any(n < 1 for n in sizes if n != -1):
            raise ValueError(
                f"Unflatten: positive lengths are expected, one of which may be -1, got {sizes}"
            )
        self.dim = dim
        self.unflattened_size = sizes

    def forward(self, x: Array) -> Array:
        axis = axis_index(self.dim, x.ndim)
        length, product = x.shape[axis], abs(math.prod(self.unflattened_size))
        fits = length % product == 0 if -1 in self.unflattened_size else length == product
        if not fits:
            axes = [str(n) for n in x.shape]
            axes[axis] = f"{product} * n" if -1 in self.unflattened_size else str(product)
            raise wrong_shape(self, f"({', '.join(axes)})", x)
        return F.reshape(x, (*x.shape[:axis], *self.unflattened_size, *x.shape[axis + 1 :]))

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
