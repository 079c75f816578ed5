"""Where the time of minigen's step goes: to which op and which gradient rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from time import perf_counter
from typing import Any
from unittest.mock import patch

from benchmarks.hooks import Kind, between
from benchmarks.libraries import Subject
from minigen.engine.tensor import Tensor
from minigen.optim import Optimizer

OPTIMIZER, BACKWARD, FORWARD = (
    "optimizer",
    "backward pass, beside rules",
    "forward pass, beside ops",
)


class Stopwatch:
    """Adds up the time of calls by what was called; a call inside another belongs to that one."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._inside = False

    def run(self, kind: Kind, name: str, function: Callable[[], Any]) -> Any:
        """Call a function and add its time to that of the op, or of its rule."""
        return self.time(name if kind == "forward" else f"{name}, gradient", function)

    def time(self, label: str, function: Callable[[], Any]) -> Any:
        """Call a function and add its time to what is called `label`."""
        if self._inside:
            return function()
        self._inside = True
        start = perf_counter()
        result = function()
        self.seconds[label] += perf_counter() - start
        self.calls[label] += 1
        self._inside = False
        return result


def profile(subject: Subject, steps: int) -> list[dict[str, Any]]:
    """Run steps of a workload, and return the time of each part, the longest first.

    The functions and gradient rules of all ops are timed where the engine calls them, and so is
    `Optimizer.step`; an op that a rule calls counts as that rule's. What `Tensor.backward` takes
    beyond its rules (walking the graph, adding cotangents) is a part of its own, and so is what is
    left of the step: recording, the layers' and the model's Python, drawing noise.

    Returns
    -------
    list of dict
        ``"part"``, ``"seconds"`` and ``"calls"`` a step, and ``"share"`` of the step.
    """
    subject.step()
    watch = Stopwatch()
    backward_seconds = 0.0
    plain_step, plain_backward = Optimizer.step, Tensor.backward

    def timed_step(optimizer: Optimizer) -> None:
        watch.time(OPTIMIZER, lambda: plain_step(optimizer))

    def timed_backward(tensor: Tensor, *args: Any, **options: Any) -> None:
        nonlocal backward_seconds
        start = perf_counter()
        plain_backward(tensor, *args, **options)
        backward_seconds += perf_counter() - start

    start = perf_counter()
    with (
        between(watch.run),
        patch.object(Optimizer, "step", timed_step),
        patch.object(Tensor, "backward", timed_backward),
    ):
        for _ in range(steps):
            subject.step()
    total = perf_counter() - start
    rules = sum(s for label, s in watch.seconds.items() if label.endswith(", gradient"))
    watch.seconds[BACKWARD] = backward_seconds - rules
    watch.seconds[FORWARD] = total - sum(watch.seconds.values())
    return [
        {
            "part": label,
            "seconds": seconds / steps,
            "calls": watch.calls[label] / steps,
            "share": seconds / total,
        }
        for label, seconds in sorted(watch.seconds.items(), key=lambda part: -part[1])
    ]
