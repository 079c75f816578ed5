from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen.course.expectations import (
    AnswerError,
    expect,
    expect_array,
    expect_gradient,
    expect_rule,
)

pytestmark = pytest.mark.host_only("answers are functions of NumPy's arrays")

RIGHT = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, 4.0]])


def said(*arguments: Any, **options: Any) -> str:
    with pytest.raises(AnswerError) as caught:
        expect_array(*arguments, **options)
    return str(caught.value)


def said_of_gradient(found: Any) -> str:
    with pytest.raises(AnswerError) as caught:
        expect_gradient(found, RIGHT, "x")
    return str(caught.value)


def test_what_is_true_is_expected_without_a_word() -> None:
    expect(True, "no")
    with pytest.raises(AnswerError, match="no"):
        expect([], "no")


@pytest.mark.parametrize("found", [RIGHT, RIGHT.tolist(), minigen.tensor(RIGHT), RIGHT + 1e-10])
def test_arrays_lists_and_tensors_of_the_right_values_pass(found: Any) -> None:
    expect_array(found, RIGHT, "d loss / d x", mistakes={"no": 2 * RIGHT})


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (2 * RIGHT, "d loss / d x is twice too large everywhere: is the batch summed twice?"),
        (-RIGHT, "d loss / d x: the sign is flipped everywhere"),
        (RIGHT[::-1], "d loss / d x is in reverse order along axis 0"),
        (RIGHT.T, "d loss / d x has shape (3, 2), expected (2, 3): transposed"),
        (RIGHT[0], "d loss / d x has shape (3,), expected (2, 3)"),
        (RIGHT**2 + 1, "d loss / d x[1, 2] is 17, expected 4"),
        (RIGHT * [1, np.nan, 1], "d loss / d x[0, 1] is nan, expected -2"),
        (None, "d loss / d x is None: is the return missing?"),
        ("3", "d loss / d x has shape (), expected (2, 3)"),
        ([[1], [2, 3]], "d loss / d x is a list, not an array of numbers"),
    ],
)
def test_a_wrong_gradient_is_described(found: Any, message: str) -> None:
    assert said_of_gradient(found).startswith(message)


def test_a_right_gradient_passes() -> None:
    expect_gradient(RIGHT, RIGHT, "x", mistakes={"no": RIGHT + 1})


def test_of_arrays_that_are_no_gradients_no_question_is_asked_that_makes_no_sense() -> None:
    assert said(2 * RIGHT, RIGHT, "y") == "y is twice too large everywhere"
    assert said(RIGHT / 3, RIGHT, "y").endswith("axis 1: a mean where a sum was meant?")


def test_of_a_single_number_both_are_told() -> None:
    assert said(3, 6, "f(3)") == "f(3) is 3, expected 6"


def test_a_mistake_that_was_foreseen_is_named_before_all() -> None:
    mistakes = {"the mean": RIGHT.mean(0), "the sum, not the mean": 2 * RIGHT}
    assert said(2 * RIGHT, RIGHT, "y", mistakes=mistakes) == "y: the sum, not the mean"
    assert said(RIGHT.mean(0), RIGHT, "y", mistakes=mistakes) == "y: the mean"


def test_a_mistake_that_gives_the_right_values_here_is_none() -> None:
    expect_array(RIGHT, RIGHT, "y", mistakes={"never": RIGHT})


def scaled(x: Any, weight: Any, *, factor: float = 3.0) -> Any:
    return factor * x * weight


INPUTS = [np.array([1.0, -2.0, 0.5]), np.array([0.5, 3.0, -1.0])]


def rule(g: Any, out: Any, x: Any, weight: Any, *, factor: float) -> Any:
    return factor * g * weight, factor * g * x


def test_a_right_rule_passes_at_second_order_with_options() -> None:
    expect_rule(scaled, rule, INPUTS, order=2, factor=2.0)
    expect_rule(scaled, rule, INPUTS, factor=2.0, mistakes={"no": lambda *_, factor: INPUTS})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda g, out, x, weight, *, factor: (factor * g * weight, 2 * factor * g * x),
            "d loss / d weight is twice too large everywhere: is the batch summed twice?",
        ),
        (
            lambda g, out, x, weight, *, factor: (factor * g * x, factor * g * weight),
            "d loss / d x: this is the gradient of weight",
        ),
        (
            lambda g, out, x, weight, *, factor: (factor * g * weight, (factor * g * x)[:2]),
            "d loss / d weight: the gradient has shape (2,), the input (3,)",
        ),
        (
            lambda g, out, x, weight, *, factor: (g, g * np.sin(out * weight)),
            "d loss / d x: d out",
        ),
        (
            lambda g, out, x, weight, *, factor: g,
            "the rule returns one ndarray; expected a tuple with the cotangent of each of the 2",
        ),
        (lambda g, out, x, weight, *, factor: None, "the rule returns None; expected a tuple"),
        (lambda g, out, x, weight, *, factor: (g,), "the rule returns 1 cotangents; expected"),
        (
            lambda g, out, x, weight, **_: (np.sign(g) * weight, g * x),
            "d loss / d x: the gradient is not linear in the cotangent g",
        ),
        (lambda *arguments, factor: INPUTS, "scaled.vjp: the rule takes (g, out, *inputs"),
    ],
)
def test_a_wrong_rule_is_described_in_the_checkers_words(wrong: Any, message: str) -> None:
    with pytest.raises(AnswerError) as caught:
        expect_rule(scaled, wrong, INPUTS, factor=3.0)
    assert message in str(caught.value)


def test_a_wrong_rule_that_was_foreseen_is_named() -> None:
    with pytest.raises(AnswerError, match=r"^the factor is lost$"):
        expect_rule(
            scaled,
            lambda g, out, x, weight, *, factor: (g * weight, g * x),
            INPUTS,
            factor=3.0,
            mistakes={
                "one is lost": lambda g, out, x, weight, *, factor: (g,),
                "the factor is lost": lambda g, out, x, weight, *, factor: (g * weight, g * x),
            },
        )


def test_a_stub_stays_a_stub() -> None:
    def stub(g: Any, out: Any, x: Any) -> Any:
        raise NotImplementedError("return the cotangent")

    with pytest.raises(NotImplementedError, match="return the cotangent"):
        expect_rule(lambda x: x, stub, [RIGHT])


def test_a_right_rule_in_numpys_functions_fails_at_second_order_and_is_told_why() -> None:
    def numpys(g: Any, out: Any, x: Any) -> Any:
        return (np.multiply(g, out),)

    def exp(x: Any) -> Any:
        return np.exp(x)

    expect_rule(exp, numpys, [RIGHT])
    with pytest.raises(AnswerError, match="NumPy's functions in place of ops"):
        expect_rule(exp, numpys, [RIGHT], order=2)
