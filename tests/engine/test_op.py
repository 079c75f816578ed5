"""Declaring ops: inputs and options, rules and their mistakes."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Op, Tensor
from minigen.engine.op import registry
from tests.numeric import assert_gradients, draw, gradient_of, leaf

# --- a learner's op -----------------------------------------------------------------------------


@minigen.op
def cube(x: Any) -> Any:
    """Cube."""
    return x**3


@cube.vjp
def cube_vjp(g: Any, _out: Any, x: Any) -> Any:
    return (g * 3 * x**2,)


@minigen.op
def affine(x: Any, y: Any, scale: float = 1.0, *, shift: float = 0.0) -> Any:
    return x * scale + y + shift


@affine.vjp
def affine_vjp(g: Any, _out: Any, _x: Any, _y: Any, *, scale: float, shift: float) -> Any:
    return g * scale, lambda: g


@minigen.op
def total(*arrays: Any, weight: float = 1.0) -> Any:
    return sum(arrays[1:], start=arrays[0]) * weight


@total.vjp
def total_vjp(g: Any, _out: Any, *arrays: Any, weight: float) -> Any:
    return [g * weight for _ in arrays]


# Type checkers refuse a wrong call before these tests can make it, but for these.
any_affine: Any = affine
any_total: Any = total
f: Any = F


@pytest.mark.host_only("it names NumPy's type")
def test_an_op_takes_arrays_and_returns_an_array() -> None:
    y: Any = cube(np.array([1.0, 2.0]))
    assert isinstance(y, np.ndarray)
    np.testing.assert_array_equal(y, [1, 8])


def test_an_op_takes_a_tensor_and_returns_a_tensor_with_a_gradient() -> None:
    x = leaf([1.0, 2.0])
    y = cube(x)
    assert isinstance(y, Tensor)
    assert y.requires_grad
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [3, 12])


@pytest.mark.derivation("autograd.vjp")
def test_one_rule_serves_both_orders() -> None:
    assert_gradients(cube, draw(3))
    assert_gradients(lambda x, y: affine(x, y, 2.5, shift=1.0), draw(3), draw(3, seed=1))
    assert_gradients(lambda x, y: affine(cube(x), cube(y)), draw(3), draw(3, seed=1))
    assert_gradients(lambda *arrays: total(*arrays, weight=3.0), draw(2), draw(2, seed=1), draw(2))


def test_the_librarys_ops_are_declared_the_same_way() -> None:
    assert isinstance(F.exp, Op)
    assert registry["exp"] is F.exp
    assert all(op.name == name for name, op in registry.items())


def test_every_op_of_the_library_has_a_rule_or_says_that_it_has_none() -> None:
    assert all((op.rule is not None) == op.differentiable for op in registry.values())


def test_a_learners_op_is_not_entered_among_the_librarys() -> None:
    assert "cube" not in registry
    assert "affine" not in registry


def test_a_learners_op_may_bear_the_name_of_the_librarys() -> None:
    @minigen.op
    def exp(x: Any) -> Any:
        return x

    assert registry["exp"] is F.exp
    assert exp.name == "exp"


def test_an_op_looks_like_its_function() -> None:
    assert cube.name == "cube"
    assert vars(cube)["__name__"] == "cube"
    assert cube.__doc__ == "Cube."
    assert list(inspect.signature(affine).parameters) == ["x", "y", "scale", "shift"]
    assert repr(cube).startswith("<op cube(x")


def test_an_op_as_an_attribute_of_a_class_is_a_method() -> None:
    class Holder:
        cubed = cube

    assert Holder.cubed is cube
    holder: Any = Holder()
    with pytest.raises(TypeError):
        holder.cubed()  # the instance is the first input, and it is no array


# --- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: affine(x, y, 2.0, shift=3.0),
        lambda x, y: affine(x, y, scale=2.0, shift=3.0),
        lambda x, y: affine(x, y, shift=3.0, scale=2.0),
        lambda x, y: affine(x, y=y, scale=2.0, shift=3.0),
        lambda x, y: affine(shift=3.0, scale=2.0, y=y, x=x),
    ],
)
def test_options_come_by_position_or_keyword_and_inputs_too(call: Any) -> None:
    x, y = leaf([1.0, 2.0]), leaf([10.0, 20.0])
    out = call(x, y)
    assert out.tolist() == [15, 27]
    out.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 2])
    np.testing.assert_array_equal(gradient_of(y), [1, 1])


def test_defaults_reach_the_rule() -> None:
    x = leaf([1.0])
    affine(x, np.ones(1, np.float32)).backward()
    np.testing.assert_array_equal(gradient_of(x), [1])


def test_an_input_may_have_a_default() -> None:
    @minigen.op
    def scaled(x: Any, by: Any = None) -> Any:
        return x * 2 if by is None else x * by

    @scaled.vjp
    def scaled_vjp(g: Any, _out: Any, x: Any, by: Any) -> Any:
        return (g * 2, None) if by is None else (g * by, g * x)

    x = leaf([1.0])
    scaled(x).backward(create_graph=True)
    np.testing.assert_array_equal(gradient_of(x), [2])
    scaled(x, by=leaf([5.0])).backward()
    np.testing.assert_array_equal(gradient_of(x), [7])


@pytest.mark.parametrize(
    ("alias", "axis"), [({"dim": 0}, {"axis": 0}), ({"dim": 1, "keepdim": True}, {"axis": 1})]
)
def test_pytorchs_names_of_options_are_taken(alias: dict[str, Any], axis: dict[str, Any]) -> None:
    x = minigen.tensor(draw(2, 3))
    expected = np.sum(x.numpy(), **axis, keepdims=alias.get("keepdim", False))
    np.testing.assert_allclose(F.sum(x, **alias).numpy(), expected)
    np.testing.assert_allclose(x.sum(**alias).numpy(), expected)


def test_an_op_with_an_option_called_dim_keeps_it() -> None:
    @minigen.op
    def halved(x: Any, dim: int = 0) -> Any:
        return x / (2 + dim)

    assert halved(np.ones(1), dim=2) == 0.25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (any_affine, r"affine: missing a required argument: 'y': affine\(x"),
        (lambda _: any_affine(), "affine: missing a required argument: 'x'"),
        (
            lambda x: any_affine(x, x, colour=1),
            "affine: got an unexpected keyword argument 'colour': affine",
        ),
        (lambda x: any_affine(x, x, 1.0, 2.0, 3.0), "affine: too many positional arguments"),
        (lambda x: any_affine(x, x, y=x), "affine: .*'y'"),
        (lambda x: f.exp(x, 1), "exp: too many positional arguments"),
        (lambda x: f.exp(x, axis=1), "exp: got an unexpected keyword argument 'axis'"),
        (f.maximum, "maximum: missing a required argument: 'b'"),
        (lambda x: any_total(x, heavy=1), "total: got an unexpected keyword argument 'heavy'"),
    ],
)
def test_wrong_arguments_name_the_op_and_its_signature(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(leaf([1.0]))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: f.sum(x, 0, axis=1),
        lambda x: f.sum(x, 0, dim=1),
        lambda x: f.sum(x, axis=0, dim=1),
        lambda x: f.sum(x, keepdims=True, keepdim=False),
        lambda x: f.softmax(x, -1, axis=0),
    ],
)
def test_an_option_given_twice_is_refused(call: Any) -> None:
    with pytest.raises(TypeError, match=r"axis|keepdims|dim"):
        call(minigen.ones(2, 3))


def test_an_option_without_a_default_is_needed() -> None:
    @minigen.op
    def scaled(x: Any, *, by: float) -> Any:
        return x * by

    with pytest.raises(TypeError, match="scaled: missing a required argument: 'by'"):
        scaled(leaf([1.0]))  # type: ignore[call-arg]
    assert scaled(leaf([1.0]), by=2.0).item() == 2


def test_a_list_among_the_inputs_is_refused() -> None:
    x, pair = leaf([1.0, 2.0]), [1.0, 2.0]
    for call in (lambda: x * pair, lambda: tuple(pair) * x, lambda: F.maximum(x, pair)):
        with pytest.raises(TypeError, match=r"make it a tensor or an array first"):
            call()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: x + minigen.ones(3), ValueError, r"add: .*\(got float32 \(2,\), float32 \(3,\)"),
        (lambda x: x @ minigen.ones(3), ValueError, r"matmul: .*float32 \(2,\), float32 \(3,\)"),
        (lambda x: x.reshape(3), ValueError, r"reshape: .*\(got float32 \(2,\)\)"),
        (lambda x: x.sum(4), IndexError, r"sum: .*\(got float32 \(2,\)\)"),
        (lambda x: x[5], IndexError, r"getitem: .*\(got float32 \(2,\)\)"),
        (lambda x: x + "text", TypeError, r"add: .*\(got float32 \(2,\), 'text'\)"),
        (lambda x: x < "text", TypeError, r"lt: .*\(got float32 \(2,\), 'text'\)"),
    ],
)
def test_an_error_inside_an_op_names_it_and_what_it_got(
    call: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        call(leaf([1.0, 2.0]))


# --- rules ----------------------------------------------------------------------------------------


def test_an_op_without_a_rule_runs_forward_and_says_so_backward() -> None:
    @minigen.op
    def ruleless(x: Any) -> Any:
        return x * 2

    y = ruleless(leaf([1.0]))
    assert y.item() == 2
    with pytest.raises(NotImplementedError, match="the op ruleless has no gradient rule"):
        y.backward()


def test_an_op_declared_without_gradients_is_not_recorded() -> None:
    @minigen.op(differentiable=False)
    def rounded(x: Any) -> Any:
        return np.round(x)

    assert not rounded(leaf([1.4])).requires_grad


@pytest.mark.parametrize(
    "returned", [(), (1, 2), np.ones(1), None, lambda: None, 3.0], ids=lambda r: type(r).__name__
)
def test_a_rule_must_return_a_cotangent_an_input(returned: Any) -> None:
    @minigen.op
    def odd(x: Any) -> Any:
        return x * 1

    @odd.vjp
    def odd_vjp(g: Any, _out: Any, _x: Any) -> Any:
        return returned

    with pytest.raises(TypeError, match=r"odd.vjp: the rule must return a tuple with 1 cotangents"):
        odd(leaf([1.0])).backward()


def test_a_cotangent_that_is_no_array_is_refused_by_the_ops_name() -> None:
    @minigen.op
    def doubled(x: Any) -> Any:
        return x * 2

    @doubled.vjp
    def doubled_vjp(g: Any, _out: Any, _x: Any) -> Any:
        return (2.0,)

    x = leaf(1.0)
    for y in (doubled(x), doubled(x * 1)):
        with pytest.raises(TypeError, match=r"doubled.vjp: the cotangent of input 0 is a float"):
            y.backward()


def test_none_means_no_cotangent() -> None:
    @minigen.op
    def picked(x: Any, y: Any) -> Any:
        return x * 1

    @picked.vjp
    def picked_vjp(g: Any, _out: Any, _x: Any, _y: Any) -> Any:
        return g, None

    x, y = leaf([1.0]), leaf([2.0])
    picked(x, y).backward()
    np.testing.assert_array_equal(gradient_of(x), [1])
    assert y.grad is None


def test_unnamed_inputs_and_outputs_reach_the_rule_as_none() -> None:
    seen: list[Any] = []

    @minigen.op
    def watched(x: Any, y: Any) -> Any:
        return x * y

    @watched.vjp
    def watched_vjp(g: Any, _out: Any, _x: Any, y: Any) -> Any:
        seen.extend([_out, _x, y])
        return g * y, None

    watched(leaf([1.0]), leaf([2.0])).backward()
    assert seen[:2] == [None, None]
    assert seen[2].tolist() == [2]


@pytest.mark.parametrize(
    "rule",
    [
        lambda: None,
        lambda g: (g,),
        lambda g, _out: (g,),
        lambda g, _out, _x, _y: (g,),
        lambda *, g: (g,),
    ],
)
def test_a_rule_that_does_not_take_the_ops_inputs_is_refused_when_declared(rule: Any) -> None:
    @minigen.op
    def single(x: Any) -> Any:
        return x * 1

    with pytest.raises(TypeError, match=r"single.vjp: the rule takes \(g, out, \*inputs"):
        single.vjp(rule)


def test_a_rule_that_lacks_an_option_is_refused_when_declared() -> None:
    @minigen.op
    def scaled(x: Any, *, by: float = 1.0) -> Any:
        return x * by

    with pytest.raises(TypeError, match="by"):

        @scaled.vjp
        def scaled_vjp(g: Any, _out: Any, _x: Any) -> Any:
            return (g,)


def test_a_rule_may_take_any_number_of_inputs() -> None:
    @minigen.op
    def product(a: Any, b: Any) -> Any:
        return a * b

    @product.vjp
    def product_vjp(g: Any, _out: Any, *inputs: Any) -> Any:
        return g * inputs[1], g * inputs[0]

    assert_gradients(product, draw(2), draw(2, seed=1))


def test_a_rule_may_take_any_options() -> None:
    @minigen.op
    def scaled(x: Any, by: float = 2.0) -> Any:
        return x * by

    @scaled.vjp
    def scaled_vjp(g: Any, _out: Any, _x: Any, **options: Any) -> Any:
        return (g * options["by"],)

    assert_gradients(lambda x: scaled(x, by=3.0), draw(2))
    assert_gradients(scaled, draw(2))


def test_two_ops_may_share_one_rule() -> None:
    @minigen.op
    def first(x: Any) -> Any:
        return x * 2

    @minigen.op
    def second(x: Any) -> Any:
        return x + x

    @first.vjp
    @second.vjp
    def shared_vjp(g: Any, _out: Any, _x: Any) -> Any:
        return (g * 2,)

    assert_gradients(lambda x: first(second(x)), draw(2))


def test_a_variadic_op_takes_any_number_of_tensors_and_arrays() -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    out = total(x, np.array([1.0, 1.0], np.float32), y, x, weight=2.0)
    assert out.tolist() == [12, 18]
    out.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [4, 4])
    np.testing.assert_array_equal(gradient_of(y), [2, 2])


def test_a_result_that_is_not_a_float_requires_no_gradient() -> None:
    @minigen.op
    def signs(x: Any) -> Any:
        return x > 0

    @signs.vjp
    def signs_vjp(g: Any, _out: Any, _x: Any) -> Any:
        return (None,)

    y = signs(leaf([1.0]))
    assert y.dtype == np.bool_
    assert not y.requires_grad


def test_all_arguments_mix_tensors_and_arrays() -> None:
    weight: Any = np.array([[1.0, 2.0]], np.float32)
    x = leaf([[3.0, 4.0]])
    for y in (F.linear(x, weight), F.matmul(x, weight.T), x @ weight.T):
        assert isinstance(y, Tensor)
        assert y.tolist() == [[11]]
    assert isinstance(weight @ x.T, Tensor)
    assert F.where(np.array([True, False]), x, weight).tolist() == [[3, 2]]


@pytest.mark.parametrize("kind", [ValueError, RuntimeError])
def test_shapes_that_do_not_fit_are_errors_as_python_and_as_pytorch_have_them(kind: Any) -> None:
    for call in (
        lambda: minigen.ones(2, 3) @ minigen.ones(2, 3),
        lambda: minigen.ones(3).view(2, 2),
        lambda: minigen.ones(3) + minigen.ones(2),
        lambda: minigen.nn.Dense(3, 2)(minigen.ones(1, 4)),
        lambda: minigen.nn.Conv2d(1, 1, 5)(minigen.ones(1, 1, 2, 2)),
    ):
        with pytest.raises(kind):
            call()
