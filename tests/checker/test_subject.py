"""What a function or a rule does beside computing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen.checker import FailureKind, GradReport, gradcheck, gradcheck_parameters
from minigen.checker.subject import repeats
from minigen.engine.op import Op
from minigen.engine.tensor import Tensor

MODES: list[Any] = ["full", "directional"]
X = np.array([0.5, -1.0, 2.0])


def identity_with(rule: Any) -> Op[Any]:
    """Declare the identity with a rule."""
    declared: Op[Any] = Op(lambda x: x * 1.0)
    declared.vjp(rule)
    return declared


def only_failure(report: GradReport) -> tuple[FailureKind, str]:
    (failure,) = report.failures
    return failure.kind, failure.message


def test_an_exception_of_the_function_is_reported_and_chained() -> None:
    def broken(x: Tensor) -> Tensor:
        raise RuntimeError(f"no such shape {x.shape}")

    report = gradcheck(broken, X)
    assert only_failure(report) == (
        FailureKind.ERROR,
        "broken raised RuntimeError: no such shape (3,)",
    )
    assert isinstance(report.cause, RuntimeError)
    with pytest.raises(AssertionError, match="no such shape") as raised:
        report.raise_if_failed()
    assert raised.value.__cause__ is report.cause


def test_an_exception_of_a_rule_is_reported() -> None:
    def rule(_g: Any, _out: Any, _x: Any) -> Any:
        raise ZeroDivisionError("by nothing")

    kind, message = only_failure(gradcheck(identity_with(rule), X))
    assert kind is FailureKind.ERROR
    assert message == "the backward pass of the function raised ZeroDivisionError: by nothing"


def test_an_op_without_a_rule_is_reported() -> None:
    kind, message = only_failure(gradcheck(Op(lambda x: x * 2), X))
    assert kind is FailureKind.ERROR
    assert "has no gradient rule" in message


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (X, "returned ndarray, not a Tensor"),
        ([None], "returned NoneType, not a Tensor"),
        (minigen.tensor([1, 2]), "no floating-point numbers"),
        ([], "no floating-point numbers"),
        (minigen.zeros(0, dtype="float64"), "no floating-point numbers"),
    ],
)
def test_a_function_must_return_floating_point_tensors(returned: Any, message: str) -> None:
    kind, text = only_failure(gradcheck(lambda _: returned, X))
    assert kind is FailureKind.ERROR
    assert message in text


def test_an_output_that_is_not_finite_is_reported_with_its_place() -> None:
    report = gradcheck(lambda x: (x * 1.0, F.log(x)), X)
    assert only_failure(report)[0] is FailureKind.NOT_FINITE
    assert "out1[1] of the function is nan" in only_failure(report)[1]


@pytest.mark.parametrize("mode", MODES)
def test_a_function_that_is_not_finite_close_by_is_reported(mode: Any) -> None:
    report = gradcheck(F.sqrt, np.array([1.0, 0.0]), mode=mode)
    kinds = {failure.kind for failure in report.failures}
    assert kinds == {FailureKind.NOT_FINITE}
    assert "is not finite within a step of" in str(report)


def test_a_function_defined_close_by_is_differentiated_with_a_smaller_step() -> None:
    report = gradcheck(F.log, np.array([1e-4, 1e-6, 1.0]))
    report.raise_if_failed()
    assert report.worst_relative_error < 1e-6


def test_a_chosen_step_is_not_made_smaller() -> None:
    report = gradcheck(F.log, np.array([1e-4]), eps=1e-3)
    assert only_failure(report)[0] is FailureKind.NOT_FINITE


def test_a_gradient_that_is_not_finite_is_reported_along_directions() -> None:
    wrong = identity_with(lambda g, _out, _x: (g * np.nan,))
    for mode in MODES:
        report = gradcheck(wrong, X, mode=mode)
        assert FailureKind.NOT_FINITE in {failure.kind for failure in report.failures}


def test_a_random_shape_counts_as_random() -> None:
    lengths = iter(range(1, 100))
    report = gradcheck(lambda x: x[: 1 + next(lengths) % 2] * 2, X)
    assert only_failure(report)[0] is FailureKind.RANDOM
    assert "differ in shape" in only_failure(report)[1]


def test_noise_that_is_passed_in_makes_a_stochastic_function_checkable() -> None:
    noise = minigen.Generator(0).normal((3,), np.float64)
    assert gradcheck(lambda mu, v: F.reparameterize(mu, v, noise=noise), [X, X / 2], order=2)
    random = gradcheck(F.reparameterize, [X, X / 2])
    assert only_failure(random)[0] is FailureKind.RANDOM


def test_a_constant_that_is_written_to_is_reported() -> None:
    counts = np.array([1, 2, 3])

    def f(x: Tensor, counts: Any) -> Tensor:
        counts += 1
        return x * 2

    kind, message = only_failure(gradcheck(f, [X, counts]))
    assert kind is FailureKind.MUTATES
    assert "an array of shape (3,)" in message


def test_a_parameter_that_is_written_to_is_reported() -> None:
    weight = Tensor(X.copy(), requires_grad=True)

    def clipped() -> Tensor:
        with minigen.no_grad():
            weight[...] = weight.clip(-0.5, 0.5)
        return weight * 2

    report = gradcheck_parameters(clipped, {"weight": weight})
    assert (report.failures[0].kind, report.failures[0].input) == (FailureKind.MUTATES, "weight")
    assert (weight.array == X).all()


def test_a_rule_may_return_a_scalar_for_a_scalar() -> None:
    assert gradcheck(identity_with(lambda g, _out, _x: (np.float64(g),)), np.array(0.5))


def test_float32_is_reported_once_where_it_shows() -> None:
    rounding = identity_with(lambda g, _out, _x: (g.astype(np.float32),))
    assert only_failure(gradcheck(rounding, X))[0] is FailureKind.WRONG_DTYPE


def test_a_mapped_cotangent_is_linear_only_if_the_rule_is() -> None:
    clipping = identity_with(lambda g, _out, _x: (g.clip(-0.5, 0.5),))
    report = gradcheck(clipping, X)
    assert report.failures[0].kind is FailureKind.NOT_LINEAR
    assert "left out of the rule, squared, or clipped?" in report.failures[0].message


def test_a_gradient_under_create_graph_of_another_shape_is_reported() -> None:
    def rule(g: Any, _out: Any, _x: Any) -> Any:
        return (F.sum(g) * 2,) if isinstance(g, Tensor) else (g,)

    report = gradcheck(identity_with(rule), X, order=2)
    assert "under create_graph=True" in report.failures[0].message
    assert report.failures[0].order == 2


def test_results_repeat_up_to_rounding() -> None:
    assert repeats(X, X * (1 + 1e-15))
    assert not repeats(X, X * (1 + 1e-10))
    assert not repeats(X, X[:2])
    assert repeats(np.array([np.nan]), np.array([np.nan]))
    assert repeats(np.zeros(0), np.zeros(0))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
def test_an_exception_a_step_away_is_told_from_one_at_the_inputs() -> None:
    def loss(p: Tensor) -> Tensor:
        return F.binary_cross_entropy(p, np.array([1.0, 0.0]))

    kind, message = only_failure(gradcheck(loss, np.array([1.0, 0.5])))
    assert kind is FailureKind.ERROR
    assert "must lie in [0, 1]" in message
    assert "at inputs a step away from those given" in message
    assert "a step away" not in only_failure(gradcheck(loss, np.array([2.0, 0.5])))[1]
