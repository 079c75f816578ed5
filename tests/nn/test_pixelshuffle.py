"""Channels as pixels, and pixels as channels."""

from __future__ import annotations

import numpy as np
import pytest

import minigen.functional as F
from minigen import nn
from tests.numeric import draw


def test_the_layers_call_the_functions_and_undo_each_other() -> None:
    x = draw(2, 8, 3, 2)
    shuffled = nn.PixelShuffle(2)(x)
    np.testing.assert_array_equal(shuffled, F.pixel_shuffle(x, 2))
    np.testing.assert_array_equal(nn.PixelUnshuffle(2)(shuffled), x)


def test_factors_are_positive_and_shown() -> None:
    for layer, option in (
        (nn.PixelShuffle, "upscale_factor"),
        (nn.PixelUnshuffle, "downscale_factor"),
    ):
        with pytest.raises(ValueError, match=f"{layer.__name__}: {option}"):
            layer(0)
        assert repr(layer(3)) == f"{layer.__name__}({option}=3)"
