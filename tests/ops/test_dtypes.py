"""float32 in means float32 out: values, gradients and cotangents, whatever meets them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
import minigen.functional as F
from minigen.catalogue import Case
from minigen.engine.backend import floating, promote
from minigen.engine.op import registry
from tests.numeric import assert_gradients, draw, gradient_of, leaf, spying_op

from .cases import CASES, FURTHER

ENGINE = ("minigen.ops.", "minigen.ops.losses", "minigen.ops.stochastic")
OPS = sorted(
    name for name, op in registry.items() if op.differentiable and op.__module__.startswith(ENGINE)
)
FIXED_DTYPE = {"astype"}  # the cases of these ops ask for float64


def title(case: Case) -> str:
    return case.title


@pytest.mark.parametrize("name", OPS)
def test_every_differentiable_op_has_a_case(name: str) -> None:
    assert name in {case.name for case in CASES}


@pytest.mark.parametrize("case", FURTHER, ids=title)  # the catalogue's cases have their own test
def test_gradients_of_both_orders_equal_finite_differences(case: Case) -> None:
    assert_gradients(case.function, *case.draw())


@pytest.mark.parametrize("case", [c for c in CASES if c.name not in FIXED_DTYPE], ids=title)
def test_float32_in_means_float32_values_and_gradients_of_both_orders(case: Case) -> None:
    inputs = [leaf(a, "float32") for a in case.draw()]
    out = case.function(*inputs)
    assert out.dtype == np.float32
    first = minigen.grad(out, inputs, draw(*out.shape), create_graph=True)
    total: Any = 0.0
    for gradient, x in zip(first, inputs, strict=True):
        assert gradient is not None
        assert gradient.dtype == np.float32
        assert gradient.shape == x.shape
        total = total + (gradient * gradient).sum()
    assert total.dtype == np.float32
    if total.requires_grad:
        total.backward()
    assert all(x.grad is None or x.grad.dtype == np.float32 for x in inputs)


@pytest.mark.parametrize("case", CASES, ids=title)
def test_arrays_in_give_the_same_values_as_arrays(case: Case) -> None:
    values = case.function(*case.draw())
    assert not isinstance(values, minigen.Tensor)
    recorded = case.function(*[leaf(a) for a in case.draw()])
    if recorded.device == "cpu":
        np.testing.assert_array_equal(values, recorded.numpy())
    else:  # which adds up in another order
        np.testing.assert_allclose(values, recorded.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=title)
def test_an_op_changes_none_of_its_inputs_nor_the_cotangent(case: Case) -> None:
    inputs = [leaf(a) for a in case.draw()]
    out = case.function(*inputs)
    values = out.numpy()
    cotangent = draw(*out.shape, seed=9)
    given = cotangent.copy()
    for create_graph in (False, True):
        minigen.grad(out, inputs, cotangent, create_graph=create_graph, retain_graph=True)
    out.backward(cotangent)
    np.testing.assert_array_equal(cotangent, given)
    np.testing.assert_array_equal(out.array, values)
    for x, array in zip(inputs, case.draw(), strict=True):
        np.testing.assert_array_equal(x.array, array)


@pytest.mark.parametrize("case", CASES, ids=title)
def test_gradients_alias_nothing_and_can_be_written(case: Case) -> None:
    for create_graph in (False, True):
        inputs = [leaf(a) for a in case.draw()]
        out = case.function(*inputs)
        cotangent = draw(*out.shape, seed=9)
        found = minigen.grad(out, inputs, cotangent, create_graph=create_graph)
        others = [cotangent, out.array, *[x.array for x in inputs]]
        for gradient in found:
            assert gradient is not None
            gradient.array[...] = 0  # refused of a view that repeats elements
            assert not any(np.shares_memory(gradient.array, other) for other in others)
            others.append(gradient.array)


@pytest.mark.parametrize("case", CASES, ids=title)
def test_strided_reversed_and_read_only_inputs_give_the_same_gradients(case: Case) -> None:
    def strided(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if not array.ndim:
            frozen = array.copy()
        else:
            frozen = np.repeat(array, 2, axis=0)[::2]  # every second row of something longer
            frozen = np.asfortranarray(np.flip(frozen))
            frozen = np.flip(frozen)
        frozen.flags.writeable = False
        return frozen

    plain = [leaf(a) for a in case.draw()]
    odd = [minigen.Tensor(strided(a), requires_grad=True) for a in case.draw()]
    out, other = case.function(*plain), case.function(*odd)
    # A sum in another order is rounded otherwise: where it is near 0, on the scale of its terms.
    rounding = 0.0 if case in FURTHER else 1e-14 * float(np.abs(out.numpy()).max())
    np.testing.assert_allclose(other.numpy(), out.numpy(), rtol=1e-14, atol=rounding)
    cotangent = draw(*out.shape)
    for a, b in zip(
        minigen.grad(out, plain, cotangent), minigen.grad(other, odd, cotangent), strict=True
    ):
        assert a is not None
        assert b is not None
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-13, atol=1e-15)


TWO_SIDED: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "F.pow": F.pow,
    "F.maximum": F.maximum,
    "F.minimum": F.minimum,
    "F.where": lambda a, b: F.where(np.array([True, False]), a, b),
}
SCALARS = [2, 2.5, True, np.float64(2.5), np.float32(2.5), np.int64(2), np.int8(2), np.bool_(True)]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("name", TWO_SIDED)
def test_a_scalar_on_either_side_never_promotes_values_or_gradients(name: str, scalar: Any) -> None:
    function = TWO_SIDED[name]
    sides: list[Any] = [lambda x: function(x, scalar), lambda x: function(scalar, x)]
    for side in sides:
        spied, seen = spying_op()
        x = leaf([1.5, 2.5])
        y = side(spied(x))
        assert isinstance(y, minigen.Tensor)
        assert y.dtype == np.float32
        y.sum().backward()
        assert gradient_of(x).dtype == np.float32
        assert [g.dtype for g in seen] == [np.float32]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("name", TWO_SIDED)
def test_a_scalar_on_either_side_has_the_value_numpy_gives(name: str, scalar: Any) -> None:
    references: dict[str, Any] = {
        "pow": np.power,
        "maximum": np.maximum,
        "minimum": np.minimum,
        "where": lambda a, b: np.where(np.array([True, False]), a, b),
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "div": np.divide,
    }
    reference = references[name.removeprefix("F.")]
    array, number = np.array([1.5, 2.5]), float(scalar)
    x = minigen.tensor(array)
    function = TWO_SIDED[name]
    np.testing.assert_allclose(function(x, scalar).numpy(), reference(array, number))
    np.testing.assert_allclose(function(scalar, x).numpy(), reference(number, array))


MIXED: dict[str, Any] = {
    **TWO_SIDED,
    "matmul": lambda a, b: a @ b,
    "linear": lambda a, b: F.linear(a, F.reshape(b, (1, 2))),
    "linear bias": lambda a, b: F.linear(F.reshape(a, (1, 2)), np.eye(2, dtype=np.float32), b),
    "cat": lambda a, b: F.cat([a, b]),
    "stack": lambda a, b: F.stack([a, b]),
    "mse_loss": lambda a, b: F.mse_loss(a, b, "none"),
    "bce_with_logits": lambda a, b: F.binary_cross_entropy_with_logits(a, b * 0, "none"),
    "bce": lambda a, b: F.binary_cross_entropy(a * 0.1, b * 0, "none"),
    "kl_standard_normal": lambda a, b: F.kl_standard_normal(a, b, "none"),
    "gaussian_nll": lambda a, b: F.gaussian_nll(a, b, b, "none"),
    "kl_gaussian": lambda a, b: F.kl_gaussian(a, b, a, b, "none"),
    "log_normal": lambda a, b: F.log_normal(a, b, b),
    "reparameterize": lambda a, b: F.reparameterize(a, b, noise=np.ones(2, np.float32)),
    "layer_norm": lambda a, b: F.layer_norm(a, 2, b, b),
    "clip": lambda a, b: F.clip(a, b, None),
}


@pytest.mark.parametrize("dtype", ["int64", "int32"])
@pytest.mark.parametrize("name", MIXED)
def test_an_array_of_integers_beside_float32_gives_float32(name: str, dtype: str) -> None:
    integers = np.array([1, 2], dtype)
    x = leaf([1.5, 2.5])
    y = MIXED[name](x, integers)
    assert y.dtype == np.float32
    y.sum().backward()
    assert gradient_of(x).dtype == np.float32
    expected = MIXED[name](x.numpy().astype("float64"), integers.astype("float64"))
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in MIXED if n not in {"clip", "layer_norm", "bce"}])
def test_an_array_of_integers_on_the_left_of_float32_gives_float32(name: str) -> None:
    integers = np.array([1, 2])
    x = leaf([1.5, 2.5])
    y = MIXED[name](integers, x)
    assert isinstance(y, minigen.Tensor)
    assert y.dtype == np.float32
    expected = MIXED[name](integers.astype("float64"), x.numpy().astype("float64"))
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", MIXED)
def test_cotangents_stay_float32_where_integers_met_floats(name: str) -> None:
    spied, seen = spying_op()
    MIXED[name](spied(leaf([1.5, 2.5])), np.array([1, 2])).sum().backward()
    assert {g.dtype for g in seen} == {np.dtype(np.float32)}


NUMPY_OPTIONS: dict[str, Any] = {
    "clip min": lambda x, s: F.clip(x, s, None),
    "clip max": lambda x, s: x.clip(max=s),
    "leaky_relu": F.leaky_relu,
    "leaky_relu keyword": lambda x, s: F.leaky_relu(x, negative_slope=s),
    "elu": F.elu,
    "var": lambda x, s: F.var(x, correction=s),
    "std": lambda x, s: F.std(x, correction=s),
    "standardize": lambda x, s: F.standardize(x, 0, s),
    "layer_norm": lambda x, s: F.layer_norm(x, 3, eps=s),
    "batch_norm": lambda x, s: F.batch_norm(F.reshape(x, (3, 1)), eps=s, training=True),
    "pad": lambda x, s: F.pad(x, (1, 1), value=s),
    "dropout": F.dropout,
    "log_normal": lambda x, s: F.log_normal(x, s, s),
    "gaussian_nll": lambda x, s: F.gaussian_nll(x, x * 0, s, "none"),
}


@pytest.mark.parametrize("name", NUMPY_OPTIONS)
def test_a_numpy_scalar_as_an_option_does_not_promote(name: str) -> None:
    x = leaf([1.0, 2.0, 4.0])
    y = NUMPY_OPTIONS[name](x, np.float64(0.5))
    assert y.dtype == np.float32
    y.sum().backward()
    assert gradient_of(x).dtype == np.float32


FLOAT_OF_INTEGERS: dict[str, Any] = {
    "exp": F.exp,
    "log": F.log,
    "sqrt": F.sqrt,
    "sin": F.sin,
    "cos": F.cos,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "softplus": F.softplus,
    "elu": F.elu,
    "leaky_relu": F.leaky_relu,
    "softmax": F.softmax,
    "log_softmax": F.log_softmax,
    "logsumexp": F.logsumexp,
    "mean": F.mean,
    "var": F.var,
    "std": F.std,
    "standardize": lambda x: F.standardize(x, 0),
    "layer_norm": lambda x: F.layer_norm(x, 2),
    "batch_norm": lambda x: F.batch_norm(F.reshape(x, (2, 1)), training=True),
    "div": lambda x: x / x,
    "div by a number": lambda x: x / 2,
    "number over": lambda x: 1 / x,
    "times a float": lambda x: x * 0.5,
    "plus a NumPy float": lambda x: x + np.float64(0.5),
    "power of a half": lambda x: x**0.5,
    "dropout": lambda x: F.dropout(x, 0.5),
    "mse_loss": lambda x: F.mse_loss(x, x),
    "mse_loss mean": lambda x: F.mse_loss(x, x, "mean"),
    "kl_standard_normal": lambda x: F.kl_standard_normal(x, x),
    "reparameterize": lambda x: F.reparameterize(x, x),
}


@pytest.mark.parametrize("dtype", ["int64", "uint8"])
@pytest.mark.parametrize("name", FLOAT_OF_INTEGERS)
def test_integers_give_float32_where_a_float_is_needed(name: str, dtype: str) -> None:
    x = minigen.tensor(np.array([1, 2], dtype))
    assert FLOAT_OF_INTEGERS[name](x).dtype == np.float32


def test_logits_and_targets_may_both_be_integers() -> None:
    logits, target = minigen.tensor([[3, -2]]), minigen.tensor([[1, 0]])
    loss = F.binary_cross_entropy_with_logits(logits, target)
    assert loss.item() == pytest.approx(np.log1p(np.exp(-3.0)) + np.log1p(np.exp(-2.0)), rel=1e-6)


@pytest.mark.parametrize("base", [2.5, np.float64(2.5), np.float32(2.5)])
def test_a_float_to_a_power_of_integers_is_not_rounded(base: Any) -> None:
    y = base ** minigen.tensor([1, 2])
    np.testing.assert_allclose(y.numpy(), [2.5, 6.25])
    assert y.dtype == np.float32


def test_where_with_two_numbers_gives_float32() -> None:
    chosen = F.where(minigen.tensor([True, False]), 1.0, 0.0)
    assert chosen.dtype == np.float32
    assert (minigen.ones(2) * chosen).dtype == np.float32


def test_float64_stays_float64_end_to_end() -> None:
    x = leaf(np.array([0.5, 1.5]))
    y = (x.exp() * 2 + np.float32(1)).softmax().log().mean() / 3
    assert y.dtype == np.float64
    y.backward()
    assert gradient_of(x).dtype == np.float64


def test_a_float64_array_promotes_as_in_numpy_but_the_gradient_keeps_the_leafs_dtype() -> None:
    x = leaf([1.0, 2.0])
    y = x * np.array([0.5, 0.25])
    assert y.dtype == np.float64
    y.sum().backward()
    assert gradient_of(x).dtype == np.float32
    np.testing.assert_array_equal(gradient_of(x), [0.5, 0.25])


def test_booleans_add_up_as_in_numpy_and_join_floats_as_zeros_and_ones() -> None:
    flags = minigen.tensor([True, False])
    assert (flags + flags).dtype == np.bool_
    assert flags.sum().dtype == np.int64
    assert (flags * 0.5).dtype == np.float32
    np.testing.assert_array_equal((flags * leaf([3.0, 4.0])).numpy(), [3, 0])


def test_promote_leaves_equal_kinds_and_scalars_alone() -> None:
    floats, doubles = np.ones(2, np.float32), np.ones(2)
    assert promote(floats, 2) == (floats, 2) or promote(floats, 2)[0] is floats
    assert promote(floats, doubles)[0] is floats
    assert promote(np.ones(2, np.int32), np.ones(2, np.int64))[0].dtype == np.int32
    assert promote(np.ones(2, np.int64), floats)[0].dtype == np.float32
    assert promote(floats, np.ones(2, np.bool_))[1].dtype == np.float32
    assert promote(np.ones(2, np.int64), 0.5)[0].dtype == np.float32
    assert promote(0.5, np.ones(2, np.int64))[1].dtype == np.float32
    assert promote(np.ones(2, np.int64), 2)[0].dtype == np.int64


def test_floating_keeps_floats_and_makes_float32_of_integers_and_booleans() -> None:
    doubles = np.ones(2)
    assert floating(doubles) is doubles
    assert floating(np.ones(2, np.int64)).dtype == np.float32
    assert floating(np.ones(2, np.bool_)).dtype == np.float32
    assert floating(2) == 2


def test_integers_among_themselves_stay_integers_when_joined() -> None:
    joined = F.cat([minigen.tensor([1, 2]), np.array([3], np.int32)])
    assert joined.dtype == np.int64
    assert joined.tolist() == [1, 2, 3]
