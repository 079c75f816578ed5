"""Every gradient of the library is checked at both orders, and none is left out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import Tensor, catalogue, models, nn
from minigen import functional as F
from minigen.catalogue import CALLS, CASES, Case
from minigen.catalogue.case import normal, op_case
from minigen.checker import FailureKind
from minigen.engine.backend import CPU, to_numpy
from minigen.engine.op import Cotangents, Op, registry

from ..derivations import of_gradients
from ..numeric import draw

WORST_RELATIVE_ERROR = 1e-6


EVERY_CASE = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.kind} {case.title}", marks=of_gradients(case.name))
        for case in CASES
    ],
)


@pytest.mark.host_only("that rules are right; a device is compared with the host")
@EVERY_CASE
def test_gradients_agree_with_finite_differences_at_both_orders(case: Case) -> None:
    report = case.check(2)
    report.raise_if_failed()
    assert report.worst_relative_error < WORST_RELATIVE_ERROR


@pytest.mark.device_only("compares a device with the host")
@EVERY_CASE
def test_a_device_gives_the_values_and_gradients_of_the_host_at_both_orders(case: Case) -> None:
    for there, here in zip(derivatives(case, "cuda"), derivatives(case, CPU), strict=True):
        scale = np.abs(here).max(initial=0.0)  # of a sum that cancels, its terms' in another order
        np.testing.assert_allclose(there, here, rtol=1e-9, atol=1e-11 * max(scale, 1.0))


def derivatives(case: Case, device: str) -> list[npt.NDArray[Any]]:
    """Return a case's values, its gradients along random cotangents, and the gradients of those."""
    inputs = [
        minigen.tensor(array, requires_grad=array.dtype.kind == "f", device=device)
        for array in case.draw()
    ]
    learnt = [x for x in inputs if x.requires_grad]
    returned = case.function(*inputs)
    values = list(returned) if isinstance(returned, tuple | list) else [returned]
    first = minigen.grad(weighed(values), learnt, create_graph=True, allow_unused=True)
    slopes = [slope for slope in first if slope is not None]
    assert all(slope.device.startswith(device) for slope in slopes)
    total = weighed(slopes)
    second = (
        minigen.grad(total, learnt, allow_unused=True) if total.requires_grad else ()
    )  # none where every gradient is constant
    found = [*values, *slopes, *(bend for bend in second if bend is not None)]
    return [to_numpy(each.array) for each in found]


def weighed(tensors: Sequence[Tensor]) -> Tensor:
    """Return the sum of tensors times numbers of their shapes, drawn at random."""
    total: Any = 0.0
    for position, each in enumerate(tensors):
        weights = minigen.tensor(draw(*each.shape, seed=position), device=each.device)
        total = total + (each * weights).sum()
    return cast("Tensor", total)


def test_every_gradient_rule_of_the_library_is_applied_by_some_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    applied: set[str] = set()
    apply_rule = Op.apply_rule

    def spy(
        self: Op[Any], g: Any, out: Any, inputs: Sequence[Any], options: Mapping[str, Any]
    ) -> Cotangents:
        applied.add(self.name)
        return apply_rule(self, g, out, inputs, options)

    monkeypatch.setattr(Op, "apply_rule", spy)
    for case in CASES:
        inputs = [minigen.tensor(a, requires_grad=a.dtype.kind == "f") for a in case.draw()]
        returned = case.function(*inputs)
        for y in returned if isinstance(returned, tuple | list) else [returned]:
            if y.requires_grad:
                y.backward(y.detach(), retain_graph=True)  # any cotangent will do
    assert {op.name for op in registry.values() if op.differentiable} - applied == set()


def test_every_differentiable_function_has_a_case() -> None:
    aliases = {"clamp": "clip", "concat": "cat", "moveaxis": "movedim"}
    cased = {case.name for case in CASES}
    constant = {op.name for op in registry.values() if not op.differentiable}
    assert {aliases.get(name, name) for name in F.__all__} - constant - cased == set()


def test_every_op_has_a_case_with_a_gradient_or_without() -> None:
    called = {case.name for case in CALLS}
    assert {name for name, op in registry.items() if op.__module__.startswith("minigen.")} <= called


@pytest.mark.parametrize(
    "case", [case for case in CALLS if case.kinks is not None], ids=lambda case: case.title
)
def test_the_checker_finds_the_kinks_that_a_case_names(case: Case) -> None:
    assert case.kinks is not None
    report = replace(case, inputs=[case.kinks, *case.inputs[1:]]).check(order=1)
    assert FailureKind.KINK in {failure.kind for failure in report.failures}


def test_options_fill_the_parameters_that_inputs_leave_free() -> None:
    where = op_case("where", normal(2), normal(2), condition=np.array([True, False]))
    assert where.function(np.array([1.0, 2.0]), np.array([3.0, 4.0])).tolist() == [1.0, 4.0]
    assert [leaf.name for leaf in where.check(order=1).inputs] == ["a", "b"]


def test_every_layer_and_model_has_a_case() -> None:
    cased = {case.name for case in CASES}
    abstract = {nn.Module, nn.ModuleDict, nn.ModuleList, nn.ParameterDict, nn.ParameterList}
    layers = {
        value.__name__
        for value in vars(nn).values()
        if inspect.isclass(value) and issubclass(value, nn.Module) and value not in abstract
    }
    assert layers | {model.__name__ for model in models.MODELS.values()} <= cased


def test_drawing_twice_gives_the_same_inputs() -> None:
    case = catalogue.find("softmax")[0]
    assert [x.tolist() for x in case.draw()] == [x.tolist() for x in case.draw()]


def test_a_name_is_found_in_any_case_but_its_own_spelling_goes_first() -> None:
    assert {case.name for case in catalogue.find("vae")} == {"VAE"}
    assert {case.name for case in catalogue.find("softmax")} == {"softmax"}
    assert {case.name for case in catalogue.find("Softmax")} == {"Softmax"}


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"nothing called 'softmaks'.*softmax"):
        catalogue.find("softmaks")


def test_a_module_case_names_its_parameters_as_the_module_does() -> None:
    (case,) = [case for case in CASES if case.name == "ConditionalVAE"]
    names = [leaf.name for leaf in case.check(order=1).inputs]
    assert names[:3] == ["input 0", "input 1", "encoder.0.weight"]
    assert names[-2:] == ["to_pixels.bias", "all inputs"]
