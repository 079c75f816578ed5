"""The loops compute what their definitions say, here once more with NumPy's own windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from minigen.ops import reference
from tests.numeric import Floats, draw

pytestmark = pytest.mark.host_only("loops over NumPy's arrays")


def padded(x: Floats, padding: int, outside: float = 0.0) -> Floats:
    sides = (padding, padding)
    return np.pad(x, ((0, 0), (0, 0), sides, sides), constant_values=outside)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_a_convolution_sums_the_products_of_each_window_with_the_kernels_of_its_group(
    stride: int, padding: int, dilation: int, groups: int
) -> None:
    x, weight = draw(2, 4, 6, 7), draw(6, 4 // groups, 2, 3, seed=1)
    windows = sliding_window_view(padded(x, padding), (dilation + 1, 2 * dilation + 1), (2, 3))
    seen = windows[:, :, ::stride, ::stride, ::dilation, ::dilation]
    expected = [
        np.einsum("nchwab,ocab->nohw", of_group, kernels)
        for of_group, kernels in zip(
            np.split(seen, groups, 1), np.split(weight, groups), strict=True
        )
    ]
    found = reference.conv2d(x, weight, stride, padding, dilation, groups)
    np.testing.assert_allclose(found, np.concatenate(expected, 1), atol=1e-13)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize(
    ("stride", "padding", "output_padding"), [(1, 0, 0), (2, 1, 0), (2, 0, 1), (3, 2, 2)]
)
def test_a_transposed_convolution_is_the_adjoint_of_the_convolution(
    stride: int, padding: int, output_padding: int, dilation: int, groups: int
) -> None:
    points, weight = draw(2, 4, 3, 4), draw(4, 6 // groups, 2, 3, seed=1)
    painted = reference.conv_transpose2d(
        points, weight, stride, padding, output_padding, groups, dilation
    )
    height = 2 * stride + dilation + 1 - 2 * padding + output_padding
    width = 3 * stride + 2 * dilation + 1 - 2 * padding + output_padding
    assert painted.shape == (2, 6, height, width)
    for seed in range(3):
        x = draw(*painted.shape, seed=seed)
        seen = reference.conv2d(x, weight, stride, padding, dilation, groups)
        assert (x * painted).sum() == pytest.approx((seen * points).sum(), rel=1e-12)


def test_a_stride_of_one_without_padding_dilation_or_groups_is_the_default() -> None:
    x, weight = draw(1, 2, 4, 5), draw(2, 2, 2, 2, seed=1)
    np.testing.assert_array_equal(
        reference.conv2d(x, weight), reference.conv2d(x, weight, 1, 0, 1, 1)
    )
    np.testing.assert_array_equal(
        reference.conv_transpose2d(x, weight),
        reference.conv_transpose2d(x, weight, 1, 0, 0, 1, 1),
    )


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 1, 1), (4, 3, 2)])
def test_pooling_takes_the_maximum_or_the_mean_of_each_window(
    kernel: int, stride: int, padding: int
) -> None:
    x = draw(2, 3, 6, 7) - 2  # negative, so that a zero outside would be the maximum

    def windows(outside: float) -> Any:
        seen = sliding_window_view(padded(x, padding, outside), (kernel, kernel), (2, 3))
        return seen[:, :, ::stride, ::stride]

    largest = reference.max_pool2d(x, kernel, stride, padding)
    np.testing.assert_array_equal(largest, windows(-np.inf).max((4, 5)))
    means = reference.avg_pool2d(x, kernel, stride, padding)
    np.testing.assert_allclose(means, windows(0.0).mean((4, 5)), rtol=1e-13)


def test_pooling_pads_nothing_by_default() -> None:
    x = draw(1, 1, 4, 4)
    for pool in (reference.max_pool2d, reference.avg_pool2d):
        np.testing.assert_array_equal(pool(x, 2, 2), pool(x, 2, 2, 0))
