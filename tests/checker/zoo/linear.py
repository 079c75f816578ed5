"""Wrong rules of matrix products: transposes, the order of the factors, sums over the batch."""

from __future__ import annotations

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops import linear
from minigen.ops.reduction import mean, sum
from tests.checker.zoo.specimen import normal, wrong_rule

_BATCH, _WEIGHT, _BIAS = normal(4, 3), normal(2, 3), normal(2)


@wrong_rule(linear.matmul, normal(4, 3), normal(3, 3), diagnosis="the Jacobian is transposed")
def matmul_weight_not_transposed(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    """Write G B, where G times the transpose of B is meant: a square B does not notice."""
    return g @ b, a.T @ g


@wrong_rule(
    linear.matmul, normal(3, 3), normal(3, 3, seed=1), diagnosis="transposed: its transpose"
)
def matmul_factors_exchanged(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    """Write the transpose of G times A for the second input, where A^T G is meant."""
    return g @ b.T, g.T @ a


@wrong_rule(
    linear.linear, _BATCH, _WEIGHT, _BIAS, expected=FailureKind.WRONG_SHAPE,
    diagnosis="its sum over axis 0 is right",
)  # fmt: skip
def linear_bias_not_summed(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array
) -> Cotangents:
    """Return a gradient of the bias for each example."""
    return g @ weight, g.T @ x, g * 1.0


@wrong_rule(linear.linear, _BATCH, _WEIGHT, _BIAS, diagnosis="a mean where a sum was meant")
def linear_bias_averaged(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array
) -> Cotangents:
    """Average the bias's gradient over the batch, where the loss has done so already."""
    return g @ weight, g.T @ x, mean(g, 0)


@wrong_rule(linear.linear, _BATCH, _WEIGHT, _BIAS, diagnosis="is the batch summed twice?")
def linear_weight_twice(g: Array, _out: Array, x: Array, weight: Array, _bias: Array) -> Cotangents:
    """Add the weight's gradient to itself."""
    once = g.T @ x
    return g @ weight, once + once, sum(g, 0)


@wrong_rule(
    linear.linear, _BATCH, _WEIGHT, _BIAS, expected=FailureKind.WRONG_SHAPE,
    diagnosis="its transpose is right",
)  # fmt: skip
def linear_weight_transposed(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array
) -> Cotangents:
    """Return the weight's gradient in the layout (in, out)."""
    return g @ weight, x.T @ g, sum(g, 0)


@wrong_rule(linear.linear, _BATCH, _WEIGHT, _BIAS, diagnosis="no gradient comes back")
def linear_input_detached(
    g: Array, _out: Array, x: Array, _weight: Array, _bias: Array
) -> Cotangents:
    """Return nothing for the input: layers before this one never learn."""
    return None, g.T @ x, sum(g, 0)


@wrong_rule(linear.linear, _BATCH, _WEIGHT, _BIAS)
def linear_last_example_lost(
    g: Array, _out: Array, x: Array, weight: Array, _bias: Array
) -> Cotangents:
    """Sum the weight's gradient over all examples but the last."""
    return g @ weight, g[:-1].T @ x[:-1], sum(g, 0)
