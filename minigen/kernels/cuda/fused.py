r"""A bias with the activation that follows it, a launch each way; see `minigen.ops.activation`.

Backward, a block of threads for each channel adds the bias's gradient up in double, in a fixed
order, while it writes that of what came before.
"""

from __future__ import annotations

from typing import Any, Final

from minigen.engine.backend import Array, namespace
from minigen.kernels.cuda.activation import SIGMOID
from minigen.kernels.cuda.source import (
    BLOCK_SUM,
    PLACE,
    Kernel,
    held_as,
    held_by_channel,
    is_dense,
    serves,
    side_by_side,
)
from minigen.ops.activation import activated

KINDS: Final = ("relu", "leaky_relu", "sigmoid", "tanh")
"""The activations, by the number that a kernel is told."""

_FUNCTION: Final = f"""{SIGMOID}
__device__ Number activation(Number x, Index kind, Number slope) {{
    if (kind == {KINDS.index("relu")}) return x <= 0 ? Number(0) : x;
    if (kind == {KINDS.index("leaky_relu")}) return x > 0 ? x : slope * x;
    return kind == {KINDS.index("sigmoid")} ? logistic(x) : tanh(x);
}}
"""

_SLOPE: Final = f"""
__device__ Number sloped(Number g, Number y, Index kind, Number slope) {{
    if (kind == {KINDS.index("relu")}) return y == 0 ? Number(0) : g;
    if (kind == {KINDS.index("leaky_relu")}) return y > 0 ? g : slope * g;
    return g * (kind == {KINDS.index("sigmoid")} ? y * (1 - y) : 1 - y * y);
}}
"""

# y = f(x + b), b of each channel
ACTIVATED: Final = Kernel(
    "activated",
    "const Number* x, const Number* bias, Number* out, Index channels, Index inner, Index n, "
    "Index kind, Number slope",
    "for (EACH(i, n)) out[i] = activation(x[i] + bias[i / inner % channels], kind, slope);",
    _FUNCTION,
)

# x̄ = g f'(x + b), of the output y, and b̄ = Σ x̄
ACTIVATED_VJP: Final = Kernel(
    "activated_vjp",
    "const Number* g, const Number* y, Number* grad_x, Number* grad_bias, Index channels, "
    "Index inner, Index n, Index kind, Number slope",
    """Index c = blockIdx.x;
    double sum = 0;
    for (Index j = threadIdx.x; j < n; j += blockDim.x) {
        Index k = place(c, j, channels, inner);
        Number grad = sloped(g[k], y[k], kind, slope);
        grad_x[k] = grad;
        sum += grad;
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) grad_bias[c] = (Number)sum;""",
    BLOCK_SUM + PLACE + _SLOPE,
)


@activated.kernel_on_card
def activated_on_card(x: Array, bias: Array, *, activation: str, negative_slope: float) -> Any:
    """Compute the op's function."""
    if activation not in KINDS or not negative_slope > 0 or not _serves(x, bias):
        return NotImplemented
    x = held_by_channel(x)
    xp, out = namespace(x), namespace(x).empty_like(x)
    numbers = x.shape[1], side_by_side(x), x.size, KINDS.index(activation), float(negative_slope)
    ACTIVATED.launch(xp, x.dtype, x.size, x, bias, out, *numbers)
    return out


@activated.kernel_vjp_on_card
def activated_vjp_on_card(
    g: Array, out: Array, _x: Array, _bias: Array, *, activation: str, negative_slope: float
) -> Any:
    """Compute the op's rule."""
    if not serves(g, out) or g.shape != out.shape or not out.size:
        return NotImplemented
    out = held_by_channel(out)
    xp, channels, g = namespace(out), out.shape[1], held_as(out, g)
    grad_x, grad_bias = xp.empty_like(out), xp.empty(channels, out.dtype)
    numbers = out.size // channels, KINDS.index(activation), float(negative_slope)
    ACTIVATED_VJP.launch_blocks(
        xp,
        out.dtype,
        channels,
        *(g, out, grad_x, grad_bias, channels, side_by_side(out), *numbers),
    )
    return grad_x, grad_bias


def _serves(x: Any, bias: Any) -> bool:
    """Tell whether x is of a card, with channels, and the bias has a number for each."""
    return (
        serves(x, bias)
        and x.ndim >= 2
        and x.size > 0
        and bias.shape == x.shape[1:2]
        and is_dense(bias)
    )
