"""Workers that answer at once, so that contests take no time and their order can be seen."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from benchmarks.contender import Contender
from benchmarks.contest import MINIGEN, TORCH, Result

SECONDS = {"minigen": 0.01, "torch": 0.02}
"""The seconds that a step takes."""


class FakeWorker:
    """Notes every call, and answers as a worker would."""

    calls: ClassVar[list[tuple[Contender, str, dict[str, Any]]]] = []
    figures: ClassVar[dict[str, dict[str, float]]] = {}

    def __init__(self, contender: Contender, threads: int) -> None:
        self.contender = contender
        self.threads = threads

    def call(self, method: str, **arguments: Any) -> Any:
        self.calls.append((self.contender, method, arguments))
        library = self.contender.library
        match method:
            case "run":
                return arguments["steps"] * SECONDS[library]
            case "figures":
                return self.figures.get(library, {"loss": 1.0})
            case "memory":
                return {"peak": {"minigen": 50, "torch": 200}[library] * 10**6}
            case "profile":
                return [{"part": "linear", "seconds": 0.01, "calls": 5, "share": 1.0}]
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None


def result(**changes: Any) -> Result:
    """Return what a contest of minigen and PyTorch may yield."""
    fields: dict[str, Any] = {
        "name": "W1",
        "title": "a workload",
        "steps": 5,
        "target": 0.75,
        "memory_target": 0.5,
        "seconds": {MINIGEN: [0.001, 0.002, 0.003], TORCH: [0.002, 0.004, 0.004]},
        "figures": {MINIGEN: {"loss": 1.0}, TORCH: {"loss": 1.0}},
        "peak_memory": {MINIGEN: 50 * 10**6, TORCH: 200 * 10**6},
    }
    return Result(**(fields | changes))
