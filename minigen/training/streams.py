"""A run's random numbers: one stream for each purpose, all derived from the run's seed.

Streams of their own keep the purposes apart: whether and when a picture is drawn or the test set is
evaluated has no influence on the noise that training sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from minigen import nn
from minigen.engine.random import Generator, default_generator


class Purpose(IntEnum):
    """What random numbers are drawn for."""

    WEIGHTS = 1
    ORDER = 2
    NOISE = 3
    LAYERS = 4
    EVALUATION = 5
    PICTURES = 6


def stream(seed: int, purpose: Purpose, epoch: int = 0) -> Generator:
    """Return the generator of a run's random numbers for one purpose, at its beginning.

    Parameters
    ----------
    seed : int
        The run's.
    purpose : Purpose
        What the numbers are for.
    epoch : int
        Counted from 1, where every epoch has a stream of its own.

    Examples
    --------
    >>> first, second = (stream(0, Purpose.ORDER, epoch).permutation(4) for epoch in (1, 2))
    >>> first.tolist(), second.tolist()
    ([0, 2, 1, 3], [1, 3, 2, 0])
    """
    return Generator((int(purpose), epoch, seed))


class TrainingNoise:
    """The generators that training draws from, whose states a checkpoint has to hold.

    Besides the one that is handed to the model, these are the default generator, from which layers
    such as dropout draw unless they were given one, and those that layers were given.

    Attributes
    ----------
    generator : Generator
        What the model's objective and the binarisation draw from.
    """

    def __init__(self, seed: int, model: nn.Module) -> None:
        self.generator = stream(seed, Purpose.NOISE)
        default_generator().set_state(stream(seed, Purpose.LAYERS).get_state())
        self._all = {"noise": self.generator, "default": default_generator()}
        for path, module in model.named_modules():
            own = getattr(module, "generator", None)
            if isinstance(own, Generator):
                self._all[f"module {path}"] = own

    def get_state(self) -> dict[str, Any]:
        """Return the states of all generators, which JSON can hold."""
        return {name: generator.get_state() for name, generator in self._all.items()}

    def set_state(self, states: Mapping[str, Any]) -> None:
        """Continue from states that `get_state` returned."""
        for name, generator in self._all.items():
            generator.set_state(states[name])
