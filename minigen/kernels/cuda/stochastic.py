"""The reparameterisation in a launch each way; see `minigen.ops.stochastic`."""

from __future__ import annotations

from typing import Any, Final

from minigen.engine.backend import Array
from minigen.kernels.cuda.source import Kernel, of_each, serves, slope_of_each
from minigen.ops.stochastic import shifted_and_scaled

# z = μ + exp(v / 2) ε, of v = ln σ²
SHIFT_AND_SCALE: Final = Kernel(
    "shifted_and_scaled",
    "const Number* mu, const Number* logvar, const Number* noise, Number* out, Index n",
    "for (EACH(i, n)) out[i] = mu[i] + exp(logvar[i] * Number(0.5)) * noise[i];",
)

# v̄ = g exp(v / 2) ε / 2
LOGVAR_VJP: Final = Kernel(
    "shifted_and_scaled_vjp",
    "const Number* g, Index step, const Number* logvar, const Number* noise, Number* out, Index n",
    """for (EACH(i, n))
        out[i] = g[i * step] * (exp(logvar[i] * Number(0.5)) * noise[i] * Number(0.5));""",
)


@shifted_and_scaled.kernel_on_card
def shifted_and_scaled_on_card(mu: Array, logvar: Array, noise: Array) -> Any:
    """Compute the op's function."""
    return of_each(SHIFT_AND_SCALE, mu, logvar, noise)


@shifted_and_scaled.kernel_vjp_on_card
def shifted_and_scaled_vjp_on_card(
    g: Array, out: Array, mu: Array, logvar: Array, noise: Array
) -> Any:
    """Compute the op's rule, but for the gradient of the noise, which nobody asks for."""
    if not serves(g, logvar, noise) or not g.shape == logvar.shape == noise.shape:
        return NotImplemented
    rule = shifted_and_scaled.rule
    assert rule is not None
    return (
        g,
        lambda: slope_of_each(LOGVAR_VJP, g, logvar, noise),
        rule(g, out, mu, logvar, noise)[2],
    )
