"""What is compared: one way to call an op, in minigen and in PyTorch, and arguments for it.

The catalogue's cases are compared as they stand there. The cases of this package draw shapes, axes
and options at random besides.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from minigen import catalogue, functional
from minigen.catalogue.case import free_parameters
from minigen.engine.op import registry

from ..draws import Array, Draw
from ..torch_reference import counterpart, named_alike

Function = Callable[..., Any]


class Sample:
    """The arguments of one call: `inputs` become tensors, `options` are passed by name.

    Inputs of floats are differentiated. Arrays among the options stay arrays in minigen, which
    mixes them with tensors, and become constant tensors in PyTorch.
    """

    def __init__(self, *inputs: Array, **options: Any) -> None:
        self.inputs = inputs
        self.options = options

    def __repr__(self) -> str:
        shapes = ", ".join(str(x.shape) for x in self.inputs)
        return f"inputs of shapes {shapes}; options {self.options}"


@dataclass(frozen=True)
class Case:
    """One way to call an op.

    Parameters
    ----------
    op : str
        The op's name in `minigen.functional`, or in the registry of ops.
    draw : callable
        Draws the arguments.
    reference : callable, optional
        Computes the op with PyTorch; it takes the arguments as minigen's function does. Unless it
        is given, PyTorch's function of that name is called alike.
    variant : str
        What sets this case apart from the op's other cases.
    ours : callable, optional
        Computes the op with minigen; the op itself unless given.
    order : {1, 2}
        How many derivatives there are at the numbers that are drawn.
    trials : int
        How often arguments are drawn.
    """

    op: str
    draw: Callable[[Draw], Sample]
    reference: Function | None = None
    variant: str = ""
    ours: Function | None = None
    order: int = 2
    trials: int = 30

    @property
    def function(self) -> Function:
        """What computes the op with minigen."""
        return self.ours or find(self.op)

    @property
    def theirs(self) -> Function:
        """What computes the op with PyTorch."""
        return self.reference or named_alike(self.op)

    @property
    def name(self) -> str:
        return f"{self.op}, {self.variant}" if self.variant else self.op

    @property
    def seed(self) -> int:
        return zlib.crc32(self.name.encode())


def find(op: str) -> Function:
    """Return the function of that name: a public one, or an op behind one."""
    function: Function = registry[op] if op in registry else getattr(functional, op)
    return function


def alike(op: str, draw: Callable[[Draw], Sample], function: Function, variant: str) -> Case:
    """Make a case of a function that both libraries' tensors can be given to."""
    return Case(op, draw, function, variant, function)


def of(case: catalogue.Case) -> Case:
    """Compare a case of the catalogue; the numbers are drawn, its shapes and options stay."""
    op = case.op
    assert op is not None
    names = free_parameters(op, case.options)[: len(case.inputs)]

    def ours(*inputs: Any, **options: Any) -> Any:
        return op(**dict(zip(names, inputs, strict=True)), **options)

    def reference(*inputs: Any, **options: Any) -> Any:
        return counterpart(case.name, case.torch, dict(zip(names, inputs, strict=True)), options)

    return Case(
        case.name,
        lambda draw: Sample(*draw.inputs(case), **case.options),
        reference,
        f"in the catalogue{case.note and ': '}{case.note}",
        ours,
        trials=3,
    )


def at_kinks(case: catalogue.Case) -> Case:
    """Compare a case of the catalogue where its slope jumps: one of the slopes is taken."""
    kinks = case.kinks
    assert kinks is not None
    moved = replace(case, inputs=[kinks, *case.inputs[1:]], note=f"{case.note} at kinks".strip())
    return replace(of(moved), order=1)
