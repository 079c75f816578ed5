r"""Derivations held beside the code: the identifiers that tie them, and the check of a result.

A page of ``docs/derivations`` derives a family of results. Each boxed result has an identifier,
such as ``conv2d.grad_weight``, which the docstring of the code that implements it names:
``Derivation: conv2d.grad_weight``. Here is the one reader of both. After the result, the page
writes its definition down naively, in loops if need be, and calls `check` to compare it with the
library. ``minigen explain`` and `minigen.explain` show the three together.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from minigen.engine.backend import array_of, to_numpy
from minigen.engine.op import Op, registry

INSTALLED = Path(__file__).parent / "derivation_pages"
"""Where the pages are in an installed package."""

CHECKOUT = Path(__file__).parent.parent / "docs" / "derivations"
"""Where they are beside the sources."""

_NAMED: Final = re.compile(
    r"^(?P<label> *Derivation: )(?P<names>(?:[\w.]+,\s+)*[\w.]+)$", re.MULTILINE
)
"""The line of a docstring that names results; a list may go on in the next."""

_BOXED: Final = re.compile(r"^:::\{derivation\}\s+(?P<identifier>\S+)", re.MULTILINE)
"""The line of a page with which a boxed result begins."""


class PageError(ValueError):
    """A page of derivations that is missing, or not written as it should be."""


def named_in(docstring: str | None) -> tuple[str, ...]:
    """Return the identifiers that a docstring names.

    Examples
    --------
    >>> from minigen.derivations import named_in
    >>> named_in('''Slide kernels.
    ...
    ...     Derivation: conv2d, conv2d.matrix
    ... ''')
    ('conv2d', 'conv2d.matrix')
    """
    found = _NAMED.finditer(docstring or "")
    return tuple(name for line in found for name in _names(line))


def with_links(docstring: str, link: Callable[[str], str]) -> str:
    """Return a docstring with a link in the place of each identifier that it names."""
    return _NAMED.sub(
        lambda line: line["label"] + ", ".join(link(name) for name in _names(line)), docstring
    )


def _names(line: re.Match[str]) -> list[str]:
    return re.split(r",\s+", line["names"])


def folder() -> Path:
    """Return where the pages are: in the installed package, or beside the sources.

    Raises
    ------
    PageError
        If they are in neither place.
    """
    for place in (INSTALLED, CHECKOUT):
        if place.is_dir():
            return place
    raise PageError(
        f"the pages of derivations are neither in {INSTALLED} nor in {CHECKOUT}: install minigen "
        "again"
    )


def page_files() -> dict[str, Path]:
    """Return the files of the pages by name, in the order of the alphabet."""
    return {path.stem: path for path in sorted(folder().glob("*.md")) if path.stem != "index"}


@functools.cache
def page_of() -> dict[str, str]:
    """Return the page of each identifier.

    Raises
    ------
    PageError
        If an identifier stands twice.
    """
    found: dict[str, str] = {}
    for page, file in page_files().items():
        for result in _BOXED.finditer(file.read_text(encoding="utf-8")):
            identifier = result["identifier"]
            if identifier in found:
                raise PageError(f"{identifier} stands on {found[identifier]}, and again on {page}")
            found[identifier] = page
    return found


def place_of(op: Op[Any]) -> tuple[str, str] | None:
    """Return the page of an op's derivation and the result it names first; None for others' ops.

    Examples
    --------
    >>> import minigen.functional as F
    >>> from minigen.derivations import place_of
    >>> place_of(F.conv2d)
    ('convolution', 'conv2d')
    """
    if registry.get(op.name) is not op:
        return None
    named = [*named_in(op.__doc__), *named_in(getattr(op.rule, "__doc__", None))]
    return (page_of()[named[0]], named[0]) if named else None


TOLERANCE: Final = 1e-10
"""How large an error a check allows, relative to the largest number expected."""


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes
    ----------
    identifier : str
        Of the boxed result.
    numbers : int
        How many were compared.
    error : float
        The largest, relative to the largest number expected; NaN if nothing could be compared.
    tolerance : float
        The largest error allowed.
    """

    identifier: str
    numbers: int
    error: float
    tolerance: float

    def __str__(self) -> str:
        return (
            f"{self.identifier}: {self.numbers:,} numbers, largest relative error {self.error:.1g}"
        )


class CheckError(AssertionError):
    """A derivation and the library disagree; `outcome` says by how much."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(f"{outcome.identifier}: {message}")
        self.outcome = outcome


checked: list[Outcome] = []
"""The outcomes of all checks that passed in this process, in their order."""


def check(identifier: str, expected: Any, found: Any, *, tolerance: float = TOLERANCE) -> None:
    r"""Compare what a derivation says with what the library computes, and print the error.

    .. math:: \max_i |e_i - f_i| \;/\; \max(1, \max_i |e_i|)

    Parameters
    ----------
    identifier : str
        Of the boxed result.
    expected : array_like or Tensor, or a sequence of them
        The definition, written naively.
    found : array_like or Tensor, or a sequence of them
        The library's.
    tolerance : float, default 1e-10
        The largest error; more only where the check is one of sampling or of finite differences,
        and says so.

    Raises
    ------
    CheckError
        If shapes differ, a number is not finite, or the error exceeds the tolerance.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen.functional as F
    >>> from minigen.derivations import check
    >>> x = np.array([0.5, 2.0])
    >>> check("exp", [1.6487212707001282, 7.38905609893065], F.exp(x))
    exp: 2 numbers, largest relative error 0
    """
    wanted, had = _arrays(expected), _arrays(found)
    nothing = Outcome(identifier, 0, math.nan, tolerance)
    if len(wanted) != len(had):
        raise CheckError(
            nothing,
            f"{len(wanted)} arrays are expected, got {len(had)}; wrap numbers that belong together "
            "in np.array",
        )
    pairs = list(zip(wanted, had, strict=True))
    for want, have in pairs:
        if want.shape != have.shape:
            raise CheckError(nothing, f"shape {want.shape} expected, got {have.shape}")
    error = max((_error(want, have) for want, have in pairs), default=0.0)
    outcome = Outcome(identifier, sum(want.size for want, _ in pairs), error, tolerance)
    if not error <= tolerance:
        raise CheckError(outcome, f"relative error {error:.1e} exceeds {tolerance:.0e}")
    checked.append(outcome)
    print(outcome)  # noqa: T201 - what it is for


def _arrays(values: Any) -> list[Any]:
    """Return one array, or several, as float64 on the host."""
    several = isinstance(values, Sequence) and any(hasattr(array_of(v), "shape") for v in values)
    parts = values if several else [values]
    return [np.asarray(_host(part), dtype=np.float64) for part in parts]


def _host(value: Any) -> Any:
    array = array_of(value)
    return to_numpy(array) if hasattr(array, "shape") else array


def _error(want: Any, have: Any) -> float:
    """Return the largest difference, relative to the largest number expected."""
    if not want.size:
        return 0.0
    scale = max(1.0, float(np.abs(want).max()))
    return float(np.abs(want - have).max()) / scale
