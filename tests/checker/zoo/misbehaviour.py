"""Functions and rules that are not wrong in a formula: memory, chance, dtypes, broken graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents, Op
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.ops import arithmetic
from minigen.ops.activation import softmax
from minigen.ops.arithmetic import mul
from minigen.ops.reduction import sum
from minigen.ops.shaping import astype
from tests.checker.zoo.specimen import normal, positive, wrong_function, wrong_rule


@wrong_function(normal(3, 4), diagnosis="no gradient comes back to this input")
def detached(x: Tensor) -> Tensor:
    """Compute on the raw data, which the graph does not see."""
    return Tensor(np.exp(x.array))


@wrong_function(normal(3, 4))
def half_detached(x: Tensor) -> Tensor:
    """Multiply by a detached copy: one of two paths of the gradient is cut."""
    return mul(x, x.detach())


@wrong_function(normal(3, 4), expected=FailureKind.NO_POWER)
def softmax_summed(x: Tensor) -> Tensor:
    """Sum probabilities, which gives 1 whatever the input: any rule that returns zeros passes."""
    return sum(softmax(x, 1), 1)


_noise = Generator(0)


@wrong_function(normal(3, 4), expected=FailureKind.RANDOM)
def dropout_drawn_anew(x: Tensor) -> Tensor:
    """Draw another mask at each call."""
    return mul(x, _noise.bernoulli(0.5, x.shape, np.float64))


@wrong_rule(arithmetic.exp, normal(3, 4), expected=FailureKind.RANDOM)
def exp_noisy_rule(g: Array, out: Array, _x: Array) -> Cotangents:
    """Add noise to the gradient."""
    return (g * out + 1e-3 * _noise.normal(out.shape, np.float64),)


def centre_in_place(x: Array) -> Array:
    """Subtract the mean, in the caller's array."""
    x -= x.mean()
    return x * 1.0


@wrong_rule(centre_in_place, normal(4), expected=FailureKind.MUTATES, diagnosis="the function")
def forward_writes_into_input(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Leave the forward's input changed; the rule itself is right."""
    return (g - g.mean(),)


@wrong_rule(arithmetic.sin, normal(4), expected=FailureKind.MUTATES, diagnosis="this input")
def rule_writes_into_input(g: Array, _out: Array, x: Array) -> Cotangents:
    """Save an array by computing in the input's."""
    np.cos(x, out=x)
    return (g * x,)


@wrong_rule(arithmetic.exp, normal(4), expected=FailureKind.MUTATES, diagnosis="output")
def rule_writes_into_output(g: Array, out: Array, _x: Array) -> Cotangents:
    """Save an array by computing in the output's."""
    out *= g
    return (out * 1.0,)


@wrong_rule(arithmetic.exp, normal(4), expected=FailureKind.MUTATES, diagnosis="cotangent g")
def rule_writes_into_cotangent(g: Array, out: Array, _x: Array) -> Cotangents:
    """Save an array by computing in the cotangent's, which other rules may share."""
    g *= out
    return (g,)


_buffer = np.empty(4)


@wrong_rule(arithmetic.exp, normal(4), expected=FailureKind.OVERWRITES)
def rule_reuses_its_buffer(g: Array, out: Array, _x: Array) -> Cotangents:
    """Return the same array each time: the next call overwrites the last one's gradient."""
    np.multiply(g, out, out=_buffer)
    return (_buffer,)


_first_seen: list[Array] = []


@wrong_rule(arithmetic.exp, normal(4))
def rule_remembers_first_call(g: Array, out: Array, _x: Array) -> Cotangents:
    """Keep the slopes of the first call, and use them for ever: a stale buffer."""
    if not _first_seen:
        _first_seen.append(out.copy())
    return (g * _first_seen[0],)


_last_seen: dict[str, Array] = {}


def remembering_square(x: Array) -> Array:
    """Return the square, and remember the input for the rule, outside the graph."""
    _last_seen["x"] = x.copy()
    return x * x


@wrong_rule(remembering_square, normal(4))
def rule_remembers_last_call(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Use what the last forward call left behind, which may have been another batch's."""
    return (g * 2 * _last_seen["x"],)


@wrong_rule(arithmetic.exp, normal(4), expected=FailureKind.WRONG_DTYPE)
def rule_rounds_to_float32(g: Array, out: Array, _x: Array) -> Cotangents:
    """Return float32, whatever came in."""
    return ((g * out).astype(np.float32),)


def _rounding_rule(g: Array, _out: Array, _x: Array) -> Cotangents:
    return (g.astype(np.float32),)


_rounding_identity: Op[Any] = Op(lambda x: x * 1.0)
_rounding_identity.vjp(_rounding_rule)


@wrong_function(positive(4), expected=FailureKind.NOT_LINEAR, diagnosis="float32 rounding")
def rounding_on_the_way(x: Tensor) -> Tensor:
    """Round the cotangent to float32 in the middle of a graph, where its dtype does not show."""
    return _rounding_identity(mul(x, x))


@wrong_function(normal(4), expected=FailureKind.WRONG_DTYPE, diagnosis="float32")
def forward_rounds_to_float32(x: Tensor) -> Tensor:
    """Convert to float32, in which no difference is good enough to check a gradient with."""
    return astype(mul(x, x), np.float32)


def cube(x: Array) -> Array:
    """Return the third power."""
    return x**3


@wrong_rule(
    cube, np.array([0.0, 1.0, -2.0]), expected=FailureKind.NOT_FINITE, diagnosis="nan by its rule"
)
def cube_divides_by_input(g: Array, out: Array, x: Array) -> Cotangents:
    """Save the square by writing 3 y / x: 0 / 0 at 0."""
    return (g * 3 * out / x,)


@wrong_function(np.array([0.0, 1.0]), expected=FailureKind.NOT_FINITE, diagnosis="-inf")
def log_of_zero(x: Tensor) -> Tensor:
    """Take the logarithm of 0; the rule is right."""
    return arithmetic.log(x)


@wrong_rule(arithmetic.exp, normal(4), expected=FailureKind.ERROR, diagnosis="1 cotangents")
def rule_returns_too_much(g: Array, out: Array, _x: Array) -> Cotangents:
    """Return more cotangents than there are inputs."""
    return g * out, None


@wrong_rule(
    arithmetic.abs, np.array([0.0, 1.0, -2.0]), expected=FailureKind.KINK, diagnosis="slope is -1"
)
def abs_at_zero(g: Array, _out: Array, x: Array) -> Cotangents:
    """Claim a slope of 0 where the two sides have -1 and 1: central differences agree."""
    return (g * arithmetic.sign(x),)


def cliff(x: Array) -> Array:
    """Return the sign, and a slope beside it."""
    return np.where(x > 1.0, 1.0, 0.0) + x


@wrong_rule(
    cliff, np.array([0.0, 1.0 + 1e-5, 2.0]), expected=FailureKind.KINK, diagnosis="jumps by 1"
)
def cliff_ignored(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Give the slope beside a step of the function, as if the step were not there."""
    return (g * 1.0,)
