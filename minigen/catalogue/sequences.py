"""Cases of the ops of sequences: signals, recurrent layers, attention, spectra."""

from __future__ import annotations

import numpy as np

from minigen import functional as F
from minigen.catalogue.case import constant, normal, op_case

SIGNALS = [
    op_case("conv1d", normal(2, 2, 5), normal(3, 2, 3), normal(3)),
    op_case(
        "conv1d",
        normal(2, 4, 7),
        normal(2, 2, 2),
        normal(2),
        stride=2,
        padding=1,
        dilation=2,
        groups=2,
        note="stride, padding, dilation, groups",
    ),
    op_case("conv1d", normal(2, 5), normal(3, 2, 3), padding="same", note="one signal, same"),
    op_case("conv_transpose1d", normal(2, 2, 3), normal(2, 3, 3), normal(3)),
    op_case(
        "conv_transpose1d",
        normal(2, 4, 3),
        normal(4, 1, 3),
        normal(2),
        stride=3,
        padding=1,
        output_padding=2,
        groups=2,
        dilation=2,
        note="stride, paddings, groups, dilation",
    ),
]

_BY_IDENTITY = (
    "torch.{name}(gates{flip}, {state}, (torch.eye(gates.shape[2]).to(gates), weight, "
    "gates.new_zeros(gates.shape[2]), {bias}), True, 1, 0.0, False, False, False){result}"
)
"""PyTorch's own layer, of which the gates are inputs that the identity multiplies."""

_CARRIED = (
    "(lambda walk: torch.stack([walk[:, 0][[0, 1, 2, 2]], walk[:, 1][[0, 1, 1, 1]]], 1))({walk})"
)
_MASK = np.array([[1, 1], [1, 1], [1, 0], [0, 0]], bool)


def _gru(bias: str, flip: str = "") -> str:
    return _BY_IDENTITY.format(
        name="gru", state="state[None]", bias=bias, flip=flip, result=f"[0]{flip}"
    )


def _lstm(result: str, flip: str = "") -> str:
    bias = "gates.new_zeros(gates.shape[2])"
    return _BY_IDENTITY.format(
        name="lstm", state="(state[None], cell[None])", bias=bias, flip=flip, result=result
    )


_GRU_INPUTS = (normal(3, 2, 6), normal(2, 2), normal(6, 2), normal(6))
_LSTM_INPUTS = (normal(3, 2, 8), normal(2, 2), normal(2, 2), normal(8, 2))

RECURRENT = [
    op_case("gru_states", *_GRU_INPUTS, torch=_gru("bias")),
    op_case(
        "gru_states",
        *_GRU_INPUTS,
        reverse=True,
        torch=_gru("bias", ".flip(0)"),
        note="backwards",
    ),
    op_case(
        "gru_states",
        normal(4, 2, 6),
        *_GRU_INPUTS[1:3],
        bias=None,
        mask=_MASK,
        torch=_CARRIED.format(walk=_gru("gates.new_zeros(6)")),
        note="padded, no bias",
    ),
    op_case("gru_cell", normal(2, 3), normal(2, 2), normal(6, 3), normal(6, 2), *[normal(6)] * 2),
    op_case(
        "lstm_states",
        *_LSTM_INPUTS,
        op=lambda gates, state, cell, weight: F.lstm_states(gates, state, cell, weight)[0],
        torch=_lstm("[0]"),
        note="the states",
    ),
    op_case(
        "lstm_states",
        *_LSTM_INPUTS,
        op=lambda gates, state, cell, weight: F.lstm_states(
            gates, state, cell, weight, reverse=True
        )[1, 0],
        torch=_lstm("[2][0]", ".flip(0)"),
        note="the last cell, backwards",
    ),
    op_case(
        "lstm_states",
        normal(4, 2, 8),
        *_LSTM_INPUTS[1:],
        op=lambda gates, state, cell, weight, mask: F.lstm_states(gates, state, cell, weight, mask)[
            0
        ],
        mask=_MASK,
        torch=_CARRIED.format(walk=_lstm("[0]")),
        note="padded",
    ),
    op_case(
        "lstm_cell",
        *[normal(2, 3), normal(2, 2), normal(2, 2)],
        *[normal(8, 3), normal(8, 2), normal(8), normal(8)],
        op=lambda x, h, c, w_ih, w_hh, b_ih, b_hh: F.cat(
            F.lstm_cell(x, (h, c), w_ih, w_hh, b_ih, b_hh), 1
        ),
        torch="torch.cat(torch.lstm_cell(x, (h, c), w_ih, w_hh, b_ih, b_hh), 1)",
    ),
]

_SEEN = np.array([[1, 1, 0], [0, 0, 0]], bool)

ATTENTION = [
    op_case(
        "attention",
        normal(2, 2, 3),
        normal(3, 3),
        normal(2, 3, 2),
        normal(2, 3),
        scale=0.7,
        torch="torch.softmax(scale * query @ key.mT + bias, -1) @ value",
        note="added scores, broadcast",
    ),
    op_case(
        "attention",
        normal(2, 2, 3),
        normal(2, 3, 3),
        normal(2, 3, 2),
        bias=None,
        mask=_SEEN,
        kept=np.array([[2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]),
        torch="(torch.softmax((query @ key.mT).masked_fill(~mask, -torch.inf)[:, :1], -1)"
        " * kept[:1] @ value).repeat(1, 2, 1) * torch.tensor([[1.0], [0.0]]).to(query)",
        note="dropout, a query that sees nothing",
    ),
    op_case(
        "scaled_dot_product_attention",
        normal(1, 2, 3, 4),
        normal(1, 2, 3, 4),
        normal(1, 2, 3, 4),
        is_causal=True,
        torch="torch.softmax((query @ key.mT / 2).masked_fill("
        "torch.ones(3, 3).triu(1).bool(), -torch.inf), -1) @ value",
        note="causal",
    ),
    op_case(
        "scaled_dot_product_attention",
        normal(2, 3, 4),
        normal(2, 3, 4),
        normal(2, 3, 2),
        attn_mask=_SEEN[[0, 0, 1]],
        note="a mask",
    ),
]

SEQUENCES = [*SIGNALS, *RECURRENT, *ATTENTION]

COUNTED = [
    op_case(
        "sequence_mask",
        constant(np.array([2, 0, 3])),
        length=3,
        torch="torch.arange(length) < lengths[:, None]",
    ),
    op_case(
        "word_dropout",
        constant(np.array([[4, 0, 2], [1, 3, 3]])),
        unknown=5,
        mask=np.array([[1, 0, 1], [1, 1, 0]]),
        torch="torch.where(mask.bool(), indices, unknown)",
    ),
    op_case(
        "sample_categorical",
        normal(3, 4),
        temperature=0.7,
        top_k=3,
        noise=np.linspace(-2, 2, 12)[[5, 1, 9, 0, 11, 2, 7, 8, 3, 10, 4, 6]].reshape(3, 4),
        torch="torch.argmax(logits.masked_fill(logits < logits.topk(top_k).values[:, -1:],"
        " -torch.inf) / temperature + noise, -1)",
    ),
]
"""The ops without gradients."""
