"""The other end of a worker: who takes part in a contest, and the process that runs it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from benchmarks.libraries import SHOWN
from benchmarks.machine import worker_environment


@dataclass(frozen=True)
class Contender:
    """A library as it comes, or with the allocator tuned as minigen tunes it by itself."""

    library: str
    tuned_malloc: bool = False

    @property
    def label(self) -> str:
        """How tables call it."""
        return SHOWN[self.library] + (", tuned malloc" if self.tuned_malloc else "")

    def command(self, threads: int) -> list[str]:
        """Return the command of a process that runs it."""
        return [sys.executable, "-m", "benchmarks.worker", self.library, str(threads)]

    def environment(self, threads: int) -> dict[str, str]:
        """Return the environment of that process."""
        return worker_environment(threads, tuned_malloc=self.tuned_malloc)


class WorkerError(RuntimeError):
    """A worker ended before it answered; its traceback is on stderr."""


class Worker:
    """A process that runs a contender; used in a ``with`` block, at whose end it ends.

    Parameters
    ----------
    contender : Contender
        Whom it runs.
    threads : int
        How many threads and cores it gets.

    Raises
    ------
    WorkerError
        From any call, if the process ended instead of answering.
    """

    def __init__(self, contender: Contender, threads: int) -> None:
        self.contender = contender
        self._process = subprocess.Popen(
            contender.command(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=contender.environment(threads),
        )

    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method of the worker's `Session`, and wait for the answer."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"call": method, **arguments}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise WorkerError(
                f"the process of {self.contender.label} ended in {method} with status "
                f"{process.wait()}; what it wrote stands above"
            )
        return json.loads(answer)["answer"]

    def close(self) -> None:
        """Let the process end, and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._process.kill()
        self.close()
