"""Walks over sequences that write into the same few arrays at each step.

The gates are made in place, in the array of the product with the state. On the way back a step's
arrays are small enough for the cache, and its slopes are made there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.summation import blocked_sum
from minigen.ops.linear import linear
from minigen.ops.recurrent import before_each, checked, gru_states, lstm_states, walk


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
    """Compute the op's function, each new state where it is to stay."""
    if mask is not None or not _serves(gates, state, weight, *(() if bias is None else (bias,))):
        return NotImplemented
    size = checked(gates, 3, state, weight, bias, None)
    states = np.empty((*gates.shape[:2], size), gates.dtype)
    added = np.empty((len(state), 3 * size), gates.dtype)
    both, new = added[:, : 2 * size], added[:, 2 * size :]
    r, z = both[:, :size], both[:, size:]
    columns = weight.T
    for step in walk(len(gates), reverse):
        np.matmul(state, columns, out=added)
        if bias is not None:
            added += bias
        both += gates[step, :, : 2 * size]
        _sigmoid(both)
        new *= r
        new += gates[step, :, 2 * size :]
        np.tanh(new, out=new)
        after = states[step]
        np.subtract(state, new, out=after)
        after *= z
        after += new
        state = after
    return states


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
    """Compute the op's rule, step by step, in the arrays that are handed back."""
    if mask is not None or not _serves(g, out, gates, state, weight):
        return NotImplemented
    size, before = state.shape[1], before_each(out, state, reverse)
    added = linear.compute(before.reshape(-1, size), weight, bias).reshape(gates.shape)
    of_gates, carried = np.empty_like(gates), np.zeros_like(state)
    total, kept, new, rest = (np.empty_like(state) for _ in range(4))
    for step in reversed(walk(len(gates), reverse)):
        np.add(g[step], carried, out=total)
        both = added[step, :, : 2 * size]
        both += gates[step, :, : 2 * size]
        _sigmoid(both)
        r, z, u = (added[step, :, part * size : (part + 1) * size] for part in range(3))
        of_r, of_z, of_n = (of_gates[step, :, part * size : (part + 1) * size] for part in range(3))
        np.multiply(r, u, out=new)
        new += gates[step, :, 2 * size :]
        np.tanh(new, out=new)
        np.multiply(total, z, out=kept)
        _slope_of_tanh(new, out=of_n)
        of_n *= np.subtract(total, kept, out=rest)
        np.subtract(before[step], new, out=of_z)
        of_z *= kept
        of_z *= np.subtract(1, z, out=rest)
        np.multiply(of_n, u, out=of_r)
        of_r *= r
        of_r *= np.subtract(1, r, out=rest)
        np.multiply(of_n, r, out=u)  # what was added gets these cotangents, in its place
        both[...] = of_gates[step, :, : 2 * size]
        np.matmul(added[step], weight, out=carried)
        carried += kept
    of_added = added.reshape(-1, 3 * size)

    def grad_weight() -> Array:
        return of_added.T @ before.reshape(-1, size)

    return (
        of_gates,
        carried,
        grad_weight,
        None if bias is None else lambda: blocked_sum(of_added, 0),
    )


@lstm_states.kernel
def lstm_states_kernel(
    gates: Array,
    state: Array,
    cell: Array,
    weight: Array,
    *,
    mask: Array | None,
    reverse: bool,
) -> Any:
    """Compute the op's function, each new state and cell where they are to stay."""
    if mask is not None or not _serves(gates, state, cell, weight) or cell.shape != state.shape:
        return NotImplemented
    size = checked(gates, 4, state, weight, None, None)
    out = np.empty((2, *gates.shape[:2], size), gates.dtype)
    sums = np.empty((len(state), 4 * size), gates.dtype)
    i, f, new, o = (sums[:, part * size : (part + 1) * size] for part in range(4))
    columns = weight.T
    for step in walk(len(gates), reverse):
        np.matmul(state, columns, out=sums)
        sums += gates[step]
        _sigmoid(sums[:, : 2 * size])
        np.tanh(new, out=new)
        _sigmoid(o)
        new *= i
        state, after = out[0, step], out[1, step]
        np.multiply(f, cell, out=after)
        after += new
        np.tanh(after, out=state)
        state *= o
        cell = after
    return out


@lstm_states.kernel_vjp
def lstm_states_kernel_vjp(
    g: Array,
    out: Array,
    gates: Array,
    state: Array,
    cell: Array,
    weight: Array,
    *,
    mask: Array | None,
    reverse: bool,
) -> Any:
    """Compute the op's rule, step by step, in the arrays that are handed back."""
    if mask is not None or not _serves(g, out, gates, state, cell, weight):
        return NotImplemented
    size, before = state.shape[1], before_each(out[0], state, reverse)
    cells = before_each(out[1], cell, reverse)
    sums = linear.compute(before.reshape(-1, size), weight, None).reshape(gates.shape)
    of_gates, carried, of_cell = np.empty_like(gates), np.zeros_like(state), np.zeros_like(cell)
    total, shown, rest = (np.empty_like(state) for _ in range(3))
    for step in reversed(walk(len(gates), reverse)):
        sums[step] += gates[step]
        parts = [slice(part * size, (part + 1) * size) for part in range(4)]
        i, f, new, o = (sums[step][:, part] for part in parts)
        of_i, of_f, of_n, of_o = (of_gates[step][:, part] for part in parts)
        _sigmoid(sums[step, :, : 2 * size])
        np.tanh(new, out=new)
        _sigmoid(o)
        np.tanh(out[1, step], out=shown)
        np.add(g[0, step], carried, out=total)
        total *= o
        np.multiply(total, shown, out=of_o)
        of_o *= np.subtract(1, o, out=rest)
        total *= _slope_of_tanh(shown, out=rest)
        of_cell += total
        of_cell += g[1, step]
        np.multiply(of_cell, i, out=of_n)
        np.multiply(of_n, new, out=of_i)
        of_i *= np.subtract(1, i, out=rest)
        of_n *= _slope_of_tanh(new, out=rest)
        of_cell *= f
        np.multiply(of_cell, cells[step], out=of_f)
        of_f *= np.subtract(1, f, out=rest)
        np.matmul(of_gates[step], weight, out=carried)

    def grad_weight() -> Array:
        return of_gates.reshape(-1, 4 * size).T @ before.reshape(-1, size)

    return of_gates, carried, of_cell, grad_weight


def _slope_of_tanh(y: Array, out: Array) -> Array:
    """Write the slope of the hyperbolic tangent where its value is y."""
    np.multiply(y, y, out=out)
    return np.subtract(1, out, out=out)


def _sigmoid(x: Array) -> None:
    """Replace numbers by their logistic function; exp(-x) may overflow, whose reciprocal is 0."""
    np.negative(x, out=x)
    with np.errstate(over="ignore"):
        np.exp(x, out=x)
    x += 1
    np.reciprocal(x, out=x)


def _serves(*arrays: Any) -> bool:
    """Tell whether all are NumPy's, of floats of one dtype."""
    first = arrays[0]
    return all(
        type(array) is np.ndarray and array.dtype == first.dtype and array.dtype.kind == "f"
        for array in arrays
    )
