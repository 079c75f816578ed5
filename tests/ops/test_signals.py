"""Convolutions of signals."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw

X, WEIGHT = draw(2, 4, 9), draw(6, 4, 3)


@pytest.mark.derivation("conv1d")
def test_a_signal_is_convolved_as_an_image_with_one_row() -> None:
    bias = draw(6)
    found: Any = F.conv1d(X, WEIGHT, bias, stride=2, padding=1, dilation=2)
    images: Any = F.conv2d(X[:, :, None], WEIGHT[:, :, None], bias, (1, 2), (0, 1), (1, 2))
    np.testing.assert_array_equal(found, images[:, :, 0])


@pytest.mark.derivation("conv_transpose1d")
@pytest.mark.parametrize("left_over", [0, 1])
def test_the_transpose_is_the_adjoint(left_over: int) -> None:
    options: dict[str, Any] = {"stride": 2, "padding": 1, "dilation": 2}
    x = draw(2, 4, 7 + left_over)
    y: Any = F.conv1d(x, WEIGHT, **options)
    g = draw(*y.shape, seed=1)
    back: Any = F.conv_transpose1d(g, WEIGHT, output_padding=left_over, **options)
    np.testing.assert_allclose((y * g).sum(), (x * back).sum(), rtol=1e-12)


def test_one_signal_passes_as_a_batch_of_one_and_numbers_may_stand_in_a_sequence() -> None:
    one: Any = F.conv1d(X[0], WEIGHT, stride=(2,), padding=[1])
    whole: Any = F.conv1d(X, WEIGHT, stride=2, padding=1)
    np.testing.assert_allclose(one, whole[0], rtol=1e-12)
    assert F.conv1d(X, WEIGHT, padding="same", dilation=3).shape == (2, 6, 9)


WRONG: Any = (1, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.conv1d(X[None], WEIGHT), "conv1d: x of shape (N, in, L) or (in, L) and weight"),
        (lambda: F.conv_transpose1d(X, X[0]), "weight of shape (in, out / groups, k) are expected"),
        (lambda: F.conv1d(X, WEIGHT, stride=WRONG), "stride must be an integer of at least 1, got"),
        (lambda: F.conv1d(X, WEIGHT, stride=0), "stride must be an integer of at least 1, got 0"),
        (lambda: F.conv1d(X, WEIGHT, padding=-1), "padding must be an integer of at least 0"),
        (lambda: F.conv1d(X[:, :3], WEIGHT), "conv1d: of signals as images with one row, conv2d: "),
        (lambda: F.conv1d(X[..., :2], WEIGHT), "the output's width would be floor((width"),
        (lambda: F.conv_transpose1d(X, draw(4, 6, 3), output_padding=1), "smaller than stride"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_signals_are_pooled_as_images_with_one_row() -> None:
    x = minigen.tensor([[[1.0, 4.0, 2.0, 3.0, 0.0]]])
    assert F.max_pool1d(x, 2).tolist() == [[[4.0, 3.0]]]
    assert F.max_pool1d(x, 2, ceil_mode=True).tolist() == [[[4.0, 3.0, 0.0]]]
    assert F.max_pool1d(x, 2, 1, 0, 2).tolist() == [[[2.0, 4.0, 2.0]]]
    assert F.avg_pool1d(x[0], 3, 2, 1, count_include_pad=False).tolist() == [[2.5, 3.0, 1.5]]
    assert F.adaptive_avg_pool1d(x, 2).tolist()[0][0] == pytest.approx([7 / 3, 5 / 3])


@pytest.mark.parametrize(
    "pool", [lambda x: F.max_pool1d(x, 2), lambda x: F.avg_pool1d(x, 2),
             lambda x: F.adaptive_avg_pool1d(x, 2)],
)  # fmt: skip
def test_pools_refuse_what_are_no_signals(pool: Any) -> None:
    with pytest.raises(ValueError, match=r"pool1d: x of shape \(N, C, L\) or \(C, L\)"):
        pool(minigen.ones(1, 2, 3, 4))
