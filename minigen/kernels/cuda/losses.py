r"""Losses and divergences of each element, and their gradients; see `minigen.ops.losses`.

The cotangent of a loss is one number that its sum broadcast: a kernel reads it as one.
"""

from __future__ import annotations

from typing import Any, Final

from minigen.engine.backend import Array, namespace
from minigen.kernels.cuda.activation import SIGMOID
from minigen.kernels.cuda.source import (
    Kernel,
    dense,
    held_as,
    of_each,
    serves,
    slope_of_each,
    spread,
)
from minigen.ops.losses import kl_to_standard_normal, logits_cross_entropy, squared_error

_OF_TWO: Final = "const Number* x, const Number* t, Number* out, Index n"
_SLOPE: Final = (
    "const Number* g, Index step, const Number* x, const Number* t, Number* out, Index n"
)

# max(l, 0) - l t + ln(1 + exp(-|l|)), of logits l
CROSS_ENTROPY: Final = Kernel(
    "logits_cross_entropy",
    _OF_TWO,
    """for (EACH(i, n)) {
        Number l = x[i];
        out[i] = log1p(exp(-fabs(l))) + ((l <= 0 ? Number(0) : l) - l * t[i]);
    }""",
)

# l̄ = g (σ(l) - t)
CROSS_ENTROPY_VJP: Final = Kernel(
    "logits_cross_entropy_vjp",
    _SLOPE,
    "for (EACH(i, n)) out[i] = g[i * step] * (logistic(x[i]) - t[i]);",
    SIGMOID,
)

# (x - t)²
SQUARED_ERROR: Final = Kernel(
    "squared_error",
    _OF_TWO,
    "for (EACH(i, n)) { Number d = x[i] - t[i]; out[i] = d * d; }",
)

# x̄ = 2 g (x - t)
SQUARED_ERROR_VJP: Final = Kernel(
    "squared_error_vjp",
    _SLOPE,
    "for (EACH(i, n)) { Number d = x[i] - t[i]; out[i] = g[i * step] * (d + d); }",
)

# (μ² + exp(v) - 1 - v) / 2, of v = ln σ²; in double, where what cancels near v = 0 keeps its digits
KL: Final = Kernel(
    "kl_to_standard_normal",
    "const Number* mu, const Number* logvar, Number* out, Index n",
    """for (EACH(i, n)) {
        double v = logvar[i];
        out[i] = (mu[i] * mu[i] + (Number)(expm1(v) - v)) * Number(0.5);
    }""",
)

# μ̄ = g μ, v̄ = g (exp(v) - 1) / 2
KL_VJP: Final = Kernel(
    "kl_to_standard_normal_vjp",
    "const Number* g, Index step, const Number* mu, const Number* logvar, "
    "Number* grad_mu, Number* grad_logvar, Index n",
    """for (EACH(i, n)) {
        grad_mu[i] = g[i * step] * mu[i];
        grad_logvar[i] = g[i * step] * (expm1(logvar[i]) * Number(0.5));
    }""",
)


@logits_cross_entropy.kernel_on_card
def logits_cross_entropy_on_card(logits: Array, target: Array) -> Any:
    """Compute the op's function."""
    return of_each(CROSS_ENTROPY, logits, target)


@logits_cross_entropy.kernel_vjp_on_card
def logits_cross_entropy_vjp_on_card(g: Array, _out: Array, logits: Array, target: Array) -> Any:
    """Compute the op's rule."""
    if not serves(g, logits, target) or not g.shape == logits.shape == target.shape:
        return NotImplemented
    return lambda: slope_of_each(CROSS_ENTROPY_VJP, g, logits, target), lambda: -g * logits


@squared_error.kernel_on_card
def squared_error_on_card(x: Array, target: Array) -> Any:
    """Compute the op's function."""
    return of_each(SQUARED_ERROR, x, target)


@squared_error.kernel_vjp_on_card
def squared_error_vjp_on_card(g: Array, _out: Array, x: Array, target: Array) -> Any:
    """Compute the op's rule."""
    if not serves(g, x, target) or not g.shape == x.shape == target.shape:
        return NotImplemented
    return (
        lambda: slope_of_each(SQUARED_ERROR_VJP, g, x, target),
        lambda: slope_of_each(SQUARED_ERROR_VJP, g, target, x),
    )


@kl_to_standard_normal.kernel_on_card
def kl_on_card(mu: Array, logvar: Array) -> Any:
    """Compute the op's function."""
    return of_each(KL, mu, logvar)


@kl_to_standard_normal.kernel_vjp_on_card
def kl_vjp_on_card(g: Array, _out: Array, mu: Array, logvar: Array) -> Any:
    """Compute the op's rule, both cotangents at once."""
    if not serves(g, mu, logvar) or not g.shape == mu.shape == logvar.shape:
        return NotImplemented
    mu = dense(mu)
    xp, grad_mu, grad_logvar = namespace(mu), *_two_like(mu)
    cotangent, step = spread(grad_mu, g)
    KL_VJP.launch(
        xp,
        mu.dtype,
        mu.size,
        cotangent,
        step,
        held_as(grad_mu, mu),
        held_as(grad_mu, logvar),
        grad_mu,
        grad_logvar,
        mu.size,
    )
    return grad_mu, grad_logvar


def _two_like(array: Array) -> tuple[Array, Array]:
    xp = namespace(array)
    return xp.empty_like(array), xp.empty_like(array)
