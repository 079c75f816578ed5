from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
from minigen import functional as F
from minigen.checker import FailureKind, GradReport, gradcheck, gradcheck_parameters
from minigen.engine.op import Op
from minigen.engine.tensor import Tensor
from tests.checker.zoo import find

MODES: list[Any] = ["full", "directional"]
X = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]])

Matrix = npt.NDArray[np.float64]


def kinds(report: GradReport) -> list[FailureKind]:
    return [failure.kind for failure in report.failures]


def linear_map(matrix: Matrix, adjoint: Matrix) -> Op[Any]:
    """Declare the map x -> matrix x with the rule g -> adjoint g."""
    declared: Op[Any] = Op(lambda x: matrix @ x)
    declared.vjp(lambda g, _out, _x: (adjoint @ g,))
    return declared


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    seed = draw(st.integers(0, 2**32 - 1))
    scale = 10.0 ** draw(st.integers(-2, 3))
    return scale * (1 + np.random.default_rng(seed).random((rows, columns)))


@settings(max_examples=40)
@given(matrices(), st.integers(0, 2**32 - 1), st.sampled_from(MODES))
def test_a_linear_map_with_its_transpose_passes(matrix: Matrix, seed: int, mode: Any) -> None:
    x = np.random.default_rng(seed).normal(size=matrix.shape[1])
    report = gradcheck(linear_map(matrix, matrix.T), x, order=2, mode=mode, seed=seed)
    report.raise_if_failed()
    assert report.worst_relative_error < 1e-6


@settings(max_examples=40)
@given(matrices(), st.integers(0, 2**32 - 1), st.sampled_from(MODES), st.data())
def test_a_linear_map_with_one_element_off_fails(
    matrix: Matrix, seed: int, mode: Any, data: st.DataObject
) -> None:
    wrong = matrix.T.copy()
    place = tuple(data.draw(st.integers(0, n - 1)) for n in wrong.shape)
    wrong[place] *= 1.01
    x = np.random.default_rng(seed).normal(size=matrix.shape[1])
    report = gradcheck(linear_map(matrix, wrong), x, mode=mode, seed=seed)
    assert kinds(report) == [FailureKind.WRONG_GRADIENT]
    if mode == "full":
        assert report.inputs[0].index == place[:1]
        assert report.inputs[0].output == f"out[{place[1]}]"


@pytest.mark.derivation("gradcheck.random_cotangent")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(5))
def test_an_error_that_sums_to_zero_over_the_outputs_shows_to_a_random_cotangent_alone(
    seed: int, mode: Any
) -> None:
    rng = np.random.default_rng(seed)
    matrix, error = 1 + rng.random((3, 4)), rng.normal(size=(3, 4))
    error -= error.mean(axis=0)
    wrong, x = linear_map(matrix, (matrix + error).T), rng.normal(size=4)
    assert gradcheck(wrong, x, mode=mode, seed=seed, cotangent="ones")
    assert kinds(gradcheck(wrong, x, mode=mode, seed=seed)) == [FailureKind.WRONG_GRADIENT]


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1e-1, 1.0]))
def test_smooth_functions_are_differentiated_to_better_than_1e_6(seed: int, scale: float) -> None:
    x = scale * np.random.default_rng(seed).normal(size=(2, 3))
    function: Callable[..., Any]
    for function in (F.exp, F.sigmoid, F.logsumexp, F.softplus, lambda x: F.sin(x) * x):
        report = gradcheck(function, x, order=2, seed=seed)
        report.raise_if_failed()
        assert report.worst_relative_error < 1e-6


def test_all_computation_is_in_float64() -> None:
    dtypes = []

    def f(x: Tensor, y: Tensor) -> Tensor:
        dtypes.extend([x.dtype, y.dtype])
        return x * y

    assert gradcheck(f, [X.astype(np.float32), minigen.tensor(X, dtype="float16")])
    assert set(dtypes) == {np.dtype(np.float64)}


def test_inputs_are_copied() -> None:
    x = minigen.tensor(X, requires_grad=True)
    before = x.numpy()
    assert gradcheck(lambda x: x * x, x)
    assert (x.numpy() == before).all()
    assert x.grad is None
    assert x.dtype == np.float64


def test_integers_and_non_arrays_are_passed_through() -> None:
    labels, options = minigen.tensor([2, 0]).array, {"reduction": "sum"}
    seen: list[Any] = []

    def loss(logits: Tensor, target: Any, more: Any) -> Tensor:
        seen.append((target, more))
        return F.cross_entropy(logits, target, **more)

    assert gradcheck(loss, [X, labels, options], order=2)
    assert all(target is labels and more is options for target, more in seen)


def test_an_integer_tensor_is_passed_through() -> None:
    index = minigen.tensor([0, 0, 1])
    assert gradcheck(lambda x, i: x[i], [X, index], order=2)


def test_one_input_needs_no_list() -> None:
    assert [entry.name for entry in gradcheck(F.exp, X).inputs] == ["x"]
    assert gradcheck(F.exp, minigen.tensor(X))


def test_a_scalar_input_is_checked() -> None:
    assert gradcheck(lambda x: F.exp(x) * x, np.array(0.5), order=2)
    assert not gradcheck(find("exp_times_input").function, np.array(0.5))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [1, 2])
def test_a_function_may_return_several_tensors(order: int, mode: Any) -> None:
    def f(x: Tensor) -> tuple[Tensor, ...]:
        first = x * x
        return first, F.argmax(x), F.exp(first).sum()

    assert gradcheck(f, X, order=order, mode=mode)


def test_outputs_are_named_where_there_are_several() -> None:
    wrong = find("exp_times_input").function
    report = gradcheck(lambda x: [x * 1.0, wrong(x)], X)
    assert report.inputs[0].output.startswith("out1[")


def test_an_output_that_is_not_reached_counts_as_a_zero_gradient() -> None:
    report = gradcheck(lambda x: (x * x, x.detach() * x.detach()), X)
    assert kinds(report) == [FailureKind.WRONG_GRADIENT]


def test_the_input_itself_may_be_returned() -> None:
    assert gradcheck(lambda x: x, X, order=2)


def test_gradients_within_the_function_are_recorded() -> None:
    def penalty(x: Tensor) -> Tensor:
        (slope,) = minigen.grad(F.tanh(x).sum(), x, create_graph=True)
        assert slope is not None
        return (slope * slope).sum()

    with minigen.no_grad():
        assert gradcheck(penalty, X, order=2)


def test_a_linear_function_passes_at_second_order() -> None:
    assert gradcheck(lambda x: x * 3, X, order=2)
    report = gradcheck(lambda x: x * 3, X, order=2, mode="directional")
    assert [(entry.name, entry.order) for entry in report.inputs] == [
        ("x", 1),
        ("x", 2),
        ("cotangent", 2),
        ("all inputs", 2),
    ]
    assert report.worst_relative_error < 1e-6


def test_the_second_order_is_not_tried_where_the_first_fails() -> None:
    report = find("sqrt_without_half").check(order=2)
    assert {entry.order for entry in report.inputs} == {1}


@pytest.mark.parametrize("mode", MODES)
def test_a_given_cotangent_is_the_only_one_compared(mode: Any) -> None:
    def wrong_last(x: Any) -> Any:
        return x * 1.0

    declared: Op[Any] = Op(wrong_last)
    declared.vjp(lambda g, _out, _x: (g * np.array([1.0, 1.0, 2.0]),))
    overlooks, sees = np.array([[1.0, -2.0, 0.0]] * 2), np.array([[1.0, -2.0, 0.5]] * 2)
    # A direction is random, so what the cotangent hides leaves an all-zero column unseen.
    assert gradcheck(declared, X, mode=mode, cotangent=overlooks)
    assert not gradcheck(declared, X, mode=mode, cotangent=sees)
    assert not gradcheck(declared, X, mode=mode, cotangent=minigen.tensor(sees))


@pytest.mark.parametrize("mode", MODES)
def test_cotangents_are_given_one_an_output(mode: Any) -> None:
    def f(x: Tensor) -> tuple[Tensor, Tensor]:
        return x * x, F.exp(x).sum()

    assert gradcheck(f, X, order=2, mode=mode, cotangent=[X, np.array(2.0)])
    assert gradcheck(f, X, order=2, mode=mode, cotangent="ones")


def test_a_given_cotangent_has_no_power_where_its_gradient_vanishes() -> None:
    report = gradcheck(F.softmax, X, cotangent=np.ones_like(X))
    assert kinds(report) == [FailureKind.NO_POWER]


def test_a_rule_not_linear_in_the_cotangent_fails_beside_a_given_one() -> None:
    report = gradcheck(find("exp_squares_cotangent").function, X, cotangent=np.ones_like(X))
    assert kinds(report) == [FailureKind.NOT_LINEAR]


def test_no_power_names_the_input_without_influence() -> None:
    report = gradcheck(lambda x, y: x * x + y * 0, [X, X])
    assert [(f.kind, f.input) for f in report.failures] == [(FailureKind.NO_POWER, "y")]
    assert "no numerical derivative exceeds 0.0e+00" in report.failures[0].message


def test_a_smaller_atol_gives_power_to_small_gradients() -> None:
    def faint(x: Tensor) -> Tensor:
        return F.exp(x) * 1e-9

    assert kinds(gradcheck(faint, X)) == [FailureKind.NO_POWER]
    assert gradcheck(faint, X, atol=1e-14)


def test_the_seed_decides_the_report() -> None:
    def check(seed: int) -> GradReport:
        return gradcheck(F.softmax, X, mode="directional", seed=seed)

    assert check(3) == check(3)
    assert check(3) != check(4)


def test_tolerances_can_be_widened() -> None:
    slightly_wrong = find("exp_one_percent_off")
    assert not slightly_wrong.check()
    assert slightly_wrong.check(rtol=0.02)


def test_exact_gradients_pass_with_tolerances_of_zero_only_if_exact() -> None:
    assert gradcheck(lambda x: x * 2, np.array([1.0]), rtol=0.0, atol=0.0, eps=0.5)
    assert not gradcheck(F.exp, np.array([1.0]), rtol=0.0, atol=0.0)


def test_a_step_can_be_chosen() -> None:
    reached = []

    def f(x: Tensor) -> Tensor:
        reached.append(x.item())
        return x * x

    assert gradcheck(f, np.array([1.0]), eps=0.25)
    assert (min(reached), max(reached)) == (0.75, 1.25)


def test_functions_are_called_by_their_names() -> None:
    def cube(x: Tensor) -> Tensor:
        return x * x * x

    class Net:
        def __call__(self, x: Tensor) -> Tensor:
            return cube(x)

    assert gradcheck(cube, X).function == "cube"
    assert gradcheck(Net(), X).function == "Net"
    assert gradcheck(partial(F.sum, axis=0), X).function == "sum"
    assert gradcheck(lambda x: x * x, X).function == "the function"


def test_inputs_without_names_are_numbered() -> None:
    def total(*xs: Tensor) -> Tensor:
        return xs[0] * xs[1]

    assert [entry.name for entry in gradcheck(total, [X, X]).inputs] == ["input 0", "input 1"]


def test_a_function_may_list_the_names_of_its_inputs() -> None:
    def total(*xs: Tensor) -> Tensor:
        return xs[0] * xs[1]

    vars(total)["input_names"] = ["0.weight", "0.bias"]
    assert [entry.name for entry in gradcheck(total, [X, X]).inputs] == ["0.weight", "0.bias"]


def test_a_function_whose_signature_cannot_be_read_is_checked() -> None:
    def f(x: Tensor) -> Tensor:
        return x * x

    f.__signature__ = "unreadable"  # type: ignore[attr-defined] # as of some compiled functions
    assert gradcheck(f, X).inputs[0].name == "input 0"


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (np.array([1, 2]), {}, r"no input is a floating-point array or tensor.*got ndarray"),
        ([], {}, "got no inputs"),
        ([np.zeros((0, 3))], {}, r"shape \(0, 3\) has no elements"),
        (X, {"order": 3}, "order is 1 or 2, got 3"),
        (X, {"mode": "fast"}, "mode is 'full' or 'directional', got 'fast'"),
        (X, {"cotangent": "one"}, "cotangent is 'random', 'ones' or an array.*got 'one'"),
        (X, {"cotangent": np.ones(2)}, r"shapes \[\(2,\)\] were given.*\[\(2, 3\)\]"),
        (X, {"eps": 0.0}, "eps must be positive, got 0.0"),
        (X, {"rtol": -1.0}, "must not be negative, got rtol=-1.0"),
    ],
)
def test_wrong_use_is_raised(inputs: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gradcheck(lambda x: x * x, inputs, **options)


# Parameters.


def perceptron() -> tuple[dict[str, Tensor], Callable[[], Tensor]]:
    generator = minigen.Generator(0)
    parameters = {
        name: Tensor(generator.normal(shape), requires_grad=True)
        for name, shape in {"weight": (4, 3), "bias": (4,), "out": (1, 4)}.items()
    }
    x = generator.normal((5, 3))

    def loss() -> Tensor:
        hidden = F.tanh(F.linear(x, parameters["weight"], parameters["bias"]))
        return F.mse_loss(F.linear(hidden, parameters["out"]), np.ones((5, 1), np.float32))

    return parameters, loss


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [1, 2])
def test_parameters_that_a_function_closes_over_are_checked(order: int, mode: Any) -> None:
    parameters, loss = perceptron()
    report = gradcheck_parameters(loss, parameters, order=order, mode=mode)
    report.raise_if_failed()
    assert report.worst_relative_error < 1e-6
    assert [entry.name for entry in report.inputs[:3]] == ["weight", "bias", "out"]


def test_parameters_get_their_own_arrays_back() -> None:
    parameters, loss = perceptron()
    arrays = [p.array for p in parameters.values()]
    copies = [array.copy() for array in arrays]
    gradcheck_parameters(loss, parameters, order=2)
    for p, array, copy in zip(parameters.values(), arrays, copies, strict=True):
        assert p.array is array
        assert p.dtype == np.float32
        assert p.grad is None
        assert (array == copy).all()


def test_parameters_get_their_own_arrays_back_when_the_check_is_broken_off() -> None:
    parameters, loss = perceptron()
    arrays = [p.array for p in parameters.values()]
    calls = []

    def interrupted() -> Tensor:
        calls.append(1)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return loss()

    with pytest.raises(KeyboardInterrupt):
        gradcheck_parameters(interrupted, parameters)
    assert all(p.array is array for p, array in zip(parameters.values(), arrays, strict=True))


def test_a_graph_recorded_before_the_check_still_works_after_it() -> None:
    parameters, loss = perceptron()
    recorded = loss()
    assert gradcheck_parameters(loss, parameters)
    recorded.backward()
    assert all(p.grad is not None for p in parameters.values())


@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_gradient_is_traced_to_its_parameter(mode: Any) -> None:
    wrong = find("linear_weight_twice").function
    parameters, _ = perceptron()
    x = minigen.randn(5, 3, generator=minigen.Generator(1))
    named = {"w": parameters["weight"], "b": parameters["bias"]}
    report = gradcheck_parameters(lambda: wrong(x, *named.values()), named, mode=mode)
    assert [failure.input for failure in report.failures] == ["w"]
    assert "is the batch summed twice?" in report.failures[0].message


def test_parameters_in_a_list_are_numbered_and_tied_ones_checked_once() -> None:
    tied = Tensor(X, requires_grad=True)
    other = Tensor(X * 2, requires_grad=True)
    report = gradcheck_parameters(lambda: tied * tied * other, [tied, tied, other], mode="full")
    assert report
    assert [entry.name for entry in report.inputs] == ["parameter 0", "parameter 2"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "there are no parameters"),
        ({"w": Tensor(X)}, "w is no leaf tensor that requires a gradient"),
        ([Tensor(X, requires_grad=True) * 2], "parameter 0 is no leaf tensor"),
        ([X], "parameter 0 is no leaf tensor"),
    ],
)
def test_what_is_no_parameter_is_refused(parameters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gradcheck_parameters(lambda: Tensor(X), parameters)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gradcheck", "checker"),
        ("gradcheck.behaviour", "checker.subject"),
        ("gradcheck.diagnosis", "checker.diagnosis"),
        ("gradcheck.directions", "checker.compare"),
        ("gradcheck.kinks", "checker.numeric"),
        ("gradcheck.settings", "checker.settings"),
    ],
)
def test_the_checkers_old_import_paths_are_the_same_modules(old: str, new: str) -> None:
    assert importlib.import_module(f"minigen.{old}") is importlib.import_module(f"minigen.{new}")
    assert callable(minigen.gradcheck)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cotangent", ["random", "ones"])
@pytest.mark.parametrize("function", [F.log, F.sqrt, lambda x: x**-0.5])
def test_where_the_step_is_too_long_no_rule_is_accused(
    function: Callable[..., Tensor], cotangent: Any, mode: Any
) -> None:
    x = np.array([1e-8, 2e-8])
    report = gradcheck(function, x, cotangent=cotangent, mode=mode)
    assert {failure.kind for failure in report.failures} == {FailureKind.LONG_STEP}
    assert "the step is too long there" in str(report)
    assert "WRONG" not in str(report)
    assert gradcheck(function, x, cotangent=cotangent, mode=mode, eps=3e-11)


def test_beyond_doubt_a_wrong_rule_is_accused_though_the_step_is_too_long() -> None:
    wrong: Any = Op(F.log.forward)
    wrong.vjp(lambda g, _out, x: (2 * g / x,))
    report = gradcheck(wrong, np.array([1e-8, 2e-8]))
    assert [failure.kind for failure in report.failures] == [FailureKind.WRONG_GRADIENT]
