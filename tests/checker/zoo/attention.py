"""Wrong rules of attention: a softmax taken for something simpler."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops.attention import attention, attention_vjp, attention_weights
from minigen.ops.linear import matmul
from minigen.ops.reduction import sum
from minigen.ops.shaping import transpose
from tests.checker.zoo.specimen import normal, wrong_rule

_INPUTS = normal(3, 4), normal(3, 4, seed=1), normal(3, 4, seed=2), normal(3, 3)


def _rest(*arguments: Any, **options: Any) -> list[Any]:
    """Return the cotangents as they should be."""
    return [entry() for entry in attention_vjp(*arguments, **options)]


@wrong_rule(attention, *_INPUTS)
def attention_weights_independent(
    g: Array, out: Array, query: Array, key: Array, value: Array, bias: Array, **options: Any
) -> Cotangents:
    """Take each weight for a function of its own score: leave out the sum over the row."""
    _, _, grad_value, _ = _rest(g, out, query, key, value, bias, **options)
    weights = attention_weights(query, key, bias, None, options["scale"])
    of_scores = weights * matmul(g, transpose(value, -1, -2))
    return of_scores @ key, transpose(of_scores, -1, -2) @ query, grad_value, of_scores


@wrong_rule(attention, *_INPUTS)
def attention_summed_over_queries(
    g: Array, out: Array, query: Array, key: Array, value: Array, bias: Array, **options: Any
) -> Cotangents:
    """Sum over the queries, down the columns, where the softmax runs along the rows."""
    _, _, grad_value, _ = _rest(g, out, query, key, value, bias, **options)
    weights = attention_weights(query, key, bias, None, options["scale"])
    of_weights = matmul(g, transpose(value, -1, -2))
    of_scores = weights * (of_weights - sum(weights * of_weights, -2, keepdims=True))
    return of_scores @ key, transpose(of_scores, -1, -2) @ query, grad_value, of_scores


@wrong_rule(attention, *_INPUTS, scale=0.5)
def attention_scale_forgotten(
    g: Array, out: Array, query: Array, key: Array, value: Array, bias: Array, **options: Any
) -> Cotangents:
    """Scale the scores, and forget the factor in the gradients of queries and keys."""
    grad_query, grad_key, *others = _rest(g, out, query, key, value, bias, **options)
    return grad_query * 2, grad_key * 2, *others


@wrong_rule(attention, *_INPUTS)
def attention_values_not_transposed(
    g: Array, out: Array, query: Array, key: Array, value: Array, bias: Array, **options: Any
) -> Cotangents:
    """Multiply by the weights, not their transpose: as many queries as keys hide it."""
    grad_query, grad_key, _, grad_bias = _rest(g, out, query, key, value, bias, **options)
    weights = attention_weights(query, key, bias, None, options["scale"])
    return grad_query, grad_key, weights @ g, grad_bias
