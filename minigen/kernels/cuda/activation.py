r"""Activation functions and their gradients, a launch each; see `minigen.ops.activation`."""

from __future__ import annotations

from typing import Any, Final

from minigen.engine.backend import Array
from minigen.kernels.cuda.source import Kernel, of_each, slope_of_each
from minigen.ops.activation import leaky_relu, relu, sigmoid, softplus, tanh

_OF_ONE: Final = "const Number* x, Number* out, Index n"
_SLOPE: Final = "const Number* g, Index step, const Number* x, Number* out, Index n"

SIGMOID: Final = """
// 1 / (1 + exp(-x)), of d = exp(-|x|), which never overflows.
__device__ Number logistic(Number x) {
    Number d = exp(-fabs(x));
    return (x >= 0 ? Number(1) : d) / (1 + d);
}
"""

# y = max(x, 0), and NaN of NaN
RELU: Final = Kernel("relu", _OF_ONE, "for (EACH(i, n)) out[i] = x[i] <= 0 ? Number(0) : x[i];")

# x̄ = g [y != 0]
RELU_VJP: Final = Kernel(
    "relu_vjp", _SLOPE, "for (EACH(i, n)) out[i] = x[i] == 0 ? Number(0) : g[i * step];"
)

# y = x where positive, a x elsewhere
LEAKY_RELU: Final = Kernel(
    "leaky_relu", f"{_OF_ONE}, Number a", "for (EACH(i, n)) out[i] = x[i] > 0 ? x[i] : a * x[i];"
)

# x̄ = g where x is positive, a g elsewhere
LEAKY_RELU_VJP: Final = Kernel(
    "leaky_relu_vjp",
    f"{_SLOPE}, Number a",
    "for (EACH(i, n)) out[i] = g[i * step] * (x[i] > 0 ? Number(1) : a);",
)

# y = 1 / (1 + exp(-x))
SIGMOID_OF: Final = Kernel("sigmoid", _OF_ONE, "for (EACH(i, n)) out[i] = logistic(x[i]);", SIGMOID)

# x̄ = g y (1 - y), of the output y
SIGMOID_VJP: Final = Kernel(
    "sigmoid_vjp", _SLOPE, "for (EACH(i, n)) out[i] = g[i * step] * (x[i] * (1 - x[i]));"
)

# y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
TANH: Final = Kernel("hyperbolic_tangent", _OF_ONE, "for (EACH(i, n)) out[i] = tanh(x[i]);")

# x̄ = g (1 - y²), of the output y
TANH_VJP: Final = Kernel(
    "tanh_vjp", _SLOPE, "for (EACH(i, n)) out[i] = g[i * step] * (1 - x[i] * x[i]);"
)

# y = max(x, 0) + ln(1 + exp(-|x|))
SOFTPLUS: Final = Kernel(
    "softplus",
    _OF_ONE,
    "for (EACH(i, n)) out[i] = (x[i] <= 0 ? Number(0) : x[i]) + log1p(exp(-fabs(x[i])));",
)

# x̄ = g σ(x)
SOFTPLUS_VJP: Final = Kernel(
    "softplus_vjp", _SLOPE, "for (EACH(i, n)) out[i] = g[i * step] * logistic(x[i]);", SIGMOID
)


@relu.kernel_on_card
def relu_on_card(x: Array) -> Any:
    """Compute the op's function."""
    return of_each(RELU, x)


@relu.kernel_vjp_on_card
def relu_vjp_on_card(g: Array, out: Array, _x: Array) -> Any:
    """Compute the op's rule."""
    return _alone(slope_of_each(RELU_VJP, g, out))


@leaky_relu.kernel_on_card
def leaky_relu_on_card(x: Array, *, negative_slope: float) -> Any:
    """Compute the op's function."""
    return of_each(LEAKY_RELU, x, numbers=(float(negative_slope),))


@leaky_relu.kernel_vjp_on_card
def leaky_relu_vjp_on_card(g: Array, _out: Array, x: Array, *, negative_slope: float) -> Any:
    """Compute the op's rule."""
    return _alone(slope_of_each(LEAKY_RELU_VJP, g, x, numbers=(float(negative_slope),)))


@sigmoid.kernel_on_card
def sigmoid_on_card(x: Array) -> Any:
    """Compute the op's function."""
    return of_each(SIGMOID_OF, x)


@sigmoid.kernel_vjp_on_card
def sigmoid_vjp_on_card(g: Array, out: Array, _x: Array) -> Any:
    """Compute the op's rule."""
    return _alone(slope_of_each(SIGMOID_VJP, g, out))


@tanh.kernel_on_card
def tanh_on_card(x: Array) -> Any:
    """Compute the op's function."""
    return of_each(TANH, x)


@tanh.kernel_vjp_on_card
def tanh_vjp_on_card(g: Array, out: Array, _x: Array) -> Any:
    """Compute the op's rule."""
    return _alone(slope_of_each(TANH_VJP, g, out))


@softplus.kernel_on_card
def softplus_on_card(x: Array) -> Any:
    """Compute the op's function."""
    return of_each(SOFTPLUS, x)


@softplus.kernel_vjp_on_card
def softplus_vjp_on_card(g: Array, _out: Array, x: Array) -> Any:
    """Compute the op's rule."""
    return _alone(slope_of_each(SOFTPLUS_VJP, g, x))


def _alone(cotangent: Any) -> Any:
    """Return the cotangents of an op of one input."""
    return cotangent if cotangent is NotImplemented else (cotangent,)
