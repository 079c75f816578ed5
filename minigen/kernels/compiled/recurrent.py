"""Gated recurrent units whose step is a few loops around NumPy's exponential and tangent.

The walk, with its products, is that of NumPy's kernel. A loop goes over a row at a time, which
stays in the cache, with few arrays in each inner loop: the compiler has to check that they do not
overlap before it does several elements at once, and gives up where the pairs are many.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import FLOATS, LEAST, Loop, in_use
from minigen.kernels.recurrent import Passes, gru_walk, gru_walk_back, serves
from minigen.ops.recurrent import gru_states


@gru_states.kernel
def gru_states_kernel(
    gates: Array,
    state: Array,
    weight: Array,
    bias: Array | None,
    *,
    mask: Array | None,
    reverse: bool,
) -> Any:
    """Compute the op's function."""
    if mask is not None or not _serves(gates, state, weight, bias):
        return NotImplemented
    return gru_walk(gates, state, weight, bias, reverse, GRU)


@gru_states.kernel_vjp
def gru_states_kernel_vjp(
    g: Array,
    out: Array,
    gates: Array,
    state: Array,
    weight: Array,
    bias: Array | None,
    *,
    mask: Array | None,
    reverse: bool,
) -> Any:
    """Compute the op's rule."""
    if mask is not None or not _serves(gates, state, weight, bias, g, out):
        return NotImplemented
    return gru_walk_back(g, out, gates, state, weight, bias, reverse, GRU)


def _open(products: Array, gates: Array, shift: Array | None, new: Array) -> None:
    r, z, u = products
    _add.run(r, z, u, gates, shift)
    with np.errstate(over="ignore"):
        np.exp(products[:2], out=products[:2])
    _values.run(r, z, u, gates, new)
    np.tanh(new, out=new)


@Loop
def _add(r: Array, z: Array, u: Array, gates: Array, shift: Array | None) -> None:
    """Add what the inputs and the bias give to the products; u gets the bias alone."""
    size = r.shape[1]
    for i in range(len(r)):
        opening, keeping, inner = r[i], z[i], u[i]
        for j in range(size):
            opening[j] -= gates[i, j]
        for j in range(size):
            keeping[j] -= gates[i, size + j]
        if shift is not None:
            for j in range(size):
                opening[j] += shift[0, 0, j]
            for j in range(size):
                keeping[j] += shift[1, 0, j]
            for j in range(size):
                inner[j] += shift[2, 0, j]


@Loop
def _values(r: Array, z: Array, u: Array, gates: Array, new: Array) -> None:
    """Make gates of the exponentials, and what the hyperbolic tangent is taken of."""
    size, one = r.shape[1], r.dtype.type(1)
    for i in range(len(r)):
        for row in (r[i], z[i]):
            for j in range(size):
                row[j] = one / (one + row[j])
        opened, inner, a, n = r[i], u[i], gates[i, 2 * size :], new[i]
        for j in range(size):
            n[j] = opened[j] * inner[j] + a[j]


@Loop
def _mix(state: Array, new: Array, z: Array, out: Array) -> None:
    for i in range(len(state)):
        h, n, kept, after = state[i], new[i], z[i], out[i]
        for j in range(len(h)):
            after[j] = n[j] + kept[j] * (h[j] - n[j])


@Loop
def _gather(g: Array, carried: Array, total: Array) -> None:
    for i in range(len(g)):
        for j in range(g.shape[1]):
            total[i, j] = g[i, j] + carried[0, i, j] + carried[1, i, j]
        for j in range(g.shape[1]):
            total[i, j] += carried[2, i, j] + carried[3, i, j]


def _close(
    total: Array, before: Array, new: Array, inner: Array, of_gates: Array, carried: Array
) -> None:
    _slopes.run(total, before, new, *inner, of_gates, carried)


@Loop
def _slopes(
    total: Array,
    before: Array,
    new: Array,
    r: Array,
    z: Array,
    u: Array,
    of_gates: Array,
    carried: Array,
) -> None:
    size, one = r.shape[1], r.dtype.type(1)
    for i in range(len(r)):
        g, h, n, through, kept = total[i], before[i], new[i], r[i], z[i]
        product, on = u[i], carried[i]
        for j in range(size):
            on[j] = g[j] * kept[j]
            g[j] -= on[j]
        for j in range(size):
            kept[j] = (one - kept[j]) * on[j] * (h[j] - n[j])
        for j in range(size):
            g[j] *= one - n[j] * n[j]
        for j in range(size):
            of_product = g[j] * through[j]
            through[j] = (one - through[j]) * of_product * product[j]
            product[j] = of_product
        for j in range(size):
            of_gates[i, j] = through[j]
        for j in range(size):
            of_gates[i, size + j] = kept[j]
        for j in range(size):
            of_gates[i, 2 * size + j] = g[j]


GRU = Passes(_open, _mix.run, _gather.run, _close)


def _serves(gates: Any, *arrays: Any) -> bool:
    """Tell whether loops are compiled for the arrays, and there is enough to do.

    Other memory orders than the usual one would have each loop compiled once more.
    """
    return (
        serves(gates, *arrays)
        and gates.dtype in FLOATS
        and gates.size >= LEAST
        and all(x is None or x.flags.c_contiguous for x in (gates, *arrays))
        and in_use()
    )
