"""Binary cross-entropy: at the extremes, and in what it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen.ops.losses import logits_cross_entropy
from tests.numeric import assert_gradients, draw, gradient_of, leaf

from .definitions import EXTREME, probabilities, sigmoid


@pytest.mark.derivation("bce.minimum")
def test_the_least_binary_cross_entropy_is_the_targets_entropy_and_has_no_bound_outside() -> None:
    target = np.array([0.2, 0.5, 0.9])
    best = np.log(target / (1 - target))
    entropy = -target * np.log(target) - (1 - target) * np.log(1 - target)
    np.testing.assert_allclose(logits_cross_entropy(best, target), entropy, rtol=1e-12)
    for other in (best - 0.1, best + 0.1):
        assert (np.asarray(logits_cross_entropy(other, target)) > entropy).all()
    for outside, sign in ((1.5, 1), (-0.5, -1)):
        falling: Any = logits_cross_entropy(sign * np.array([1e1, 1e3, 1e5]), np.full(3, outside))
        assert (np.diff(falling) < 0).all()
        assert falling[-1] < -1e4


@pytest.mark.derivation("bce.minimum")
@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("wrong", [-1.0, 1.5, -1e-3, 255.0])
def test_binary_targets_outside_0_to_1_are_refused(wrong: float) -> None:
    target = np.array([[0.0, wrong]])
    for values in (target, minigen.tensor(target)):
        with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], got"):
            F.binary_cross_entropy_with_logits(minigen.zeros(1, 2), values)
        with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], got"):
            F.binary_cross_entropy(minigen.full((1, 2), 0.5), values)
        with pytest.raises(ValueError, match=r"probability must lie in \[0, 1\], got"):
            F.binary_cross_entropy(values, minigen.full((1, 2), 0.5))


@pytest.mark.derivation("bce.minimum")
@pytest.mark.parametrize("wrong", [np.float64(2), np.int64(-1), np.float32(np.nan)])
def test_a_scalar_of_numpys_outside_0_to_1_is_refused_too(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], got"):
        F.binary_cross_entropy_with_logits(minigen.zeros(()), wrong)


@pytest.mark.parametrize("kind", ["bool", "int64", "uint8", "float64"])
def test_outcomes_may_be_booleans_or_integers(kind: str) -> None:
    logits = leaf([[2.0, -1.0]])
    loss = F.binary_cross_entropy_with_logits(logits, np.array([[1, 0]], kind))
    assert loss.item() == pytest.approx(math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)))
    loss.backward()
    np.testing.assert_allclose(gradient_of(logits), [[sigmoid(2) - 1, sigmoid(-1)]], rtol=1e-6)


def test_an_empty_batch_of_targets_is_no_reason_for_an_error() -> None:
    none = minigen.zeros(0, 3)
    for reduction in ("sum", "none"):
        assert F.binary_cross_entropy_with_logits(none, none, reduction).numpy().sum() == 0


@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("logit", EXTREME)
def test_binary_cross_entropy_from_logits_is_right_at_the_extremes(
    logit: float, target: float
) -> None:
    x, t = leaf([[logit]]), leaf([[target]])
    loss = F.binary_cross_entropy_with_logits(x, t)
    expected = math.log1p(math.exp(-abs(logit))) + (max(logit, 0) - logit * target)
    assert loss.item() == pytest.approx(expected, rel=1e-6, abs=1e-37)
    loss.backward()
    decay = math.exp(-abs(logit))
    probability = (1 if logit >= 0 else decay) / (1 + decay)
    rounding = 1e-7 if target else 1e-37  # of probability - target
    np.testing.assert_allclose(gradient_of(x), [[probability - target]], rtol=1e-6, atol=rounding)
    np.testing.assert_allclose(gradient_of(t), [[-logit]])


def test_second_derivatives_at_the_extremes_are_finite_and_right() -> None:
    x = leaf([[-1e4, -50.0, 0.0, 50.0, 1e4]])
    (slope,) = minigen.grad(
        F.binary_cross_entropy_with_logits(x, np.zeros((1, 5), np.float32)), x, create_graph=True
    )
    assert slope is not None
    slope.sum().backward()
    np.testing.assert_allclose(gradient_of(x), [[0, math.exp(-50), 0.25, 0, 0]], atol=1e-20)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probabilities_of_0_and_1_give_pytorchs_finite_values(dtype: str) -> None:
    p = leaf([[0.0, 1.0, 0.0, 1.0]], dtype)
    t = np.array([[1.0, 0.0, 0.0, 1.0]], dtype)
    each = F.binary_cross_entropy(p, t, "none")
    np.testing.assert_allclose(each.numpy(), [[100, 100, 0, 0]])
    each.sum().backward()
    assert np.isfinite(gradient_of(p)).all()
    np.testing.assert_allclose(gradient_of(p), [[-1e12, 1e12, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_slope_in_the_target_is_right_where_the_logarithm_is_clipped(dtype: str) -> None:
    p, t = np.array([[0.0, 1.0]], dtype), leaf([[0.5, 0.5]], dtype)
    F.binary_cross_entropy(p, t, "sum").backward()
    step = [
        float(F.binary_cross_entropy(p[:, i : i + 1], np.array([[1.0]], dtype)))
        - float(F.binary_cross_entropy(p[:, i : i + 1], np.array([[0.0]], dtype)))
        for i in range(2)
    ]  # the loss is linear in the target
    np.testing.assert_allclose(gradient_of(t), [step], rtol=1e-3)


def test_losses_from_logits_and_from_probabilities_agree() -> None:
    logits, target = draw(3, 4) * 5, probabilities(3, 4)
    x, y = leaf(logits), leaf(logits)
    first = F.binary_cross_entropy_with_logits(x, target)
    second = F.binary_cross_entropy(y.sigmoid(), target)
    assert first.item() == pytest.approx(second.item(), rel=1e-10)
    first.backward()
    second.backward()
    np.testing.assert_allclose(gradient_of(x), gradient_of(y), rtol=1e-7)


@pytest.mark.derivation("bce.positive_weight", "losses.weighted")
def test_outcomes_that_are_one_may_count_more_and_elements_may_be_weighted() -> None:
    logits, target = 4 * draw(3, 2), probabilities(3, 2)
    weight, positive = np.array([[2.0], [0.5], [1.0]]), np.array([9.0, 0.25])
    p = 1 / (1 + np.exp(-logits))
    expected = -positive * target * np.log(p) - (1 - target) * np.log(1 - p)
    options: Any = {"weight": weight, "pos_weight": positive, "reduction": "none"}
    found = F.binary_cross_entropy_with_logits(logits, target, **options)
    np.testing.assert_allclose(found, weight * expected, rtol=1e-12)
    assert_gradients(
        lambda x, t: F.binary_cross_entropy_with_logits(x, t, **options), logits, target
    )
    plain = F.binary_cross_entropy(p, target, "none", weight=weight)
    np.testing.assert_allclose(
        plain, weight * np.asarray(F.binary_cross_entropy(p, target, "none"))
    )


@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize("logit", EXTREME)
def test_outcomes_that_count_more_are_right_at_the_extremes(logit: float, target: float) -> None:
    x = leaf([[logit]])
    loss = F.binary_cross_entropy_with_logits(
        x, minigen.tensor([[target]]), pos_weight=np.array([3.0])
    )
    assert loss.dtype == np.float32
    factor, wrong = (3, -logit) if target else (1, logit)
    assert loss.item() == pytest.approx(
        factor * (max(wrong, 0) + math.log1p(math.exp(-abs(wrong))))
    )
    loss.backward()
    slope = factor / (1 + math.exp(-wrong)) if wrong > -700 else 0.0
    np.testing.assert_allclose(
        gradient_of(x), [[-slope if target else slope]], rtol=1e-5, atol=1e-30
    )


def test_booleans_may_count_more() -> None:
    loss = F.binary_cross_entropy_with_logits(
        minigen.zeros(1, 2), np.array([[True, False]]), pos_weight=minigen.tensor([3.0])
    )
    assert loss.item() == pytest.approx(4 * math.log(2))
    assert loss.dtype == np.float32


@pytest.mark.parametrize("role", ["weight", "pos_weight"])
def test_a_weight_that_would_make_the_loss_larger_is_refused(role: str) -> None:
    loss: Any = F.binary_cross_entropy_with_logits
    for shape in ((3,), (4, 1, 2)):
        with pytest.raises(ValueError, match=rf"logits: {role} of shape \(1, 2\), or one that"):
            loss(minigen.zeros(1, 2), minigen.zeros(1, 2), **{role: np.ones(shape)})
    with pytest.raises(TypeError, match=rf"as {role}, got float"):
        loss(minigen.zeros(1, 2), minigen.zeros(1, 2), **{role: 2.0})
