"""A process that runs one library: it reads requests from stdin and answers on stdout.

Requests and answers are JSON objects, one a line: ``{"call": "run", "steps": 5}`` calls
`Session.run`. A process ends with its stdin, or with the traceback of an error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks import machine

if TYPE_CHECKING:
    from benchmarks.learning import Course
    from benchmarks.libraries import Subject


class Session:
    """What one worker holds: the workload or the single op that it was asked to prepare.

    Parameters
    ----------
    library : str
        One of `benchmarks.libraries.LIBRARIES`.
    """

    def __init__(self, library: str) -> None:
        self.library = library
        self._subject: Subject | None = None
        self._taken: Course | None = None

    @property
    def subject(self) -> Subject:
        """What was prepared."""
        if self._subject is None:
            raise RuntimeError("a worker was asked to run before it had prepared anything")
        return self._subject

    @property
    def course(self) -> Course:
        """The course that was prepared."""
        if self._taken is None:
            raise RuntimeError("a worker was asked to learn before it had prepared a course")
        return self._taken

    def prepare_workload(self, name: str, weights: str | None, device: str = "cpu") -> None:
        """Build a workload from the initial weights in a file."""
        from benchmarks.libraries import make_trainee
        from benchmarks.workloads import WORKLOADS

        arrays = None if weights is None else load_weights(weights)
        self._subject = make_trainee(self.library, WORKLOADS[name], arrays, device)

    def prepare_op(self, name: str) -> None:
        """Build a single op."""
        from benchmarks.libraries import make_op

        self._subject = make_op(self.library, name)

    def save_weights(self, name: str, file: str) -> None:
        """Write the values that every library starts a workload from."""
        import numpy as np

        from benchmarks.libraries.with_minigen import initial_weights
        from benchmarks.workloads import WORKLOADS

        arrays = initial_weights(WORKLOADS[name])
        named: dict[str, Any] = {f"{i:03}": array for i, array in enumerate(arrays)}
        np.savez(file, **named)

    def figures(self) -> dict[str, float]:
        """Return what has to agree between the libraries."""
        return self.subject.figures()

    def run(self, steps: int) -> float:
        """Run so many steps, after one that does not count; return the seconds that they took."""
        step = self.subject.step
        step()
        start = perf_counter()
        for _ in range(steps):
            step()
        return perf_counter() - start

    def memory(self) -> dict[str, int]:
        """Return how much memory this process holds and held."""
        return machine.memory()

    def figures_on_card(self, name: str, weights: str) -> dict[str, float]:
        """Build a workload on a GPU; return what has to agree between the libraries."""
        self.prepare_workload(name, weights, device="cuda")
        return self.figures()

    def run_on_card(self, name: str, weights: str, steps: int, warm_up: int) -> dict[str, Any]:
        """Build a workload on a GPU and measure it there."""
        from benchmarks.cards import card_of, measure

        card = card_of(self.library)
        empty = card.held()
        self.prepare_workload(name, weights, device="cuda")
        return measure(self.subject, card, steps, warm_up, empty)

    def profile(self, steps: int) -> list[dict[str, Any]]:
        """Return the share of each op in the step."""
        from benchmarks.profiling import profile

        return profile(self.subject, steps)

    def epoch(self, dataset: str, examples: int | None) -> dict[str, float]:
        """Train an epoch with all that belongs to it; return its seconds and those of its steps."""
        from benchmarks.checks import time_epoch

        return time_epoch(dataset, examples)

    def prepare_course(self, dataset: str, steps: int, weights: str) -> None:
        """Get ready to train the conditional GAN on real images for so many steps."""
        from benchmarks.learning import Course

        self._taken = Course(self.library, dataset, steps, load_weights(weights))

    def learn(self, until: int) -> float:
        """Train up to a step; return the CPU seconds of all steps so far."""
        return self.course.learn(until)

    def generate(self, count: int, file: str) -> None:
        """Write so many samples to a file."""
        self.course.generate(count, file)

    def handle(self, request: dict[str, Any]) -> Any:
        """Make the call that a request names."""
        method: Callable[..., Any] = getattr(self, request.pop("call"))
        return method(**request)


def load_weights(file: str) -> list[Any]:
    """Return the arrays in a file that `Session.save_weights` wrote, in order."""
    import numpy as np

    with np.load(file) as arrays:
        return [arrays[name] for name in sorted(arrays.files)]


def settle(library: str, threads: int) -> None:
    """Keep this process to its cores, and make the settings that a library has calls for."""
    machine.use_cores(threads)
    if library in ("torch", "compile"):
        import torch

        torch.set_num_threads(threads)


def main(library: str, threads: int) -> None:
    """Answer requests until there are no more."""
    # What a library prints goes to stderr: stdout is for answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settle(library, threads)
    session = Session(library)
    for line in sys.stdin:
        answers.write(json.dumps({"answer": session.handle(json.loads(line))}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
