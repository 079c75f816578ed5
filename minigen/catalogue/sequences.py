"""Cases of the ops of sequences: signals, recurrent layers, attention, spectra."""

from __future__ import annotations

import numpy as np

from minigen import functional as F
from minigen.catalogue.case import constant, distinct, normal, op_case

SIGNALS = [
    op_case(
        "max_pool1d",
        distinct(2, 2, 6),
        kernel_size=3,
        stride=2,
        padding=1,
        torch="F.max_pool1d(x, kernel_size, stride, padding)",
    ),
    op_case(
        "avg_pool1d",
        normal(2, 5),
        kernel_size=3,
        stride=2,
        count_include_pad=False,
        padding=1,
        torch="F.avg_pool1d(x, kernel_size, stride, padding, False, count_include_pad)",
    ),
    op_case(
        "adaptive_avg_pool1d",
        normal(2, 2, 5),
        output_size=2,
        torch="F.adaptive_avg_pool1d(x, output_size)",
    ),
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

_STFT = "torch.view_as_real(torch.stft(x, n_fft, {options}, return_complex=True))"
_ISTFT = "torch.istft(torch.view_as_complex(x.contiguous()), n_fft, {options})"
_SPECTROGRAM = (
    "lambda x, n: (lambda window: (torch.view_as_real(torch.stft(x, n, n // 4, "
    "window=window / window.norm(), return_complex=True)).square().sum(-1) + 1e-4).sqrt())"
    "(torch.hann_window(n, dtype=x.dtype))"
)
_LOSS = (
    "(lambda x, target, S: sum(((S(x, n) - S(target, n)).abs() "
    "+ (S(x, n).log() - S(target, n).log()).abs()).sum() for n in (4, 8)) / len(x))"
)

FOURIER = [
    op_case("frames", normal(2, 9), size=4, hop=3, torch="x.unfold(-1, size, hop)"),
    op_case(
        "overlap_add",
        normal(2, 3, 5),
        length=10,
        hop=2,
        torch="F.pad(F.fold(x.mT, (1, 9), (1, 5), stride=(1, hop)).flatten(1), (0, 1))",
        note="an element left over",
    ),
    op_case("fourier", normal(2, 6), torch="torch.view_as_real(torch.fft.rfft(x))"),
    op_case("fourier", normal(2, 5), torch="torch.view_as_real(torch.fft.rfft(x))", note="odd"),
    op_case(
        "fourier_adjoint",
        normal(2, 4, 2),
        size=6,
        torch="torch.fft.irfft(torch.view_as_complex(x.contiguous()) "
        "* torch.tensor([6, 3, 3, 6]).to(x), size)",
    ),
    op_case(
        "fourier_adjoint",
        normal(2, 3, 2),
        size=5,
        torch="torch.fft.irfft(torch.view_as_complex(x.contiguous()) "
        "* torch.tensor([5, 2.5, 2.5]).to(x), size)",
        note="odd",
    ),
    op_case(
        "stft",
        normal(2, 9),
        n_fft=6,
        hop_length=2,
        win_length=4,
        window=np.array([0.5, 1.0, 0.9, 0.4]),
        torch=_STFT.format(options="hop_length, win_length, window"),
    ),
    op_case(
        "stft",
        normal(8),
        n_fft=4,
        window=None,
        center=False,
        torch=_STFT.format(options="1, center=False, window=torch.ones(4).to(x)"),
        note="one signal, as it is",
    ),
    op_case(
        "istft",
        normal(2, 4, 3, 2),
        n_fft=6,
        hop_length=2,
        win_length=5,
        window=np.array([0.5, 0.8, 1.0, 0.9, 0.4]),
        torch=_ISTFT.format(options="hop_length, win_length, window"),
    ),
    op_case(
        "istft",
        normal(3, 4, 2),
        n_fft=4,
        center=False,
        length=9,
        torch="F.pad("
        + _ISTFT.format(options="center=False, window=torch.ones(4).to(x)")
        + ", (0, 2))",
        note="one signal, and a rest",
    ),
    op_case(
        "spectrogram",
        normal(2, 5),
        n_fft=4,
        window=None,
        eps=0.01,
        torch=f"({_SPECTROGRAM})(x, n_fft)",
    ),
]

SEQUENCES = [*SIGNALS, *RECURRENT, *ATTENTION, *FOURIER]

SEQUENCE_LOSSES = [
    op_case(
        "multi_scale_spectral_loss",
        normal(1, 6),
        normal(1, 6),
        kind="loss",
        n_ffts=(4, 8),
        eps=0.01,
        torch=f"{_LOSS}(x, target, {_SPECTROGRAM})",
    ),
]

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
