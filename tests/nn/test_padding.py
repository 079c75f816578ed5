"""Borders around images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import nn
from tests.numeric import draw

MODES = [(nn.ReflectionPad2d, "reflect"), (nn.ReplicationPad2d, "edge"), (nn.ZeroPad2d, "constant")]


@pytest.mark.parametrize(("layer", "mode"), MODES)
def test_borders_are_numpys_in_pytorchs_order(layer: Any, mode: Any) -> None:
    x = draw(2, 1, 4, 5)
    for padding, widths in ((1, ((1, 1), (1, 1))), ((1, 2, 3, 0), ((3, 0), (1, 2)))):
        expected = np.pad(x, ((0, 0), (0, 0), *widths), mode)
        np.testing.assert_array_equal(layer(padding)(x), expected)
        np.testing.assert_array_equal(layer(padding)(x[0]), expected[0])


@pytest.mark.parametrize("padding", [-1, (1, 2), (1, 1, 1, -1)])
def test_widths_that_are_none_are_refused(padding: Any) -> None:
    with pytest.raises(ValueError, match="ZeroPad2d: a width of 0 or more, or four of them"):
        nn.ZeroPad2d(padding)


def test_what_is_no_image_is_refused_by_the_layers_name() -> None:
    with pytest.raises(ValueError, match=r"ReflectionPad2d.*\(N, C, H, W\)"):
        nn.ReflectionPad2d(1)(draw(4, 5))
    with pytest.raises(ValueError, match=r"ReflectionPad2d.*an axis of 6 or more"):
        nn.ReflectionPad2d(5)(draw(1, 4, 5))


def test_the_widths_are_shown() -> None:
    assert repr(nn.ZeroPad2d(1)) == "ZeroPad2d(padding=(1, 1, 1, 1))"
