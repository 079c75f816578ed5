"""Contests: several libraries do the same work, take turns, and are timed."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contender import Contender, Worker
from benchmarks.ops import OPS
from benchmarks.timing import steps_for, whole_periods
from benchmarks.workloads import WORKLOADS

TOLERANCE = 1e-4
"""By how much losses and outputs may differ, relative to the larger."""

GRADIENT_TOLERANCE = 1e-2
"""The same for the norms of gradients: a unit of ReLU may be on the other side of its kink."""

WORKLOAD_TURN, OP_TURN = 0.5, 0.1
"""How many seconds a turn is to last."""

LEAST_STEPS = 5
"""How many steps a turn has at least."""

MINIGEN, TORCH = Contender("minigen"), Contender("torch")
"""The two whose ratio is the headline: nobody has tuned anything."""

TUNED_TORCH = Contender("torch", tuned_malloc=True)
"""PyTorch with the allocator that minigen gives itself: to it, too, there is a ratio."""


class DisagreementError(RuntimeError):
    """Two libraries do not compute the same from the same weights: no time would mean anything."""


@dataclass(frozen=True)
class Rules:
    """How a contest goes.

    Attributes
    ----------
    threads : int
        How many threads and cores each library gets.
    turns : int
        How often each is timed.
    steps : int, optional
        How many steps a turn has; by default as many as fill it.
    steps_before : int
        How many steps each does before it is timed, besides a turn to warm up.
    """

    threads: int
    turns: int = 15
    steps: int | None = None
    steps_before: int = 0


@dataclass
class Result:
    """What came of a contest.

    Attributes
    ----------
    seconds : dict of Contender to list of float
        The seconds that a step took on average, turn by turn.
    figures : dict of Contender to dict
        Losses, outputs and norms of gradients, which agreed.
    peak_memory : dict of Contender to int
        The most bytes that the whole process held; empty for single ops.
    profile : list of dict
        The share of each op in minigen's step, if asked for.
    """

    name: str
    title: str
    steps: int
    target: float | None
    memory_target: float | None
    seconds: dict[Contender, list[float]]
    figures: dict[Contender, dict[str, float]]
    peak_memory: dict[Contender, int] = field(default_factory=dict)
    profile: list[dict[str, Any]] = field(default_factory=list)


def run_workload(
    name: str, contenders: Sequence[Contender], rules: Rules, *, profile: bool = False
) -> Result:
    """Let contenders train a workload from the same weights, each in a process of its own.

    Raises
    ------
    DisagreementError
        If their first losses or gradients are not the same.
    WorkerError
        If a process failed.
    """
    workload = WORKLOADS[name]
    with initial_weights(name) as weights, _workers(contenders, rules) as workers:
        for worker in workers:
            worker.call("prepare_workload", name=name, weights=weights)
        figures = _agreed_figures(name, workers)
        steps, seconds = _take_turns(name, workers, rules, WORKLOAD_TURN, workload.period)
        peaks = {w.contender: w.call("memory")["peak"] for w in workers}
        parts = workers[0].call("profile", steps=steps) if profile else []
    return Result(
        name=name,
        title=workload.title,
        steps=steps,
        target=workload.target,
        memory_target=workload.memory_target,
        seconds=seconds,
        figures=figures,
        peak_memory=peaks,
        profile=parts,
    )


def run_ops(
    names: Sequence[str], contenders: Sequence[Contender], rules: Rules
) -> Iterator[Result]:
    """Let contenders run single ops, all in the same processes.

    Raises
    ------
    DisagreementError
        If outputs or gradients are not the same.
    WorkerError
        If a process failed.
    """
    with _workers(contenders, rules) as workers:
        for name in names:
            op = OPS[name]
            for worker in workers:
                worker.call("prepare_op", name=name)
            figures = _agreed_figures(name, workers)
            steps, seconds = _take_turns(name, workers, rules, OP_TURN)
            each = {who: [s / op.count for s in turns] for who, turns in seconds.items()}
            yield Result(name, op.title, steps, op.target, None, each, figures)


@contextlib.contextmanager
def initial_weights(name: str) -> Iterator[str]:
    """Return a file with the values that a workload starts from, for as long as a block lasts.

    A process of its own draws them, so that no contender's memory shows it.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "weights.npz")
        with Worker(MINIGEN, threads=1) as worker:
            worker.call("save_weights", name=name, file=file)
        yield file


def check_agreement(name: str, figures: Mapping[str, Mapping[str, float]]) -> None:
    """Compare what libraries computed from the same weights.

    Parameters
    ----------
    name : str
        What they computed.
    figures : mapping of str to mapping of str to float
        For each contender its losses, outputs and norms of gradients.

    Raises
    ------
    DisagreementError
        Shows the numbers.
    """
    (first, expected), *others = figures.items()
    for other, found in others:
        if found.keys() != expected.keys():
            raise DisagreementError(
                f"{name}: {first} computes {sorted(expected)}, {other} {sorted(found)}"
            )
        for figure, wanted in expected.items():
            got = found[figure]
            allowed = GRADIENT_TOLERANCE if "gradient" in figure else TOLERANCE
            if not (math.isfinite(wanted) and math.isclose(got, wanted, rel_tol=allowed)):
                raise DisagreementError(
                    f"{name}: from the same weights, {first} computes {figure} = {wanted:.7g} and "
                    f"{other} {got:.7g}; a relative difference of {allowed:g} is allowed. "
                    "Nothing was timed."
                )


def _agreed_figures(name: str, workers: Sequence[Worker]) -> dict[Contender, dict[str, float]]:
    figures: dict[Contender, dict[str, float]] = {w.contender: w.call("figures") for w in workers}
    check_agreement(name, {who.label: found for who, found in figures.items()})
    return figures


def _take_turns(
    name: str, workers: Sequence[Worker], rules: Rules, turn: float, period: int = 1
) -> tuple[int, dict[Contender, list[float]]]:
    """Warm up, then time each worker in turn; return steps a turn and seconds a step."""
    from tqdm import tqdm

    steps = rules.steps or steps_for(turn, workers[0].call("run", steps=3) / 3, LEAST_STEPS)
    steps = whole_periods(steps, period)
    for worker in workers:
        worker.call("run", steps=rules.steps_before + steps)
    seconds: dict[Contender, list[float]] = {worker.contender: [] for worker in workers}
    for _ in tqdm(range(rules.turns), desc=name, unit="turn", leave=False, disable=None):
        for worker in workers:
            seconds[worker.contender].append(worker.call("run", steps=steps) / steps)
    return steps, seconds


@contextlib.contextmanager
def _workers(contenders: Sequence[Contender], rules: Rules) -> Iterator[list[Worker]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Worker(who, rules.threads)) for who in contenders]
