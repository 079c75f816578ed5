"""Wrong rules of two inputs: the wrong one of them, the wrong sign, broadcasting not undone."""

from __future__ import annotations

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops import arithmetic
from minigen.ops.reduction import mean
from tests.checker.zoo.specimen import distinct, normal, positive, wrong_rule


@wrong_rule(
    arithmetic.add,
    normal(3, 4),
    normal(4),
    expected=FailureKind.WRONG_SHAPE,
    diagnosis="its sum over axis 0 is right",
)
def add_broadcast_not_summed(g: Array, _out: Array, _a: Array, _b: Array) -> Cotangents:
    """Give the vector that was added to every row a gradient for every row."""
    return g * 1.0, g * 1.0


@wrong_rule(
    arithmetic.add,
    normal(3, 4),
    normal(4),
    diagnosis="1/3 of what it should be everywhere: 3 is the length of axis 0 of the output",
)
def add_broadcast_averaged(g: Array, _out: Array, _a: Array, _b: Array) -> Cotangents:
    """Average over the axis that was broadcast, where its cotangents add up."""
    return g * 1.0, mean(g, 0)


@wrong_rule(arithmetic.sub, normal(3, 4), normal(3, 4, seed=1), diagnosis="the sign is flipped")
def sub_without_minus(g: Array, _out: Array, _a: Array, _b: Array) -> Cotangents:
    """Forget the minus of the second input."""
    return g * 1.0, g * 1.0


@wrong_rule(
    arithmetic.mul, normal(3, 4), normal(3, 4, seed=1), diagnosis="return them in the wrong order"
)
def mul_gradients_swapped(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    """Return the two gradients in the wrong order."""
    return g * a, g * b


@wrong_rule(arithmetic.mul, normal(3, 4), normal(3, 4, seed=1), diagnosis="None for it")
def mul_second_input_lost(g: Array, _out: Array, _a: Array, b: Array) -> Cotangents:
    """Return no gradient for the second input, as if it were a constant."""
    return g * b, None


@wrong_rule(
    arithmetic.div, normal(3, 4), positive(3, 4), diagnosis="the sign is flipped everywhere"
)
def div_without_minus(g: Array, out: Array, _a: Array, b: Array) -> Cotangents:
    """Forget the minus of -a / b^2."""
    return g / b, g * out / b


@wrong_rule(arithmetic.div, normal(3, 4), positive(3, 4))
def div_without_square(g: Array, out: Array, _a: Array, b: Array) -> Cotangents:
    """Write -a / b, where the derivative is -a / b^2."""
    return g / b, -g * out


@wrong_rule(
    arithmetic.maximum, distinct(3, 4), normal(3, 4), diagnosis="not zero where it should be"
)
def maximum_feeds_both(g: Array, _out: Array, _a: Array, _b: Array) -> Cotangents:
    """Give both inputs the cotangent, where the larger alone gets it."""
    return g * 1.0, g * 1.0


@wrong_rule(
    arithmetic.minimum, distinct(3, 4), normal(3, 4), diagnosis="return them in the wrong order"
)
def minimum_feeds_larger(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    """Give the larger input the cotangent, where the smaller gets it."""
    return g * (a > b), g * (a < b)


@wrong_rule(arithmetic.where, distinct(3, 4) > 0, normal(3, 4), normal(3, 4, seed=1))
def where_without_condition(
    g: Array, _out: Array, _condition: Array, _a: Array, _b: Array
) -> Cotangents:
    """Give both inputs the cotangent everywhere, whatever the condition says."""
    return None, g * 1.0, g * 1.0
