r"""Recurrent layers: the gated recurrent unit and long short-term memory.

A step makes a new state of the one before it and of what the input adds, so that a sequence has to
be walked through. What does not depend on the walk is done for all steps at once: the products of
inputs and weights are a `linear` before it, and in the rules so is everything but the cotangents of
the states themselves, which go back from the last step to the first.

`gru_states` and `lstm_states` walk a whole sequence and have rules of their own; `gru_cell` and
`lstm_cell` take one step, made of ops. Sequences are (L, N, features), time first.
Gates and weights are laid out as PyTorch's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigen.engine.backend import CPU, Array, array_of, device_of, namespace
from minigen.engine.op import Cotangents, composed, op
from minigen.ops.activation import sigmoid, tanh
from minigen.ops.arithmetic import where
from minigen.ops.linear import linear
from minigen.ops.pieces import chunk
from minigen.ops.reduction import sum
from minigen.ops.shaping import cat, reshape, stack

__all__ = ["gru_cell", "gru_states", "lstm_cell", "lstm_states", "sequence_mask"]


# --------------------------------------------------------------------------- gated recurrent units


@op
def gru_states(
    gates: Array,
    state: Array,
    weight: Array,
    bias: Array | None = None,
    mask: Array | None = None,
    reverse: bool = False,
) -> Array:
    r"""Walk through sequences with gated recurrent units: the state after each step.

    .. math:: (u_r, u_z, u_n) &= W h_{t-1} + b \\
              r &= \sigma(a_r + u_r), \qquad z = \sigma(a_z + u_z), \qquad
              n = \tanh(a_n + r\, u_n) \\
              h_t &= (1 - z)\, n + z\, h_{t-1}

    Parameters
    ----------
    gates : Tensor or array, shape (L, N, 3 H)
        What the inputs add, a: their products with the input's weights, and a bias; of the reset
        gate r, the update gate z and the new values n, in this order.
    state : Tensor or array, shape (N, H)
        The state before the first step.
    weight : Tensor or array, shape (3 H, H)
        W, the gates one below the other.
    bias : Tensor or array, shape (3 H,), optional
        b.
    mask : array of bool, shape (L, N), optional
        False leaves the state as it was: `sequence_mask` of lengths, transposed.
    reverse : bool, default False
        Whether to walk from the last element to the first.

    Returns
    -------
    Tensor or array, shape (L, N, H)
        The state after each element, in their order whichever way the walk went.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the sequences are empty.

    References
    ----------
    Cho et al. (2014), arXiv:1406.1078; the reset gate behind the product, as in cuDNN and PyTorch.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> gates, state, weight = minigen.zeros(7, 2, 12), minigen.ones(2, 4), minigen.zeros(12, 4)
    >>> states = F.gru_states(gates, state, weight)
    >>> states.shape, states[:3, 0, 0].tolist()  # z is a half, n is 0
    ((7, 2, 4), [0.5, 0.25, 0.125])

    Derivation: gru, gru.step
    """
    size = checked(gates, 3, state, weight, bias, mask)
    xp = namespace(gates)
    states = xp.empty((*gates.shape[:2], size), gates.dtype)
    for step in walk(len(gates), reverse):
        added = linear.compute(state, weight, bias)
        r, z = chunk(sigmoid(gates[step, :, : 2 * size] + added[:, : 2 * size]), 2, 1)
        new: Any = tanh(gates[step, :, 2 * size :] + r * added[:, 2 * size :])
        after = new + z * (state - new)
        state = after if mask is None else xp.where(array_of(mask)[step][:, None], after, state)
        states[step] = state
    return states


@gru_states.vjp
def gru_states_vjp(
    g: Array,
    out: Array,
    gates: Array,
    state: Array,
    weight: Array,
    bias: Array | None,
    *,
    mask: Array | None,
    reverse: bool,
) -> Cotangents:
    r"""Backpropagation through time: :math:`\bar h_{t-1} = g_{t-1} + z \bar h_t + W^\top \bar u_t`.

    Each gate's cotangent is its slope times :math:`\bar h_t`, the sum of all that reaches a state.
    The slopes of all steps are made at once, of the states that are known.

    Derivation: gru.through_time, gru.grad_gates, gru.grad_weight
    """
    size, before = state.shape[1], before_each(out, state, reverse)
    added = linear(before, weight, bias)
    r, z = chunk(sigmoid(gates[..., : 2 * size] + added[..., : 2 * size]), 2, -1)
    new = tanh(gates[..., 2 * size :] + r * added[..., 2 * size :])
    of_new = (1 - z) * (1 - new * new)
    of_reset = of_new * added[..., 2 * size :] * (r * (1 - r))
    of_update = (before - new) * (z * (1 - z))
    slopes = stack([of_reset, of_update, of_new], 2)  # of a; those of u differ by r in the last
    inner = stack([of_reset, of_update, of_new * r], 2)
    if mask is not None:
        on = array_of(mask)[:, :, None]
        z = where(on, z, 1.0)
        slopes, inner = (where(on[..., None], each, 0.0) for each in (slopes, inner))

    totals: list[Any] = []
    carried: Any = 0.0
    for step in reversed(walk(len(gates), reverse)):
        totals.append(g[step] + carried)
        through = reshape(inner[step] * totals[-1][:, None], (-1, 3 * size))
        carried = totals[-1] * z[step] + through @ weight
    total = stack(totals if reverse else totals[::-1])[:, :, None]
    of_added = reshape(total * inner, (-1, 3 * size))

    def grad_gates() -> Array:
        return reshape(total * slopes, gates.shape)

    def grad_weight() -> Array:
        return of_added.T @ reshape(before, (-1, size))

    return grad_gates, carried, grad_weight, None if bias is None else lambda: sum(of_added, 0)


@composed
def gru_cell(
    x: Array,
    state: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None = None,
    bias_hh: Array | None = None,
) -> Any:
    r"""Take one step of a gated recurrent unit, made of ops; `gru_states` has the formula.

    Parameters
    ----------
    x : Tensor or array, shape (N, in)
        Inputs.
    state : Tensor or array, shape (N, H)
        The state before.
    weight_ih, weight_hh : Tensor or array, shapes (3 H, in) and (3 H, H)
        Of the inputs and of the state: reset gate, update gate, new values.
    bias_ih, bias_hh : Tensor or array, shape (3 H,), optional
        Theirs.

    Returns
    -------
    Tensor or array, shape (N, H)
        The state after.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x, state = minigen.ones(1, 2), minigen.ones(1, 3)
    >>> F.gru_cell(x, state, minigen.zeros(9, 2), minigen.zeros(9, 3)).tolist()
    [[0.5, 0.5, 0.5]]

    Derivation: gru.step
    """
    a_r, a_z, a_n = chunk(linear(x, weight_ih, bias_ih), 3, 1)
    u_r, u_z, u_n = chunk(linear(state, weight_hh, bias_hh), 3, 1)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    n = tanh(a_n + r * u_n)
    return n + z * (state - n)


# ------------------------------------------------------------------------- long short-term memory


@op
def lstm_states(
    gates: Array,
    state: Array,
    cell: Array,
    weight: Array,
    mask: Array | None = None,
    reverse: bool = False,
) -> Array:
    r"""Walk through sequences with long short-term memory: state and cell after each step.

    .. math:: (s_i, s_f, s_g, s_o) &= a_t + W h_{t-1} \\
              i &= \sigma(s_i), \qquad f = \sigma(s_f), \qquad n = \tanh(s_g), \qquad
              o = \sigma(s_o) \\
              c_t &= f\, c_{t-1} + i\, n, \qquad h_t = o \tanh c_t

    Parameters
    ----------
    gates : Tensor or array, shape (L, N, 4 H)
        What the inputs add, a, with every bias: of the input gate i, the forget gate f, the new
        values n and the output gate o, in this order.
    state, cell : Tensor or array, shape (N, H)
        h and c before the first step.
    weight : Tensor or array, shape (4 H, H)
        W, the gates one below the other.
    mask, reverse
        As for `gru_states`.

    Returns
    -------
    Tensor or array, shape (2, L, N, H)
        The states h, and the cells c.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the sequences are empty.

    References
    ----------
    Hochreiter, Schmidhuber (1997), Neural Computation 9; Gers, Schmidhuber, Cummins (2000), Neural
    Computation 12, for the forget gate.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> gates, state, weight = minigen.zeros(7, 2, 16), minigen.ones(2, 4), minigen.zeros(16, 4)
    >>> states, cells = F.lstm_states(gates, state, state, weight)
    >>> cells[:3, 0, 0].tolist()  # the forget gate is a half
    [0.5, 0.25, 0.125]

    Derivation: lstm, lstm.step
    """
    size = checked(gates, 4, state, weight, None, mask)
    if tuple(cell.shape) != tuple(state.shape):
        raise ValueError(
            f"cell of the state's shape, {tuple(state.shape)}, is expected, got {tuple(cell.shape)}"
        )
    xp = namespace(gates)
    out = xp.empty((2, *gates.shape[:2], size), gates.dtype)
    for step in walk(len(gates), reverse):
        sums = gates[step] + linear.compute(state, weight, None)
        i, f = chunk(sigmoid(sums[:, : 2 * size]), 2, 1)
        new, o = tanh(sums[:, 2 * size : 3 * size]), sigmoid(sums[:, 3 * size :])
        new_cell: Any = f * cell + i * new
        new_state: Any = o * tanh(new_cell)
        if mask is not None:
            on = array_of(mask)[step][:, None]
            new_cell, new_state = xp.where(on, new_cell, cell), xp.where(on, new_state, state)
        state, cell = new_state, new_cell
        out[0, step], out[1, step] = state, cell
    return out


@lstm_states.vjp
def lstm_states_vjp(
    g: Array,
    out: Array,
    gates: Array,
    state: Array,
    cell: Array,
    weight: Array,
    *,
    mask: Array | None,
    reverse: bool,
) -> Cotangents:
    r"""Backpropagation through time: the cell's cotangent goes back by the forget gate alone.

    .. math:: \bar h_t = g^h_t + W^\top \bar s_{t+1}, \qquad
              \bar c_t = g^c_t + f_{t+1} \bar c_{t+1} + \bar h_t\, o\, (1 - \tanh^2 c_t)

    Derivation: lstm.through_time, lstm.grad_gates, lstm.grad_weight
    """
    size = state.shape[1]
    before, cells_before = before_each(out[0], state, reverse), before_each(out[1], cell, reverse)
    sums = gates + linear(before, weight)
    i, f = chunk(sigmoid(sums[..., : 2 * size]), 2, -1)
    new, o = tanh(sums[..., 2 * size : 3 * size]), sigmoid(sums[..., 3 * size :])
    shown = tanh(out[1])
    slopes = stack([new * (i * (1 - i)), cells_before * (f * (1 - f)), i * (1 - new * new)], 2)
    of_output, of_cell = shown * (o * (1 - o)), o * (1 - shown * shown)
    kept: Any = None
    if mask is not None:
        on = array_of(mask)[:, :, None]
        f, slopes = where(on, f, 1.0), where(on[..., None], slopes, 0.0)
        of_output, of_cell = where(on, of_output, 0.0), where(on, of_cell, 0.0)
        kept = ~on

    cotangents: list[Any] = []
    state_carried: Any = 0.0
    cell_carried: Any = 0.0
    for step in reversed(walk(len(gates), reverse)):
        total = g[0, step] + state_carried
        cell_total = g[1, step] + cell_carried + total * of_cell[step]
        of_first_three = reshape(slopes[step] * cell_total[:, None], (-1, 3 * size))
        cotangents.append(cat([of_first_three, total * of_output[step]], 1))
        state_carried = cotangents[-1] @ weight
        cell_carried = cell_total * f[step]
        if kept is not None:
            state_carried = state_carried + where(kept[step], total, 0.0)
    of_gates = stack(cotangents if reverse else cotangents[::-1])

    def grad_weight() -> Array:
        return reshape(of_gates, (-1, 4 * size)).T @ reshape(before, (-1, size))

    return of_gates, state_carried, cell_carried, grad_weight


@composed
def lstm_cell(
    x: Array,
    state: Sequence[Array],
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None = None,
    bias_hh: Array | None = None,
) -> tuple[Any, Any]:
    r"""Take one step of long short-term memory, made of ops; `lstm_states` has the formula.

    Parameters
    ----------
    x : Tensor or array, shape (N, in)
        Inputs.
    state : pair of Tensor or array, shape (N, H)
        State h and cell c before.
    weight_ih, weight_hh : Tensor or array, shapes (4 H, in) and (4 H, H)
        Of the inputs and of the state: input gate, forget gate, new values, output gate.
    bias_ih, bias_hh : Tensor or array, shape (4 H,), optional
        Theirs.

    Returns
    -------
    pair of Tensor or array, shape (N, H)
        State and cell after.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x, state = minigen.ones(1, 2), minigen.ones(1, 3)
    >>> h, c = F.lstm_cell(x, (state, state), minigen.zeros(12, 2), minigen.zeros(12, 3))
    >>> c.tolist()
    [[0.5, 0.5, 0.5]]

    Derivation: lstm.step
    """
    h, c = state
    sums = linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)
    s_i, s_f, s_n, s_o = chunk(sums, 4, 1)
    c = sigmoid(s_f) * c + sigmoid(s_i) * tanh(s_n)
    return sigmoid(s_o) * tanh(c), c


# --------------------------------------------------------------------------------- what they share


@op(differentiable=False)
def sequence_mask(lengths: Array, length: int) -> Array:
    """Tell which elements of padded sequences belong to them: shape (N, length), of bool.

    Parameters
    ----------
    lengths : Tensor or array of int, shape (N,)
        How long each sequence is, from 0 to `length`.
    length : int
        To which length they are padded.

    Raises
    ------
    TypeError
        If the lengths are not integers.
    ValueError
        If they are no vector, or a length on the CPU is not from 0 to `length`. (On a GPU the check
        would have to wait for the device, and is left out.)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.sequence_mask(minigen.tensor([1, 3]), 3).tolist()
    [[True, False, False], [True, True, True]]
    """
    if getattr(lengths, "dtype", np.dtype(object)).kind not in "iu":
        raise TypeError("an array of integers is expected as lengths")
    if lengths.ndim != 1:
        raise ValueError(f"lengths of shape (N,) are expected, got {tuple(lengths.shape)}")
    if device_of(lengths) == CPU and lengths.size:
        low, high = int(lengths.min()), int(lengths.max())
        if low < 0 or high > length:
            raise ValueError(f"lengths from 0 to {length} are expected, got {low} to {high}")
    return namespace(lengths).arange(length) < lengths[:, None]


def walk(length: int, reverse: bool) -> range:
    """Return the steps in the order in which they are taken."""
    return range(length - 1, -1, -1) if reverse else range(length)


def before_each(states: Array, first: Array, reverse: bool) -> Any:
    """Return the state before each step: all one step later, and the first."""
    first = reshape(first, (1, *first.shape))
    return cat([states[1:], first] if reverse else [first, states[:-1]])


def checked(
    gates: Array, count: int, state: Array, weight: Array, bias: Array | None, mask: Array | None
) -> int:
    """Return the length of a state; refuse arrays that do not fit it."""
    size = state.shape[-1] if state.ndim == 2 else 0
    length, batch = gates.shape[:2] if gates.ndim == 3 else (0, 0)
    shapes = [tuple(gates.shape), tuple(state.shape), tuple(weight.shape)]
    expected = [(length, batch, count * size), (batch, size), (count * size, size)]
    if shapes != expected or not length:
        raise ValueError(
            f"gates of shape (L, N, {count} H), L of at least 1, a state (N, H) and a weight "
            f"({count} H, H) are expected, got {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    if bias is not None and tuple(bias.shape) != (count * size,):
        raise ValueError(f"bias of shape ({count * size},) is expected, got {tuple(bias.shape)}")
    if mask is not None and tuple(mask.shape) != (length, batch):
        raise ValueError(f"mask of shape {(length, batch)} is expected, got {tuple(mask.shape)}")
    return size
