from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from minigen import functional as F
from minigen.checker import (
    Failure,
    FailureKind,
    GradcheckError,
    GradReport,
    gradcheck,
)
from minigen.checker.report import Findings, subscript
from minigen.engine.op import Op
from tests.checker.zoo import find

X = np.array([[0.5, -1.0, 2.0]])


def test_a_report_that_passed_is_true_and_one_line() -> None:
    report = gradcheck(F.exp, X)
    assert report
    assert report.ok
    report.raise_if_failed()
    assert str(report).startswith(
        "gradcheck of exp passed (first order, whole Jacobian): worst relative error"
    )
    assert "\n" not in str(report)


def test_a_report_that_failed_is_false_and_says_all() -> None:
    report = find("linear_weight_twice").check()
    assert not report
    lines = str(report).splitlines()
    assert lines[0] == "gradcheck of linear FAILED (first order, whole Jacobian)"
    assert lines[1].startswith("  - wrong gradient, weight: twice too large everywhere")
    heading = next(line for line in lines if "worst element" in line)
    table = lines[lines.index(heading) + 1 :]
    assert [row.split()[:2] for row in table] == [
        ["ok", "x"],
        ["WRONG", "weight"],
        ["ok", "bias"],
    ]
    for column in ("shape", "worst element", "analytic", "numeric", "error", "tolerance"):
        start = heading.index(column)
        assert all(row[start - 2 : start] == "  " and row[start] != " " for row in table)


def test_a_failure_is_raised_with_the_whole_report() -> None:
    report = find("softmax_zero").check()
    with pytest.raises(GradcheckError) as raised:
        report.raise_if_failed()
    assert str(raised.value) == str(report)
    assert isinstance(raised.value, AssertionError)


def test_the_worst_element_is_named_with_its_numbers() -> None:
    entry = find("exp_one_percent_off").check().inputs[0]
    assert (entry.name, entry.position, entry.shape) == ("x", 0, (3, 4))
    assert entry.index == (1, 2)
    assert entry.element == "d out[1, 2] / d x[1, 2]"
    assert entry.analytic == pytest.approx(1.01 * entry.numeric)
    assert entry.error == pytest.approx(abs(entry.analytic - entry.numeric))
    assert entry.tolerance == pytest.approx(1e-7 + 1e-5 * abs(entry.numeric))
    assert not entry.passed
    assert "1.01 times" in entry.diagnosis


def test_the_relative_error_is_in_units_of_the_largest_derivative() -> None:
    entry = find("exp_one_percent_off").check().inputs[0]
    slopes = np.exp(find("exp_one_percent_off").inputs[0])
    assert entry.relative_error == pytest.approx(0.01 * slopes[1, 2] / slopes.max())


def test_a_derivative_of_zero_has_a_small_relative_error() -> None:
    report = gradcheck(lambda x: x * 2, X, order=2)
    assert {entry.order for entry in report.inputs} == {1, 2}
    assert report.worst_relative_error < 1e-6


@pytest.mark.parametrize("zero_error", [True, False])
def test_without_tolerances_no_magnitude_counts_as_zero(zero_error: bool) -> None:
    function = find("softmax_zero").function if zero_error else F.softmax
    report = gradcheck(function, X, cotangent="ones", rtol=0.0, atol=0.0)
    assert report.worst_relative_error > 1e-3


def test_both_orders_are_told_apart() -> None:
    text = str(find("cube_with_raw_factor").check())
    assert "(first and second order, whole Jacobian)" in text
    assert "x (second order): half of what it should be" in text
    assert "x (order 1)" in text
    assert "cotangent (order 2)" in text


@pytest.mark.parametrize(
    ("mode", "cotangent", "words"),
    [
        ("full", "random", "whole Jacobian"),
        ("full", "ones", "the output's sum only"),
        ("full", X, "the given cotangent only"),
        ("directional", "random", "random directions"),
        ("directional", "ones", "random directions, the output's sum only"),
    ],
)
def test_the_report_says_what_was_compared(mode: str, cotangent: object, words: str) -> None:
    report = gradcheck(F.exp, X, mode=mode, cotangent=cotangent)  # type: ignore[arg-type] # a mode
    assert f"(first order, {words})" in str(report)


def test_a_directional_report_names_the_worst_element_of_a_wrong_input() -> None:
    report = find("linear_weight_twice").check(mode="directional")
    assert "d (g . out) / d weight[" in report.failures[0].message
    names = [entry.name for entry in report.inputs]
    assert names == ["x", "weight", "bias", "all inputs"]
    assert report.inputs[-1].position is None
    assert report.inputs[1].element == "d (g . out) / d (direction in weight)"


def test_a_large_wrong_gradient_is_diagnosed_from_a_sample() -> None:
    wrong = find("sqrt_without_half").function
    report = gradcheck(wrong, np.linspace(1, 2, 1000).reshape(20, 50), mode="directional")
    assert "twice too large everywhere" in report.failures[0].message


def test_a_large_gradient_of_a_wrong_shape_is_reported_without_diagnosis() -> None:
    wrong = find("add_broadcast_not_summed").function
    report = gradcheck(wrong, [np.ones((2, 300)), np.ones(300)], mode="directional")
    assert report.failures[0].kind is FailureKind.WRONG_SHAPE
    assert report.failures[0].message == "the gradient has shape (2, 300), the input (300,)"


def test_an_error_that_only_all_inputs_together_show_is_reported() -> None:
    def slightly_off(g: Any, _out: Any, _a: Any, _b: Any) -> Any:
        return g * (1 + 9e-6), g * (-1 + 9e-6)  # within the tolerance, until they cancel

    difference: Op[Any] = Op(lambda a, b: a - b)
    difference.vjp(slightly_off)
    reports = [gradcheck(difference, [X, X], mode="directional", seed=s) for s in range(20)]
    failures = [failure for report in reports for failure in report.failures]
    assert {failure.input for failure in failures} == {"all inputs"}
    assert failures[0].message.startswith("right for each input alone, wrong for all together")


def test_lines_are_wrapped_but_words_are_whole() -> None:
    failure = Failure(FailureKind.ERROR, None, "word " * 60)
    text = str(GradReport("f", 1, "full", failures=(failure,)))
    assert max(map(len, text.splitlines())) <= 100
    assert text.split().count("word") == 60


def test_a_report_without_comparison_has_no_table_and_no_error() -> None:
    report = gradcheck(lambda _: 1 / 0, X)
    assert math.isnan(report.worst_relative_error)
    assert "worst element" not in str(report)


def test_a_failure_of_one_kind_is_noted_once_an_input() -> None:
    findings = Findings()
    for name in ("x", "x", "y"):
        findings.add(Failure(FailureKind.KINK, name, "here"))
    assert [failure.input for failure in findings.failures] == ["x", "y"]


def test_an_index_is_written_as_in_python() -> None:
    assert (subscript(()), subscript((1,)), subscript((1, 2))) == ("", "[1]", "[1, 2]")


def test_a_notebooks_cell_shows_the_table() -> None:
    report = gradcheck(lambda x: x * 2, [np.ones(2)])
    assert report._repr_mimebundle_(include=None, exclude=None) == {"text/plain": str(report)}
