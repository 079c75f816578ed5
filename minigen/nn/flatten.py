"""Layers that merge axes and split them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.nn.module import Module, wrong_shape
from minigen.ops.shaping import axis_index


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
