"""Arithmetic and comparisons, element by element, of one array and of two."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen
import minigen.functional as F
from minigen import Tensor
from tests.numeric import draw, gradient_of, leaf

ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
]
COMPARISON = [
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]


@pytest.mark.parametrize("function", ARITHMETIC + COMPARISON, ids=lambda f: f.__name__)
def test_operators_take_tensors_arrays_and_numbers_on_either_side(function: Any) -> None:
    a, b = np.array([[1.0, 2.0], [3.0, 2.0]]), np.array([2.0, 0.5])
    expected = function(a, b)
    for left, right in [
        (minigen.tensor(a), minigen.tensor(b)),
        (minigen.tensor(a), b),
        (a, minigen.tensor(b)),
    ]:
        result = function(left, right)
        assert isinstance(result, Tensor)
        np.testing.assert_array_equal(result.numpy(), expected)
    for number in (2, 0.5, np.float64(2), np.float32(2), np.int64(2)):
        for result, reference in [
            (function(minigen.tensor(a), number), function(a, number)),
            (function(number, minigen.tensor(a)), function(number, a)),
        ]:
            assert isinstance(result, Tensor)
            np.testing.assert_allclose(result.numpy(), reference)


@pytest.mark.parametrize("function", COMPARISON, ids=lambda f: f.__name__)
def test_comparisons_give_booleans_outside_the_graph(function: Any) -> None:
    result = function(leaf([1.0, 2.0]), 1.5)
    assert result.dtype == np.bool_
    assert not result.requires_grad


@pytest.mark.host_only("CuPy compares arrays with arrays and numbers alone")
def test_comparison_with_none_or_another_thing_is_false_everywhere() -> None:
    x = minigen.tensor([1.0, 2.0])
    assert F.eq(x, None).tolist() == [False, False]
    assert F.ne(x, None).tolist() == [True, True]


def test_booleans_combine() -> None:
    a, b = minigen.tensor([True, True, False]), minigen.tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False]
    assert (a | b).tolist() == [True, True, False]
    assert (~a).tolist() == [False, False, True]
    assert (a.array & b).tolist() == [True, False, False]
    assert (True | b).tolist() == [True, True, True]
    assert F.logical_not(F.logical_or(a, b)).tolist() == [False, False, True]
    x = leaf([1.0, 2.0, 3.0])
    assert x[(x > 1) & (x < 3)].tolist() == [2]


def test_unary_operators() -> None:
    x = leaf([1.0, -2.0])
    assert (-x).tolist() == [-1, 2]
    assert (+x).tolist() == [1, -2]
    assert (+x) is not x
    assert abs(x).tolist() == [1, 2]
    (-x + +x + abs(x)).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [1, -1])


def test_functions_of_the_same_name_do_what_the_operators_do() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    pairs: list[tuple[Any, Tensor]] = [
        (F.add, a + b),
        (F.sub, a - b),
        (F.mul, a * b),
        (F.div, a / b),
        (F.pow, a**b),
        (F.floor_divide, a // b),
        (F.remainder, a % b),
        (F.eq, a == b),
        (F.ne, a != b),
        (F.lt, a < b),
        (F.le, a <= b),
        (F.gt, a > b),
        (F.ge, a >= b),
    ]
    for function, expected in pairs:
        np.testing.assert_array_equal(function(a, b).numpy(), expected.numpy())
    np.testing.assert_array_equal(F.neg(a).numpy(), -a.numpy())
    assert a.maximum(b).tolist() == [3, 4]
    assert a.minimum(b).tolist() == [1, 2]
    assert a.pow(2).tolist() == [1, 4]


@pytest.mark.parametrize("function", [operator.xor, divmod])
def test_operators_that_are_not_there_are_a_type_error(function: Any) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        function(leaf([1.0]), 2)


# --- powers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exponent", "value", "slope", "curvature"),
    [
        (0, 1, 0, 0),
        (0.0, 1, 0, 0),
        (1, 0, 1, 0),
        (1.0, 0, 1, 0),
        (2, 0, 0, 2),
        (3, 0, 0, 0),
        (1.5, 0, 0, None),
    ],
)
def test_powers_at_zero(exponent: float, value: float, slope: float, curvature: Any) -> None:
    for power in (exponent, np.array([exponent])):
        x = leaf(np.array([0.0]))
        y = x**power
        assert y.item() == value
        (first,) = minigen.grad(y, x, create_graph=curvature is not None)
        assert first is not None
        assert first.item() == slope
        if curvature is not None and first.requires_grad:
            (second,) = minigen.grad(first, x, allow_unused=True)
            assert (0 if second is None else second.item()) == curvature


def test_powers_of_arrays_have_slopes_in_base_and_exponent() -> None:
    x, p = leaf(np.array([2.0, 3.0, 4.0])), leaf(np.array([0.0, 3.0, -1.0]))
    (x**p).sum().backward()
    np.testing.assert_allclose(gradient_of(x), [0, 27, -1 / 16])
    np.testing.assert_allclose(gradient_of(p), [np.log(2), 27 * np.log(3), np.log(4) / 4])


def test_a_power_of_zero_is_constant_in_its_exponent() -> None:
    p = leaf(np.array([1.0, 2.0]))
    (0.0**p).sum().backward()
    np.testing.assert_array_equal(gradient_of(p), [0, 0])


def test_negative_bases_have_integer_powers() -> None:
    x = leaf(np.array([-2.0]))
    for power, value, slope in [(2, 4, -4), (3, -8, 12), (-1, -0.5, -0.25), (np.array([2]), 4, -4)]:
        x.zero_grad()
        y = x**power
        assert y.item() == value
        y.sum().backward()
        np.testing.assert_allclose(gradient_of(x), [slope])


def test_powers_of_a_number() -> None:
    p = leaf(np.array([0.0, 1.0, 3.0]))
    y = 2**p
    assert y.tolist() == [1, 2, 8]
    y.sum().backward()
    np.testing.assert_allclose(gradient_of(p), np.log(2) * np.array([1, 2, 8]))


def test_negative_powers_of_integers_are_refused_as_numpy_refuses_them() -> None:
    with pytest.raises(ValueError, match="pow: Integers to negative integer powers"):
        _ = minigen.tensor([2]) ** -1


# --- kinks, ties and NaN --------------------------------------------------------------------------


def test_where_two_are_equal_maximum_and_minimum_give_half_to_each() -> None:
    for function in (F.maximum, F.minimum):
        a, b = leaf([1.0, 2.0, 3.0]), leaf([1.0, 3.0, 2.0])
        function(a, b).sum().backward()
        total = gradient_of(a) + gradient_of(b)
        np.testing.assert_array_equal(total, [1, 1, 1])
        assert gradient_of(a)[0] == gradient_of(b)[0] == 0.5


def test_maximum_lets_nan_through() -> None:
    y = F.maximum(minigen.tensor([np.nan, 1.0]), 0)
    assert np.isnan(y.numpy()).tolist() == [True, False]


def test_where_gives_no_gradient_to_the_branch_not_taken() -> None:
    x = leaf([-1.0, 4.0])
    with np.errstate(invalid="ignore"):
        root = x.sqrt()
    y = F.where(x > 0, root, 0.0)
    assert y.tolist() == [0, 2]
    a, b = leaf([1.0, 2.0]), leaf([np.nan, np.inf])
    chosen = F.where(np.array([True, True]), a, b)
    chosen.sum().backward()
    np.testing.assert_array_equal(gradient_of(a), [1, 1])
    np.testing.assert_array_equal(gradient_of(b), [0, 0])


def test_an_infinite_cotangent_does_not_leak_through_where() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    F.where(np.array([True, False]), a, b).backward(np.array([np.inf, np.nan]))
    assert gradient_of(a).tolist() == [np.inf, 0]
    assert gradient_of(b)[0] == 0


def test_numbers_to_choose_from_give_the_default_float_and_integers_stay() -> None:
    condition = np.array([True, False])
    chosen: list[tuple[Any, Any, Any]] = [
        (1.0, 2.0, np.float32),
        (1.0, 2, np.float32),
        (1, 2, np.int64),
        (True, False, np.bool_),
        (np.float64(1), np.float64(2), np.float64),
    ]
    for a, b, dtype in chosen:
        found: Any = F.where(condition, a, b)
        assert (found.dtype, found.tolist()) == (dtype, [a, b])


def test_where_takes_conditions_as_arrays_tensors_and_results_of_comparisons() -> None:
    x = leaf([1.0, -2.0])
    for condition in (x > 0, np.array([True, False]), minigen.tensor([True, False])):
        assert F.where(condition, x, -x).tolist() == [1, 2]
    assert F.where(condition=x > 0, a=x, b=0.0).tolist() == [1, 0]


def test_clip_lets_the_gradient_through_inside_and_on_the_limits() -> None:
    x = leaf([-2.0, -1.0, 0.0, 1.0, 2.0])
    x.clip(-1, 1).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [0, 1, 1, 1, 0])
    for limits, slopes in [({"min": 0.0}, [0, 0, 1, 1, 1]), ({"max": 0.0}, [1, 1, 1, 0, 0])]:
        x.zero_grad()
        F.clip(x, **limits).sum().backward()
        np.testing.assert_array_equal(gradient_of(x), slopes)
    assert x.clamp(min=0).tolist() == F.clamp(x, 0).tolist() == [0, 0, 0, 1, 2]


def test_clip_takes_tensors_as_limits() -> None:
    x = leaf([-2.0, 0.5, 2.0])
    y = x.clip(minigen.tensor([-1.0, 0.0, 0.0]), minigen.tensor([0.0, 1.0, 1.0]))
    assert y.tolist() == [-1, 0.5, 1]


def test_clip_needs_a_limit() -> None:
    with pytest.raises(ValueError, match="clip: give min, max or both"):
        F.clip(minigen.ones(2))


# --- shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shapes", [((2, 3), (2,)), ((2, 3), (4, 3)), ((0,), (2,))])
def test_shapes_that_do_not_broadcast_are_refused(shapes: Any) -> None:
    a, b = (minigen.zeros(shape) for shape in shapes)
    for function in (F.add, F.mul, F.maximum, F.pow):
        with pytest.raises(ValueError, match=r"could not be broadcast .*\(got float32"):
            function(a, b)


@pytest.mark.parametrize("shapes", [((0,), (0,)), ((0,), (1,)), ((2, 0), (2, 1)), ((0, 3), (3,))])
def test_empty_arrays_broadcast_and_have_gradients(shapes: Any) -> None:
    a, b = (minigen.zeros(shape, requires_grad=True) for shape in shapes)
    for function in (F.add, F.mul, F.div, F.maximum):
        a.zero_grad()
        b.zero_grad()
        y = function(a, b + 1)
        y.sum().backward()
        assert gradient_of(a).shape == a.shape
        assert gradient_of(b).shape == b.shape
        assert (gradient_of(b) == 0).all()


@pytest.mark.derivation("unbroadcast")
@settings(max_examples=150)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3), st.integers(0, 3))
def test_the_gradient_undoes_any_broadcasting(shapes: hnp.BroadcastableShapes, which: int) -> None:
    """<g, A x> = <A' g, x> for the linear part of each op in each argument."""
    function = [F.add, F.sub, F.mul, F.div][which]
    left, right = shapes.input_shapes
    a, b = leaf(draw(*left)), leaf(draw(*right, seed=1, low=0.5, high=1.5))
    y = function(a, b)
    assert y.shape == shapes.result_shape
    g = draw(*y.shape, seed=2)
    da, db = draw(*left, seed=3), draw(*right, seed=4)
    y.backward(g)
    moved: dict[int, Any] = {
        0: (da, db),
        1: (da, -db),
        2: (da * b.numpy(), a.numpy() * db),
        3: (da / b.numpy(), -a.numpy() * db / b.numpy() ** 2),
    }
    pushed = np.broadcast_to(moved[which][0], y.shape), np.broadcast_to(moved[which][1], y.shape)
    np.testing.assert_allclose((g * pushed[0]).sum(), (gradient_of(a) * da).sum(), atol=1e-10)
    np.testing.assert_allclose((g * pushed[1]).sum(), (gradient_of(b) * db).sum(), atol=1e-10)


REFERENCE: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
}


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_values_are_numpys(name: str, shape: tuple[int, ...]) -> None:
    x = draw(*shape, low=0.2, high=2)
    expected = REFERENCE[name](x)
    for y in (getattr(F, name)(leaf(x)), getattr(leaf(x), name)()):
        np.testing.assert_array_equal(y.numpy(), expected)
        assert y.shape == shape
    np.testing.assert_array_equal(getattr(F, name)(x), expected)


def test_division_rounds_down_and_leaves_a_remainder_of_the_divisors_sign() -> None:
    a, b = np.array([7.0, -7.0, 7.0, -7.0]), np.array([2.0, 2.0, -2.0, -2.0])
    np.testing.assert_array_equal(F.floor_divide(a, b), [3, -4, -4, 3])
    np.testing.assert_array_equal(F.remainder(a, b), [1, 1, -1, -1])
    assert F.floor_divide(minigen.tensor([7, -7]), 2).tolist() == [3, -4]


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (F.reciprocal, [4.0, 0.5, 0.25]),
        (F.rsqrt, [2.0, 1 / np.sqrt(2), 0.5]),
        (F.square, [0.0625, 4.0, 16.0]),
        (lambda x: F.masked_fill(x, x > 3, -1.0), [0.25, 2.0, -1.0]),
    ],
)
def test_what_is_made_of_ops_has_the_values_of_its_name(function: Any, values: Any) -> None:
    x = np.array([0.25, 2.0, 4.0])
    np.testing.assert_allclose(function(x), values, rtol=1e-15)
    np.testing.assert_allclose(function(minigen.tensor(x)).numpy(), values, rtol=1e-15)


def test_the_absolute_value_has_slope_zero_at_zero() -> None:
    x = leaf([-2.0, 0.0, 3.0])
    x.abs().sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [-1, 0, 1])


def test_the_sign_carries_no_gradient() -> None:
    assert not leaf([1.0]).sign().requires_grad


def test_the_absolute_value_of_integers_stays_an_integer() -> None:
    assert minigen.tensor([-2, 3]).abs().dtype == np.int64


def test_the_square_root_has_an_infinite_slope_at_zero() -> None:
    x = leaf([0.0, 4.0])
    with np.errstate(divide="ignore"):
        x.sqrt().sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [np.inf, 0.25])


def test_large_and_small_numbers_in_float32() -> None:
    x = leaf([-200.0, -100.0, 80.0])
    y = x.exp()
    np.testing.assert_allclose(y.numpy(), np.exp([-200.0, -100.0, 80.0]), rtol=1e-5, atol=1e-40)
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), y.numpy())
    tiny = leaf([2e-38])
    tiny.log().sum().backward()
    np.testing.assert_allclose(gradient_of(tiny), [5e37], rtol=1e-5)


@pytest.mark.host_only("a card takes subnormal numbers for zeros")
def test_subnormal_numbers_in_float32() -> None:
    tiny = leaf([1e-38])
    tiny.log().sum().backward()
    np.testing.assert_allclose(gradient_of(tiny), [1e38], rtol=1e-5)


@pytest.mark.parametrize("base", [0, 0.0, np.zeros(3)])
def test_the_gradient_of_a_power_of_zero_is_its_limit(base: Any) -> None:
    exponent = leaf([-2.0, 0.0, 3.0])
    with np.errstate(divide="ignore"):
        values = F.pow(base, exponent)
        assert values.tolist() == [np.inf, 1.0, 0.0]
        values.sum().backward()
    assert gradient_of(exponent).tolist() == [-np.inf, 0.0, 0.0]


@pytest.mark.parametrize("number", [np.array(0.5), minigen.tensor(np.float64(0.5))])
@pytest.mark.parametrize(
    "function", [F.add, F.sub, F.mul, F.div, F.pow, F.maximum, F.minimum, F.clip]
)
def test_a_float_without_axes_does_not_widen(function: Any, number: Any) -> None:
    x = minigen.ones(3, requires_grad=True)
    out = function(x, number)
    assert out.dtype == np.float32
    out.sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == np.float32
    if function is not F.clip:
        assert function(number, x).dtype == np.float32
    assert (minigen.tensor(0.5) * number).dtype == np.float64  # neither has axes


def test_integers_without_a_common_type_are_refused_instead_of_made_floats() -> None:
    a, b = minigen.tensor(np.array([1], np.uint64)), minigen.tensor(np.array([2]))
    with pytest.raises(TypeError, match=r"add: uint64 and int64 have no common integers.*long\(\)"):
        a + b
    assert (a.long() + b).dtype == np.int64
    assert (a + 1).dtype == np.uint64
    assert (minigen.tensor(np.array([1], np.uint8)) + b).dtype == np.int64


def test_log1p_keeps_the_digits_of_small_numbers() -> None:
    x = np.array([-0.5, 0.0, 1e-10, 2.0])
    np.testing.assert_array_equal(F.log1p(x), np.log1p(x))
    assert F.log1p(np.float32(1e-10)) == np.float32(1e-10)


def test_lerp_goes_a_share_of_the_way() -> None:
    start, end = minigen.tensor([0.0, 2.0]), minigen.tensor([4.0, 4.0])
    assert start.lerp(end, 0.25).tolist() == [1.0, 2.5]
    assert F.lerp(start, end, minigen.tensor([0.0, 1.0])).tolist() == [0.0, 4.0]
