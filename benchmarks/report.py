"""Results as tables at the terminal, and as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import machine
from benchmarks.contender import Contender
from benchmarks.contest import MINIGEN, TORCH, TUNED_TORCH, Result, Rules
from benchmarks.machine import Disturbance
from benchmarks.timing import Ratio, ratio, summarize

if TYPE_CHECKING:
    from rich.table import Table

MEGABYTE = 10**6

LEAST_SHARE = 0.002
"""The share of a step from which on a part gets a line of its own."""


def speed_ratio(result: Result, who: Contender, baseline: Contender = TORCH) -> Ratio | None:
    """Return the ratio of a contender's time to PyTorch's, or None if that took no part."""
    if baseline not in result.seconds:
        return None
    return ratio(result.seconds[who], result.seconds[baseline])


def memory_ratio(result: Result, who: Contender) -> float | None:
    """Return the ratio of a contender's peak memory to PyTorch's, or None if there is none."""
    if TORCH not in result.peak_memory:
        return None
    return result.peak_memory[who] / result.peak_memory[TORCH]


def workload_table(result: Result) -> Table:
    """Return the table of a workload: a row a contender."""
    table = _table("", "ms a step", "median", "to PyTorch", "medians", "target",
                   "to it tuned", "peak, MB", "to PyTorch", "target")  # fmt: skip
    table.title, table.title_justify = f"[bold]{result.name}[/]: {result.title}", "left"
    for who, seconds in result.seconds.items():
        ours, times = who == MINIGEN, summarize(seconds)
        memory, tuned = memory_ratio(result, who), speed_ratio(result, who, TUNED_TORCH)
        table.add_row(
            who.label,
            _number(1e3 * times.low),
            _number(1e3 * times.median),
            *_ratio_cells(speed_ratio(result, who), result.target if ours else None),
            _number(None if tuned is None else tuned.minima),
            f"{result.peak_memory[who] / MEGABYTE:.0f}",
            _judged(_number(memory), memory, result.memory_target if ours else None),
            _number(result.memory_target) if ours else "",
        )
    return table


def disturbance_line(disturbance: Disturbance, rules: Rules) -> str:
    """Return on what the figures were taken, and what else was going on."""
    chip = machine.cpu_model()
    return f"{chip}; threads: {rules.threads}; turns: {rules.turns}; {disturbance}"


def op_table(results: Sequence[Result]) -> Table:
    """Return the table of single ops: a row an op, a column a contender."""
    contenders = list(results[0].seconds)
    table = _table(
        "forward and backward of one op",
        *(f"{who.label}, µs" for who in contenders),
        "ratio to PyTorch",
        "medians",
        "target",
    )
    for result in results:
        table.add_row(
            result.title,
            *(_number(1e6 * min(result.seconds[who])) for who in contenders),
            *_ratio_cells(speed_ratio(result, MINIGEN), result.target),
        )
    return table


def profile_table(result: Result) -> Table:
    """Return the table of where the time of minigen's step goes."""
    table = _table(f"{result.name}: part of minigen's step", "share", "ms", "calls")
    small = [part for part in result.profile if part["share"] < LEAST_SHARE]
    for part in result.profile:
        if part["share"] >= LEAST_SHARE:
            table.add_row(
                part["part"],
                f"{part['share']:.1%}",
                f"{1e3 * part['seconds']:.3f}",
                f"{part['calls']:g}" if part["calls"] else "",
            )
    if small:
        share, seconds = (sum(part[what] for part in small) for what in ("share", "seconds"))
        table.add_row(f"{len(small)} smaller parts", f"{share:.1%}", f"{1e3 * seconds:.3f}", "")
    return table


def write_json(
    path: Path,
    results: Sequence[Result],
    rules: Rules,
    disturbance: Disturbance,
    finished: datetime,
) -> None:
    """Write all that was measured to a file: every turn, and what it depends on."""
    from minigen.files import write_atomically

    report = {
        "date": finished.astimezone(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "disturbance": asdict(disturbance),
        "rules": asdict(rules),
        "tuned_malloc": machine.TUNED_MALLOC,
        "results": [_as_json(result) for result in results],
    }
    write_atomically(path, (json.dumps(report, indent=1) + "\n").encode())


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "title": result.title,
        "steps_a_turn": result.steps,
        "target": result.target,
        "memory_target": result.memory_target,
        "contenders": [_contender(result, who) for who in result.seconds],
        "profile": result.profile,
    }


def _contender(result: Result, who: Contender) -> Mapping[str, Any]:
    speed, tuned = (speed_ratio(result, who, whom) for whom in (TORCH, TUNED_TORCH))
    return {
        "library": who.library,
        "tuned_malloc": who.tuned_malloc,
        "figures": result.figures[who],
        "seconds_a_step": result.seconds[who],
        "summary": asdict(summarize(result.seconds[who])),
        "ratio_to_torch": None if speed is None else asdict(speed),
        "ratio_to_tuned_torch": None if tuned is None else asdict(tuned),
        "memory_to_torch": memory_ratio(result, who),
        "peak_memory": result.peak_memory.get(who),
    }


def _table(first: str, *others: str) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for title in others:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _ratio_cells(speed: Ratio | None, target: float | None) -> tuple[str, str, str]:
    """Return the ratio of the minima, that of the medians, and the target of the first."""
    if speed is None:
        return "", "", _number(target)
    return (
        _judged(_number(speed.minima), speed.minima, target),
        _number(speed.medians),
        _number(target),
    )


def _number(value: float | None) -> str:
    """Return a number with about three digits; nothing of None."""
    if value is None:
        return ""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def _judged(text: str, value: float | None, target: float | None) -> str:
    """Colour a text by whether the value reaches its target."""
    if value is None or target is None:
        return text
    return f"[{'green' if value <= target else 'yellow'}]{text}[/]"
