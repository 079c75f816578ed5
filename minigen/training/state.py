"""What a run carries from step to step beside its weights: random streams, and running averages.

There is a stream of random numbers for each purpose, all derived from the run's seed, so that the
purposes stay apart: whether and when a picture is drawn or the test set is evaluated has no
influence on the noise that training sees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from minigen import nn
from minigen.engine.backend import CPU, namespace, to_numpy
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor


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

    Where every epoch has a stream of its own, `epoch` is counted from 1.

    Examples
    --------
    >>> first, second = (stream(0, Purpose.ORDER, epoch).permutation(4) for epoch in (1, 2))
    >>> first.tolist(), second.tolist()
    ([0, 2, 1, 3], [1, 3, 2, 0])
    """
    return Generator(key(seed, purpose, epoch))


def key(seed: int, purpose: Purpose, epoch: int = 0) -> tuple[int, ...]:
    """Return the seed of such a generator."""
    return int(purpose), epoch, seed


class TrainingNoise:
    """The generators that training draws from, whose states a checkpoint has to hold.

    Besides the one that is handed to the model, these are the default generator, from which layers
    such as dropout draw unless they were given one, and those that layers were given.

    From `generator` the model's objective and the binarisation draw.
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


def read_numbers(tensors: Sequence[Tensor]) -> list[float]:
    """Return the numbers that tensors hold, one each; a GPU is asked once for all of them.

    Examples
    --------
    >>> import minigen
    >>> read_numbers([minigen.tensor(0.5), minigen.tensor([2.0])])
    [0.5, 2.0]
    """
    if not tensors or tensors[0].device == CPU:
        return [float(tensor.item()) for tensor in tensors]
    numbers = [tensor.array.reshape(()) for tensor in tensors]
    return to_numpy(namespace(*numbers).stack(numbers)).tolist()  # type: ignore[no-any-return]


class RunningAverages:
    """The averages of a model's terms over the images that an epoch has shown so far.

    A GPU works behind the program's back until a number is asked of it; so terms are collected, and
    read together.

    Examples
    --------
    >>> import minigen
    >>> averages = RunningAverages()
    >>> averages.add({"loss": minigen.tensor(4.0)}, count=3)
    >>> averages.add({"loss": minigen.tensor(8.0)}, count=1)
    >>> averages.read()
    >>> averages.values()
    {'loss': 5.0}
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._totals: dict[str, float] = {}
        self._unread: list[tuple[dict[str, Tensor], int]] = []

    def add(self, terms: Mapping[str, Tensor], count: int) -> None:
        """Take note of a batch's terms, which are averages over `count` images."""
        self._unread.append(({name: term.detach() for name, term in terms.items()}, count))

    def read(self) -> int | None:
        """Read the terms that were noted; return the number of the first that is not finite.

        It counts from 0, from the last reading on. From there on nothing is added to the averages.
        """
        unread, self._unread = self._unread, []
        read = iter(read_numbers([term for terms, _ in unread for term in terms.values()]))
        for number, (terms, count) in enumerate(unread):
            values = {name: next(read) for name in terms}
            if not all(math.isfinite(value) for value in values.values()):
                return number
            for name, value in values.items():
                self._totals[name] = self._totals.get(name, 0.0) + value * count
                self._counts[name] = self._counts.get(name, 0) + count
        return None

    def values(self) -> dict[str, float]:
        """Return the averages over what was read: each term's over the images it was seen on."""
        return {name: total / self._counts[name] for name, total in self._totals.items()}

    def get_state(self) -> dict[str, Any]:
        """Return the sums, which JSON can hold. What is not read is not in them."""
        return {"counts": dict(self._counts), "totals": dict(self._totals)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from sums that `get_state` returned."""
        self._counts, self._totals = dict(state["counts"]), dict(state["totals"])


def losses(terms: Mapping[str, float]) -> dict[str, float]:
    """Return those of the terms that a side of the model minimises.

    Examples
    --------
    >>> losses({"generator_loss": 0.7, "discriminator_loss": 1.4, "real_score": 0.5})
    {'generator_loss': 0.7, 'discriminator_loss': 1.4}
    """
    return {name: value for name, value in terms.items() if name.endswith("loss")}
