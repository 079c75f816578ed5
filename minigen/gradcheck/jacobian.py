"""The whole Jacobian: analytic rows from one-hot cotangents, numerical columns by differences."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from minigen.gradcheck.compare import Comparison, excess, one_hot
from minigen.gradcheck.diagnosis import Symptoms, diagnose
from minigen.gradcheck.kinks import Kink
from minigen.gradcheck.numeric import step_for
from minigen.gradcheck.report import InputReport, index_of
from minigen.gradcheck.settings import Vector


@dataclass
class Columns:
    """The numerical Jacobian of one leaf: a column an element, and the kinks by column."""

    matrix: Vector
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
    trusted: npt.NDArray[np.bool_]


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
            trusted = columns[leaf].trusted
            if rows is not None:
                pair = Pair(rows[leaf], columns[leaf].matrix, trusted)
            else:
                pair = Pair(gradients[leaf].reshape(1, -1), products[leaf].reshape(1, -1), trusted)
            self._report_untrusted(leaf, columns[leaf])
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
        matrix = np.empty((self.watched.centre.size, x.size))
        kinks = {}
        for j, step in enumerate(step_for(x, self.settings.eps).ravel().tolist()):
            found = self.differentiate({leaf: one_hot(j, x.shape)}, step)
            matrix[:, j] = found.slope
            if found.kink is not None:
                kinks[j] = found.kink
        return Columns(matrix, kinks)

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
