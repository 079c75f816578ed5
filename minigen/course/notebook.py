"""What the notebooks of the course use: fast mode, progress, and the library's own source."""

from __future__ import annotations

import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

import minigen
from minigen.engine.op import Op

T = TypeVar("T")

FAST: Final = os.environ.get("MINIGEN_FAST", "") not in {"", "0"}
"""Whether the environment variable ``MINIGEN_FAST`` is set: loops are short, as in the tests.

A lesson says ``steps = 20 if FAST else 2000``. What only a whole run shows is asserted as
``assert FAST or accuracy > 0.9``.
"""

_ROOT: Final = Path(str(minigen.__file__)).parent.parent


def progress(things: Iterable[T], what: str = "") -> Iterable[T]:
    """Iterate over `things`, and show on the standard output how far that has come."""
    from tqdm import tqdm

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
    """Return the library's own source of functions, methods and classes, read when it is called.

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
    """Return the file, as a path from the package's parent, the same everywhere; and the code."""
    file = Path(inspect.getsourcefile(function) or "")
    place = file.relative_to(_ROOT).as_posix() if file.is_relative_to(_ROOT) else file.name
    return place, textwrap.dedent(inspect.getsource(function)).rstrip()
