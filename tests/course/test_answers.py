from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen.course.answers import Watch, told
from minigen.course.expectations import AnswerError

Array = npt.NDArray[Any]

pytestmark = pytest.mark.host_only("answers are functions of NumPy's arrays")


def stub(x: Array, scale: float = 2.0) -> Array:
    raise NotImplementedError


def of_a_pair(x: Array) -> tuple[Array, float]:
    raise NotImplementedError


def of_a_tensor(x: Array) -> minigen.Tensor:
    raise NotImplementedError


X = np.array([1.0, 2.0])


def said(answer: Any, wanted: Callable[..., Any] = stub) -> str:
    with pytest.raises(AnswerError) as caught:
        Watch(answer, wanted).callable()(X.copy())
    return str(caught.value)


def in_place(x: Array, scale: float = 2.0) -> Array:
    x *= scale
    return x


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (3, "the answer is one int; write a function"),
        (lambda x, scale=2.0: None, "what it returns is None: is the return missing?"),
        (lambda x, scale=2.0: minigen.tensor(x), "what it returns is a minigen.Tensor, where a"),
        (lambda x, scale=2.0: [1.0, 2.0], "what it returns is a list, where a NumPy array is"),
        (in_place, "the argument `x` has another value after the call: it is changed in place"),
        (lambda x: x, "its arguments are (x), those of the exercise (x, scale=2.0): keep the"),
        (lambda x, scale, more: x, "its arguments are (x, scale, more), those of"),
        (lambda scale, x=2.0: x, "they are in another order"),
        (lambda x, scale=3.0: x, "the default of `scale` was changed"),
        (lambda x, scale: x, "the default of `scale` was changed"),
    ],
)
def test_a_slip_is_told(answer: Any, message: str) -> None:
    assert message in said(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: x, "it returns one array of shape (2,); expected a tuple of two elements"),
        (lambda x: (x,), "it returns a tuple of 1; expected a tuple of two"),
        (lambda x: (x, None), "element 2 of what it returns is None"),
        (lambda x: (x, x), "element 2 of what it returns is one array of shape (2,), where a sin"),
        (lambda x: (x, minigen.tensor(1.0)), "element 2 of what it returns is a minigen.Tensor"),
    ],
)
def test_a_slip_in_a_tuple_is_told(answer: Any, message: str) -> None:
    assert message in said(answer, of_a_pair)


def test_an_array_where_a_tensor_is_asked_for_is_told() -> None:
    assert "where a minigen.Tensor is asked for" in said(lambda x: x, of_a_tensor)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, scale=2.0: x * scale,
        lambda data, factor=2.0: data * factor,  # other names: it is called by position
        lambda *inputs: inputs[0],
        lambda x, scale=2.0, more=None: x,
    ],
)
def test_what_is_no_slip_passes(answer: Any) -> None:
    Watch(answer, stub).callable()(X, 2.0)
    Watch(answer).callable()(X, 2.0)


def test_tensors_may_come_back_where_tensors_were_given() -> None:
    x = minigen.tensor(X, requires_grad=True)
    assert Watch(lambda x, scale=2.0: x * scale, stub).callable()(x).requires_grad


def test_a_loss_of_digits_is_noted_but_is_no_error() -> None:
    watch = Watch(lambda x, scale=2.0: x.astype(int), stub)
    watch.callable()(X)
    watch.callable()(X)
    (note,) = watch.notes
    assert "an array of int64, which holds no fractions" in note
    watch = Watch(lambda x, scale=2.0: x.astype(np.float32), stub)
    watch.callable()(X)
    assert watch.notes == ["(what it returns is an array of float32; the inputs have more digits)"]


def test_an_array_that_a_list_of_arrays_holds_is_looked_after_too() -> None:
    def changing(batches: list[Array], scale: float = 2.0) -> Array:
        batches[1][0] = np.nan
        return batches[0]

    with pytest.raises(AnswerError, match="the argument `batches` has another value"):
        Watch(changing, stub).callable()([X.copy(), X.copy()])


def test_an_error_is_told_with_the_line_of_a_notebooks_cell() -> None:
    file = "/tmp/ipykernel_17/1234.py"
    code = "def f(x):\n    return x[3]\n"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    names: dict[str, Any] = {}
    exec(compile(code, file, "exec"), names)
    with pytest.raises(IndexError) as caught:
        names["f"](X)
    assert told(caught.value, names["f"]).endswith("(the cell, line 2: return x[3])")


def test_an_error_of_what_was_returned_is_not_said_to_be_raised_by_the_answer() -> None:
    names: dict[str, Any] = {}
    exec(compile("def answer():\n    return 'two'\n", "exercises.py", "exec"), names)
    with pytest.raises(TypeError) as caught:
        names["answer"]() + 2
    assert told(caught.value, names["answer"]).startswith(
        "what it returns can't be used: TypeError: "
    )
    assert told(caught.value, "no function").startswith("it raised TypeError: ")
