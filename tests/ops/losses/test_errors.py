"""Errors of a prediction: near and far, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen.functional as F
from tests.numeric import draw


def test_hubers_error_is_squared_when_near_and_absolute_when_far() -> None:
    x, zero = np.array([[-3.0, -0.5, 0.0, 0.5, 2.0]]), np.zeros((1, 5))
    by_two = F.huber_loss(x, zero, reduction="none", delta=2.0)
    np.testing.assert_allclose(by_two, [[4.0, 0.125, 0.0, 0.125, 2.0]])
    by_one = F.huber_loss(x, zero, reduction="none")
    np.testing.assert_allclose(by_one, F.smooth_l1_loss(x, zero, reduction="none"))
    assert F.huber_loss(x, zero) == by_one.sum()
    np.testing.assert_allclose(
        F.smooth_l1_loss(x, zero, reduction="none", beta=2.0), np.asarray(by_two) / 2
    )
    np.testing.assert_array_equal(F.smooth_l1_loss(x, zero, reduction="none", beta=0.0), np.abs(x))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: F.huber_loss(x, x, delta=0.0), "huber_loss: a positive delta .* got 0.0"),
        (lambda x: F.smooth_l1_loss(x, x, beta=-1.0), "smooth_l1_loss: a beta of 0 .* got -1.0"),
        (lambda x: F.huber_loss(x, x[:1]), r"huber_loss: .*\(2, 3\)"),
        (lambda x: F.smooth_l1_loss(x, x[:1]), r"smooth_l1_loss: .*\(2, 3\)"),
    ],
)
def test_hubers_error_refuses_distances_that_are_none_and_other_shapes(
    call: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        call(draw(2, 3))


@pytest.mark.derivation("losses.weighted")
def test_errors_are_weighted_and_the_mean_of_the_first_two_is_by_weight() -> None:
    x, target, weight = draw(3, 4), draw(3, 4, seed=1), draw(3, 4, seed=2, low=0.5, high=2)
    for loss, by_weight in ((F.mse_loss, True), (F.l1_loss, True), (F.huber_loss, False)):
        each = np.asarray(loss(x, target, reduction="none")) * weight
        for reduction, expected in (
            ("none", each),
            ("batchmean", each.sum() / 3),
            ("mean", each.sum() / (weight.sum() if by_weight else 12)),
        ):
            found = loss(x, target, reduction=reduction, weight=weight)
            np.testing.assert_allclose(found, expected, rtol=1e-12)
        with pytest.raises(ValueError, match=r"_loss: one shape is expected, .* weight \(4,\)"):
            loss(x, target, weight=weight[0])
