"""Updates of all parameters of a group in one launch; the equations are those of `minigen.optim`.

The kernel is handed a table with the addresses of the arrays, by value, and where each parameter
ends in the row of all their elements. A thread looks up to which parameter its element belongs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, namespace
from minigen.kernels.cuda.source import Kernel, held_as, is_dense, serves

MOST: Final = 64
"""How many parameters a table has room for: a kernel's arguments are at most 4 KiB."""

MOST_MOMENTS: Final = 3

_TABLE: Final = f"""
struct Table {{
    Number* weights[{MOST}];
    const Number* gradients[{MOST}];
    Number* moments[{MOST_MOMENTS}][{MOST}];
    Index ends[{MOST}];
}};
// The number of the parameter that the i-th of all elements belongs to.
__device__ int parameter_of(const Table& table, Index count, Index i) {{
    int low = 0, high = (int)count - 1;
    while (low < high) {{
        int middle = (low + high) / 2;
        if (i < table.ends[middle]) high = middle; else low = middle + 1;
    }}
    return low;
}}
"""

_EACH: Final = """
    int p = parameter_of(table, count, i);
    Index k = i - (p ? table.ends[p - 1] : 0);
    Number* weights = table.weights[p];
    Number g = table.gradients[p][k];
"""

# g += λ w; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; w -= η m / (√v + ε), with the corrections
# for moments that start at 0 in η and ε; of AMSGrad v is the largest so far
ADAM: Final = Kernel(
    "adam",
    "const Table table, Index count, Index n, Index amsgrad, Number beta1, Number rest1, "
    "Number beta2, Number rest2, Number eps, Number rate, Number shrink, Number decay",
    f"""for (EACH(i, n)) {{{_EACH}
        Number w = weights[k] * shrink;
        if (decay != 0) g += w * decay;
        Number m = table.moments[0][p][k] * beta1 + g * rest1;
        Number v = table.moments[1][p][k] * beta2 + g * g * rest2;
        table.moments[0][p][k] = m;
        table.moments[1][p][k] = v;
        if (amsgrad) {{
            Number largest = table.moments[2][p][k];
            v = v <= largest ? largest : v;
            table.moments[2][p][k] = v;
        }}
        weights[k] = w - m / (sqrt(v) + eps) * rate;
    }}""",
    _TABLE,
)

# g += λ w; b = μ b + (1 - d) g, in the first step g; w -= η b, or η (g + μ b) with Nesterov's
# momentum
SGD: Final = Kernel(
    "sgd",
    "const Table table, Index count, Index n, Index buffered, Index first, Index nesterov, "
    "Number rate, Number momentum, Number taken, Number decay",
    f"""for (EACH(i, n)) {{{_EACH}
        if (decay != 0) g += weights[k] * decay;
        if (buffered) {{
            Number b = first ? g : table.moments[0][p][k] * momentum + g * taken;
            table.moments[0][p][k] = b;
            g = nesterov ? g + b * momentum : b;
        }}
        weights[k] -= g * rate;
    }}""",
    _TABLE,
)

# g += λ w; v = α v + (1 - α) g²; d = g / (√(v - m²) + ε), m = α m + (1 - α) g if centred;
# b = μ b + d; w -= η b
RMSPROP: Final = Kernel(
    "rmsprop",
    "const Table table, Index count, Index n, Index centered, Index buffered, "
    "Number rate, Number alpha, Number rest, Number eps, Number momentum, Number decay",
    f"""for (EACH(i, n)) {{{_EACH}
        if (decay != 0) g += weights[k] * decay;
        Number v = table.moments[0][p][k] * alpha + g * g * rest;
        table.moments[0][p][k] = v;
        if (centered) {{
            Number m = table.moments[1][p][k] * alpha + g * rest;
            table.moments[1][p][k] = m;
            v -= m * m;
            if (v < 0) v = 0;
        }}
        Number d = g / (sqrt(v) + eps);
        if (buffered) {{
            Number* buffer = table.moments[1 + centered][p];
            d = buffer[k] * momentum + d;
            buffer[k] = d;
        }}
        weights[k] -= d * rate;
    }}""",
    _TABLE,
)


def fits(parameters: Sequence[tuple[Array, ...]]) -> bool:
    """Tell whether an update serves the weights, gradients and moments of several parameters."""
    return all(map(_fit, parameters)) and len({arrays[0].dtype for arrays in parameters}) == 1


def update(kernel: Kernel, parameters: Sequence[tuple[Array, ...]], *numbers: Any) -> None:
    """Launch an update of several parameters.

    Parameters
    ----------
    kernel : Kernel
        It takes the table, how many parameters there are, how many elements, and the numbers.
    parameters : sequence of tuple of array
        Weights, gradient and moments of each, which `fits`.
    numbers
        Integers and numbers, in the kernel's order.
    """
    for part in _parts(parameters):
        held = [(arrays[0], held_as(arrays[0], arrays[1]), *arrays[2:]) for arrays in part]
        table = np.zeros((2 + MOST_MOMENTS + 1, MOST), np.int64)
        for number, arrays in enumerate(held):
            table[: len(arrays), number] = [array.data.ptr for array in arrays]
        table[-1, : len(held)] = np.cumsum([arrays[0].size for arrays in held])
        size, first = int(table[-1, len(held) - 1]), held[0][0]
        kernel.launch(namespace(first), first.dtype, size, table, len(held), size, *numbers)


def _parts(parameters: Sequence[Any]) -> list[Sequence[Any]]:
    return [parameters[start : start + MOST] for start in range(0, len(parameters), MOST)]


def _fit(arrays: tuple[Array, ...]) -> bool:
    """Tell whether weights and moments are dense and held alike."""
    weights, gradient, *moments = arrays
    return (
        serves(weights, gradient, *moments)
        and is_dense(weights)
        and all(moment.strides == weights.strides for moment in moments)
    )
