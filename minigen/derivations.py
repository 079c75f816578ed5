r"""Derivations held beside the code: the check that a page of ``docs/derivations`` runs.

A page derives a family of results. Each boxed result has an identifier, such as
``conv2d.grad_weight``, which the docstring of the code that implements it names. After the result,
the page writes its definition down naively, in loops if need be, and calls `check` to compare it
with the library. ``minigen explain`` and `minigen.explain` show the three together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from minigen.engine.backend import array_of, to_numpy

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
