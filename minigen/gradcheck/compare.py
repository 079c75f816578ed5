"""What both ways of comparing share: numerical derivatives of a subject, and what is found."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from minigen.gradcheck.behaviour import Watched
from minigen.gradcheck.diagnosis import diagnose_shape
from minigen.gradcheck.kinks import Kink
from minigen.gradcheck.numeric import Derivative, derivative
from minigen.gradcheck.report import FailureKind, InputReport, index_of, subscript
from minigen.gradcheck.settings import Settings, Vector


class Comparison(ABC):
    """The comparison of all leaves of a subject."""

    def __init__(self, watched: Watched, cotangent: Vector, settings: Settings) -> None:
        self.watched = watched
        self.subject = watched.subject
        self.point = watched.subject.point
        self.cotangent = cotangent
        self.settings = settings
        self.findings = watched.findings

    @abstractmethod
    def run(self) -> None:
        """Compare every leaf."""

    def differentiate(
        self, directions: Mapping[int, Vector], step: float, cotangent: Vector | None = None
    ) -> Derivative:
        """Differentiate the outputs, or cotangent . output, along directions of some leaves."""

        def weigh(outputs: Vector) -> Vector:
            return outputs if cotangent is None else np.atleast_1d(cotangent @ outputs)

        def along(t: float) -> Vector:
            moved = [
                x + t * directions[leaf] if leaf in directions else x
                for leaf, x in enumerate(self.point)
            ]
            return weigh(self.subject.values(moved))

        found = derivative(along, weigh(self.watched.centre), step, self.settings)
        self.watched.return_to_point()
        return found

    def report_wrong(self, entry: InputReport, diagnosis: str, place: str = "") -> None:
        """Note that a gradient is wrong, or not even finite."""
        if not math.isfinite(entry.analytic):
            self.watched.report(
                FailureKind.NOT_FINITE,
                f"{entry.element} is {entry.analytic} by its rule, {entry.numeric:.6g} numerically",
                entry.name,
            )
            return
        difference = place or (
            f"{entry.element} is {entry.analytic:.6g} by its rule, {entry.numeric:.6g} numerically"
        )
        text = f"{diagnosis} ({difference})" if diagnosis else difference
        self.watched.report(FailureKind.WRONG_GRADIENT, text, entry.name)

    def report_misshapen(
        self, entry: InputReport, gradient: Vector, numeric: Vector | None
    ) -> InputReport:
        """Note that a gradient has a wrong shape; `numeric` is the right one, where known."""
        text = "" if numeric is None else diagnose_shape(gradient, numeric)
        self.watched.report(
            FailureKind.WRONG_SHAPE,
            f"the gradient has shape {gradient.shape}, the input {entry.shape}"
            + (f": {text}" if text else ""),
            entry.name,
        )
        return replace(
            entry, analytic=math.nan, error=math.inf, relative_error=math.inf, diagnosis=text
        )

    def report_kink(self, name: str, kink: Kink, place: str) -> None:
        """Note that there is no derivative to compare with, and how to go on."""
        what = (
            f"the function jumps by {kink.jump:.4g}"
            if kink.jump
            else f"the slope is {kink.left:.6g} on the left and {kink.right:.6g} on the right"
        )
        self.watched.report(
            FailureKind.KINK,
            f"at {place} {what}: no derivative to compare with; "
            "move the input away from there (another seed, or add a small constant)",
            name,
        )

    def report_undefined(self, name: str, place: str) -> None:
        """Note that the function is not finite close by."""
        self.watched.report(
            FailureKind.NOT_FINITE,
            f"{self.subject.name} is not finite within a step of {place}: move the input into the "
            "domain, or pass a smaller eps",
            name,
        )

    def expect_power(self, name: str, numeric: Vector) -> None:
        """Fail, or warn if only a sum was asked for, where zeros would pass as the gradient."""
        if self.subject.order == 2 or not self.settings.powerless(numeric):
            return
        largest = f"no numerical derivative exceeds {np.abs(numeric).max(initial=0.0):.1e}"
        if self.settings.sums_output:
            self.findings.notes.append(
                f"{name}: {largest}, so a rule that returns zeros would pass as well: with a "
                "cotangent of ones this comparison proves nothing; use cotangent='random'"
            )
            return
        self.watched.report(
            FailureKind.NO_POWER,
            f"{largest}, so a rule that returns zeros would pass: does the output depend on this "
            "input, and if so, strongly enough (scale it up, or pass a smaller atol)?",
            name,
        )

    def relative(self, error: float, largest: float) -> float:
        """Return an error in units of the largest numerical derivative, or of atol / rtol.

        A tolerance of atol + rtol * largest lets the quotient atol / rtol stand for a magnitude
        below which a derivative counts as zero.
        """
        settings = self.settings
        floor = settings.atol / settings.rtol if settings.rtol else 0.0
        unit = max(largest, floor)
        return error / unit if unit else (math.inf if error else 0.0)

    def place_of(self, leaf: int, element: int, offset: float = 0.0) -> str:
        """Name an element of a leaf and its value, such as ``x[0, 2] = 1.5``."""
        x = self.point[leaf]
        name = f"{self.subject.names[leaf]}{subscript(index_of(element, x.shape))}"
        return f"{name} = {x.flat[element] + offset:.8g}"


def excess(error: Vector, tolerance: Vector) -> Vector:
    """Return errors in units of their tolerances; -1 where the error is not known."""
    units = np.where(error == 0, 0.0, error / tolerance)
    return np.nan_to_num(units, nan=-1.0, posinf=np.inf)


def one_hot(element: int, shape: tuple[int, ...]) -> Vector:
    """Return zeros with a one at `element`, in row-major order."""
    direction = np.zeros(shape)
    direction.flat[element] = 1.0
    return direction
