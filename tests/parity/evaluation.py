"""What a library computes for a case, the same steps for minigen and for PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

import minigen

from .cases import Case, Sample
from .draws import Array, Draw
from .layouts import LAYOUTS

Results = dict[str, Array]
"""Arrays by name: inputs, outputs, gradients, second gradients."""

TOLERANCES = {"float64": 1e-10, "float32": 1e-5}
"""Largest difference by dtype, relative to the magnitude of a tensor, or to 1 if that is larger."""


class Library(Protocol):
    """The few things in which minigen's and PyTorch's interfaces differ."""

    def tensor(self, values: Array) -> Any:
        """Make a leaf, which requires a gradient if it holds floats."""

    def parameter(self, values: Array) -> Any:
        """Make a leaf that an optimiser may change."""

    def constant(self, values: Array) -> Any:
        """Make of an array what an option of a function may be."""

    def grad(
        self,
        outputs: Any,
        inputs: Any,
        grad_outputs: Any,
        *,
        create_graph: bool,
        retain_graph: bool,
        allow_unused: bool,
    ) -> Sequence[Any]:
        """Return gradients: `minigen.grad`, `torch.autograd.grad`."""

    def array(self, tensor: Any) -> Array:
        """Return the values of a tensor."""


class Minigen:
    """minigen, handed read-only arrays of all sorts of strides."""

    grad = staticmethod(minigen.grad)

    def __init__(self, seed: int) -> None:
        self._draw = Draw([seed])

    def tensor(self, values: Array) -> minigen.Tensor:
        array = self.constant(values)
        return minigen.Tensor(array, requires_grad=array.dtype.kind == "f")

    def parameter(self, values: Array) -> minigen.Tensor:
        return minigen.tensor(values, requires_grad=True)

    def constant(self, values: Array) -> Array:
        array = self._draw.choice(LAYOUTS)(np.asarray(values))
        array.flags.writeable = False  # an op that writes into an input fails
        return array

    def array(self, tensor: minigen.Tensor) -> Array:
        return tensor.numpy()


@dataclass(frozen=True)
class Trial:
    """One drawing of a case's arguments, in one dtype."""

    case: Case
    number: int
    dtype: str = "float64"
    shortest: int = 1
    longest: int = 4

    def sample(self) -> Sample:
        seed = [self.case.seed, self.number]
        return self.case.draw(Draw(seed, shortest=self.shortest, longest=self.longest))

    def cotangents(self) -> Draw:
        """Return the source of the random vectors that Jacobians are multiplied with."""
        return Draw([self.case.seed, self.number, 1])

    def __str__(self) -> str:
        return f"{self.case.name}, trial {self.number}, {self.dtype}: {self.sample()}"


def evaluate(library: Library, function: Any, trial: Trial) -> Results:
    """Return the outputs of a call, its gradients and its second gradients.

    The gradients are those of <c, output> with a random cotangent c, both from `backward` and from
    a recorded pass. The second gradients are those of <d, gradients> with random directions d, with
    respect to the inputs and to c.
    """
    sample, draw = trial.sample(), trial.cotangents()
    inputs = [library.tensor(in_dtype(x, trial.dtype)) for x in sample.inputs]
    options = {k: as_option(library, v, trial.dtype) for k, v in sample.options.items()}
    called = function(*inputs, **options)
    outputs = called if isinstance(called, tuple) else (called,)
    results = _arrays(library, "input", inputs) | _arrays(library, "output", outputs)

    def random(like: Any) -> Any:
        dtype = library.array(like).dtype
        # `to`: the case of `to_device` has its outputs on another device than its inputs.
        return library.tensor(draw.reals(tuple(like.shape)).astype(dtype)).to(like.device)

    leaves = [x for x in inputs if x.requires_grad]
    differentiable = [y for y in outputs if y.requires_grad]
    if not differentiable:
        return results
    cotangents = [random(y) for y in differentiable]
    gradients = _grad(library, differentiable, leaves, cotangents, create_graph=True)
    results |= _arrays(library, "recorded gradient", gradients)
    if trial.case.order == 2:
        directions = [random(x) for x in leaves]
        second = _grad(library, gradients, [*leaves, *cotangents], directions)
        results |= _arrays(library, "second gradient", second)
    for y, cotangent in zip(differentiable, cotangents, strict=True):
        y.backward(cotangent.detach(), retain_graph=True)
    return results | _arrays(library, "gradient", [_or_zeros(library, x.grad, x) for x in leaves])


def in_dtype(values: Array, dtype: str) -> Array:
    """Convert floats; integers and Booleans stay what they are."""
    return np.asarray(values, dtype if values.dtype.kind == "f" else None)


def as_option(library: Library, value: Any, dtype: str) -> Any:
    """Convert the arrays in an option to what the library takes."""
    if isinstance(value, tuple):
        return tuple(as_option(library, part, dtype) for part in value)
    is_array = isinstance(value, np.ndarray | np.generic)
    return library.constant(in_dtype(value, dtype)) if is_array else value


def _grad(
    library: Library,
    outputs: Sequence[Any],
    inputs: Sequence[Any],
    cotangents: Sequence[Any],
    *,
    create_graph: bool = False,
) -> list[Any]:
    """Return gradients, zeros for an input on which no output depends."""
    found: Sequence[Any] = [None] * len(inputs)
    pairs = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if y.requires_grad]
    if pairs:
        found = library.grad(
            [y for y, _ in pairs],
            inputs,
            [c for _, c in pairs],
            create_graph=create_graph,
            retain_graph=True,
            allow_unused=True,
        )
    return [_or_zeros(library, gradient, x) for gradient, x in zip(found, inputs, strict=True)]


def _or_zeros(library: Library, gradient: Any, x: Any) -> Any:
    return library.tensor(np.zeros_like(library.array(x))) if gradient is None else gradient


def _arrays(library: Library, role: str, tensors: Sequence[Any]) -> Results:
    return {f"{role} {i}": library.array(x) for i, x in enumerate(tensors)}


def assert_same(actual: Results, expected: Results, told: str) -> None:
    """Compare two libraries' results: names, dtypes, shapes and values."""
    assert sorted(actual) == sorted(expected), told
    for name, wanted in expected.items():
        got = actual[name]
        assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape), f"{name} of {told}"
        tolerance = TOLERANCES.get(wanted.dtype.name, 0.0)
        finite = np.abs(wanted[np.isfinite(wanted)])
        np.testing.assert_allclose(
            got,
            wanted,
            rtol=0,
            atol=tolerance * max(1.0, float(finite.max(initial=0))),
            err_msg=f"{name} of {told}",
        )
