"""Several runs taken together: one is not a result, the worst of three at different times is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contender import Contender
from benchmarks.machine import Disturbance

HEAD = (
    *("worst ratio of minima", "over the runs", "medians", "target on two threads"),
    *("to PyTorch tuned", "memory"),
)


class RunsError(ValueError):
    """Files that hold no runs, or runs that can't be taken together."""


@dataclass(frozen=True)
class Standing:
    """How a contender stands to PyTorch over several runs.

    Attributes
    ----------
    ratios : list of float
        The ratio of the minima, run by run.
    medians : list of float
        That of the medians.
    tuned : list of float
        The ratio of the minima to PyTorch with a tuned allocator; empty where that took no part.
    memory : list of float
        That of the peaks of memory; empty for single ops.
    target : float, optional
        What the worst ratio of minima is to be at most.
    """

    title: str
    contender: str
    ratios: list[float]
    medians: list[float]
    tuned: list[float]
    memory: list[float]
    target: float | None


def read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Read the files of ``python -m benchmarks --json``.

    Raises
    ------
    RunsError
        Names a file that is none, or says in what two runs differ that have to be alike.
    """
    runs = [_read_one(path) for path in paths]
    for what, of in (("processors", _processor), ("threads", _threads), ("results", _names)):
        found = [of(run) for run in runs]
        for path, each in zip(paths, found, strict=True):
            if each != found[0]:
                raise RunsError(
                    f"runs of other {what} can't be taken together: {paths[0]} has {found[0]}, "
                    f"{path} {each}"
                )
    return runs


def _read_one(path: Path) -> dict[str, Any]:
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        table([run])  # which looks at all that a run has to have
    except (ValueError, KeyError, TypeError) as error:
        raise RunsError(
            f"{path} was not written by `python -m benchmarks --json`, or by that of another "
            "version"
        ) from error
    found: dict[str, Any] = run
    return found


def _processor(run: Mapping[str, Any]) -> str:
    return str(run["machine"]["cpu"])


def _threads(run: Mapping[str, Any]) -> int:
    return int(run["rules"]["threads"])


def _names(run: Mapping[str, Any]) -> list[str]:
    return [
        f"{result['name']} ({_label(contender)})"
        for result in run["results"]
        for contender in result["contenders"]
    ]


def standings(runs: Sequence[Mapping[str, Any]]) -> Iterator[Standing]:
    """Iterate over results and contenders, but for PyTorch itself, to which the ratios are."""
    for results in zip(*(run["results"] for run in runs), strict=True):
        for same in zip(*(result["contenders"] for result in results), strict=True):
            ratios = [each["ratio_to_torch"] for each in same]
            if same[0]["library"] == "torch" or None in ratios:
                continue
            memory = [each["memory_to_torch"] for each in same]
            tuned = [each["ratio_to_tuned_torch"] for each in same]
            headline = same[0]["library"] == "minigen"
            yield Standing(
                title=results[0]["title"],
                contender=_label(same[0]),
                ratios=[each["minima"] for each in ratios],
                medians=[each["medians"] for each in ratios],
                tuned=[each["minima"] for each in tuned if each is not None],
                memory=[each for each in memory if each is not None],
                target=results[0]["target"] if headline else None,
            )


def _label(contender: Mapping[str, Any]) -> str:
    return Contender(contender["library"], contender["tuned_malloc"]).label


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the worst ratio of each contender and the range over the runs, as Markdown."""
    lines = [
        f"{_processor(runs[0])}; threads: {_threads(runs[0])}; runs: {len(runs)}",
        "",
        *(_line_of(run) for run in runs),
        "",
        f"| | | {' | '.join(HEAD)} |",
        f"|{' --- |' * (2 + len(HEAD))}",
        *map(_row, standings(runs)),
    ]
    return "\n".join(lines)


def _row(standing: Standing) -> str:
    target, tuned, memory = standing.target, standing.tuned, standing.memory
    return (
        f"| {standing.title} | {standing.contender} | **{max(standing.ratios):.2f}** "
        f"| {_range(standing.ratios)} | {_range(standing.medians)} "
        f"| {'' if target is None else f'{target:.2f}'} "
        f"| {f'{max(tuned):.2f}' if tuned else ''} | {f'{max(memory):.2f}' if memory else ''} |"
    )


def _line_of(run: Mapping[str, Any]) -> str:
    return f"- {run['date']}: {Disturbance(**run['disturbance'])}"


def _range(values: Sequence[float]) -> str:
    """Return the least and the greatest of some numbers.

    Examples
    --------
    >>> _range([0.9, 1.04, 1.0])
    '0.90 to 1.04'
    """
    return f"{min(values):.2f} to {max(values):.2f}"
