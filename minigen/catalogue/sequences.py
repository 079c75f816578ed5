"""Cases of the ops of sequences: signals, recurrent layers, attention, spectra."""

from __future__ import annotations

from minigen.catalogue.case import normal, op_case

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

SEQUENCES = [*SIGNALS]
