"""The divergence of distributions over classes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import assert_gradients, draw, gradient_of, leaf

from .definitions import probabilities


@pytest.mark.derivation("kl.classes")
def test_the_divergence_is_that_of_the_definition_and_of_logarithms_too() -> None:
    p, t = (probabilities(3, 4, seed=seed) for seed in (0, 1))
    expected = np.zeros((3, 4))
    for index in np.ndindex(3, 4):
        expected[index] = t[index] * math.log(t[index] / p[index])
    for target, log_target in ((t, False), (np.log(t), True)):
        for reduction, value in (
            ("none", expected),
            ("sum", expected.sum()),
            ("batchmean", expected.sum() / 3),
            ("mean", expected.mean()),
        ):
            found = F.kl_div(np.log(p), target, reduction, log_target)
            np.testing.assert_allclose(found, value, rtol=1e-12)
        assert_gradients(lambda x, y, given=log_target: F.kl_div(x, y, "sum", given), p, target)


@pytest.mark.derivation("kl.classes")
def test_a_class_that_never_comes_costs_nothing_and_its_gradients_are_finite() -> None:
    x, target = leaf([[-0.1, -3.0]]), leaf([[1.0, 0.0]])
    loss = F.kl_div(x, target)
    assert loss.item() == pytest.approx(0.1)
    loss.backward()
    np.testing.assert_allclose(gradient_of(x), [[-1, 0]])
    np.testing.assert_allclose(gradient_of(target), [[1.1, 3.0]], rtol=1e-6)


@pytest.mark.host_only("on a device the check would have to wait")
def test_logarithms_that_are_not_said_to_be_some_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kl_div: target must hold prob.*pass log_target=True"):
        F.kl_div(draw(2, 3), np.log(probabilities(2, 3)))


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="kl_div: one shape is expected"):
        F.kl_div(minigen.zeros(2, 3), minigen.zeros(3))
