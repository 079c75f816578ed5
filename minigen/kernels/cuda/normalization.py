r"""Batch norm in two launches each way, a block of threads for each channel's sums.

The sums are in double; the variance is the mean square of deviations from the mean, in a second
pass over the channel. The equations are those of `minigen.ops.normalization`.
"""

from __future__ import annotations

from typing import Any, Final

from minigen.engine.backend import Array, namespace
from minigen.engine.card import kernel_of
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
from minigen.ops.normalization import move_statistics, normalize_channels

_MOMENTS: Final = """
__device__ double channel_mean(const Number* x, Index c, Index channels, Index inner, Index n) {
    double sum = 0;
    for (Index j = threadIdx.x; j < n; j += blockDim.x) sum += x[place(c, j, channels, inner)];
    return block_sum(sum) / n;
}
__device__ double channel_variance(
    const Number* x, Index c, Index channels, Index inner, Index n, double mean
) {
    double sum = 0;
    for (Index j = threadIdx.x; j < n; j += blockDim.x) {
        double d = x[place(c, j, channels, inner)] - mean;
        sum += d * d;
    }
    return block_sum(sum) / n;
}
"""

_HELPERS: Final = BLOCK_SUM + PLACE + _MOMENTS

# μ and 1 / √(σ² + ε) of each channel
STATISTICS: Final = Kernel(
    "channel_statistics",
    "const Number* x, double* found, Index channels, Index inner, Index n, Number eps",
    """Index c = blockIdx.x;
    double mean = channel_mean(x, c, channels, inner, n);
    double variance = channel_variance(x, c, channels, inner, n, mean);
    if (threadIdx.x == 0) {
        found[c] = mean;
        found[channels + c] = 1 / sqrt(variance + (double)eps);
    }""",
    _HELPERS,
)

# r = (1 - m) r + m s, of the mean and of the variance with Bessel's correction
MOVE: Final = Kernel(
    "move_statistics",
    "const Number* x, Number* running_mean, Number* running_var, Index channels, Index inner, "
    "Index n, Number share",
    """Index c = blockIdx.x;
    double mean = channel_mean(x, c, channels, inner, n);
    double variance = channel_variance(x, c, channels, inner, n, mean) * n / (n - 1);
    if (threadIdx.x == 0) {
        running_mean[c] = running_mean[c] * (1 - share) + (Number)mean * share;
        running_var[c] = running_var[c] * (1 - share) + (Number)variance * share;
    }""",
    _HELPERS,
)

# y = γ (x - μ) / √(σ² + ε) + β
NORMALIZE: Final = Kernel(
    "normalize_channels",
    "const Number* x, const double* found, const Number* weight, const Number* bias, Number* out, "
    "Index channels, Index inner, Index n",
    """for (EACH(i, n)) {
        Index c = i / inner % channels;
        double y = (x[i] - found[c]) * found[channels + c];
        if (weight) y *= weight[c];
        if (bias) y += bias[c];
        out[i] = (Number)y;
    }""",
)

# β̄ = Σ g, γ̄ = Σ g x̂, beside μ and 1 / √(σ² + ε)
SUMS: Final = Kernel(
    "normalize_channels_sums",
    "const Number* x, const Number* g, double* found, Number* grad_weight, Number* grad_bias, "
    "Index channels, Index inner, Index n, Number eps",
    """Index c = blockIdx.x;
    double mean = channel_mean(x, c, channels, inner, n);
    double variance = channel_variance(x, c, channels, inner, n, mean);
    double inverse = 1 / sqrt(variance + (double)eps), sum = 0, product = 0;
    for (Index j = threadIdx.x; j < n; j += blockDim.x) {
        Index k = place(c, j, channels, inner);
        sum += g[k];
        product += g[k] * ((x[k] - mean) * inverse);
    }
    sum = block_sum(sum);
    product = block_sum(product);
    if (threadIdx.x == 0) {
        found[c] = mean;
        found[channels + c] = inverse;
        found[2 * channels + c] = sum / n;
        found[3 * channels + c] = product / n;
        grad_bias[c] = (Number)sum;
        grad_weight[c] = (Number)product;
    }""",
    _HELPERS,
)

# x̄ = γ / √(σ² + ε) (g - β̄ / n - x̂ γ̄ / n)
GRADIENT: Final = Kernel(
    "normalize_channels_gradient",
    "const Number* x, const Number* g, const double* found, const Number* weight, Number* out, "
    "Index channels, Index inner, Index n",
    """for (EACH(i, n)) {
        Index c = i / inner % channels;
        double inverse = found[channels + c], standard = (x[i] - found[c]) * inverse;
        double slope = g[i] - found[2 * channels + c] - standard * found[3 * channels + c];
        out[i] = (Number)(slope * inverse * (weight ? (double)weight[c] : 1.0));
    }""",
)


@normalize_channels.kernel_on_card
def normalize_channels_on_card(
    x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Any:
    """Compute the op's function."""
    if not _serves(x, weight, bias):
        return NotImplemented
    x = held_by_channel(x)
    xp, channels, inner = namespace(x), x.shape[1], side_by_side(x)
    found, out = xp.empty((2, channels), float), xp.empty_like(x)
    each = x.size // channels
    STATISTICS.launch_blocks(xp, x.dtype, channels, x, found, channels, inner, each, float(eps))
    NORMALIZE.launch(xp, x.dtype, x.size, x, found, weight, bias, out, channels, inner, x.size)
    return out


@normalize_channels.kernel_vjp_on_card
def normalize_channels_vjp_on_card(
    g: Array, _out: Array, x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Any:
    """Compute the op's rule."""
    if not _serves(x, weight, bias) or not serves(x, g) or g.shape != x.shape:
        return NotImplemented
    x = held_by_channel(x)
    g = held_as(x, g)
    xp, channels, inner = namespace(x), x.shape[1], side_by_side(x)
    found, out = xp.empty((4, channels), float), xp.empty_like(x)
    grad_weight, grad_bias = xp.empty(channels, x.dtype), xp.empty(channels, x.dtype)
    SUMS.launch_blocks(
        xp,
        x.dtype,
        channels,
        *(x, g, found, grad_weight, grad_bias),
        *(channels, inner, x.size // channels, float(eps)),
    )
    GRADIENT.launch(xp, x.dtype, x.size, x, g, found, weight, out, channels, inner, x.size)
    return out, None if weight is None else grad_weight, None if bias is None else grad_bias


@kernel_of(move_statistics)
def move_statistics_on_card(
    x: Array, running_mean: Array, running_var: Array, momentum: float
) -> bool:
    """Move the running statistics; tell whether they were served."""
    if not _serves(x, running_mean, running_var) or x.size == x.shape[1]:
        return False
    x = held_by_channel(x)
    channels = x.shape[1]
    MOVE.launch_blocks(
        namespace(x),
        x.dtype,
        channels,
        *(x, running_mean, running_var),
        *(channels, side_by_side(x), x.size // channels, float(momentum)),
    )
    return True


def _serves(x: Any, *vectors: Any) -> bool:
    """Tell whether x is of a card, with channels, and the vectors have a number for each."""
    given = [vector for vector in vectors if vector is not None]
    return (
        serves(x, *given)
        and x.ndim >= 2
        and x.size > 0
        and all(vector.shape == x.shape[1:2] and is_dense(vector) for vector in given)
    )
