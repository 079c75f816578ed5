"""How much work a training step is: counts, the same on every machine.

They are kept in `work.json`, and a test compares: what makes a step do more work shows at once,
without a clock. ``python -m benchmarks work --write`` writes the file anew.
"""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hooks import Kind, between
from benchmarks.libraries import make_trainee
from benchmarks.workloads import WORKLOADS
from minigen.engine import choice
from minigen.engine.backend import is_array

TABLE = Path(__file__).parent / "work.json"

COUNTED = ("W1", "W2", "W3", "W5")
"""The workloads in the table."""

BYTES = ("working_bytes", "peak_bytes")
"""The counts that depend a little on versions of Python and NumPy; the others are exact."""

SLACK = 0.02
"""The share by which those may be exceeded."""

Work = dict[str, Any]
"""The counts of one workload: see `count_work`."""


class Tally:
    """Counts calls of ops and of rules, and the bytes of what they return."""

    def __init__(self) -> None:
        self.forward: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.inside_rules: Counter[str] = Counter()
        self.result_bytes = 0
        self._in_rule = False

    def run(self, kind: Kind, name: str, function: Callable[[], Any]) -> Any:
        """Call a function and count it."""
        if kind == "forward":
            (self.inside_rules if self._in_rule else self.forward)[name] += 1
            result = function()
        else:
            self.rules[name] += kind == "rule"
            self._in_rule = True
            result = function()
            self._in_rule = False
        if is_array(result):
            self.result_bytes += result.nbytes
        return result


class Workspace:
    """Adds up how much memory each call of an op or a rule takes: results and temporaries.

    NumPy reports its arrays to `tracemalloc`.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._inside = False

    def run(self, _kind: Kind, _name: str, function: Callable[[], Any]) -> Any:
        """Call a function; if no other one is running, add the most that it had in use."""
        if self._inside:
            return function()
        self._inside = True
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        result = function()
        _, peak = tracemalloc.get_traced_memory()
        self.bytes += peak - before
        self._inside = False
        return result


def count_work(name: str) -> Work:
    """Count what one training step of a workload does, after two others, with NumPy alone.

    Where not all steps are alike, what is counted is a period of them.

    Returns
    -------
    dict
        ``"forward"``, ``"rules"``, ``"inside_rules"``: calls by op, of the ops in the forward pass,
        of gradient rules, and of the ops that these call. ``"result_bytes"``: of the arrays that
        ops and cotangents returned, views among them. ``"working_bytes"``: the most memory that
        each of these calls had in use at a time, added up. ``"peak_bytes"``: how much more memory
        than before it the whole step, or period, had in use at most.
    """
    with choice.using(choice.NUMPY):
        return _count(make_trainee("minigen", WORKLOADS[name], None), WORKLOADS[name].period)


def _count(trainee: Any, period: int) -> Work:
    def steps() -> None:
        for _ in range(period):
            trainee.step()

    steps()
    steps()
    tally, workspace = Tally(), Workspace()
    with between(tally.run):
        steps()
    tracemalloc.start()
    try:
        with between(workspace.run):
            steps()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        steps()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return {
        "forward": _sorted(tally.forward),
        "rules": _sorted(tally.rules),
        "inside_rules": _sorted(tally.inside_rules),
        "result_bytes": tally.result_bytes,
        "working_bytes": workspace.bytes,
        "peak_bytes": peak - before,
    }


def changes(name: str, counted: Work, expected: Work) -> list[str]:
    """Say, a line each, which counts of a workload are other than expected.

    Calls are to be equal. Bytes may be fewer, and more by `SLACK`.
    """
    lines: list[str] = []
    for what in ("forward", "rules", "inside_rules"):
        found, wanted = counted[what], expected[what]
        lines += [
            f"{name}, {what}: {op} is called {found.get(op, 0)} times, expected {wanted.get(op, 0)}"
            for op in sorted(found.keys() | wanted.keys())
            if found.get(op, 0) != wanted.get(op, 0)
        ]
    if counted["result_bytes"] != expected["result_bytes"]:
        lines.append(
            f"{name}, result_bytes: {counted['result_bytes']:,}, "
            f"expected {expected['result_bytes']:,}"
        )
    lines += [
        f"{name}, {what}: {counted[what]:,}, expected at most {expected[what]:,}"
        for what in BYTES
        if counted[what] > expected[what] * (1 + SLACK)
    ]
    return lines


def read_table() -> dict[str, Work]:
    """Return the committed counts of each workload."""
    table: dict[str, Work] = json.loads(TABLE.read_text())
    return table


def write_table(table: dict[str, Work]) -> None:
    """Replace the committed counts."""
    from minigen.files import write_atomically

    write_atomically(TABLE, (json.dumps(table, indent=1) + "\n").encode())


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts)}
