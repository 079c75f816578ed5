"""One animal of the zoo: an op with a wrong rule, and how the checker must recognise it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigen.checker.check import gradcheck
from minigen.checker.report import FailureKind, GradReport
from minigen.engine.op import Cotangents, Op
from minigen.engine.random import Generator

Rule = Callable[..., Cotangents]


@dataclass(frozen=True)
class Specimen:
    """A function whose gradient is wrong, in a way that somebody has once got it wrong.

    Attributes
    ----------
    name : str
        What to call it.
    description : str
        What is wrong, in one line.
    family : str
        The part of the zoo it lives in.
    function : callable
        Takes tensors; an op, or a function of ops.
    inputs : tuple
        Inputs on which it is caught.
    expected : FailureKind
        What the checker must find.
    diagnosis : str
        What the checker must say of it, among other things.
    order : {1, 2}
        2 if it is right at first order.
    source : callable
        The wrong rule, or the wrong function: what a lesson shows of it.
    right : callable or None
        The library's own op, where it has one: the same function with the right rule.
    """

    name: str
    description: str
    family: str
    function: Callable[..., Any] = field(repr=False)
    inputs: tuple[Any, ...] = field(repr=False, compare=False)
    expected: FailureKind
    diagnosis: str
    order: int
    source: Callable[..., Any] = field(repr=False)
    right: Callable[..., Any] | None = field(repr=False)

    def check(self, **options: Any) -> GradReport:
        """Check the gradient by `minigen.gradcheck`, with its options."""
        return gradcheck(self.function, self.inputs, **{"order": self.order, **options})


specimens: list[Specimen] = []
"""All specimens, in the order of their declaration."""


def wrong_rule(
    forward: Op[Any] | Callable[..., Any],
    *inputs: Any,
    expected: FailureKind = FailureKind.WRONG_GRADIENT,
    diagnosis: str = "",
    order: int = 1,
    **options: Any,
) -> Callable[[Rule], Rule]:
    """Declare the decorated rule as a wrong one for an op's forward function.

    The op is made anew, so the library's own keeps its rule, and knows nothing of this one.
    """

    def declare(rule: Rule) -> Rule:
        wrong: Op[Any] = Op(forward.forward if isinstance(forward, Op) else forward)
        wrong.vjp(rule)
        function = _with_options(wrong, options)
        right = _with_options(forward, options) if isinstance(forward, Op) else None
        _enter(rule, function, inputs, expected, diagnosis, order, right)
        return rule

    return declare


def _with_options(op: Op[Any], options: dict[str, Any]) -> Callable[..., Any]:
    """Return the op as a function of its inputs alone, under its own name."""

    @functools.wraps(op.forward)
    def call(*inputs: Any) -> Any:
        return op(*inputs, **options)

    return call


def wrong_function(
    *inputs: Any,
    expected: FailureKind = FailureKind.WRONG_GRADIENT,
    diagnosis: str = "",
    order: int = 1,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function of tensors as one that loses or spoils its gradient."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        _enter(function, function, inputs, expected, diagnosis, order, None)
        return function

    return declare


def _enter(
    source: Callable[..., Any],
    function: Callable[..., Any],
    inputs: tuple[Any, ...],
    expected: FailureKind,
    diagnosis: str,
    order: int,
    right: Callable[..., Any] | None,
) -> None:
    """Enter a specimen; its name and description are its source's name and docstring."""
    description = " ".join((source.__doc__ or "").split())
    family = source.__module__.rpartition(".")[2].replace("_", " ")
    name = source.__name__
    specimens.append(
        Specimen(
            name, description, family, function, inputs, expected, diagnosis, order, source, right
        )
    )


def normal(*shape: int, seed: int = 0) -> Any:
    """Draw an input from N(0, 1)."""
    return Generator((seed, *shape)).normal(shape, np.float64)


def positive(*shape: int, seed: int = 0) -> Any:
    """Draw an input from [0.5, 2)."""
    return 0.5 + 1.5 * Generator((seed, *shape)).uniform(shape, np.float64)


def probability(*shape: int, seed: int = 0) -> Any:
    """Draw an input from [0.1, 0.9)."""
    return 0.1 + 0.8 * Generator((seed, *shape)).uniform(shape, np.float64)


def distinct(*shape: int) -> Any:
    """Return well separated values of both signs, none near 0: no kink of relu or max is near."""
    count = int(np.prod(shape))
    order = Generator(count).permutation(count)
    return (np.linspace(-2, 2, 2 * count)[::2] + 0.05)[order].reshape(shape)
