"""Reductions: axes, kept and dropped; ties; empty arrays; stability."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from minigen.ops.reduction import reduced_axes
from tests.numeric import draw, gradient_of, leaf

REFERENCE: dict[str, Any] = {
    "sum": np.sum,
    "mean": np.mean,
    "var": lambda x, **o: np.var(x, ddof=1, **o),
    "std": lambda x, **o: np.std(x, ddof=1, **o),
    "amax": np.max,
    "amin": np.min,
    "all": np.all,
    "any": np.any,
    "logsumexp": lambda x, **o: np.log(np.sum(np.exp(x), **o)),
}
AXES: list[Any] = [None, 0, 1, -1, (0, 1), (2, 0), (-1, -2), (0, 1, 2), [0, 2], (1,), np.int64(1)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", REFERENCE)
def test_values_are_numpys_over_any_axes(name: str, axis: Any, keepdims: bool) -> None:
    x = draw(2, 3, 4)
    axes = tuple(axis) if isinstance(axis, list) else axis
    expected = REFERENCE[name](x, axis=axes, keepdims=keepdims)
    for y in (
        getattr(F, name)(minigen.tensor(x), axis, keepdims),
        getattr(minigen.tensor(x), name)(axis=axis, keepdims=keepdims),
    ):
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)
        assert y.shape == expected.shape


@pytest.mark.parametrize("name", REFERENCE)
def test_pytorchs_names_of_axis_and_keepdims_are_taken(name: str) -> None:
    x = draw(2, 3, 4)
    expected = REFERENCE[name](x, axis=1, keepdims=True)
    for y in (
        getattr(F, name)(minigen.tensor(x), dim=1, keepdim=True),
        getattr(minigen.tensor(x), name)(dim=1, keepdim=True),
    ):
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("name", [*REFERENCE, "argmax", "argmin"])
def test_all_axes_are_reduced_and_dropped_unless_it_is_said(name: str) -> None:
    assert getattr(F, name)(minigen.tensor(draw(2, 3))).shape == ()
    assert getattr(F, name)(minigen.tensor(draw(2, 3)), axis=1).shape == (2,)


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_positions_of_extremes(name: str, axis: Any) -> None:
    x = draw(3, 4)
    y = getattr(minigen.tensor(x), name)(axis)
    np.testing.assert_array_equal(y.numpy(), getattr(np, name)(x, axis))
    assert y.dtype == np.int64
    assert getattr(F, name)(minigen.tensor(x), dim=1, keepdim=True).shape == (3, 1)
    assert not getattr(leaf(x), name)().requires_grad


@pytest.mark.parametrize("axis", [3, -4, (0, 3), (-4,)])
@pytest.mark.parametrize("name", [n for n in REFERENCE if n not in {"all", "any"}])
def test_an_axis_that_is_not_there_is_an_error_that_names_the_op(name: str, axis: Any) -> None:
    with pytest.raises(IndexError, match=r"out of (bounds|range).*\(got float32 \(2, 3, 4\)\)"):
        getattr(minigen.ones(2, 3, 4), name)(axis)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "amax", "logsumexp"])
def test_an_axis_named_twice_is_refused(name: str) -> None:
    for axis in [(0, 0), (1, -1)]:
        with pytest.raises(ValueError, match="duplicate"):
            getattr(minigen.ones(2, 3), name)(axis)


def test_no_axes_reduce_nothing() -> None:
    x = leaf(draw(2, 3))
    for y in (x.sum(()), x.mean(()), x.max(())):
        np.testing.assert_array_equal(y.numpy(), x.numpy())
        y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), np.full((2, 3), 3))


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "logsumexp", "all", "any"])
def test_a_tensor_without_axes_reduces_to_itself(name: str) -> None:
    x = minigen.tensor(1.0)
    assert getattr(x, name)().item() == 1


def test_equal_extremes_share_the_gradient() -> None:
    x = leaf([[3.0, 3.0, 1.0], [2.0, 5.0, 2.0]])
    x.amax(1).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[0.5, 0.5, 0], [0, 1, 0]])
    x.zero_grad()
    x.amin(1).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[0, 0, 1], [0.5, 0, 0.5]])
    y = leaf(np.full((2, 2), 7.0))
    y.max().backward()
    np.testing.assert_array_equal(gradient_of(y), np.full((2, 2), 0.25))


def test_variances_with_and_without_bessels_correction() -> None:
    x = leaf([[1.0, 2.0, 4.0], [0.0, 0.0, 9.0]])
    for correction in (0, 1, 2):
        np.testing.assert_allclose(
            x.var(1, correction=correction).numpy(),
            np.var(x.numpy(), 1, ddof=correction),
            rtol=1e-6,
        )
    np.testing.assert_allclose(x.std().numpy(), np.std(x.numpy(), ddof=1), rtol=1e-6)


@pytest.mark.derivation("var.unbiased")
@pytest.mark.parametrize(("correction", "factor"), [(0, 3 / 4), (1, 1), (2, 3 / 2)])
def test_the_mean_variance_of_all_samples_is_the_distributions_with_correction_1(
    correction: int, factor: float
) -> None:
    values = np.array([-1.0, 0.0, 4.0])
    samples = np.array(list(itertools.product(values, repeat=4)))
    found: Any = F.var(samples, 1, correction=correction)
    assert found.mean() == pytest.approx(factor * values.var(), rel=1e-12)


@pytest.mark.parametrize("shape", [(1,), (3, 1)])
@pytest.mark.parametrize("name", ["var", "std"])
def test_a_variance_of_too_few_elements_is_refused(shape: tuple[int, ...], name: str) -> None:
    message = rf"{name}: a variance with correction 1 needs more than 1 elements along axis -1"
    with pytest.raises(ValueError, match=message) as raised:
        getattr(minigen.zeros(shape), name)(-1)
    assert str(raised.value).count("float32") == 1


def test_the_variance_of_numbers_far_from_zero_is_right_in_float32() -> None:
    x = minigen.tensor(np.array([10_000.0, 10_001.0, 10_002.0], np.float32))
    assert x.var().item() == pytest.approx(1.0, rel=1e-3)


def test_how_the_mean_was_rounded_does_not_show_in_a_variance() -> None:
    x = (1000 + 1e-3 * draw(500, 4)).astype(np.float32)  # a mean is rounded by up to 3e-5
    np.testing.assert_allclose(F.var(x, 0), x.astype(np.float64).var(0, ddof=1), rtol=1e-6)


def test_empty_arrays_sum_to_zero_and_have_no_extremes() -> None:
    x = minigen.zeros(0, 3, requires_grad=True)
    y = x.sum(0)
    assert y.tolist() == [0, 0, 0]
    y.sum().backward()
    assert gradient_of(x).shape == (0, 3)
    for name in ("amax", "amin"):
        with pytest.raises(ValueError, match=rf"{name}: zero-size array.*\(got float32 \(0, 3\)\)"):
            getattr(x, name)(0)
    assert minigen.zeros(3, 0).amax(0).shape == (0,)


def test_integers_are_summed_as_int64() -> None:
    assert minigen.tensor(np.full(3, 200, np.uint8)).sum().item() == 600
    assert minigen.tensor(np.full(3, 2**30, np.int32)).sum().item() == 3 * 2**30


def test_a_long_float32_sum_keeps_its_precision() -> None:
    assert minigen.full((10_000_000,), 0.1).sum().item() == pytest.approx(1e6, rel=1e-5)


def test_logsumexp_is_stable() -> None:
    x = leaf([[1e4, 1e4], [-1e4, -1e4], [1e4, -1e4]])
    y = x.logsumexp(1)
    expected = np.array([1e4, -1e4, 1e4]) + np.log([2, 2, 1])
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6)
    y.sum().backward()
    shares = np.array([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
    np.testing.assert_allclose(gradient_of(x), shares, rtol=1e-3)


def test_logsumexp_takes_minus_infinity_for_probability_zero() -> None:
    x = leaf([[-np.inf, 0.0], [-np.inf, -np.inf]])
    y = x.logsumexp(1)
    assert y.tolist() == [0, -np.inf]
    y[0].backward()
    np.testing.assert_array_equal(gradient_of(x), [[0, 1], [0, 0]])


@pytest.mark.derivation("logsumexp.grad")
def test_logsumexp_of_minus_infinities_alone_has_gradient_zero() -> None:
    x = leaf([-np.inf, -np.inf])
    y = x.logsumexp(0)
    assert y.item() == -np.inf
    y.backward()
    assert gradient_of(x).tolist() == [0, 0]


def test_logsumexp_is_not_the_mean_of_logs() -> None:
    x = np.log([[1.0, 3.0]])
    bound: Any = F.logsumexp(x, 1)
    assert float(bound[0] - np.log(2)) == pytest.approx(np.log(2.0))


def test_std_is_the_root_of_the_variance_with_its_gradient() -> None:
    x = leaf(np.array([1.0, 3.0]))
    x.std().backward()
    np.testing.assert_allclose(gradient_of(x), [-(0.5**0.5), 0.5**0.5])


def test_reduced_axes_count_from_the_front() -> None:
    assert reduced_axes(None, 3) == (0, 1, 2)
    assert reduced_axes(-1, 3) == (2,)
    assert reduced_axes((0, -1), 3) == (0, 2)
    with pytest.raises(IndexError, match="axis 3 is out of range for 3 axes"):
        reduced_axes(3, 3)


def test_a_reduction_of_a_reduction_has_the_right_gradient() -> None:
    x = leaf(draw(2, 3, 4))
    y: Tensor = x.sum(1).mean(0).max()
    y.backward()
    column = x.numpy().sum(1).mean(0).argmax()
    expected = np.zeros((2, 3, 4))
    expected[:, :, column] = 0.5
    np.testing.assert_allclose(gradient_of(x), expected)


def test_std_of_equal_elements_has_the_subgradient_0_at_every_order() -> None:
    x = minigen.tensor(np.full((2, 3), 2.0), requires_grad=True)
    (gradient,) = minigen.grad(F.std(x, axis=1), x, np.ones(2), create_graph=True)
    assert gradient is not None
    assert gradient.tolist() == [[0.0] * 3] * 2
    (second,) = minigen.grad(gradient, x, draw(2, 3))
    assert second is not None
    assert second.tolist() == [[0.0] * 3] * 2


def test_unbiased_is_pytorchs_name_of_the_correction() -> None:
    x = minigen.tensor([[1.0, 2.0, 4.0]])
    assert x.var(unbiased=False).item() == pytest.approx(14 / 9)
    assert x.std(1, unbiased=True).item() == pytest.approx(math.sqrt(7 / 3))
    options: dict[str, Any] = {"dim": 1, "unbiased": False}
    assert F.var(np.ones((2, 3)), **options).tolist() == [0.0, 0.0]
    with pytest.raises(TypeError, match="one argument under two names"):
        x.var(unbiased=False, correction=0)


def test_a_deviation_of_one_element_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^std: a variance with correction 1 needs") as raised:
        minigen.ones(1).std()
    assert str(raised.value).count("(got float32 (1,))") == 1


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint64", "int32"])
def test_sums_of_integers_are_int64(dtype: str) -> None:
    total = minigen.ones(2, 300, dtype=dtype).sum(1)
    assert total.dtype == np.int64
    assert total.tolist() == [300, 300]


def test_the_logsumexp_of_nothing_is_minus_infinity() -> None:
    x = leaf(np.zeros((0, 3)))
    out = x.logsumexp(axis=0, keepdims=True)
    assert out.tolist() == [[-math.inf] * 3]
    assert x.logsumexp(1).shape == (0,)
    out.sum().backward()
    assert gradient_of(x).shape == (0, 3)


def test_two_reductions_at_once_are_each_of_them() -> None:
    x = minigen.tensor([[1.0, 3.0, 8.0], [2.0, 2.0, 5.0]])
    for both, single in ((F.var_mean, F.var), (F.std_mean, F.std)):
        first, mean = both(x, dim=1, correction=0)
        np.testing.assert_array_equal(first.array, single(x, 1, correction=0).array)
        assert mean.tolist() == [4.0, 3.0]
    extremes = x.aminmax(dim=0)
    assert extremes.min.tolist() == [1.0, 2.0, 5.0]
    assert extremes.max.tolist() == [2.0, 3.0, 8.0]
