"""One entry of the catalogue: a function to check, and how to draw inputs for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from minigen import nn
from minigen.checker import GradReport, gradcheck
from minigen.engine.backend import CPU, Array, array_of, device_of, to_device
from minigen.engine.random import Generator

Kind = Literal["op", "loss", "layer", "model"]
Draw = Callable[[Generator], npt.NDArray[Any]]
"""Draws one input."""


@dataclass(frozen=True)
class Case:
    """A differentiable function of the library, and inputs at which its gradients are checked.

    Attributes
    ----------
    name : str
        What is checked: an op, layer, loss or model.
    kind : {"op", "loss", "layer", "model"}
        Which of them it is.
    function : callable
        Takes a tensor an input.
    inputs : sequence of callable
        Each draws one input, in float64, from a generator.
    note : str
        What sets this case apart from others of the same name, such as an option.
    mode : {"full", "directional"}
        Whether to compare the whole Jacobian, or random directions.
    seed : int
        Seeds the draws of the inputs and of the check.
    """

    name: str
    kind: Kind
    function: Callable[..., Any]
    inputs: Sequence[Draw]
    note: str = ""
    mode: Literal["full", "directional"] = "full"
    seed: int = field(default=0, kw_only=True)

    def draw(self) -> list[npt.NDArray[Any]]:
        """Return the inputs: the same at each call."""
        generator = Generator(self.seed)
        return [draw(generator) for draw in self.inputs]

    def check(self, order: int, device: str = CPU) -> GradReport:
        """Check the gradients on a device, up to the given order, by finite differences."""
        inputs = [to_device(array, device) for array in self.draw()]
        return gradcheck(self.function, inputs, order=order, mode=self.mode, seed=self.seed)

    @property
    def title(self) -> str:
        """The name with the note."""
        return f"{self.name} ({self.note})" if self.note else self.name


def normal(*shape: int) -> Draw:
    """Draw from N(0, 1)."""
    return lambda generator: generator.normal(shape, np.float64)


def positive(*shape: int) -> Draw:
    """Draw from [0.5, 2)."""
    return lambda generator: 0.5 + 1.5 * generator.uniform(shape, np.float64)


def probability(*shape: int) -> Draw:
    """Draw from [0.1, 0.9)."""
    return lambda generator: 0.1 + 0.8 * generator.uniform(shape, np.float64)


def distinct(*shape: int) -> Draw:
    """Draw values at least 0.1 apart and none within 0.05 of 0: no ties, no kink at 0."""

    def draw(generator: Generator) -> npt.NDArray[Any]:
        size = int(np.prod(shape))
        values = (generator.permutation(size) - (size - 1) // 2 - 0.5) * 0.1
        return values.reshape(shape)

    return draw


def constant(value: Any) -> Draw:
    """Return a copy of `value` each time."""
    return lambda _: np.array(value)


def beside(x: Any, values: Any) -> Array:
    """Return constants as an array on the device of an input."""
    return to_device(np.asarray(values), device_of(array_of(x)))


def module_case(
    name: str,
    kind: Kind,
    build: Callable[[Generator], nn.Module],
    *inputs: Draw,
    note: str = "",
    call: Callable[..., Any] | None = None,
    mode: Literal["full", "directional"] = "full",
    part: str = "",
) -> Case:
    """Make the case of a module: its parameters are inputs like any other.

    `call` says what to compute with the module and the drawn inputs; the forward pass if not given.
    With `part` only the parameters whose names begin so are inputs, and the others constants.
    """
    module = build(Generator(0)).to(np.float64)
    learnt = {path: each for path, each in module.named_parameters() if path.startswith(part)}
    names = list(learnt)
    count = len(inputs)

    def function(*values: Any) -> Any:
        module.to(values[0].device)  # for its buffers
        parameters = dict(zip(names, values[count:], strict=True))
        with nn.substituted(module, parameters):
            return (call or module)(*((module, *values[:count]) if call else values[:count]))

    vars(function)["input_names"] = [*(f"input {i}" for i in range(count)), *names]
    starts: list[Draw] = [constant(parameter.data) for parameter in learnt.values()]
    return Case(name, kind, function, [*inputs, *starts], note, mode)
