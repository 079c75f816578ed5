"""Every op against PyTorch, live: random shapes, axes, broadcasts, strides, in both precisions."""

from __future__ import annotations

import pytest

from .cases import CASES, Case, arithmetic, elementwise, linear, shaping
from .evaluation import TOLERANCES, Minigen, Trial, assert_same, evaluate
from .torch_reference import Torch

pytest.importorskip("torch")


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values_gradients_and_second_gradients_equal_pytorchs(case: Case, dtype: str) -> None:
    for number in range(case.trials):
        trial = Trial(case, number, dtype)
        actual = evaluate(Minigen(number), case.function, trial)
        expected = evaluate(Torch(), case.theirs, trial)
        assert_same(actual, expected, str(trial))


EMPTY = [
    case
    for case in (*elementwise.CASES, *arithmetic.CASES, *linear.CASES, *shaping.CASES)
    if case.op not in {"softmax", "log_softmax"}  # which refuse an axis without elements
]


@pytest.mark.parametrize("case", EMPTY, ids=lambda case: case.name)
def test_axes_of_length_zero_are_handled_as_pytorch_does(case: Case) -> None:
    for number in range(case.trials):
        trial = Trial(case, number, shortest=0, longest=2)
        actual = evaluate(Minigen(number), case.function, trial)
        expected = evaluate(Torch(), case.theirs, trial)
        assert_same(actual, expected, str(trial))
