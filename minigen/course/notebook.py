"""What the notebooks of the course use: fast mode, progress, and the library's own source."""

from __future__ import annotations

import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import minigen
from minigen.course.lesson import home
from minigen.engine.op import Op

T = TypeVar("T")

FAST: Final = os.environ.get("MINIGEN_FAST", "") not in {"", "0"}
"""Whether the environment variable ``MINIGEN_FAST`` is set: loops are short, as in the tests.

A reader of a lesson never meets it: `progress` and `at_most` read it.
"""

ROUNDS_WHEN_FAST: Final = 3
"""How often a loop goes round in fast mode."""

_ROOT: Final = Path(str(minigen.__file__)).parent.parent


def at_most(count: int) -> int:
    """Return `count`; in fast mode, `ROUNDS_WHEN_FAST` if that is less.

    Examples
    --------
    >>> from minigen.course import at_most
    >>> at_most(2)
    2
    """
    return min(count, ROUNDS_WHEN_FAST) if FAST else count


def progress(things: Iterable[T], what: str = "") -> Iterable[T]:
    """Iterate over `things`, and show on the standard output how far that has come.

    A range counts rounds, such as the steps of training. In fast mode only the first few are gone
    through. Anything else, such as the settings of a comparison, is gone through whole.
    """
    from tqdm import tqdm

    if FAST and isinstance(things, range):
        things = cast("Iterable[T]", things[:ROUNDS_WHEN_FAST])
    # A notebook shows what stands on the error stream like a fault.
    bar: Iterable[T] = tqdm(things, desc=what or None, file=sys.stdout, ncols=80, mininterval=0.5)
    return bar


class Listing:
    """Source code, which a notebook shows in colours; its parts are pairs of place and text."""

    def __init__(self, parts: Iterable[tuple[str, str]]) -> None:
        self.parts = tuple(parts)

    def __repr__(self) -> str:
        return "\n\n".join(f"# {place}\n{code}" for place, code in self.parts)

    def _repr_markdown_(self) -> str:
        return "\n".join(f"`{place}`\n```python\n{code}\n```" for place, code in self.parts)


def show_source(*objects: Callable[..., Any] | type[Any]) -> Listing:
    """Return the source of functions, methods and classes of the library or of a lesson's figures.

    Of an op both are shown, the function and its gradient rule. What has no Python source is a
    TypeError.

    Examples
    --------
    >>> import minigen.functional as F
    >>> from minigen.course import show_source
    >>> print(show_source(F.exp))
    # minigen/ops/arithmetic.py
    @op
    def exp(x: Array) -> Array:
    ...
    @exp.vjp
    def exp_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
    ...
    """
    return Listing(map(_piece, _functions(objects)))


def _functions(objects: Iterable[Any]) -> Iterable[Any]:
    """Replace each op by its function and its rule."""
    for thing in objects:
        if isinstance(thing, Op):
            yield thing.forward
            if thing.rule is not None:
                yield thing.rule
        else:
            yield thing


def _piece(function: Any) -> tuple[str, str]:
    """Return the file, as a path that is the same everywhere; and the code."""
    file = Path(inspect.getsourcefile(function) or "")
    return _place(file), textwrap.dedent(inspect.getsource(function)).rstrip()


def _place(file: Path) -> str:
    """Return where a file stands in the repository: in a wheel the lessons are elsewhere."""
    for folder in (home().parent, _ROOT):
        if file.is_relative_to(folder):
            return file.relative_to(folder).as_posix()
    return file.name
