"""Windows of images as columns, and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw


def test_a_convolution_is_a_product_with_the_columns() -> None:
    x, weight = draw(2, 3, 5, 4), draw(4, 3, 3, 2, seed=1)
    columns = F.unfold(x, (3, 2), dilation=(1, 2), padding=1, stride=(2, 1))
    product = weight.reshape(4, -1) @ columns
    expected = F.conv2d(x, weight, stride=(2, 1), padding=1, dilation=(1, 2))
    np.testing.assert_allclose(product.reshape(expected.shape), expected, rtol=1e-10)


def test_blocks_that_do_not_overlap_come_back() -> None:
    image = minigen.tensor(draw(3, 4, 6))
    assert F.fold(F.unfold(image, 2, stride=2), (4, 6), 2, stride=2).tolist() == image.tolist()
    assert F.unfold(minigen.zeros(0, 2, 5, 5), 2).shape == (0, 8, 16)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: F.unfold(minigen.zeros(4, 4), 2), "unfold: images"),
        (lambda: F.unfold(minigen.zeros(1, 1, 2, 2), 3), "larger than the padded input"),
        (lambda: F.fold(minigen.zeros(4), 2, 2), "fold: columns"),
        (lambda: F.fold(minigen.zeros(4, 15), 5, 2), "columns of a multiple of 4, 16 of them"),
        (lambda: F.fold(minigen.zeros(6, 16), 5, 2), "columns of a multiple of 4, 16 of them"),
    ],
)
def test_columns_that_fit_no_windows_are_refused(call: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call()
