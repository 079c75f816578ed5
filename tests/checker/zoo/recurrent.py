"""Wrong rules of recurrent layers: what is forgotten on the way back through time."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops.recurrent import gru_states, gru_states_vjp, lstm_states, lstm_states_vjp
from minigen.ops.shaping import cat, reshape
from tests.checker.zoo.specimen import normal, wrong_rule

_GRU = normal(3, 2, 6), normal(2, 2), normal(6, 2), normal(6)
_LSTM = normal(3, 2, 8), normal(2, 2), normal(2, 2, seed=1), normal(8, 2)


def _called(entry: Any) -> Any:
    return entry() if callable(entry) else entry


@wrong_rule(gru_states, *_GRU)
def gru_without_time(
    g: Array, out: Array, gates: Array, state: Array, weight: Array, bias: Array, **options: Any
) -> Cotangents:
    """Give each step its own cotangent alone, and carry nothing back to the step before."""
    whole = gru_states_vjp(g, out, gates, state, weight, bias, **options)
    before = cat([reshape(state, (1, *state.shape)), out[:-1]])
    alone = [
        _called(
            gru_states_vjp(
                *(x[t : t + 1] for x in (g, out, gates)), before[t], weight, bias, **options
            )[0]
        )
        for t in range(len(gates))
    ]
    return cat(alone), *whole[1:]


@wrong_rule(gru_states, *_GRU)
def gru_begins_with_a_constant(
    g: Array, out: Array, gates: Array, state: Array, weight: Array, bias: Array, **options: Any
) -> Cotangents:
    """Take the state at the beginning for a constant, which a decoder's is not."""
    grad_gates, grad_state, *others = gru_states_vjp(g, out, gates, state, weight, bias, **options)
    return grad_gates, grad_state * 0, *others


@wrong_rule(gru_states, *_GRU)
def gru_weight_with_the_state_after(
    g: Array, out: Array, gates: Array, state: Array, weight: Array, bias: Array, **options: Any
) -> Cotangents:
    """Take the states after the steps for those before them, in the weight's gradient."""
    grad_gates, grad_state, _, grad_bias = gru_states_vjp(
        g, out, gates, state, weight, bias, **options
    )
    late = cat([out, out[-1:]])
    wrong = gru_states_vjp(g, late[1:], gates, late[0], weight, bias, **options)[2]
    return grad_gates, grad_state, wrong, grad_bias


@wrong_rule(gru_states, *_GRU)
def gru_reset_gate_left_out_of_the_bias(
    g: Array, out: Array, gates: Array, state: Array, weight: Array, bias: Array, **options: Any
) -> Cotangents:
    """Sum the gates' cotangents for the state's bias, as if no reset gate stood before it."""
    grad_gates, grad_state, grad_weight, _ = gru_states_vjp(
        g, out, gates, state, weight, bias, **options
    )
    return grad_gates, grad_state, grad_weight, _called(grad_gates).sum((0, 1))


@wrong_rule(lstm_states, *_LSTM)
def lstm_cell_not_handed_back(
    g: Array, out: Array, gates: Array, state: Array, cell: Array, weight: Array, **options: Any
) -> Cotangents:
    """Forget the cotangents of the cells, of which the layer shows all, not the last alone."""
    return lstm_states_vjp(cat([g[:1], g[1:] * 0]), out, gates, state, cell, weight, **options)


@wrong_rule(lstm_states, *_LSTM)
def lstm_gates_in_another_order(
    g: Array, out: Array, gates: Array, state: Array, cell: Array, weight: Array, **options: Any
) -> Cotangents:
    """Hand back the cotangents of the new values and of the output gate in exchanged places."""
    grad_gates, *others = lstm_states_vjp(g, out, gates, state, cell, weight, **options)
    parts = [grad_gates[..., 2 * n : 2 * n + 2] for n in (0, 1, 3, 2)]
    return cat(parts, -1), *others
