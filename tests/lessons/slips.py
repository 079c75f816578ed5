"""Slips of form, made of the right answer to an exercise wherever they make sense."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigen
from minigen.course.answers import Watch
from minigen.course.exercises import Exercise


@dataclass(frozen=True)
class Slip:
    """A wrong answer, and words that have to be said of it."""

    name: str
    answer: Callable[..., Any]
    says: str

    def __str__(self) -> str:
        return self.name


def slips(exercise: Exercise, solution: Callable[..., Any]) -> Iterator[Slip]:
    """Yield the slips that make sense for an exercise."""
    asked = Watch(solution, exercise.stub).asked
    returned = inspect.signature(exercise.stub or solution).return_annotation
    is_tuple = str(returned).startswith("tuple[")
    shapes = _shapes(exercise, solution, len(asked), is_tuple)
    yield Slip("nothing returned", _after(solution, lambda _: None), "None: is the return missing?")
    yield Slip("an exception", _raising(solution), "it raised KeyError: 'mean' (slips.py, line ")
    yield Slip("one argument more", _with_one_more(solution), "its arguments are (")
    if is_tuple:
        yield Slip("a tuple cut short", _after(solution, lambda found: found[:-1]), "expected a t")
    for i, kind in enumerate(asked):
        part = functools.partial(_part, i if is_tuple else None)
        name = f"element {i}" if is_tuple else "result"
        if kind == "Array":
            yield Slip(
                f"{name} a tensor", _after(solution, part(_tensor)), "is a minigen.Tensor, where"
            )
            yield Slip(
                f"{name} a list", _after(solution, part(_list)), "is a list, where a NumPy array"
            )
            yield Slip(f"{name} of integers", _after(solution, part(_integers)), "no fractions")
            yield Slip(f"{name} with an axis", _after(solution, part(_with_axis)), "shape")
            if any(shape != shape[::-1] for shape in shapes[i]):
                yield Slip(f"{name} transposed", _after(solution, part(np.transpose)), "transpose")
        elif kind == "float":
            yield Slip(f"{name} a tensor", _after(solution, part(_tensor)), "is a minigen.Tensor")
            yield Slip(f"{name} an array", _after(solution, part(_row)), "single number")
        elif kind == "Tensor":
            yield Slip(
                f"{name} an array", _after(solution, part(_numpy)), "where a minigen.Tensor is"
            )
    if any("Array" in str(p.annotation) for p in _parameters(solution)):
        yield Slip("inputs changed", _changing(solution), "has another value after the call")


def _shapes(
    exercise: Exercise, solution: Callable[..., Any], count: int, is_tuple: bool
) -> list[set[tuple[int, ...]]]:
    """Return the shapes of each part of what comes back, in all calls of a check."""
    shapes: list[set[tuple[int, ...]]] = [set() for _ in range(count)]

    def noted(found: Any) -> Any:
        for seen, part in zip(shapes, found if is_tuple else [found], strict=True):
            seen.add(getattr(part, "shape", ()))
        return found

    exercise.check(_after(solution, noted))
    return shapes


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _after(solution: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a function that changes what the solution returns."""

    @functools.wraps(solution)
    def slip(*inputs: Any, **options: Any) -> Any:
        return change(solution(*inputs, **options))

    return slip


def _part(i: int | None, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that changes one element of a tuple, or the whole."""

    def changed(found: Any) -> Any:
        if i is None:
            return change(found)
        return tuple(change(each) if n == i else each for n, each in enumerate(found))

    return changed


def _tensor(value: Any) -> Any:
    return minigen.tensor(np.asarray(value, np.float64))


def _list(value: Any) -> Any:
    return np.atleast_1d(value).tolist()


def _integers(value: Any) -> Any:
    return np.asarray(value).astype(int)


def _with_axis(value: Any) -> Any:
    return np.asarray(value)[..., None]


def _row(value: Any) -> Any:
    return np.asarray([value, value])


def _numpy(value: Any) -> Any:
    return value.numpy()


def _raising(solution: Callable[..., Any]) -> Callable[..., Any]:
    def slip(*inputs: Any, **options: Any) -> Any:
        statistics: dict[str, Any] = {}
        return statistics["mean"]

    slip.__signature__ = inspect.signature(solution)  # type: ignore[attr-defined]
    return slip


def _with_one_more(solution: Callable[..., Any]) -> Callable[..., Any]:
    parameters = [
        *_parameters(solution),
        inspect.Parameter("another", inspect.Parameter.KEYWORD_ONLY),
    ]

    def slip(*inputs: Any, **options: Any) -> Any:
        return solution(*inputs, **options)

    slip.__signature__ = inspect.signature(solution).replace(  # type: ignore[attr-defined]
        parameters=parameters
    )
    return slip


def _changing(solution: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that leaves the arrays that it was given changed."""

    @functools.wraps(solution)
    def slip(*inputs: Any, **options: Any) -> Any:
        found = solution(*inputs, **options)
        for value in inputs:
            if isinstance(value, np.ndarray) and value.size:
                value[...] = value + 1
        return found

    return slip
