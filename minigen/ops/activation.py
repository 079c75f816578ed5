r"""Activation functions, and the softmax family."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, floating, namespace
from minigen.engine.op import Cotangents, Op, composed, op
from minigen.engine.summation import blocked_sum
from minigen.ops.arithmetic import abs, div, exp, minimum, mul, neg, where
from minigen.ops.reduction import Axis, reduced_axes, sum
from minigen.ops.special import erf

__all__ = [
    "elu", "gelu", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "mish", "relu", "relu6",
    "selu", "sigmoid", "silu", "softmax", "softmin", "softplus", "softsign", "tanh",
]  # fmt: skip


@op(piecewise_linear=True)
def relu(x: Array) -> Array:
    r"""Rectified linear unit: :math:`y = \max(x, 0)`.

    `minigen.kernels.activation` has a faster version, and one of the gradient.

    Derivation: relu
    """
    return namespace(x).maximum(x, 0)


@relu.vjp
def relu_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x = g\,[y > 0]`; 0 at 0, whatever g is there, and g where y is NaN."""
    return (where(out == 0, 0.0, g),)


@op(piecewise_linear=True)
def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    r"""Leaky ReLU: x where positive, a x elsewhere; Maas et al. (2013).

    `minigen.kernels.activation` has a faster version, and one of the gradient.

    Derivation: leaky_relu
    """
    x = floating(x)
    with np.errstate(invalid="ignore"):  # infinity times a slope of 0, where it isn't taken
        below = x * negative_slope
    if 0 < negative_slope <= 1:  # then it is the larger of the two lines
        return namespace(x).maximum(x, below)
    return namespace(x).where(x > 0, x, below)


@leaky_relu.vjp
def leaky_relu_vjp(g: Array, _out: Array, x: Array, *, negative_slope: float) -> Cotangents:
    r""":math:`\bar x = g` where x > 0, else :math:`a g`."""
    slope = (x > 0).astype(x.dtype) * (1 - negative_slope) + negative_slope
    return (g * slope,)


@op(piecewise_linear=True)
def hardtanh(x: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    r"""Limit values to an interval: the hyperbolic tangent made of straight lines.

    As `clip`, but for the gradient on the limits, which is 0 here, as in PyTorch.

    Raises
    ------
    ValueError
        If the interval is empty.

    Derivation: hardtanh
    """
    if not min_val < max_val:
        raise ValueError(f"min_val < max_val is expected, got {min_val} and {max_val}")
    return namespace(x).clip(x, min_val, max_val)


@hardtanh.vjp
def hardtanh_vjp(g: Array, _out: Array, x: Array, *, min_val: float, max_val: float) -> Cotangents:
    r""":math:`\bar x = g` between the limits, and where x is NaN, else 0."""
    return (where((x <= min_val) | (x >= max_val), 0.0, g),)


@op
def elu(x: Array, alpha: float = 1.0) -> Array:
    r"""Exponential linear unit: x where positive, :math:`\alpha(e^x - 1)` elsewhere.

    Clevert, Unterthiner, Hochreiter (2016), arXiv:1511.07289.

    Derivation: elu
    """
    x = floating(x)
    xp = namespace(x)
    return xp.maximum(x, 0) + alpha * xp.expm1(xp.minimum(x, 0))


@elu.vjp
def elu_vjp(g: Array, _out: Array, x: Array, *, alpha: float) -> Cotangents:
    r""":math:`\bar x = g` where x > 0, else :math:`g\,\alpha e^x`.

    Derivation: elu.grad
    """
    return (g * where(x <= 0, exp(minimum(x, 0.0)) * alpha, 1.0),)


@op
def sigmoid(x: Array) -> Array:
    r"""Logistic function: :math:`y = 1 / (1 + e^{-x})`.

    Computed from :math:`d = e^{-|x|}`, as :math:`1 / (1 + d)` or :math:`d / (1 + d)`, so that
    nothing overflows and small values keep their relative precision.

    Derivation: sigmoid
    """
    x = floating(x)
    xp = namespace(x)
    decay = xp.exp(-xp.abs(x))  # in (0, 1]: never overflows
    return xp.maximum(decay, x >= 0) / (1 + decay)


@sigmoid.vjp
def sigmoid_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x = g\,y (1 - y)`.

    Derivation: sigmoid.grad
    """
    return (g * (out * (1 - out)),)


@op
def tanh(x: Array) -> Array:
    r"""Hyperbolic tangent.

    Derivation: tanh
    """
    return namespace(x).tanh(floating(x))


@tanh.vjp
def tanh_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x = g (1 - y^2)`.

    Derivation: tanh.grad
    """
    return (g * (1 - out * out),)


@op
def softplus(x: Array) -> Array:
    r"""Smooth ReLU: :math:`y = \ln(1 + e^x) = \max(x, 0) + \ln(1 + e^{-|x|})`, without overflow.

    Derivation: softplus
    """
    x = floating(x)
    xp = namespace(x)
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


@softplus.vjp
def softplus_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g\,\sigma(x)`.

    Derivation: softplus.grad
    """
    return (g * sigmoid(x),)


@op
def gelu(x: Array, approximate: str = "none") -> Array:
    r"""Gaussian error linear unit: :math:`y = x\,\Phi(x)`, with the distribution of N(0, 1).

    Hendrycks, Gimpel (2016), arXiv:1606.08415.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    approximate : {"none", "tanh"}
        "tanh" takes :math:`\frac12 (1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715\,x^3)))` for
        :math:`\Phi(x)`, which is less than 5e-4 away, as many published networks do.

    Raises
    ------
    ValueError
        If there is no such approximation.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.gelu(minigen.tensor([-10.0, 0.0, 10.0])).tolist()
    [-0.0, 0.0, 10.0]

    Derivation: gelu, gelu.tanh
    """
    x = floating(x)
    if approximate == "none":
        return x * (0.5 * (1 + erf.compute(x * math.sqrt(0.5))))
    if approximate == "tanh":
        return x * (0.5 * (1 + namespace(x).tanh(_bent(x))))
    raise ValueError(f"approximate is 'none' or 'tanh', got {approximate!r}")


@gelu.vjp
def gelu_vjp(g: Array, _out: Array, x: Array, *, approximate: str) -> Cotangents:
    r""":math:`\bar x = g\,(\Phi(x) + x\,\Phi'(x))`, where :math:`\Phi'` is the density of N(0, 1).

    Derivation: gelu.grad, gelu.tanh
    """
    if approximate == "none":
        distribution = 0.5 * (1 + erf(x * math.sqrt(0.5)))
        density = exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    else:
        curve = tanh(_bent(x))
        distribution = 0.5 * (1 + curve)
        density = (0.5 * (1 - curve * curve)) * (_SLOPE * (1 + 3 * _CUBIC * x * x))
    return (g * (distribution + x * density),)


_SLOPE: Final = math.sqrt(2 / math.pi)
r"""Twice the density of N(0, 1) at 0, so that both :math:`\Phi` have one slope there."""

_CUBIC: Final = 0.044715


def _bent(x: Any) -> Any:
    """Return what the approximation by a hyperbolic tangent takes that of."""
    return _SLOPE * (x + _CUBIC * x * x * x)


@op
def softmax(x: Array, axis: Axis = -1) -> Array:
    r"""Softmax over `axis`: :math:`y_i = e^{x_i} / \sum_j e^{x_j}`, shifted by the maximum.

    Derivation: softmax
    """
    x = floating(x)
    if not x.size:
        return x.copy()
    axes = reduced_axes(axis, x.ndim)
    powers = namespace(x).exp(x - x.max(axes, keepdims=True))
    return powers / blocked_sum(powers, axes, keepdims=True)


@softmax.vjp
def softmax_vjp(g: Array, out: Array, _x: Array, *, axis: Axis) -> Cotangents:
    r""":math:`\bar x_i = y_i (g_i - \sum_j g_j y_j)`.

    Derivation: softmax.grad
    """
    return (out * (g - sum(g * out, axis, keepdims=True)),)


@op
def log_softmax(x: Array, axis: Axis = -1) -> Array:
    r"""Logarithm of the softmax: :math:`y_i = x_i - \ln \sum_j e^{x_j}`, without overflow.

    Derivation: log_softmax
    """
    x = floating(x)
    xp = namespace(x)
    if not x.size:
        return x.copy()
    axes = reduced_axes(axis, x.ndim)
    shifted = x - x.max(axes, keepdims=True)
    return shifted - xp.log(blocked_sum(xp.exp(shifted), axes, keepdims=True))


@log_softmax.vjp
def log_softmax_vjp(g: Array, out: Array, _x: Array, *, axis: Axis) -> Cotangents:
    r""":math:`\bar x_i = g_i - e^{y_i} \sum_j g_j`.

    Derivation: log_softmax.grad
    """
    return (g - exp(out) * sum(g, axis, keepdims=True),)


@composed
def silu(x: Array) -> Any:
    r"""Sigmoid linear unit, the swish: :math:`y = x\,\sigma(x)`.

    Hendrycks, Gimpel (2016), arXiv:1606.08415, section 2.

    Examples
    --------
    >>> import minigen
    >>> minigen.silu(minigen.tensor([-20.0, 0.0, 20.0])).round().tolist()
    [-0.0, 0.0, 20.0]
    """
    return mul(x, sigmoid(x))


@composed
def mish(x: Array) -> Any:
    r"""Mish: :math:`y = x \tanh(\ln(1 + e^x))`.

    Misra (2019), arXiv:1908.08681.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.mish(minigen.tensor([-200.0, 0.0, 20.0])).tolist()
    [-0.0, 0.0, 20.0]
    """
    return mul(x, tanh(softplus(x)))


@composed
def relu6(x: Array) -> Any:
    r"""ReLU that levels off at 6: :math:`y = \min(\max(x, 0), 6)`.

    Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.relu6(minigen.tensor([-1.0, 2.0, 8.0])).tolist()
    [0.0, 2.0, 6.0]

    Derivation: hardtanh
    """
    return hardtanh(x, 0.0, 6.0)


_SELU_ALPHA: Final = 1.6732632423543772
_SELU_SCALE: Final = 1.0507009873554805
"""With these two, numbers from N(0, 1) have mean 0 and variance 1 after the unit, too."""


@composed
def selu(x: Array) -> Any:
    r"""Scaled exponential linear unit: :math:`y = \lambda\,\mathrm{elu}_\alpha(x)`.

    Its two numbers, :math:`\alpha = 1.6733` and :math:`\lambda = 1.0507`, keep the mean 0 and the
    variance 1 of what comes in. Klambauer et al. (2017), arXiv:1706.02515, equation 14.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> [round(y, 4) for y in F.selu(minigen.tensor([-200.0, 0.0, 1.0])).tolist()]
    [-1.7581, 0.0, 1.0507]

    Derivation: elu.self_normalizing
    """
    return elu(x, _SELU_ALPHA) * _SELU_SCALE


@composed
def logsigmoid(x: Array) -> Any:
    r"""Logarithm of the sigmoid, without underflow: :math:`y = -\ln(1 + e^{-x})`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.logsigmoid(minigen.tensor([-200.0, 200.0])).tolist()
    [-200.0, -0.0]
    """
    return -softplus(-x)


@composed
def softsign(x: Array) -> Any:
    r"""Bend a line towards -1 and 1, more slowly than `tanh`: :math:`y = x / (1 + |x|)`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.softsign(minigen.tensor([-3.0, 0.0, 1.0])).tolist()
    [-0.75, 0.0, 0.5]
    """
    return div(x, abs(x) + 1)


@composed
def softmin(x: Array, axis: int = -1) -> Any:
    """Softmax of -x: the smallest element gets the largest share.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.softmin(minigen.tensor([0.0, 200.0])).tolist()
    [1.0, 0.0]

    Derivation: softmax
    """
    return softmax(neg(x), axis)


# ------------------------------------------------------------------ a bias, and what follows it

_AFTER_BIAS: Final[dict[str, Op[Any]]] = {
    "relu": relu, "leaky_relu": leaky_relu, "sigmoid": sigmoid, "tanh": tanh,
}  # fmt: skip
"""Activations whose slope is known from their output."""


@op(piecewise_linear=True)  # for relu and leaky relu; to the others it adds zero slopes
def activated(x: Array, bias: Array, *, activation: str, negative_slope: float = 0.01) -> Array:
    r"""Add a bias to each channel and apply an activation: :math:`y = f(x + b)`.

    One op for a GPU, which `minigen.kernels.cuda` computes in a launch each way.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, ...)
        What a layer made without its bias.
    bias : Tensor or array, shape (C,)
        A number for each channel.
    activation : {"relu", "leaky_relu", "sigmoid", "tanh"}
        The f.
    negative_slope : float, default 0.01
        Of leaky ReLU; positive.

    Raises
    ------
    ValueError
        If there is no such activation, or the slope is not positive.
    """
    if activation not in _AFTER_BIAS:
        raise ValueError(f"one of {', '.join(_AFTER_BIAS)} is expected, got {activation!r}")
    if not negative_slope > 0:
        raise ValueError(f"a positive negative_slope is expected, got {negative_slope}")
    options = {"negative_slope": negative_slope} if activation == "leaky_relu" else {}
    shifted = floating(x) + bias.reshape(-1, *[1] * (x.ndim - 2))
    return _AFTER_BIAS[activation].compute(shifted, **options)


@activated.vjp
def activated_vjp(
    g: Array, out: Array, _x: Array, _bias: Array, *, activation: str, negative_slope: float
) -> Cotangents:
    r""":math:`\bar x = g\,f'(x + b)`, of the output; :math:`\bar b` is its sum, a channel.

    The slopes f' are those of the activations' own rules, above.

    Derivation: linear.grad_bias
    """
    if activation == "relu":
        slope = where(out == 0, 0.0, g)
    elif activation == "leaky_relu":
        slope = where(out > 0, g, g * negative_slope)
    else:
        slope = g * (out * (1 - out) if activation == "sigmoid" else 1 - out * out)
    axes = (0, *range(2, len(out.shape)))
    return slope, lambda: sum(slope, axis=axes)
