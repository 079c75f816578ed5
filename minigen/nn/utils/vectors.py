"""All parameters in one vector, and back: for line searches, norms and averages of weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.ops.shaping import cat


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """Return all parameters one after the other, as one vector.

    Gradients flow back through it.

    Parameters
    ----------
    parameters : iterable of Tensor
        Such as ``model.parameters()``.

    Returns
    -------
    Tensor, shape (numbers,)

    Raises
    ------
    ValueError
        If there are no parameters.

    Examples
    --------
    >>> from minigen import nn
    >>> nn.utils.parameters_to_vector(nn.Dense(3, 2).parameters()).shape
    (8,)
    """
    rows = [parameter.reshape(-1) for parameter in parameters]
    if not rows:
        raise ValueError("parameters_to_vector: there are no parameters")
    return cat(rows)


def vector_to_parameters(vec: Tensor | Array, parameters: Iterable[Tensor]) -> None:
    """Write a vector's elements into parameters, one after the other.

    Parameters
    ----------
    vec : Tensor or array, shape (numbers,)
        As `parameters_to_vector` makes it.
    parameters : iterable of Tensor
        Such as ``model.parameters()``; each keeps its dtype.

    Raises
    ------
    ValueError
        If the vector has not as many elements as the parameters; none is changed then.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Dense(2, 1)
    >>> nn.utils.vector_to_parameters(minigen.arange(3.0), layer.parameters())
    >>> layer.weight.tolist(), layer.bias.tolist()
    ([[0.0, 1.0]], [2.0])
    """
    held = list(parameters)
    count = sum(parameter.size for parameter in held)
    if tuple(vec.shape) != (count,):
        raise ValueError(
            f"vector_to_parameters: a vector of {count} elements is expected, as many as the "
            f"parameters have, got shape {tuple(vec.shape)}"
        )
    values = vec.array if isinstance(vec, Tensor) else vec
    start = 0
    for parameter in held:
        end = start + parameter.size
        piece = values[start:end].reshape(parameter.shape)
        parameter.data = piece.astype(parameter.dtype)  # a copy, and so no view of the vector
        start = end
