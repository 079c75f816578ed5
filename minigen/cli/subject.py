"""What ``minigen evaluate`` measures, and how processes share the measures."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from minigen.cli.trained import Trained
from minigen.distributed import ALONE, Communicator

if TYPE_CHECKING:
    from minigen.training import Examples
    from minigen.training.together import Team


@dataclass(frozen=True)
class Subject:
    """What is evaluated, and what was asked for: the options' values.

    The `world` are the processes that take a measure together.
    """

    run: Trained
    test: Examples
    samples: int | None
    generated: int | None
    seed: int
    split: str = "test"
    truncation: float | None = None
    world: Communicator = ALONE


Measure: TypeAlias = Callable[[Subject], dict[str, Any]]
"""What measures one thing, by a generator of its own, and knows nothing of the others."""


def take(
    measures: Sequence[Measure], of: Subject, team: Team, shared: Collection[Measure]
) -> dict[str, Any]:
    """Return what all measures find: each is taken by one process, or `shared` by all together.

    They find what one process finds, bit by bit, and the root says what that would say.
    """
    if team.processes.size == 1:
        return {name: value for measure in measures for name, value in measure(of).items()}
    found = {each: _noted(each, of, team.world) for each in measures if each in shared}
    single = [each for each in measures if each not in shared]
    found |= dict(
        zip(
            single,
            team.share([functools.partial(_noted, each, of) for each in single]),
            strict=True,
        )
    )
    values: dict[str, Any] = {}
    for each in measures:
        told, measured = found[each]
        click.echo(told, err=True, nl=False)
        values |= measured
    return values


def _noted(
    measure: Measure, of: Subject, world: Communicator = ALONE
) -> tuple[str, dict[str, Any]]:
    """Return what a measure says beside its results, and these."""
    with contextlib.redirect_stderr(io.StringIO()) as told:
        measured = measure(dataclasses.replace(of, world=world))
    return told.getvalue(), measured
