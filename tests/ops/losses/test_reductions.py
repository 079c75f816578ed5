"""All losses: against their definitions, by every reduction, and in what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from minigen.ops.losses import REDUCTIONS, reduce
from tests.numeric import assert_gradients, gradient_of, leaf

from .definitions import ELEMENTWISE, SHAPE, A, B


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_each_element_has_the_value_of_the_definition(name: str) -> None:
    loss, arrays, expected = ELEMENTWISE[name]
    np.testing.assert_allclose(loss(*arrays, reduction="none"), expected, rtol=1e-10, atol=1e-14)
    tensors = [minigen.tensor(a) for a in arrays]
    np.testing.assert_allclose(loss(*tensors, reduction="none").numpy(), expected, rtol=1e-10)


@pytest.mark.derivation("losses.batchmean")
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_default_sums_over_features_and_averages_over_the_batch(name: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    per_example = [each[n].sum() for n in range(len(each))]
    expected = sum(per_example) / len(per_example)
    assert float(loss(*arrays)) == pytest.approx(expected, rel=1e-10)
    assert float(loss(*arrays, reduction="batchmean")) == pytest.approx(expected, rel=1e-10)
    twice = [np.concatenate([a, a]) for a in arrays]  # the batch's size does not matter
    assert float(loss(*twice)) == pytest.approx(expected, rel=1e-10)
    wide = [np.concatenate([a, a], axis=2) for a in arrays]  # the number of features does
    assert float(loss(*wide)) == pytest.approx(2 * expected, rel=1e-10)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_other_reductions_are_pytorchs(name: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    assert float(loss(*arrays, reduction="sum")) == pytest.approx(each.sum(), rel=1e-10)
    assert float(loss(*arrays, reduction="mean")) == pytest.approx(each.mean(), rel=1e-10)
    assert loss(*arrays, reduction="none").shape == SHAPE
    with pytest.raises(ValueError, match="unknown reduction 'median': use one of batchmean, sum"):
        loss(*arrays, reduction="median")


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_gradients_of_both_orders_equal_finite_differences(name: str, reduction: str) -> None:
    loss, arrays, _ = ELEMENTWISE[name]
    small = [a[:2, :1] for a in arrays]
    assert_gradients(lambda *inputs: loss(*inputs, reduction=reduction), *small)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_one_number_without_axes_is_its_own_batch(name: str, reduction: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    numbers = [leaf(a[0, 0, 0]) for a in arrays]
    value = loss(*numbers, reduction=reduction)
    assert value.item() == pytest.approx(each[0, 0, 0], rel=1e-10)
    value.backward()
    assert numbers[0].grad is not None


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_shapes_that_differ_are_refused_even_if_they_broadcast(name: str) -> None:
    loss, arrays, _ = ELEMENTWISE[name]
    wrong = [arrays[0], *[a[:1] for a in arrays[1:]]]
    with pytest.raises(ValueError, match=rf"{name}: one shape is expected, got .*\(1, 3, 2\)"):
        loss(*wrong)
    with pytest.raises(ValueError, match=rf"{name}: one shape is expected"):
        loss(*[arrays[0][:, :1], *arrays[1:]])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_float32_in_means_a_float32_loss(name: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    inputs = [leaf(a, "float32") for a in arrays]
    value = loss(*inputs)
    assert value.dtype == np.float32
    assert value.item() == pytest.approx(each.sum() / len(each), rel=1e-5)


@pytest.mark.derivation("losses.batchmean")
def test_reduce_is_the_one_place_of_the_normalisation() -> None:
    values = minigen.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert reduce(values, "batchmean").item() == 5
    assert reduce(values, "sum").item() == 10
    assert reduce(values, "mean").item() == 2.5
    assert reduce(values, "none") is values
    assert reduce(minigen.tensor(3.0), "batchmean").item() == 3


def test_reconstruction_and_kl_are_in_the_same_unit() -> None:
    """Both are nats an example: doubling the batch or adding dead features changes neither's."""
    x, mu = np.zeros((8, 100)), np.ones((8, 2))
    reconstruction = F.binary_cross_entropy_with_logits(x, x)
    divergence = F.kl_standard_normal(mu, np.zeros((8, 2)))
    assert float(reconstruction) == pytest.approx(100 * math.log(2))
    assert float(divergence) == pytest.approx(2 * 0.5)


INTEGERS, FLOATS = np.array([[1, 0, 1]]), np.array([[0.25, 0.5, 1.0]], np.float32)


@pytest.mark.parametrize(
    ("loss", "inputs"),
    [
        (F.mse_loss, (INTEGERS, FLOATS)),
        (F.mse_loss, (FLOATS, INTEGERS)),
        (F.binary_cross_entropy_with_logits, (INTEGERS, FLOATS)),
        (F.binary_cross_entropy_with_logits, (FLOATS, INTEGERS)),
        (F.binary_cross_entropy_with_logits, (INTEGERS, INTEGERS)),
        (F.binary_cross_entropy, (FLOATS, INTEGERS)),
        (F.kl_standard_normal, (INTEGERS, FLOATS)),
        (F.kl_standard_normal, (FLOATS, INTEGERS)),
        (F.kl_standard_normal, (INTEGERS, INTEGERS)),
    ],
)
def test_integers_among_the_inputs_become_float32_and_never_widen(loss: Any, inputs: Any) -> None:
    found = loss(*map(minigen.tensor, inputs))
    assert found.dtype == np.float32
    expected = loss(*(minigen.tensor(each, dtype="float64") for each in inputs))
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)


def test_constant_targets_get_no_gradient_and_others_do() -> None:
    x, fixed, learnt = leaf(A), minigen.tensor(B), leaf(B)
    F.mse_loss(x, fixed).backward()
    assert fixed.grad is None
    F.mse_loss(x, learnt).backward()
    np.testing.assert_allclose(gradient_of(learnt), 2 * (B - A) / len(A))


def test_losses_change_no_input() -> None:
    for loss, arrays, _ in ELEMENTWISE.values():
        before = [a.copy() for a in arrays]
        out: Tensor = loss(*[leaf(a) for a in arrays])
        out.backward()
        loss(*arrays)
        for a, b in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "loss",
    [F.mse_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.cross_entropy],
)
@pytest.mark.parametrize("target", [[[1, 0]], 1.0, memoryview(b"\0")])
def test_a_target_that_is_no_array_is_refused_by_its_type(loss: Any, target: Any) -> None:
    name = type(target).__name__
    with pytest.raises(TypeError, match=f"a tensor or an array is expected as target, got {name}"):
        loss(minigen.zeros(1, 2), target)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss, F.mse_loss, F.binary_cross_entropy])
def test_weights_in_the_place_of_the_reduction_are_told_to_go_by_name(loss: Any) -> None:
    x = minigen.full((2, 2), 0.5)
    target = np.array([0, 1]) if loss in (F.cross_entropy, F.nll_loss) else x
    with pytest.raises(TypeError, match=r"a reduction is expected, .*weights go by name, weight="):
        loss(x, target, minigen.ones(2))
