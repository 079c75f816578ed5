r"""Walks over sequences that write into the same few arrays at each step.

The gates are made in place, in the array of the product with the state. On the way back a step's
arrays are small enough for the cache, and its slopes are made there.

For gated recurrent units each gate has an array of its own, (3, N, H). The weights of r and z are
negated, so that their products are what the exponential in the logistic function,
:math:`1 / (1 + e^{-x})`, is taken of. A step's products are too short to be shared between threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import one_thread
from minigen.engine.summation import blocked_sum
from minigen.kernels.dense_sequences import multiply
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
    if mask is not None or not serves(gates, state, weight, bias):
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
    """Compute the op's rule, step by step, in the arrays that are handed back."""
    if mask is not None or not serves(g, out, gates, state, weight, bias):
        return NotImplemented
    return gru_walk_back(g, out, gates, state, weight, bias, reverse, GRU)


class Passes(NamedTuple):
    """What a step of a gated recurrent unit does besides its products: functions that write.

    Attributes
    ----------
    open : callable
        ``open(products, gates, shift, new)`` makes of the three products (3, N, H) of a state, of
        what the inputs add (N, 3 H) and of the bias r, z and u, in their place, and n in `new`.
    mix : callable
        ``mix(state, new, z, out)`` makes the state after.
    gather : callable
        ``gather(g, carried, total)`` adds the four that later steps carry back (4, N, H).
    close : callable
        ``close(total, before, new, inner, of_gates, carried)`` makes, of all that reaches a state,
        the state before, n, and r, z and u, the cotangents of the products, in place of these
        three, those of the gates, and what z carries to the state before. `total` is overwritten.
    """

    open: Callable[[Array, Array, Array | None, Array], None]
    mix: Callable[[Array, Array, Array, Array], None]
    gather: Callable[[Array, Array, Array], None]
    close: Callable[[Array, Array, Array, Array, Array, Array], None]


def gru_walk(
    gates: Array, state: Array, weight: Array, bias: Array | None, reverse: bool, passes: Passes
) -> Array:
    """Return the state after each step."""
    size = checked(gates, 3, state, weight, bias, None)
    states = np.empty((*gates.shape[:2], size), gates.dtype)
    columns, shift = _negated(weight, bias)
    products, new = np.empty((3, *state.shape), gates.dtype), np.empty(state.shape, gates.dtype)
    with one_thread:
        for step in walk(len(gates), reverse):
            np.matmul(state, columns, out=products)
            passes.open(products, gates[step], shift, new)
            passes.mix(state, new, products[1], states[step])
            state = states[step]
    return states


def gru_walk_back(
    g: Array,
    out: Array,
    gates: Array,
    state: Array,
    weight: Array,
    bias: Array | None,
    reverse: bool,
    passes: Passes,
) -> Any:
    """Return the cotangents of the gates, the state, the weight and the bias."""
    size, before = state.shape[1], before_each(out, state, reverse)
    columns, shift = _negated(weight, bias)
    rows, weights = before.reshape(-1, size), weight.reshape(3, size, size)
    inner = np.empty((3, *before.shape), gates.dtype)
    for each, column in zip(inner, columns, strict=True):
        multiply(rows, column, out=each.reshape(-1, size))
    of_gates, carried = np.empty(gates.shape, gates.dtype), np.zeros((4, *state.shape), gates.dtype)
    total, new = np.empty_like(carried[0]), np.empty_like(carried[0])
    with one_thread:
        for step in reversed(walk(len(gates), reverse)):
            here = inner[:, step]
            passes.open(here, gates[step], shift, new)
            passes.gather(g[step], carried, total)
            passes.close(total, before[step], new, here, of_gates[step], carried[3])
            np.matmul(here, weights, out=carried[:3])
    of_state = np.empty_like(total)
    passes.gather(np.zeros_like(total), carried, of_state)
    of_inner = inner.reshape(3, -1, size)

    def grad_weight() -> Array:
        of_weight = np.empty(weight.shape, weight.dtype)
        for each, target in zip(of_inner, of_weight.reshape(weights.shape), strict=True):
            multiply(each.T, rows, out=target)
        return of_weight

    of_bias = None if bias is None else lambda: blocked_sum(of_inner, 1).reshape(-1)
    return of_gates, of_state, grad_weight, of_bias


def _open(products: Array, added: Array, shift: Array | None, new: Array) -> None:
    gates, inner, added = products[:2], products[2], _by_gate(added)
    gates -= added[:2]
    if shift is not None:
        products += shift
    with np.errstate(over="ignore"):
        np.exp(gates, out=gates)
    gates += 1
    np.reciprocal(gates, out=gates)
    np.multiply(gates[0], inner, out=new)
    new += added[2]
    np.tanh(new, out=new)


def _mix(state: Array, new: Array, z: Array, out: Array) -> None:
    np.subtract(state, new, out=out)
    out *= z
    out += new


def _gather(g: Array, carried: Array, total: Array) -> None:
    np.add(g, carried[0], out=total)
    for part in carried[1:]:
        total += part


def _close(
    total: Array, before: Array, new: Array, inner: Array, of_gates: Array, carried: Array
) -> None:
    r, z, u = inner
    np.multiply(total, z, out=carried)
    total -= carried
    of_new = _slope_of_tanh(new, out=np.empty_like(new))
    of_new *= total
    np.subtract(1, z, out=z)
    z *= carried
    z *= np.subtract(before, new, out=total)
    np.multiply(of_new, r, out=total)
    u *= total
    np.subtract(1, r, out=r)
    r *= u
    u[...] = total
    of_r, of_z, of_n = _by_gate(of_gates)
    of_r[...], of_z[...], of_n[...] = r, z, of_new


GRU = Passes(_open, _mix, _gather, _close)


def _negated(weight: Array, bias: Array | None) -> tuple[Array, Array | None]:
    """Return columns (3, H, H) that a state is multiplied with, and what is added (3, 1, H).

    They are the weight's and the bias's, negated for the gates r and z.
    """
    size = weight.shape[1]
    signs = np.array([-1, -1, 1], weight.dtype)[:, np.newaxis, np.newaxis]
    columns = np.ascontiguousarray(weight.reshape(3, size, size).swapaxes(1, 2))
    columns *= signs
    return columns, None if bias is None else bias.reshape(3, 1, size) * signs


def _by_gate(gates: Array) -> Array:
    """Return a view (3, N, H) of the gates (N, 3 H) of a step."""
    return gates.reshape(len(gates), 3, -1).swapaxes(0, 1)


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
    if mask is not None or not serves(gates, state, cell, weight) or cell.shape != state.shape:
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
    if mask is not None or not serves(g, out, gates, state, cell, weight):
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


def serves(*arrays: Any) -> bool:
    """Tell whether all are NumPy's, of floats of one dtype; None is served."""
    first = arrays[0]
    return all(
        array is None
        or (type(array) is np.ndarray and array.dtype == first.dtype and array.dtype.kind == "f")
        for array in arrays
    )
