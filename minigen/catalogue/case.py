"""One entry of the catalogue: a function to check, and how to draw inputs for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from minigen import functional, nn
from minigen.checker import GradReport, gradcheck
from minigen.engine.backend import CPU, Array, array_of, device_of, to_device
from minigen.engine.op import registry
from minigen.engine.random import Generator

Kind = Literal["op", "loss", "layer", "model"]
Draw = Callable[[Generator], npt.NDArray[Any]]
"""Draws one input."""


@dataclass(frozen=True)
class Case:
    """A function of the library, and inputs at which its gradients are checked.

    Attributes
    ----------
    name : str
        What is checked: an op, layer, loss or model.
    kind : {"op", "loss", "layer", "model"}
        Which of them it is.
    function : callable
        Takes a tensor an input.
    inputs : sequence of callable
        Each draws one input, in float64, from a generator; away from kinks.
    note : str
        What sets this case apart from others of the same name, such as an option.
    mode : {"full", "directional"}
        Whether to compare the whole Jacobian, or random directions.
    options : mapping of str to object
        With what else an op is called.
    op : callable or None
        The op itself, or a function of ops, which takes the options by name.
    torch : str
        What PyTorch computes the same with: an expression of inputs and options by their names, in
        which ``F`` is ``torch.nn.functional``. By convention, where nothing is said, the function
        of the same name in ``F`` or ``torch``, called alike.
    kinks : callable or None
        Draws a first input at which the slope jumps.
    seed : int
        Seeds the draws of the inputs and of the check.
    """

    name: str
    kind: Kind
    function: Callable[..., Any]
    inputs: Sequence[Draw]
    note: str = ""
    mode: Literal["full", "directional"] = "full"
    options: Mapping[str, Any] = field(default_factory=dict, kw_only=True, compare=False)
    op: Callable[..., Any] | None = field(default=None, kw_only=True)
    torch: str = field(default="", kw_only=True)
    kinks: Draw | None = field(default=None, kw_only=True)
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


def ties(*shape: int) -> Draw:
    """Draw from -1, 0 and 1: equal numbers are frequent."""
    return lambda generator: np.rint(2 * generator.uniform(shape, np.float64) - 1)


def truths(*shape: int) -> Draw:
    """Draw from False and True."""
    return lambda generator: generator.uniform(shape, np.float64) < 0.5


def constant(value: Any) -> Draw:
    """Return a copy of `value` each time."""
    return lambda _: np.array(value)


def beside(x: Any, values: Any) -> Array:
    """Return constants as an array on the device of an input."""
    return to_device(np.asarray(values), device_of(array_of(x)))


def op_case(
    name: str,
    *inputs: Draw,
    note: str = "",
    kind: Kind = "op",
    op: Callable[..., Any] | None = None,
    torch: str = "",
    kinks: Draw | None = None,
    **options: Any,
) -> Case:
    """Make the case of an op, or of a function of ops: the one of that name, unless it is given.

    The inputs are its parameters that the options leave free, in their order.

    Examples
    --------
    >>> case = op_case("softmax", normal(3, 4), axis=1)
    >>> case.function(np.zeros((1, 2)))
    array([[0.5, 0.5]])
    """
    op = op or registry.get(name) or getattr(functional, name)
    function = _with_options(op, free_parameters(op, options)[: len(inputs)], options)
    return Case(
        name, kind, function, inputs, note, options=options, op=op, torch=torch, kinks=kinks
    )


def free_parameters(function: Callable[..., Any], options: Mapping[str, Any]) -> list[str]:
    """Return the names of the parameters that the options leave free, in their order."""
    return [name for name in inspect.signature(function).parameters if name not in options]


def _with_options(
    op: Callable[..., Any], names: Sequence[str], options: Mapping[str, Any]
) -> Callable[..., Any]:
    """Return a function of the inputs alone: arrays among the options become like the first."""
    parameters = inspect.signature(op).parameters.values()
    places = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
    by_place = names == places[: len(names)]
    arrays = {option: value for option, value in options.items() if isinstance(value, np.ndarray)}

    def function(*inputs: Any) -> Any:
        held = {**options, **{option: _like(inputs[0], each) for option, each in arrays.items()}}
        if by_place:
            return op(*inputs, **held)
        return op(**dict(zip(names, inputs, strict=True)), **held)

    function.__name__ = getattr(op, "__name__", "<lambda>")
    vars(function)["input_names"] = names
    return function


def _like(x: Any, values: npt.NDArray[Any]) -> Array:
    """Return an array on the device of an input and, if it holds floats, of its dtype."""
    return beside(x, values.astype(x.dtype) if values.dtype.kind == "f" else values)


def module_case(
    name: str,
    build: Callable[[Generator], nn.Module],
    *inputs: Draw,
    kind: Kind,
    note: str = "",
    call: Callable[..., Any] | None = None,
    mode: Literal["full", "directional"] = "full",
    part: str | tuple[str, ...] = "",
) -> Case:
    """Make the case of a module: its parameters are inputs like any other.

    `call` says what to compute with the module and the drawn inputs; the forward pass if not given.
    With `part` only the parameters whose names begin so, or in one of these ways, are inputs, and
    the others constants.
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
    starts: list[Draw] = [constant(parameter.array) for parameter in learnt.values()]
    return Case(name, kind, function, [*inputs, *starts], note, mode)
