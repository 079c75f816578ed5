"""Kernels for a GPU, in CUDA C++: what the ops compute in several launches, in one or two.

Each stands beside the formula that it computes, which is the op's. It declares itself with
``@the_op.kernel_on_card`` or ``@the_op.kernel_vjp_on_card``, and returns NotImplemented for what it
does not serve. Arrays keep their memory order, such as that of images with the batch innermost.
"""

from minigen.kernels.cuda import (
    activation,
    arithmetic,
    convolution,
    fused,
    losses,
    normalization,
    numbers,
    optimizers,
    product,
    random,
    scatter,
    stochastic,
)

__all__ = [
    "activation",
    "arithmetic",
    "convolution",
    "fused",
    "losses",
    "normalization",
    "numbers",
    "optimizers",
    "product",
    "random",
    "scatter",
    "stochastic",
]
