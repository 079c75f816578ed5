r"""Attention: each query takes a weighted mean of values, by the likeness of their keys.

Queries are (..., L, E), keys (..., S, E) and values (..., S, V); the axes before broadcast, and are
batches and heads. The rule keeps what comes in and goes out, and makes the weights, of which there
are L times S, again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import DEFAULT_FLOAT, Array, array_of, device_of, namespace, promote
from minigen.engine.op import Cotangents, op
from minigen.engine.random import Generator, default_generator
from minigen.ops.arithmetic import exp, where
from minigen.ops.linear import matmul
from minigen.ops.reduction import sum
from minigen.ops.shaping import transpose, unbroadcast

__all__ = ["attention", "scaled_dot_product_attention"]


@op
def attention(
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None = None,
    mask: Array | None = None,
    kept: Array | None = None,
    scale: float = 1.0,
) -> Array:
    r"""Average values with weights that are a softmax over keys: :math:`O = (P \odot D)\, V`.

    .. math:: P_{ij} = \frac{m_{ij} e^{s_{ij}}}{\sum_k m_{ik} e^{s_{ik}}}, \qquad
              s_{ij} = c \sum_e Q_{ie} K_{je} + b_{ij}

    Parameters
    ----------
    query, key, value : Tensor or array, shapes (..., L, E), (..., S, E) and (..., S, V)
        Q, K and V.
    bias : Tensor or array, broadcasts to (..., L, S), optional
        What is added to the scores, b.
    mask : array of bool, broadcasts to (..., L, S), optional
        Which keys a query sees, m. One that sees none gets zero, and so does its gradient.
    kept : array, broadcasts to (..., L, S), optional
        What the weights are multiplied with, D: zeros and :math:`1 / (1 - p)` of dropout.
    scale : float
        What products are multiplied with, c.

    Returns
    -------
    Tensor or array, shape (..., L, V)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> query, key = minigen.zeros(1, 2), minigen.ones(4, 2)  # alike to all: the mean
    >>> F.attention(query, key, minigen.tensor([[1.0], [2.0], [3.0], [6.0]])).tolist()
    [[3.0]]

    Derivation: attention
    """
    _check_axes(query, key, value)
    value = promote(value, query)[0]
    weights = attention_weights(query, key, bias, mask, scale)
    return _dropped(weights, kept) @ value


@attention.vjp
def attention_vjp(
    g: Array,
    out: Array,
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None,
    *,
    mask: Array | None,
    kept: Array | None,
    scale: float,
) -> Cotangents:
    r"""Softmax's rule, row by row: :math:`\bar s = P \odot (\bar P - \sum_j P_j \bar P_j)`.

    The sum is over the keys, and equals that of :math:`g \odot O` over the features.

    Derivation: attention.grad_value, attention.grad_scores, attention.grad_query
    """
    weights = attention_weights(query, key, bias, mask, scale)
    of_weights = _dropped(matmul(g, transpose(value, -1, -2)), kept)
    of_scores = weights * (of_weights - sum(g * out, -1, keepdims=True))

    def grad_query() -> Array:
        return unbroadcast(matmul(of_scores, key) * scale, query)

    def grad_key() -> Array:
        return unbroadcast(matmul(transpose(of_scores, -1, -2), query) * scale, key)

    def grad_value() -> Array:
        return unbroadcast(matmul(transpose(_dropped(weights, kept), -1, -2), g), value)

    of_bias = None if bias is None else lambda: unbroadcast(of_scores, bias)
    return grad_query, grad_key, grad_value, of_bias


def attention_weights(
    query: Array, key: Array, bias: Array | None, mask: Array | None, scale: float
) -> Any:
    """Return how much of each value a query takes, (..., L, S); `attention` has the formula.

    It is written with ops, for arrays and tensors alike. The largest score of a row is taken away
    from all, and held for a constant: the weights do not depend on it.
    """
    scores = matmul(query * scale, transpose(key, -1, -2))
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = where(mask, scores, -math.inf)
    largest = array_of(scores).max(-1, keepdims=True)
    largest = namespace(largest).where(largest == -math.inf, 0, largest)  # of a row without keys
    powers = exp(scores - largest)
    total = sum(powers, -1, keepdims=True)
    return powers / where(total == 0, 1.0, total)


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    generator: Generator | None = None,
) -> Any:
    r"""Attention with scores :math:`q \cdot k / \sqrt{E}`; Vaswani et al. (2017), arXiv:1706.03762.

    Parameters
    ----------
    query, key, value : Tensor or array, shapes (..., L, E), (..., S, E) and (..., S, V)
        The axes before are batches and heads, and broadcast.
    attn_mask : Tensor or array, broadcasts to (..., L, S), optional
        Of bool, True where a query sees a key; or of floats, which are added to the scores and may
        require a gradient.
    dropout_p : float, in [0, 1), default 0
        Probability with which a weight is set to zero, and the others scaled by 1 / (1 - p).
        A function knows of no training: pass 0 in evaluation.
    is_causal : bool, default False
        Whether query i sees keys 0 to i alone; together with a mask both hold.
    scale : float, optional
        What products are multiplied with, in place of :math:`1 / \sqrt{E}`.
    generator : Generator, optional
        Draws what is dropped; the default generator otherwise.

    Returns
    -------
    Tensor or array, shape (..., L, V)
        A query that sees no key gets zeros.

    Raises
    ------
    ValueError
        If the shapes do not fit, or `dropout_p` lies outside [0, 1).

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x = minigen.randn(2, 4, 10, 8)  # of two examples and four heads
    >>> F.scaled_dot_product_attention(x, x, x, is_causal=True).shape
    (2, 4, 10, 8)
    >>> F.scaled_dot_product_attention(x, x, x, is_causal=True)[0, 0, 0].allclose(x[0, 0, 0])
    True

    Derivation: attention, attention.scale
    """
    _check_axes(query, key, value, "scaled_dot_product_attention: ")
    if not 0 <= dropout_p < 1:
        raise ValueError(
            f"scaled_dot_product_attention: dropout_p must lie in [0, 1), got {dropout_p}"
        )
    bias, mask = _added_and_seen(attn_mask)
    if is_causal:
        causal = causal_mask(query.shape[-2], key.shape[-2], query)
        mask = causal if mask is None else mask & causal
    kept = draw_kept(query, key, dropout_p, generator) if dropout_p else None
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    return attention(query, key, value, bias, mask=mask, kept=kept, scale=factor)


def causal_mask(queries: int, keys: int, like: Array) -> Array:
    """Let query i see keys 0 to i alone: shape (queries, keys), on the device of an array."""
    xp = namespace(array_of(like))
    return xp.arange(queries)[:, None] >= xp.arange(keys)


def _added_and_seen(attn_mask: Any) -> tuple[Any, Any]:
    """Tell a mask of floats, which is added to the scores, from one of truths."""
    if attn_mask is None or attn_mask.dtype.kind == "f":
        return attn_mask, None
    if attn_mask.dtype.kind != "b":
        raise TypeError(
            "scaled_dot_product_attention: a mask of bool (True: seen) or of floats (added to the "
            f"scores) is expected as attn_mask, got {attn_mask.dtype}"
        )
    return None, array_of(attn_mask)


def draw_kept(query: Array, key: Array, p: float, generator: Generator | None) -> Array:
    """Draw which weights are kept, each scaled as dropout does."""
    array = array_of(query)
    batch = np.broadcast_shapes(tuple(query.shape[:-2]), tuple(key.shape[:-2]))
    shape = (*batch, query.shape[-2], key.shape[-2])
    kind = array.dtype if array.dtype.kind == "f" else DEFAULT_FLOAT
    source = generator or default_generator()
    return source.bernoulli(1 - p, shape, kind, device_of(array)) * (1 / (1 - p))


def _dropped(weights: Any, kept: Array | None) -> Any:
    return weights if kept is None else weights * kept


def _check_axes(query: Array, key: Array, value: Array, name: str = "") -> None:
    fits = (
        min(query.ndim, key.ndim, value.ndim) >= 2
        and query.shape[-1] == key.shape[-1]
        and key.shape[-2] == value.shape[-2]
    )
    if not fits:
        raise ValueError(
            f"{name}query of shape (..., L, E), key (..., S, E) and value (..., S, V) are "
            f"expected, got {tuple(query.shape)}, {tuple(key.shape)} and {tuple(value.shape)}"
        )
