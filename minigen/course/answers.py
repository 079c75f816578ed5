"""What can be seen of any answer, whatever the exercise: slips of form.

An answer is watched while a check calls it. Some slips are told at once: a return that is missing,
a tensor where an array is asked for, inputs that were changed. What explains a wrong value, but is
not wrong by itself, is told with it: that integers came back, say.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.course.expectations import expect
from minigen.engine.tensor import Tensor

_COUNTS: Final = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
_REQUIRED: Final = inspect.Parameter.empty


@dataclass
class Watch:
    """An answer, watched: what is asked of it by the stub's signature, and what was noticed.

    Attributes
    ----------
    answer : callable
        The function as it was written.
    stub : callable, optional
        The function as it was asked for; its annotations say what has to come back.
    notes : list of str
        What may explain a wrong value.
    """

    answer: Callable[..., Any]
    stub: Callable[..., Any] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """The kinds of what has to come back, such as ``["Array", "float"]``; empty if unknown."""
        return _kinds(self._annotation) if self._annotation else []

    @property
    def _annotation(self) -> str:
        """How the stub says what comes back."""
        returned = inspect.signature(self.stub).return_annotation if self.stub else _REQUIRED
        if returned is _REQUIRED:
            return ""
        return returned if isinstance(returned, str) else inspect.formatannotation(returned)

    def callable(self) -> Callable[..., Any]:
        """Return a function that calls the answer and looks at what it does.

        Raises
        ------
        AnswerError
            If it is no function, or can't be called as the stub can.
        """
        expect(callable(self.answer), f"the answer is {_described(self.answer)}; write a function")
        if self.stub is not None:
            _expect_signature(self.answer, self.stub)

        @functools.wraps(self.answer)
        def watched(*inputs: Any, **options: Any) -> Any:
            before = [_copied(value) for value in inputs]
            returned = self.answer(*inputs, **options)
            self._expect_unchanged(before, inputs)
            self._expect_kinds(returned, inputs)
            return returned

        return watched

    def _expect_unchanged(self, before: Sequence[Any], after: Sequence[Any]) -> None:
        names = _parameters(self.answer)
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            name = f"`{names[i]}`" if i < len(names) else f"number {i + 1}"
            expect(
                _same(old, new),
                f"the argument {name} has another value after the call: it is changed in place, "
                "by an assignment to its elements or by +=, -=, *=; work on a copy",
            )

    def _expect_kinds(self, returned: Any, inputs: Sequence[Any]) -> None:
        """Look at what came back, where the stub says what that has to be."""
        asked = self.asked
        if not asked or asked == ["None"]:
            return
        expect(returned is not None, "what it returns is None: is the return missing?")
        if self._is_tuple:
            expect(
                isinstance(returned, tuple | list) and len(returned) == len(asked),
                f"it returns {_described(returned)}; expected a tuple of {_count(asked)}"
                + (", with a comma: (value,)" if len(asked) == 1 else ""),
            )
        parts = returned if self._is_tuple else [returned]
        of_tensors = any(isinstance(value, Tensor) for value in _flat(inputs))
        for number, (kind, part) in enumerate(zip(asked, parts, strict=True), 1):
            what = f"element {number} of what it returns" if self._is_tuple else "what it returns"
            _expect_kind(part, kind, what, of_tensors)
            self._note_digits(part, kind, what, inputs)

    @property
    def _is_tuple(self) -> bool:
        return self._annotation.startswith("tuple[")

    def _note_digits(self, part: Any, kind: str, what: str, inputs: Sequence[Any]) -> None:
        """Note that an array has lost digits."""
        given = {value.dtype for value in _flat(inputs) if isinstance(value, np.ndarray)}
        if kind != "Array" or not isinstance(part, np.ndarray) or part.dtype in given:
            return
        if part.dtype.kind in "iub":
            self._note(
                f"({what} is an array of {part.dtype}, which holds no fractions: make arrays "
                "with np.zeros(shape), without a dtype of integers, and divide by / )"
            )
        elif part.dtype in {np.dtype(np.float16), np.dtype(np.float32)}:
            self._note(f"({what} is an array of {part.dtype}; the inputs have more digits)")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def told(error: BaseException, answer: Any) -> str:
    """Say what an answer raised, and where; or that what it returned could not be used."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return _raised(error)
    text = raised_in(error, code.co_filename)
    return f"what it returns can't be used: {_kind(error)}" if text == _raised(error) else text


def raised_in(error: BaseException, file: str) -> str:
    """Say what was raised, and in which line of a file if it was there."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if frame.filename == file]
    return f"{_raised(error)} ({_place(lines[-1])})" if lines else _raised(error)


def _raised(error: BaseException) -> str:
    return f"it raised {_kind(error)}"


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _place(frame: traceback.FrameSummary) -> str:
    """Name a line of a file, or of the cell of a notebook, and show it."""
    in_a_file = Path(frame.filename).suffix == ".py" and "ipykernel" not in frame.filename
    name = Path(frame.filename).name if in_a_file else "the cell"
    line = linecache.getline(frame.filename, frame.lineno or 0).strip()
    return f"{name}, line {frame.lineno}" + (f": {line}" if line else "")


def _expect_signature(answer: Callable[..., Any], stub: Callable[..., Any]) -> None:
    """Expect that an answer can be called as the stub, with the same defaults."""
    wanted = list(inspect.signature(stub).parameters.values())
    try:
        got = list(inspect.signature(answer).parameters.values())
    except ValueError:  # of some functions that are not Python's
        return
    told = f"its arguments are ({_listed(got)}), those of the exercise ({_listed(wanted)})"
    required = [each for each in got[len(wanted) :] if each.default is _REQUIRED and not _any(each)]
    enough = len(got) >= len(wanted) or any(each.kind is each.VAR_POSITIONAL for each in got)
    expect(enough and not required, f"{told}: keep the line with def as it was")
    names, own = [each.name for each in wanted], [each.name for each in got[: len(wanted)]]
    expect(set(names) != set(own) or names == own, f"{told}: they are in another order")
    for stubs, answers in zip(wanted, got, strict=False):
        expect(
            _any(answers) or answers.default is stubs.default or answers.default == stubs.default,
            f"{told}: the default of `{answers.name}` was changed",
        )


def _any(parameter: inspect.Parameter) -> bool:
    return parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}


def _listed(parameters: Sequence[inspect.Parameter]) -> str:
    """List parameters as they stand in a call, without their types."""
    return ", ".join(str(each.replace(annotation=_REQUIRED)) for each in parameters)


def _parameters(answer: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(answer).parameters)
    except ValueError:
        return []


def _expect_kind(value: Any, kind: str, what: str, of_tensors: bool) -> None:
    """Expect a value of the kind that an annotation names."""
    expect(value is not None, f"{what} is None: is the return missing?")
    is_tensor, is_list = isinstance(value, Tensor), isinstance(value, list | tuple)
    if kind == "Array":
        expect(
            of_tensors or not is_tensor,
            f"{what} is a minigen.Tensor, where a NumPy array is asked for: compute with NumPy's "
            "functions on the arrays as they come",
        )
        expect(
            not is_list,
            f"{what} is a {type(value).__name__}, where a NumPy array is asked for: np.array(...) "
            "makes one of it",
        )
    elif kind == "Tensor":
        expect(
            is_tensor,
            f"{what} is {_described(value)}, where a minigen.Tensor is asked for: without it no "
            "gradient comes back",
        )
    elif kind in {"float", "int", "bool"}:
        expect(not is_tensor, f"{what} is a minigen.Tensor, where a number is asked for")
        expect(
            not is_list and not (isinstance(value, np.ndarray) and value.ndim),
            f"{what} is {_described(value)}, where a single number is asked for",
        )


def _described(value: Any) -> str:
    """Say what a value is."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return f"one {type(value).__name__}"


def _count(kinds: Sequence[str]) -> str:
    number = _COUNTS.get(len(kinds), str(len(kinds)))
    things = {"Array": "array", "float": "number"}.get(kinds[0], "element")
    same = things if len(set(kinds)) == 1 else "element"
    return f"{number} {same}" + ("s" if len(kinds) > 1 else "")


def _kinds(annotation: str) -> list[str]:
    """Return the kinds that an annotation names: of a tuple those of its elements.

    Examples
    --------
    >>> _kinds("tuple[Array, float]"), _kinds("list[float]"), _kinds("float")
    (['Array', 'float'], ['list[float]'], ['float'])
    """
    tree = ast.parse(annotation, mode="eval").body
    if not (isinstance(tree, ast.Subscript) and ast.unparse(tree.value) == "tuple"):
        return [annotation.rpartition(".")[2]]
    inside = tree.slice
    parts = [ast.unparse(each) for each in getattr(inside, "elts", [inside])]
    return [part.rpartition(".")[2] for part in parts]


def _flat(values: Any) -> Iterator[Any]:
    """Go through values, and those in lists and tuples."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value


def _copied(value: Any) -> Any:
    """Copy arrays, and those in lists and tuples; anything else is not looked after."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return [_copied(each) for each in value]
    return None


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray):
        return _equal(old, new)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return True


def _equal(old: npt.NDArray[Any], new: npt.NDArray[Any]) -> bool:
    return old.shape == new.shape and bool(
        np.array_equal(old, new, equal_nan=old.dtype.kind == "f")
    )
