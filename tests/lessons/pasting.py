"""The functions that a lesson shows: what a learner could paste into an exercise."""

from __future__ import annotations

import ast
import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final
from unittest import mock

from lessons import building, cells
from minigen.course import Lesson
from minigen.course.lesson import helper_files

_CHEAP: Final = frozenset({"F", "Generator", "math", "minigen", "np", "range"})
"""Whose functions are called to have the names that a lesson's functions need."""


def shown_functions(lesson: Lesson) -> dict[str, Callable[..., Any]]:
    """Return all functions in the cells of a lesson and in its helper, by where they are.

    Nothing is trained: only definitions, imports and simple assignments are run. Inner functions
    are taken out, and decorators off.
    """
    return {
        f"{place}: {name}": function
        for place, code in _codes(lesson)
        for name, function in _functions(code)
    }


@contextlib.contextmanager
def figures_made_once() -> Iterator[None]:
    """Give functions that draw the figure that was made for one of them, to save time."""
    from matplotlib import pyplot as plt

    made: dict[str, Any] = {}
    make = plt.subplots

    def subplots(*arguments: Any, **options: Any) -> Any:
        form = repr((arguments, options))
        if form not in made:
            made[form] = make(*arguments, **options)
        return made[form]

    with mock.patch.object(plt, "subplots", subplots):
        yield


def can_be_called_as(function: Callable[..., Any], stub: Callable[..., Any]) -> bool:
    """Tell whether a function takes as many arguments as a stub."""
    kinds = inspect.signature(stub).parameters.values()
    named = {each.name: None for each in kinds if each.kind is each.KEYWORD_ONLY}
    try:
        inspect.signature(function).bind(*[None] * (len(kinds) - len(named)), **named)
    except TypeError:
        return False
    return True


def _codes(lesson: Lesson) -> Iterator[tuple[str, str]]:
    notebook = building.read(lesson.notebook.with_suffix(".md"))
    own = [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and cells.GENERATED not in cells.tags(cell)
    ]
    yield lesson.notebook.stem, "\n".join(own)
    files = helper_files(lesson.notebook.parent)
    # As one, so that a function finds those of the other modules.
    yield f"{lesson.number} figures", "\n".join(file.read_text(encoding="utf-8") for file in files)


def _functions(code: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    tree = ast.parse(code)
    names: dict[str, Any] = {"__name__": "shown"}
    for node in tree.body:
        if _is_cheap(node):
            _run(node, names)
    for inner in ast.walk(tree):
        if isinstance(inner, ast.FunctionDef):
            inner.decorator_list = []
            own = dict(names)
            _run(inner, own)
            if inner.name in own:
                yield inner.name, own[inner.name]
        elif isinstance(inner, ast.Lambda):
            yield from _lambda(inner, names)


def _lambda(node: ast.Lambda, names: dict[str, Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    text = ast.unparse(node)
    own = dict(names)
    _run(ast.parse(f"found = {text}").body[0], own)
    if "found" in own:
        yield text, own["found"]


def _is_cheap(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return True
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    calls = [inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    return all(ast.unparse(call).partition(".")[0] in _CHEAP for call in calls)


def _run(node: ast.stmt, names: dict[str, Any]) -> None:
    """Run one statement; one that needs what only a whole run has leaves nothing."""
    module = ast.Module([node], type_ignores=[])
    try:
        exec(compile(ast.fix_missing_locations(module), "shown", "exec"), names)
    except Exception:  # noqa: BLE001
        return
