r"""Gradient clipping, between ``loss.backward()`` and ``optimizer.step()``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minigen.engine.backend import CPU, Array, device_of, namespace
from minigen.engine.creation import tensor
from minigen.engine.guards import writes
from minigen.engine.summation import blocked_dot
from minigen.engine.tensor import Tensor

Parameters = Tensor | Iterable[Tensor]


def clip_grad_norm_(
    parameters: Parameters,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    r"""Scale all gradients by one factor so that their norm, as one vector, is at most `max_norm`.

    .. math:: g \leftarrow g \cdot \min\left(1,\ \frac{\mathrm{max\_norm}}{\|g\| + 10^{-6}}\right)

    Pascanu, Mikolov, Bengio (2013), arXiv:1211.5063, algorithm 1.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Whose gradients are changed in place; those without one are skipped. An iterator that is
        used up brings a warning.
    max_norm : float
        The largest norm.
    norm_type : float, default 2
        p of the p-norm; ``math.inf`` for the largest absolute value.
    error_if_nonfinite : bool, default False
        Whether a norm that is NaN or infinite is an error, for which a GPU has to be waited for.
        Otherwise it spoils every gradient, as in PyTorch.

    Returns
    -------
    Tensor, shape ()
        The norm before clipping, 0 if there are no gradients.

    Raises
    ------
    ValueError
        If `max_norm` is negative, or `norm_type` not positive.
    RuntimeError
        If the norm is not finite and `error_if_nonfinite` is set; the gradients stay as they are.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> x = minigen.tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> nn.utils.clip_grad_norm_([x], max_norm=1.0).item()
    10.0
    >>> [round(g, 4) for g in x.grad.tolist()]
    [0.6, 0.8]
    """
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: max_norm must not be negative, got {max_norm}")
    if not norm_type > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be positive, got {norm_type}")
    gradients = _gradients(parameters)
    if not gradients:
        return tensor(0.0)
    xp = namespace(*gradients)
    norms = xp.stack([_norm(gradient, norm_type) for gradient in gradients])
    total = xp.asarray(xp.linalg.norm(norms, norm_type))  # an array: a GPU is not waited for
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"clip_grad_norm_: the gradients' norm is {total.item()}, so they can't be clipped; "
            "look for the cause with minigen.detect_anomaly()"
        )
    factor = xp.minimum(max_norm / (total + 1e-6), 1)  # NaN, too, reaches every gradient
    for gradient in gradients:
        xp.multiply(gradient, factor.astype(gradient.dtype), out=gradient)
        writes.note(gradient)
    return tensor(total, dtype=np.result_type(*(gradient.dtype for gradient in gradients)))


def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Clip each element of each gradient to [-clip_value, clip_value].

    Parameters
    ----------
    parameters
        See `clip_grad_norm_`.
    clip_value : float
        The largest absolute value.

    Raises
    ------
    ValueError
        If `clip_value` is negative.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> x = minigen.tensor([3.0, 0.1], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> nn.utils.clip_grad_value_(x, 1.0)
    >>> x.grad
    tensor([1. , 0.2])
    """
    if not clip_value >= 0:
        raise ValueError(f"clip_grad_value_: clip_value must not be negative, got {clip_value}")
    for gradient in _gradients(parameters):
        namespace(gradient).clip(gradient, -clip_value, clip_value, out=gradient)
        writes.note(gradient)


def _gradients(parameters: Parameters) -> list[Array]:
    """Return the arrays of the gradients that are there."""
    chosen = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not chosen and isinstance(parameters, Iterator):
        warnings.warn(
            "clipping: the iterator of parameters is used up, so nothing is clipped; call "
            "parameters() anew, or pass a list",
            stacklevel=3,
        )
    return [parameter.grad.array for parameter in chosen if parameter.grad is not None]


def _norm(gradient: Array, norm_type: float) -> Array:
    """Return the norm of one gradient; in float64 if float32 overflows, from squares of 1e19 on."""
    xp = namespace(gradient)
    if device_of(gradient) == CPU:  # on a GPU, to see whether it overflows is to wait
        with np.errstate(over="ignore"):
            norm = _norm_on_cpu(gradient.ravel(order="K"), norm_type)
        if math.isfinite(norm) or gradient.dtype == np.float64:
            return norm
    magnitudes = gradient.astype(np.float64).ravel()
    if norm_type in (1, 2, math.inf):
        return xp.linalg.norm(magnitudes, norm_type)
    xp.abs(magnitudes, out=magnitudes)  # CuPy's norm would send the exponent to the card
    magnitudes **= norm_type
    return magnitudes.sum() ** (1 / norm_type)


def _norm_on_cpu(gradient: Array, norm_type: float) -> Any:
    """Return the norm of a vector of NumPy's, as float64."""
    if norm_type == 2:
        return np.sqrt(blocked_dot(gradient, gradient))
    return np.linalg.norm(gradient, norm_type).astype(np.float64)
