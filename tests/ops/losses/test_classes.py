"""Cross-entropy of classes: against loops, at the extremes, and in what it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen.ops.losses import REDUCTIONS
from tests.numeric import Floats, assert_gradients, draw, gradient_of, leaf

from .definitions import EXTREME, probabilities


def log_softmax_in_loops(logits: Floats) -> Floats:
    out = np.zeros_like(logits)
    for index in np.ndindex(*logits[:, 0].shape):
        place = (index[0], slice(None), *index[1:])
        row = logits[place]
        out[place] = row - math.log(sum(math.exp(v) for v in row))
    return out


@pytest.mark.parametrize("shape", [(5, 4), (2, 4, 3), (2, 4, 3, 2), (1, 1)])
def test_cross_entropy_picks_the_log_probability_of_the_class(shape: tuple[int, ...]) -> None:
    logits = draw(*shape) * 3
    target = np.random.default_rng(0).integers(0, shape[1], (shape[0], *shape[2:]))
    log_p = log_softmax_in_loops(logits)
    expected = np.zeros(target.shape)
    for index in np.ndindex(*target.shape):
        expected[index] = -log_p[(index[0], target[index], *index[1:])]
    each = F.cross_entropy(logits, target, "none")
    np.testing.assert_allclose(each, expected, rtol=1e-12, atol=1e-14)
    assert float(F.cross_entropy(logits, target)) == pytest.approx(expected.sum() / shape[0])
    assert float(F.cross_entropy(logits, target, "mean")) == pytest.approx(expected.mean())


@pytest.mark.parametrize("kind", ["int64", "uint8", "int32"])
def test_classes_may_be_tensors_or_arrays_of_any_integer_type(kind: str) -> None:
    logits, target = draw(3, 4), np.array([3, 0, 1], kind)
    expected = F.cross_entropy(logits, target)
    assert float(F.cross_entropy(logits, minigen.tensor(target))) == float(expected)
    x = leaf(logits)
    F.cross_entropy(x, target).backward()
    probability = np.exp(log_softmax_in_loops(logits))
    np.testing.assert_allclose(gradient_of(x), (probability - np.eye(4)[target]) / 3, rtol=1e-10)


def test_cross_entropy_of_probabilities_agrees_with_that_of_classes() -> None:
    logits, target = draw(3, 4), np.array([3, 0, 1])
    hot = np.eye(4)[target]
    assert float(F.cross_entropy(logits, hot)) == pytest.approx(
        float(F.cross_entropy(logits, target))
    )
    soft = probabilities(3, 4)
    soft /= soft.sum(1, keepdims=True)
    expected = -(log_softmax_in_loops(logits) * soft).sum() / 3
    assert float(F.cross_entropy(logits, soft)) == pytest.approx(expected)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nll_loss_of_log_probabilities_is_cross_entropy_of_logits(reduction: str) -> None:
    logits, target = draw(2, 3, 4), np.array([[0, 1, 2, 0], [2, 2, 1, 0]])
    found = F.nll_loss(log_softmax_in_loops(logits), target, reduction)
    np.testing.assert_allclose(found, F.cross_entropy(logits, target, reduction), rtol=1e-12)
    assert (np.asarray(found) > 0).all()


def test_an_empty_batch_of_classes_is_no_reason_for_an_error() -> None:
    none = np.zeros(0, np.int64)
    for loss in (F.cross_entropy, F.nll_loss):
        assert loss(minigen.zeros(0, 4), none, "none").shape == (0,)
        assert loss(minigen.zeros(0, 4), none, "sum").item() == 0


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradients_of_cross_entropy(reduction: str) -> None:
    target = np.array([[1, 0], [2, 2]])
    assert_gradients(lambda x: F.cross_entropy(x, target, reduction), draw(2, 3, 2))
    assert_gradients(lambda x, t: F.cross_entropy(x, t, reduction), draw(2, 3), probabilities(2, 3))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("target", [[0, 4], [-1, 0], [0, 100]])
def test_classes_outside_the_range_are_refused(target: list[int]) -> None:
    with pytest.raises(ValueError, match=r"cross_entropy: classes lie in \[0, 4\), got"):
        F.cross_entropy(minigen.zeros(2, 4), np.array(target))


@pytest.mark.parametrize("shape", [(3,), (2, 1), (2, 4), ()])
def test_classes_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"cross_entropy: integer targets of shape \(2,\) are exp"):
        F.cross_entropy(minigen.zeros(2, 4), np.zeros(shape, int))


def test_probabilities_of_another_shape_than_the_logits_are_refused() -> None:
    with pytest.raises(ValueError, match="cross_entropy: one shape is expected"):
        F.cross_entropy(minigen.zeros(2, 4), np.zeros((2, 3)))


@pytest.mark.parametrize("other", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("logit", EXTREME)
def test_cross_entropy_is_right_at_the_extremes(logit: float, other: float) -> None:
    x = leaf([[logit, other]])
    loss = F.cross_entropy(x, np.array([0]))
    gap = other - logit
    expected = max(gap, 0) + math.log1p(math.exp(-abs(gap)))
    assert loss.item() == pytest.approx(expected, rel=1e-6, abs=1e-7)
    loss.backward()
    wrong = (1 if gap >= 0 else math.exp(gap)) / (1 + math.exp(-abs(gap)))
    np.testing.assert_allclose(gradient_of(x), [[-wrong, wrong]], rtol=1e-5, atol=1e-7)


@pytest.mark.derivation("cross_entropy.padded")
@pytest.mark.parametrize("reduction", ["batchmean", "sum", "mean", "none"])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_a_class_that_is_ignored_costs_nothing_and_counts_for_nothing(
    loss: Any, reduction: str
) -> None:
    logits, target = draw(3, 4, 5), np.arange(15).reshape(3, 5) % 4
    target[0, 3:] = target[2, 1:] = 9
    kept = target != 9
    each = np.where(kept, loss(logits, np.where(kept, target, 0), "none"), 0)
    expected = {
        "batchmean": each.sum() / 3,
        "sum": each.sum(),
        "mean": each.sum() / kept.sum(),
        "none": each,
    }[reduction]
    found = loss(logits, target, reduction, ignore_index=9)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert_gradients(
        lambda x: loss(x, target, reduction, ignore_index=9),
        logits,
        order=2 if loss is F.cross_entropy else 1,
    )


WEIGHTS = np.array([0.5, 1.0, 3.0, 2.0])


def smoothed_loss_in_loops(
    logits: Floats, target: Floats, weights: Floats, smoothing: float
) -> Floats:
    """The loss of each place, of targets as vectors of probabilities along the second axis."""
    log_probability = log_softmax_in_loops(logits)
    out = np.zeros(logits[:, 0].shape)
    for place in np.ndindex(*out.shape):
        for c in range(logits.shape[1]):
            index = (place[0], c, *place[1:])
            share = (1 - smoothing) * target[index] + smoothing / logits.shape[1]
            out[place] -= weights[c] * share * log_probability[index]
    return out


@pytest.mark.derivation("cross_entropy.weighted")
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("ignored", [False, True])
def test_weights_and_smoothing_change_the_target_and_the_mean_is_by_weight(
    ignored: bool, weights: Floats | None, smoothing: float
) -> None:
    logits, target = draw(3, 4, 2), np.array([[0, 3], [1, 1], [2, 0]])
    each = smoothed_loss_in_loops(
        logits,
        np.moveaxis(np.eye(4)[target], -1, 1),
        np.ones(4) if weights is None else weights,
        smoothing,
    )
    counts = np.ones((3, 2)) if weights is None else weights[target]
    if ignored:
        each[1, 0] = counts[1, 0] = 0
        target[1, 0] = -100
    options: Any = {"weight": weights, "label_smoothing": smoothing}
    for reduction, expected in (
        ("none", each),
        ("sum", each.sum()),
        ("batchmean", each.sum() / 3),
        ("mean", each.sum() / counts.sum()),
    ):
        found = F.cross_entropy(logits, target, reduction, **options)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    if not smoothing:
        found = F.nll_loss(log_softmax_in_loops(logits), target, "mean", weight=weights)
        np.testing.assert_allclose(found, each.sum() / counts.sum(), rtol=1e-12)


@pytest.mark.derivation("cross_entropy.weighted")
def test_probabilities_are_weighted_and_smoothed_and_their_mean_is_by_number() -> None:
    logits, target = draw(3, 4, 2), probabilities(3, 4, 2)
    each = smoothed_loss_in_loops(logits, target, WEIGHTS, 0.3)
    for reduction, expected in (("none", each), ("mean", each.mean())):
        found = F.cross_entropy(logits, target, reduction, weight=WEIGHTS, label_smoothing=0.3)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("target", [np.array([[1, 0], [2, 2]]), np.array([[1, -100], [2, 2]])])
def test_gradients_of_weighted_and_smoothed_cross_entropy(target: Any) -> None:
    options: Any = {"weight": WEIGHTS[:3], "label_smoothing": 0.2, "reduction": "mean"}
    assert_gradients(lambda x: F.cross_entropy(x, target, **options), draw(2, 3, 2))


def test_weights_in_float64_do_not_widen_and_may_be_learnt() -> None:
    logits, weight = leaf(draw(2, 4), "float32"), leaf(WEIGHTS)
    loss = F.cross_entropy(logits, np.array([2, 0]), weight=weight)
    assert loss.dtype == np.float32
    loss.backward()
    np.testing.assert_array_equal(gradient_of(weight) != 0, [True, False, True, False])


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"label_smoothing": 1.5}, ValueError, r"cross_entropy: label_smoothing must lie .* 1\.5"),
        ({"weight": np.ones(3)}, ValueError, r"cross_entropy: a weight for each of 4 .* \(3,\)"),
        ({"weight": [1.0] * 4}, TypeError, "cross_entropy: a tensor .* as weight, got list"),
    ],
)
def test_weights_that_do_not_fit_and_too_much_smoothing_are_refused(
    options: Any, error: Any, told: str
) -> None:
    with pytest.raises(error, match=told):
        F.cross_entropy(minigen.zeros(2, 4), np.array([0, 1]), **options)
