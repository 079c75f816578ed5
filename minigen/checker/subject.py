"""What is checked: a function of tensors and its backward pass, called and watched.

A comparison of numbers at one point overlooks rules that are right by luck: that write into their
inputs, hand out a buffer they overwrite later, remember the first batch they saw, or are not linear
in the cotangent. Here the function is run at a neighbouring point first, twice at the point, and
once more at the neighbour before the backward pass: memory of another call shows as an error.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigen.checker.numeric import STEP, scale_of
from minigen.checker.report import Failure, FailureKind, Findings, index_of, subscript
from minigen.checker.settings import Settings, Vector
from minigen.engine import backend
from minigen.engine.graph import walk_back
from minigen.engine.modes import enable_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor, linked

REPEATABLE = 64 * float(np.finfo(np.float64).eps)
"""The relative difference between two calls that is still rounding (sums on a GPU reorder)."""

LINEAR = 1e-9
"""The relative error by which linearity in the cotangent may be missed: float64's rounding only."""


class Misbehaviour(Exception):  # noqa: N818 - it carries a finding, no error of the checker
    """What was found makes every comparison meaningless: the check ends here."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Subject:
    """A function under test: `run` computes its outputs from the present data of float64 leaves.

    Each leaf has a name. The constants are arrays that `run` is given besides, and must not change
    either; `recorded` says that the output is itself a gradient, got with ``create_graph=True``.
    """

    def __init__(
        self,
        name: str,
        names: Sequence[str],
        leaves: Sequence[Tensor],
        run: Callable[[], Any],
        *,
        constants: Sequence[Any] = (),
        recorded: bool = False,
    ) -> None:
        self.name = name
        self.names = tuple(names)
        self.leaves = tuple(leaves)
        self.run = run
        self.constants = tuple(constants)
        self.order = 2 if recorded else 1
        self.point = [host_copy(leaf.array) for leaf in leaves]

    def show(self, arrays: Sequence[Any]) -> None:
        """Let the leaves show other arrays.

        The old arrays are left as they are, so graphs recorded on them stay right: for the engine's
        log this is no write.
        """
        for leaf, array in zip(self.leaves, arrays, strict=True):
            leaf._data = array

    def call(self, values: Sequence[Vector]) -> list[Tensor]:
        """Run the function at `values`; return its floating-point outputs."""
        self.show(
            [
                backend.to_device(np.array(value), leaf.device)
                for value, leaf in zip(values, self.leaves, strict=True)
            ]
        )
        with enable_grad():
            try:
                return self._outputs(self.run())
            except Misbehaviour:
                raise
            except Exception as error:
                text = f"{self.name} raised {_described(error)}"
                if values is not self.point:
                    self.call(self.point)  # which raises too, unless the step is to blame
                    text += " (at inputs a step away from those given: are they at its limits?)"
                raise self.stop(FailureKind.ERROR, text) from error

    def values(self, values: Sequence[Vector]) -> Vector:
        """Run the function at `values`; return all its outputs as one vector."""
        return flat([y.array for y in self.call(values)])

    def vjp(
        self, outputs: Sequence[Tensor], cotangents: Sequence[Any], *, create_graph: bool = False
    ) -> list[Any]:
        """Return the leaves' cotangents just as the rules made them; None where none arrived."""
        live = [i for i, y in enumerate(outputs) if y.requires_grad]
        try:
            found = walk_back(
                [outputs[i] for i in live],
                [cotangents[i] for i in live],
                targets=set(self.leaves),
                link=linked if create_graph else None,
                retain_graph=True,
            )
        except Exception as error:
            raise Misbehaviour(self._explain_backward(error, create_graph)) from error
        return [found.get(leaf) for leaf in self.leaves]

    def gradient(self, cotangents: Sequence[Vector]) -> Subject:
        """Return the function (inputs, cotangents) -> gradients, whose gradient is of order 2.

        Derivation: gradcheck.second_order
        """
        outputs = self.call(self.point)
        seeds = [
            Tensor(backend.to_device(g.copy(), y.device), requires_grad=True)
            for g, y in zip(cotangents, outputs, strict=True)
        ]

        def gradients() -> list[Tensor]:
            with enable_grad():
                outputs = self._outputs(self.run())
            found = self.vjp(outputs, seeds, create_graph=True)
            return [g if isinstance(g, Tensor) else Tensor(g) for g in found if g is not None]

        which = [""] if len(seeds) == 1 else [f" {i}" for i in range(len(seeds))]
        return Subject(
            f"the gradient of {self.name}",
            [*self.names, *(f"cotangent{i}" for i in which)],
            [*self.leaves, *seeds],
            gradients,
            constants=self.constants,
            recorded=True,
        )

    def stop(self, kind: FailureKind, message: str, name: str | None = None) -> Misbehaviour:
        """Return the exception that ends the check with this finding."""
        return Misbehaviour(Failure(kind, name, message, self.order))

    def _outputs(self, returned: Any) -> list[Tensor]:
        """Sort what the function returned: the float64 tensors, integers left out."""
        outputs = list(returned) if isinstance(returned, list | tuple) else [returned]
        for y in outputs:
            if not isinstance(y, Tensor):
                raise self.stop(
                    FailureKind.ERROR,
                    f"{self.name} returned {type(y).__name__}, not a Tensor: has .data or .numpy() "
                    "cut the graph?",
                )
        outputs = [y for y in outputs if y.dtype.kind == "f" and y.size]
        if not outputs:
            raise self.stop(
                FailureKind.ERROR,
                f"{self.name} returned no floating-point numbers to differentiate",
            )
        for y in outputs:
            if y.dtype != np.float64:
                raise self.stop(
                    FailureKind.WRONG_DTYPE,
                    f"{self.name} returned {y.dtype} although its inputs are float64: is something "
                    "converted, or made as float32, on the way?",
                )
        return outputs

    def _explain_backward(self, error: Exception, create_graph: bool) -> Failure:
        text = f"the backward pass of {self.name} raised {_described(error)}"
        if create_graph:
            text += (
                ". It did not in a first-order pass, where rules get arrays; under create_graph "
                "they get tensors: is the rule written with NumPy's functions in place of ops?"
            )
        return Failure(FailureKind.ERROR, None, text, 2 if create_graph else self.order)


class Watched:
    """A subject evaluated at its point.

    The graph behind its outputs is kept; `centre` is all of them as one vector, on the host.
    `unreached` are the leaves to which the backward pass never came, `misshapen` those whose
    gradient had a wrong shape, each with that gradient and its cotangent.
    """

    def __init__(self, subject: Subject, settings: Settings, findings: Findings) -> None:
        self.subject = subject
        self.settings = settings
        self.random = Generator(settings.seed)
        self.findings = findings
        self.unreached: set[int] = set()
        self.misshapen: dict[int, tuple[Vector, Vector]] = {}
        self._returned: list[tuple[int, Any, Vector]] = []  # leaf, the rule's array, a copy of it
        self._constants = [backend.to_numpy(array).copy() for array in subject.constants]

        neighbour = [
            x + STEP * scale_of(x) * self.random.uniform(x.shape, np.float64) for x in subject.point
        ]
        beside = subject.call(neighbour)
        subject.vjp(beside, [y.array.copy() for y in beside])  # any cotangent will do
        self.outputs = subject.call(subject.point)
        self._arrays = [leaf.array for leaf in subject.leaves]  # what the graph was recorded on
        self.shapes = [y.shape for y in self.outputs]
        self.centre = flat([y.array for y in self.outputs])
        self._expect_untouched("the function", backward=False)
        self._expect_finite()
        self._expect_repeatable()
        subject.call(neighbour)
        self.return_to_point()

    def return_to_point(self) -> None:
        """Let the leaves show the arrays again that the kept graph was recorded on."""
        self.subject.show(self._arrays)

    def draw_cotangent(self) -> Vector:
        """Draw a random cotangent of all outputs, as one vector."""
        return np.asarray(self.random.normal(self.centre.shape, np.float64))

    def split(self, cotangent: Vector) -> list[Vector]:
        """Cut a vector into arrays of the outputs' shapes."""
        ends = np.cumsum([y.size for y in self.outputs])
        return [
            part.reshape(shape)
            for part, shape in zip(np.split(cotangent, ends[:-1]), self.shapes, strict=True)
        ]

    def element(self, row: int) -> str:
        """Name the element that is number `row` of all outputs: ``out[1, 2]``, ``out1[0]``."""
        position = 0
        while row >= math.prod(self.shapes[position]):
            row -= math.prod(self.shapes[position])
            position += 1
        name = "out" if len(self.shapes) == 1 else f"out{position}"
        return name + subscript(index_of(row, self.shapes[position]))

    def gradient(self, cotangent: Vector) -> list[Vector]:
        """Return the gradient of cotangent . output for each leaf, of the leaf's shape.

        Where no gradient arrived, or one of a wrong shape, it is zero, and remembered.
        """
        subject = self.subject
        cotangents = [
            backend.to_device(g.copy(), y.device)
            for g, y in zip(self.split(cotangent), self.outputs, strict=True)
        ]
        found = subject.vjp(self.outputs, cotangents)
        self._expect_untouched("a gradient rule", backward=True)
        if not np.array_equal(flat(cotangents), cotangent):
            raise subject.stop(
                FailureKind.MUTATES,
                "a gradient rule changed its cotangent g in place: other rules may be handed the "
                "same array; write g * x, not g *= x",
            )
        return [self._received(leaf, array, cotangent) for leaf, array in enumerate(found)]

    def expect_good_rules(self) -> None:
        """Find rules that are not linear in the cotangent, or reuse the memory they gave.

        A backward pass that is random ends the check with a `Misbehaviour`.
        """
        u, v = self.draw_cotangent(), self.draw_cotangent()
        of_u, of_v = self.gradient(u), self.gradient(v)
        again, combined = self.gradient(u), self.gradient(2 * u - 3 * v)
        for leaf, name in enumerate(self.subject.names):
            if not repeats(of_u[leaf], again[leaf]):
                raise self.subject.stop(
                    FailureKind.RANDOM,
                    "two backward passes with the same cotangent give different gradients",
                    name,
                )
            expected = 2 * of_u[leaf] - 3 * of_v[leaf]
            error = np.abs(combined[leaf] - expected).max(initial=0.0)
            scale = max(np.abs(of_u[leaf]).max(initial=0.0), np.abs(of_v[leaf]).max(initial=0.0))
            if error > LINEAR * scale + 1e-3 * self.settings.atol:
                self._note_nonlinear(name, float(error), float(scale))
        self.expect_lasting()

    def report(self, kind: FailureKind, message: str, name: str | None = None) -> None:
        """Note a failure, unless the same was noted before."""
        self.findings.add(Failure(kind, name, message, self.subject.order))

    def _note_nonlinear(self, name: str, error: float, scale: float) -> None:
        slight = error < 1e-5 * scale
        if slight and any(f.kind is FailureKind.WRONG_DTYPE for f in self.findings.failures):
            return  # which says it better
        self.report(
            FailureKind.NOT_LINEAR,
            "the gradient is not linear in the cotangent g: that of 2u - 3v misses 2 (that of u) - "
            f"3 (that of v) by {error:.2g}; "
            + (
                "an error so slight is float32 rounding: is something converted on the way?"
                if slight
                else "is g left out of the rule, squared, or clipped?"
            ),
            name,
        )

    def _received(self, leaf: int, array: Any, cotangent: Vector) -> Vector:
        """Look at what arrived at a leaf; return it as float64 of the leaf's shape."""
        point, name = self.subject.point[leaf], self.subject.names[leaf]
        if array is None:
            self.unreached.add(leaf)
            return np.zeros_like(point)
        array = array if backend.is_array(array) else np.asarray(array)  # rules may give scalars
        if array.dtype != np.float64:
            self.report(
                FailureKind.WRONG_DTYPE,
                f"the gradient is {array.dtype} although everything is float64: does the rule make "
                "an array without a dtype, or convert one?",
                name,
            )
        if array.shape != point.shape:
            self.misshapen.setdefault(leaf, (host_copy(array), cotangent))
            return np.zeros_like(point)
        received = host_copy(array)
        self._returned.append((leaf, array, received))
        return received

    def expect_lasting(self) -> None:
        """Find gradients that later backward passes have overwritten."""
        for leaf, array, before in self._returned:
            if not np.array_equal(host_copy(array), before, equal_nan=True):
                self.report(
                    FailureKind.OVERWRITES,
                    "a later backward pass overwrote a gradient that an earlier one had returned: "
                    "the rule hands out a buffer it uses again; return a new array",
                    self.subject.names[leaf],
                )
        self._returned.clear()

    def _expect_finite(self) -> None:
        for row in np.flatnonzero(~np.isfinite(self.centre))[:1].tolist():
            raise self.subject.stop(
                FailureKind.NOT_FINITE,
                f"{self.element(row)} of {self.subject.name} is {float(self.centre[row])}: choose "
                "inputs where it is defined, or find the op with minigen.detect_anomaly()",
            )

    def _expect_repeatable(self) -> None:
        again = self.subject.values(self.subject.point)
        if not repeats(self.centre, again):
            alike = again.shape == self.centre.shape
            extent = f"by up to {np.abs(again - self.centre).max():.2g}" if alike else "in shape"
            raise self.subject.stop(
                FailureKind.RANDOM,
                f"two calls of {self.subject.name} with the same inputs differ {extent}: pass its "
                "noise in (noise=, mask=), or a generator seeded inside it",
            )

    def _expect_untouched(self, culprit: str, *, backward: bool) -> None:
        """Stop if inputs, constants or, after a backward pass, outputs are not what they were."""
        subject = self.subject
        remedy = "; work on a copy"
        for name, array, before in zip(subject.names, self._arrays, subject.point, strict=True):
            if not np.array_equal(backend.to_numpy(array), before):
                raise subject.stop(
                    FailureKind.MUTATES, f"{culprit} changed this input in place{remedy}", name
                )
        for array, original in zip(subject.constants, self._constants, strict=True):
            if not np.array_equal(backend.to_numpy(array), original):
                raise subject.stop(
                    FailureKind.MUTATES,
                    f"{culprit} changed an array of shape {original.shape} that it was given"
                    + remedy,
                )
        if backward and not np.array_equal(flat([y.array for y in self.outputs]), self.centre):
            raise subject.stop(
                FailureKind.MUTATES, f"{culprit} changed the op's output in place{remedy}"
            )


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def host_copy(array: Any) -> Vector:
    """Return a float64 copy on the host, of the same shape."""
    return np.array(backend.to_numpy(array), dtype=np.float64)


def flat(arrays: Sequence[Any]) -> Vector:
    """Join copies of arrays into one vector."""
    return np.concatenate([host_copy(array).ravel() for array in arrays])


def input_names(f: Callable[..., Any], count: int) -> list[str]:
    """Name the inputs as the function does; "input 2" where it has no names.

    A function whose inputs have names that Python does not allow, such as ``encoder.0.weight``,
    may list them in an attribute ``input_names``.
    """
    listed = getattr(f, "input_names", None)
    if listed is not None:
        return list(listed)
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [named[i] if i < len(named) else f"input {i}" for i in range(count)]


def function_name(f: Callable[..., Any]) -> str:
    """Return what to call `f` in a report."""
    f = getattr(f, "func", f)  # of a functools.partial
    name: str = getattr(f, "__name__", type(f).__name__)
    return "the function" if name == "<lambda>" else name


def repeats(first: Vector, second: Vector) -> bool:
    """Tell whether two results agree up to the rounding of reordered sums."""
    if first.shape != second.shape:
        return False
    allowed = REPEATABLE * np.abs(first).max(initial=0.0)
    return bool((np.abs(first - second) <= allowed).all()) or np.array_equal(first, second, True)
