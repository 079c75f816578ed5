"""Random directions: a whole model's gradient against a few numbers, one leaf at a time and all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minigen.gradcheck.compare import Comparison, excess, one_hot
from minigen.gradcheck.diagnosis import Symptoms, diagnose
from minigen.gradcheck.numeric import STEP, scale_of, step_for
from minigen.gradcheck.report import InputReport, index_of, subscript
from minigen.gradcheck.settings import Vector

Elements: TypeAlias = npt.NDArray[np.integer[Any]]
"""Which elements of an array, in row-major order."""

DIRECTIONS = 3
"""How many random directions move all inputs at once."""

SAMPLE = 256
"""How many elements of a wrong gradient are looked at one by one."""


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
