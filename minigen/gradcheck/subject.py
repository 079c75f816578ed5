"""What is checked: a function of tensors, run at any values of its leaves, and its VJPs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigen.engine import backend
from minigen.engine.graph import walk_back
from minigen.engine.modes import enable_grad
from minigen.engine.tensor import Tensor, linked
from minigen.gradcheck.report import Failure, FailureKind
from minigen.gradcheck.settings import Vector


class Misbehaviour(Exception):  # noqa: N818 - it carries a finding, no error of the checker
    """What was found makes every comparison meaningless: the check ends here."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Subject:
    """A function under test.

    Parameters
    ----------
    name : str
        The function's name.
    names : sequence of str
        A name a leaf.
    leaves : sequence of Tensor
        The float64 tensors whose gradients are checked.
    run : callable
        Computes the output, a tensor or a sequence of tensors, from the leaves' present data.
    constants : sequence of array
        Arrays that `run` is given beside the leaves, and must not change either.
    recorded : bool, default False
        Whether the output is itself a gradient, got with ``create_graph=True``.
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
        self.point = [host_copy(leaf.data) for leaf in leaves]

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
        return flat([y.data for y in self.call(values)])

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
