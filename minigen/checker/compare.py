"""Analytic and numerical derivatives side by side: the whole Jacobian, or random directions."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minigen.checker.diagnosis import Symptoms, diagnose, diagnose_shape
from minigen.checker.numeric import STEP, Derivative, Kink, derivative, scale_of, step_for
from minigen.checker.report import FailureKind, InputReport, index_of, subscript
from minigen.checker.settings import Settings, Vector
from minigen.checker.subject import Watched

Elements: TypeAlias = npt.NDArray[np.integer[Any]]
"""Which elements of an array, in row-major order."""

DIRECTIONS = 3
"""How many random directions move all inputs at once."""

SAMPLE = 256
"""How many elements of a wrong gradient are looked at one by one."""


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

    def report_long_step(self, name: str, place: str) -> None:
        """Note that the numerical derivative is too far off to judge a rule by."""
        self.watched.report(
            FailureKind.LONG_STEP,
            f"within a step of {place} {self.subject.name} bends too fast, so the numerical "
            "derivative proves nothing: the step is too long there; move the input away, or pass "
            "a smaller eps",
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


@dataclass
class Columns:
    """The numerical Jacobian of one leaf: a column an element, its doubt, and kinks by column."""

    matrix: Vector
    doubt: Vector
    kinks: dict[int, Kink]

    @property
    def undefined(self) -> list[int]:
        """The columns where the function is not finite close by."""
        finite = np.isfinite(self.matrix).all(axis=0)
        return [j for j in np.flatnonzero(~finite).tolist() if j not in self.kinks]

    @property
    def trusted(self) -> npt.NDArray[np.bool_]:
        """Which columns can be compared."""
        trusted = np.ones(self.matrix.shape[1], bool)
        trusted[[*self.undefined, *self.kinks]] = False
        return trusted


@dataclass
class Pair:
    """What is compared for one leaf: Jacobians, or a single row, the product with a cotangent."""

    analytic: Vector
    numeric: Vector
    doubt: Vector
    trusted: npt.NDArray[np.bool_]

    def undecided(self, settings: Settings) -> list[int]:
        """Return the columns whose errors, where not tolerable, are no larger than the doubt."""
        error = np.abs(self.analytic - self.numeric)
        wrong = self.trusted & ~(error <= settings.tolerance(self.numeric))
        excused = wrong & (error <= self.doubt)
        return np.flatnonzero(excused.any(axis=0) & ~(wrong & ~excused).any(axis=0)).tolist()


class JacobianComparison(Comparison):
    """Compares every derivative of every output, or, for a given cotangent, of their product."""

    def run(self) -> None:
        """Compare every leaf."""
        leaves = range(len(self.point))
        columns = [self._columns(leaf) for leaf in leaves]
        products = [
            (self.cotangent @ np.where(c.trusted, c.matrix, 0.0)).reshape(x.shape)
            for c, x in zip(columns, self.point, strict=True)
        ]
        gradients = self.watched.gradient(self.cotangent)
        rows = self._rows() if self.settings.random_cotangent else None
        for leaf in leaves:
            trusted, doubt = columns[leaf].trusted, columns[leaf].doubt
            if rows is not None:
                pair = Pair(rows[leaf], columns[leaf].matrix, doubt, trusted)
            else:
                analytic, numeric = (row[leaf].reshape(1, -1) for row in (gradients, products))
                pair = Pair(analytic, numeric, np.abs(self.cotangent)[None] @ doubt, trusted)
            self._report_untrusted(leaf, columns[leaf])
            undecided = pair.undecided(self.settings)
            for j in undecided[:1]:
                self.report_long_step(self.subject.names[leaf], self.place_of(leaf, j))
            trusted[undecided] = False
            entry = self._worst(leaf, pair)
            if leaf in self.watched.misshapen:
                gradient, cotangent = self.watched.misshapen[leaf]
                numeric = (cotangent @ columns[leaf].matrix).reshape(entry.shape)
                entry = self.report_misshapen(entry, gradient, numeric)
            elif entry.error > entry.tolerance:
                text = self._diagnose(leaf, pair, gradients[leaf], products)
                entry = replace(entry, diagnosis=text)
                self.report_wrong(entry, text)
            if trusted.any():
                self.expect_power(entry.name, pair.numeric[:, trusted])
            self.findings.inputs.append(entry)

    def _columns(self, leaf: int) -> Columns:
        """Differentiate all outputs by each element of a leaf."""
        x = self.point[leaf]
        matrix, doubt = np.empty((2, self.watched.centre.size, x.size))
        kinks = {}
        for j, step in enumerate(step_for(x, self.settings.eps).ravel().tolist()):
            found = self.differentiate({leaf: one_hot(j, x.shape)}, step)
            matrix[:, j], doubt[:, j] = found.slope, found.doubt
            if found.kink is not None:
                kinks[j] = found.kink
        return Columns(matrix, doubt, kinks)

    def _rows(self) -> list[Vector]:
        """Return each leaf's analytic Jacobian, a row from each one-hot cotangent."""
        rows = [self.watched.gradient(g) for g in np.eye(self.watched.centre.size)]
        return [np.array([row[leaf].ravel() for row in rows]) for leaf in range(len(self.point))]

    def _worst(self, leaf: int, pair: Pair) -> InputReport:
        """Report the element of the largest error, in units of its tolerance."""
        name, shape = self.subject.names[leaf], self.point[leaf].shape
        if not pair.trusted.any():
            unknown = (math.nan,) * 5
            return InputReport(name, leaf, shape, self.subject.order, None, "out", *unknown)
        whole = self.settings.random_cotangent
        columns = np.flatnonzero(pair.trusted)
        analytic, numeric = pair.analytic[:, columns], pair.numeric[:, columns]
        tolerance = self.settings.tolerance(numeric)
        error = np.abs(analytic - numeric)
        error[np.isnan(error)] = np.inf
        at = np.unravel_index(excess(error, tolerance).argmax(), error.shape)
        return InputReport(
            name=name,
            position=leaf,
            shape=shape,
            order=self.subject.order,
            index=index_of(int(columns[at[1]]), shape),
            output=self.watched.element(int(at[0])) if whole else "(g . out)",
            analytic=float(analytic[at]),
            numeric=float(numeric[at]),
            error=float(error[at]),
            tolerance=float(tolerance[at]),
            relative_error=self.relative(float(error.max()), float(np.abs(numeric).max())),
        )

    def _report_untrusted(self, leaf: int, columns: Columns) -> None:
        """Note the first kink, and the first place where the function is not finite."""
        name = self.subject.names[leaf]
        for j, kink in sorted(columns.kinks.items())[:1]:
            more = len(columns.kinks) - 1
            also = f" (and near {more} more of its elements)" if more else ""
            output = self.watched.element(kink.output)
            place = f"{self.place_of(leaf, j, kink.offset)}{also}, for {output},"
            self.report_kink(name, kink, place)
        for j in columns.undefined[:1]:
            self.report_undefined(name, self.place_of(leaf, j))

    def _diagnose(self, leaf: int, pair: Pair, gradient: Vector, products: list[Vector]) -> str:
        """Look for a pattern in the gradient of the product with a random cotangent."""
        product = products[leaf]
        seen = np.where(pair.trusted.reshape(product.shape), gradient, product)
        whole = self.settings.random_cotangent and bool(pair.trusted.all())
        return diagnose(
            Symptoms(
                analytic=seen,
                numeric=product,
                wrong=~(np.abs(seen - product) <= self.settings.tolerance(product)),
                reached=leaf not in self.watched.unreached,
                output_shapes=self.watched.shapes,
                others={
                    self.subject.names[other]: numeric
                    for other, numeric in enumerate(products)
                    if other != leaf
                },
                jacobians=(pair.analytic, pair.numeric) if whole else None,
            )
        )


class DirectionalComparison(Comparison):
    r"""Compares :math:`\langle \bar x, v \rangle` with the derivative of g . out along v.

    For a random v it is right by chance with probability 0, whatever the number of elements. A
    direction of one leaf says where an error is; directions of all leaves at once also find errors
    that only the sum shows.

    Derivation: gradcheck.directional
    """

    def run(self) -> None:
        """Compare every leaf, then all at once."""
        leaves = range(len(self.point))
        for leaf in leaves:
            entry, cotangent = self._worst([leaf], 1 if len(leaves) > 1 else DIRECTIONS)
            if leaf in self.watched.misshapen:
                gradient, cotangent = self.watched.misshapen[leaf]
                chosen, numeric = self._elements(leaf, cotangent)
                known = chosen.size == numeric.size
                entry = self.report_misshapen(
                    entry, gradient, numeric.reshape(entry.shape) if known else None
                )
            elif entry.error > entry.tolerance:
                text, place = self._examine(leaf, cotangent)
                entry = replace(entry, diagnosis=text)
                self.report_wrong(entry, text, place)
            self.findings.inputs.append(entry)
        if len(leaves) > 1:
            entry, _ = self._worst(leaves, DIRECTIONS)
            if entry.error > entry.tolerance and not self.findings.failures:
                self.report_wrong(entry, "right for each input alone, wrong for all together")
            self.findings.inputs.append(entry)

    def _next_cotangent(self) -> Vector:
        """Draw a cotangent, unless one is given."""
        return self.watched.draw_cotangent() if self.settings.random_cotangent else self.cotangent

    def _worst(self, leaves: Sequence[int], count: int) -> tuple[InputReport, Vector]:
        """Compare along `count` random directions; return the worst report and its cotangent."""
        cotangents = [self._next_cotangent() for _ in range(count)]
        entries = [self._along(leaves, cotangent) for cotangent in cotangents]
        worst = max(range(count), key=lambda i: np.nan_to_num(entries[i].error, nan=-1.0))
        return entries[worst], cotangents[worst]

    def _along(self, leaves: Sequence[int], cotangent: Vector) -> InputReport:
        """Compare along one random direction of some leaves."""
        draw = self.watched.random.normal
        directions = {
            leaf: scale_of(self.point[leaf]) * draw(self.point[leaf].shape, np.float64)
            for leaf in leaves
        }
        length = math.sqrt(sum(v.size for v in directions.values()))
        found = self.differentiate(directions, (self.settings.eps or STEP) / length, cotangent)
        gradients = self.watched.gradient(cotangent)
        analytic = sum(float((gradients[leaf] * v).sum()) for leaf, v in directions.items())
        numeric = float(found.slope[0])
        alone = len(self.point) == 1 or len(leaves) == 1
        name = self.subject.names[leaves[0]] if alone else "all inputs"
        if found.kink is not None:
            numeric = math.nan
            place = f"{found.kink.offset:.1e} along a random direction from the inputs"
            self.report_kink(name, found.kink, place)
        elif not math.isfinite(numeric):
            self.report_undefined(name, "the inputs, along a random direction")
        elif self.settings.tolerance(numeric) < abs(analytic - numeric) <= found.doubt[0]:
            numeric = math.nan
            self.report_long_step(name, "the inputs, along a random direction,")
        elif alone:
            self.expect_power(name, found.slope)
        error = abs(analytic - numeric)
        return InputReport(
            name=name,
            position=leaves[0] if alone else None,
            shape=self.point[leaves[0]].shape if alone else (),
            order=self.subject.order,
            index=None,
            output="g . out",
            analytic=analytic,
            numeric=numeric,
            error=math.inf if math.isnan(analytic) else error,
            tolerance=float(self.settings.tolerance(numeric)),
            relative_error=self.relative(error, abs(numeric)),
        )

    def _examine(self, leaf: int, cotangent: Vector) -> tuple[str, str]:
        """Look at a wrong gradient element by element; return the diagnosis and the worst place."""
        shape = self.point[leaf].shape
        analytic = self.watched.gradient(cotangent)[leaf].ravel()
        chosen, numeric = self._elements(leaf, cotangent)
        analytic, numeric = analytic[chosen], numeric[chosen]
        error, tolerance = np.abs(analytic - numeric), self.settings.tolerance(numeric)
        worst = int(excess(error, tolerance).argmax())
        place = (
            f"d (g . out) / d {self.subject.names[leaf]}"
            f"{subscript(index_of(int(chosen[worst]), shape))} is {analytic[worst]:.6g} by its "
            f"rule, {numeric[worst]:.6g} numerically"
        )
        sampled = chosen.size < math.prod(shape)
        seen_as = chosen.shape if sampled else shape
        symptoms = Symptoms(
            analytic=analytic.reshape(seen_as),
            numeric=numeric.reshape(seen_as),
            wrong=~(error <= tolerance).reshape(seen_as),
            reached=leaf not in self.watched.unreached,
            output_shapes=self.watched.shapes,
            sampled=sampled,
        )
        return diagnose(symptoms), place

    def _elements(self, leaf: int, cotangent: Vector) -> tuple[Elements, Vector]:
        """Differentiate g . out by each element of a leaf, or by a sample; 0 for the others."""
        x = self.point[leaf]
        chosen = np.arange(x.size)
        if x.size > SAMPLE:
            chosen = np.sort(self.watched.random.permutation(x.size)[:SAMPLE])
        steps = step_for(x, self.settings.eps).ravel()
        numeric = np.zeros(x.size)
        for j in chosen.tolist():
            found = self.differentiate({leaf: one_hot(j, x.shape)}, float(steps[j]), cotangent)
            numeric[j] = found.slope[0]
        return chosen, numeric


def excess(error: Vector, tolerance: Vector) -> Vector:
    """Return errors in units of their tolerances; -1 where the error is not known."""
    units = np.where(error == 0, 0.0, error / tolerance)
    return np.nan_to_num(units, nan=-1.0, posinf=np.inf)


def one_hot(element: int, shape: tuple[int, ...]) -> Vector:
    """Return zeros with a one at `element`, in row-major order."""
    direction = np.zeros(shape)
    direction.flat[element] = 1.0
    return direction
