"""What a gradient check says: a table a learner can read, and failures with a remedy each."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

Index = tuple[int, ...]


class GradcheckError(AssertionError):
    """A gradient check failed; the message is the whole report."""


class FailureKind(StrEnum):
    """What can be wrong with a function or with its gradient."""

    WRONG_GRADIENT = "wrong gradient"
    """The gradient differs from the numerical one."""
    WRONG_SHAPE = "wrong shape"
    """A gradient has another shape than its input."""
    WRONG_DTYPE = "wrong dtype"
    """The function or a gradient rule left float64."""
    NOT_LINEAR = "not linear"
    """The backward pass is not linear in the cotangent, as every vector-Jacobian product is."""
    RANDOM = "random"
    """Two calls with the same inputs gave different results."""
    MUTATES = "mutates"
    """The function or a gradient rule wrote into its inputs, its output or the cotangent."""
    OVERWRITES = "overwrites"
    """A later backward pass overwrote the gradient that an earlier one had returned."""
    NO_POWER = "no power"
    """The gradient is about zero, so that a rule returning zeros would pass."""
    KINK = "kink"
    """There is no derivative here to compare with: the slopes on both sides differ."""
    LONG_STEP = "step too long"
    """The function bends too fast for a numerical derivative, which is as far off as the error."""
    NOT_FINITE = "not finite"
    """NaN or infinity in a value or a gradient."""
    ERROR = "error"
    """The function or its backward pass raised an exception."""


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong: its kind, the input concerned (None: all of them), and why."""

    kind: FailureKind
    input: str | None
    message: str
    order: int = 1

    def __str__(self) -> str:
        where = "" if self.input is None else f", {self.input}"
        when = "" if self.order == 1 else " (second order)"
        return f"{self.kind}{where}{when}: {self.message}"


@dataclass(frozen=True)
class InputReport:
    """How one input's gradient compares, at the element that is worst.

    Attributes
    ----------
    name, position : str, int or None
        The function's name of the input, the parameter's name, or "input 2"; and which of the
        inputs it is, None for a direction that moves all of them at once.
    shape, order : tuple of int, int
        The input's shape; and 2 where the gradient of a gradient is meant.
    index : tuple of int or None
        The worst element of the input: that of the largest error in units of its tolerance. None
        where no single element was compared (directions).
    output : str
        The output's element whose derivative is meant, such as ``"out[1, 2]"``; or ``"g . out"``,
        the product of the whole output with a cotangent.
    analytic, numeric, error, tolerance : float
        The two derivatives there, the magnitude of their difference, and the largest that is
        allowed, atol + rtol * abs(numeric).
    relative_error : float
        The largest error of this input, in units of the largest numeric derivative of this input.
    diagnosis : str
        What pattern the error has, in words; empty where there is none, or none is recognised.
    """

    name: str
    position: int | None
    shape: tuple[int, ...]
    order: int
    index: Index | None
    output: str
    analytic: float
    numeric: float
    error: float
    tolerance: float
    relative_error: float
    diagnosis: str = ""

    @property
    def passed(self) -> bool:
        """Whether the error is within the tolerance."""
        return self.error <= self.tolerance

    @property
    def element(self) -> str:
        """The derivative that is worst, such as ``d out[1, 2] / d x[0]``."""
        if self.index is None:
            return f"d ({self.output}) / d (direction in {self.name})"
        return f"d {self.output} / d {self.name}{subscript(self.index)}"


@dataclass(frozen=True)
class GradReport:
    """The outcome of a gradient check: true if it passed, and readable when printed.

    Attributes
    ----------
    function, order : str, int
        The name of what was checked, and the highest order.
    mode, cotangent : str
        ``"full"`` or ``"directional"``; and ``"random"``, ``"ones"`` or ``"given"``.
    inputs : tuple of InputReport
        An entry an input and order.
    failures : tuple of Failure
        Everything that is wrong; empty if the check passed.
    notes : tuple of str
        What does not fail the check but should be known.
    cause : exception or None
        What the function or a gradient rule raised.
    """

    function: str
    order: int
    mode: str
    cotangent: str = "random"
    inputs: tuple[InputReport, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    cause: BaseException | None = field(default=None, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the check passed."""
        return not self.failures

    def __bool__(self) -> bool:
        return self.ok

    @property
    def worst_relative_error(self) -> float:
        """The largest relative error of any input; NaN if the comparison was not reached."""
        known = [e.relative_error for e in self.inputs if not math.isnan(e.relative_error)]
        return max(known, default=math.nan)

    def raise_if_failed(self) -> None:
        """Raise a `GradcheckError` unless the check passed: the printed report is its message."""
        if self.failures:
            raise GradcheckError(str(self)) from self.cause

    def __str__(self) -> str:
        if self.ok:
            return "\n".join([self._summary(), *self._remarks(self.notes)])
        verdict = f"gradcheck of {self.function} FAILED ({self._what()})"
        parts = [verdict, *self._remarks(str(failure) for failure in self.failures)]
        if self.inputs:
            parts += ["", *_table(self.inputs, self.order)]
        return "\n".join([*parts, *self._remarks(self.notes)])

    def _repr_mimebundle_(self, **_wanted: object) -> dict[str, str]:
        """Show the table where a notebook's cell ends with the report."""
        return {"text/plain": str(self)}

    def _summary(self) -> str:
        return (
            f"gradcheck of {self.function} passed ({self._what()}): "
            f"worst relative error {self.worst_relative_error:.1e}"
        )

    def _what(self) -> str:
        orders = "first order" if self.order == 1 else "first and second order"
        if self.mode == "full" and self.cotangent == "random":
            return f"{orders}, whole Jacobian"
        how = [] if self.mode == "full" else ["random directions"]
        if self.cotangent != "random":
            sums = self.cotangent == "ones"
            how.append("the output's sum only" if sums else "the given cotangent only")
        return ", ".join([orders, *how])

    @staticmethod
    def _remarks(lines: Iterable[str]) -> list[str]:
        return [
            textwrap.fill(
                line,
                width=100,
                initial_indent="  - ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for line in lines
        ]


@dataclass
class Findings:
    """What a check has found so far."""

    inputs: list[InputReport] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cause: BaseException | None = None

    def add(self, failure: Failure) -> None:
        """Add a failure, unless one of its kind is known of the same input."""
        if not any((f.kind, f.input) == (failure.kind, failure.input) for f in self.failures):
            self.failures.append(failure)


def index_of(element: int, shape: tuple[int, ...]) -> Index:
    """Return the index of the element that comes at this place in row-major order."""
    return tuple(int(i) for i in np.unravel_index(element, shape)) if shape else ()


def subscript(index: Sequence[int]) -> str:
    """Write an index as Python does: ``[1, 2]``; nothing for a scalar."""
    return f"[{', '.join(str(i) for i in index)}]" if index else ""


_HEADINGS = ("", "input", "shape", "worst element", "analytic", "numeric", "error", "tolerance",
             "relative error")  # fmt: skip


def _table(entries: Sequence[InputReport], order: int) -> list[str]:
    """Lay out a row an input, the columns aligned."""
    rows = [_HEADINGS, *(_row(entry, order) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _row(entry: InputReport, order: int) -> tuple[str, ...]:
    name = entry.name if order == 1 else f"{entry.name} (order {entry.order})"
    return (
        "?" if math.isnan(entry.error) else "ok" if entry.passed else "WRONG",
        name,
        str(entry.shape),
        entry.element,
        f"{entry.analytic:.8g}",
        f"{entry.numeric:.8g}",
        f"{entry.error:.1e}",
        f"{entry.tolerance:.1e}",
        f"{entry.relative_error:.1e}",
    )
