"""Updates of all parameters of a group at once, on a GPU, also within a step that is captured.

An update's numbers change from step to step: the learning rate, and what corrects moments for
having started at zero. A captured step reads them from the card's memory, where they are written
before it is repeated: see `minigen.engine.capture`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from minigen.engine.backend import Array
from minigen.engine.guards import writes
from minigen.engine.recording import recorder
from minigen.engine.tensor import Tensor
from minigen.optim.state import Group, ParameterState

if TYPE_CHECKING:
    from minigen.optim.optimizer import Optimizer

Arrays = Sequence[tuple[Array, ...]]
"""Weights, gradient and moments of each parameter."""

Numbers = tuple[float, ...]

NumbersOf = Callable[[Group, int], Numbers]
"""Makes the numbers that an update needs of a group's options and the number of the step."""


@dataclass(frozen=True)
class Together:
    """An optimiser's update of many parameters at once.

    Attributes
    ----------
    serves : callable
        Tells whether it serves some arrays.
    launch : callable
        Takes arrays and numbers, or a `Varying` in their place.
    numbers : callable
        Makes the numbers.
    """

    serves: Callable[[Arrays], bool]
    launch: Callable[..., None]
    numbers: NumbersOf


updates: Final[dict[type[Optimizer], Together]] = {}
"""The optimisers that have one; it is not inherited."""


def update_together_of(
    optimizer: type[Optimizer], serves: Callable[[Arrays], bool], launch: Callable[..., None]
) -> Callable[[NumbersOf], NumbersOf]:
    """Declare an optimiser's update of many parameters: of what numbers it is made."""

    def declare(numbers: NumbersOf) -> NumbersOf:
        updates[optimizer] = Together(serves, launch, numbers)
        return numbers

    return declare


@dataclass(frozen=True)
class Turn:
    """An update of some parameters of a group, whose states count the same number of steps."""

    optimizer: Optimizer
    together: Together
    group: Group
    names: Sequence[str]
    parameters: Sequence[Tensor]
    states: Sequence[ParameterState]
    arrays: Arrays

    def take(self) -> None:
        """Update the parameters, now or whenever a captured step is repeated."""
        recorded = recorder()
        if recorded is None:
            self.together.launch(self.arrays, *self.begin())
            return
        count = len(self.together.numbers(self.group, 1))
        recorded.expect(
            self.is_unmoved,
            f"{type(self.optimizer).__name__}: the weights, their moments or their number are no "
            "longer those of the captured step; load and move everything first, and capture then",
        )
        self.together.launch(self.arrays, recorded.varying(self.begin, count))

    def begin(self) -> Numbers:
        """Count the step; return the numbers that it needs."""
        for state, (weights, *_) in zip(self.states, self.arrays, strict=True):
            state["step"] += 1
            writes.note(weights)
        return self.together.numbers(self.group, self.states[0]["step"])

    def is_unmoved(self) -> bool:
        """Tell whether weights and moments are still in the same arrays."""
        states = self.optimizer.state
        return self.optimizer.moments(self.group) == self.names and all(
            parameter.array is weights
            and all(
                states[parameter].get(name) is moment
                for name, moment in zip(self.names, moments, strict=True)
            )
            for parameter, (weights, _, *moments) in zip(self.parameters, self.arrays, strict=True)
        )
