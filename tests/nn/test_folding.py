"""Windows of images as columns, as layers."""

from __future__ import annotations

import minigen
from minigen import nn


def test_folding_undoes_unfolding_where_windows_do_not_overlap() -> None:
    images = minigen.randn(2, 3, 4, 6)
    unfold, fold = nn.Unfold(2, stride=2), nn.Fold((4, 6), 2, stride=2)
    assert fold(unfold(images)).tolist() == images.tolist()


def test_repr_names_the_windows() -> None:
    windows = "kernel_size=2, dilation=1, padding=0, stride=1"
    assert repr(nn.Unfold(2)) == f"Unfold({windows})"
    assert repr(nn.Fold(8, 2)) == f"Fold(output_size=8, {windows})"
